"""What a server without rights management owes to those who ask for it (MS-ASRM): protected mail comes as it is."""

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest

from easd.eas.commands import item_operations, send_mail, sync
from easd.eas.commands.options import Options
from easd.eas.commands.send_mail import FORWARD_REQUEST, REPLY_REQUEST, SendMailRequest, SmartRequest
from easd.eas.commands.sync import SyncRequest
from easd.eas.request import Command
from easd.eas.schema import Document
from easd.eas.versions import V14_0, V14_1, V16_1, Version
from easd.model.folder import FolderType
from easd.wbxml import Element
from tests.conformance.test_smart_mail import WBXML, source
from tests.support.asking import Told, tell
from tests.support.fetching import fetch, item, one
from tests.support.searching import mailbox
from tests.support.versions import at
from tests.support.world import Phone, World, child, xml

BOTH = frozenset({V14_1, V16_1})
NO_RESTRICTION = "00000000-0000-0000-0000-000000000000"
TEMPLATE = "c7467121-51a4-4728-9ef4-a158a9f9ee48"
MIME = b"To: bob@example.test\r\nSubject: plans\r\n\r\nMy words\r\n"


def protected() -> bytes:
    """A message as rights management makes it (MS-OXORMMS): what it says is in a file that needs a licence."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "bob@example.test", "alice@example.test", "plans"
    made["Content-Class"] = "rpmsg.message"
    made.set_content("This message is protected.\r\n")
    made.add_attachment(b"\x76\xe8\x04\x60", maintype="application", subtype="x-microsoft-rpmsg-message",
                        filename="message.rpmsg")  # fmt: skip
    return bytes(made)


def as_it_is(shown: Element) -> bool:
    """Whether a message is shown with its file, neither decompressed nor decrypted, and without a licence."""
    return child(shown, "AirSyncBase:Attachments") is not None and "RightsManagement" not in xml(shown)


@at(BOTH)
@pytest.mark.parametrize("support", [None, False, True])
def test_a_protected_message_comes_as_it_is_R128_R335_R348(
    world: World, version: Version, support: bool | None
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    letter = world.deliver(raw=protected())
    phone.start(inbox)
    options = Options() if support is None else Options(rights_management=support)
    phone.sync(inbox, options=(options,))
    assert as_it_is(phone.held(inbox).items[letter])
    assert as_it_is(item(one(phone, fetch(letter, **({} if support is None else {"rights_management": support})))))
    (found,) = mailbox(phone, "plans", **({} if support is None else {"rights_management": support})).results
    assert isinstance(found.properties, Element)
    assert "RightsManagement" not in xml(found.properties)


@at(BOTH)
def test_protection_is_removed_where_there_is_none_R91(world: World, version: Version) -> None:
    """What is asked for is the case already: the message is told as to any other Fetch."""
    phone = world.phone(version=version)
    phone.folder()
    letter = world.deliver("plain")
    plainly = item(one(phone, fetch(letter)))
    assert item(one(phone, replace(fetch(letter), remove_rights_management=True))) == plainly


def _send(phone: Phone, letter: str, template: str | None) -> Told:
    body = send_mail.REQUEST.encode(SendMailRequest("c1", MIME, template_id=template), V16_1)
    return tell(phone, Command.SEND_MAIL, body, content_type=WBXML)


def _smart(command: Command, document: Document[SmartRequest]) -> Callable[[Phone, str, str | None], Told]:
    def smart(phone: Phone, letter: str, template: str | None) -> Told:
        body = document.encode(SmartRequest("c1", source(letter), MIME, template_id=template), V16_1)
        return tell(phone, command, body, content_type=WBXML)

    return smart


_SENDERS = {
    "SendMail": _send,
    "SmartForward": _smart(Command.SMART_FORWARD, FORWARD_REQUEST),
    "SmartReply": _smart(Command.SMART_REPLY, REPLY_REQUEST),
}
each_sender = pytest.mark.parametrize("send", _SENDERS.values(), ids=_SENDERS)


@each_sender
def test_mail_is_sent_without_a_template_alone_R196_R217_R223_R366_R372_R3071_R357(
    world: World, phone: Phone, send: Callable[..., Told]
) -> None:
    """168 and not 171 for a template that does not exist: that there are none at all is said first (R223, R372)."""
    phone.folder()
    letter, theirs = world.deliver("plans"), world.folder(FolderType.INBOX, "bob").id
    for template, status in ((TEMPLATE, 168), ("nonsense", 168), ("", 103)):
        assert send(phone, letter, template).status == status
    older = world.phone(version=V14_0)
    older.folder()
    assert send(older, letter, NO_RESTRICTION).status == 103
    assert not world.items(theirs, "bob")
    assert send(phone, letter, NO_RESTRICTION).body == b""
    assert len(world.items(theirs, "bob")) == 1


def test_its_elements_are_invalid_before_14_1_R357(world: World) -> None:
    phone = world.phone(version=V14_0)
    inbox = phone.folder()
    phone.start(inbox)
    asked = SyncRequest((phone.collection(inbox, options=(Options(rights_management=True),)),))
    assert tell(phone, Command.SYNC, sync.REQUEST.encode(asked, V16_1)).status == 4
    fetched = item_operations.ItemOperationsRequest((replace(fetch(f"{inbox}:1"), remove_rights_management=True),))
    assert tell(phone, Command.ITEM_OPERATIONS, item_operations.REQUEST.encode(fetched, V16_1)).status == 2
