"""SmartReply and SmartForward (MS-ASCMD): the original is added by the server, in the form of each version."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from easd.eas.commands.send_mail import FORWARD_REQUEST, REPLY_REQUEST, Forwardee, SmartRequest, Source
from easd.eas.commands.sync import ServerChange
from easd.eas.items.body import BodyData
from easd.eas.request import Command
from easd.eas.versions import SUPPORTED, V12_1, V14_0, V14_1, V16_0, Version, since, until
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.service import ids
from easd.wbxml import Element, decode, encode, tag
from tests.support.asking import Told, tell
from tests.support.fetching import SIGNED
from tests.support.world import Phone, World, emails, text

_BARE = sorted(until(V12_1) & set(SUPPORTED))
_AS_DOCUMENT = sorted(since(V14_0) & set(SUPPORTED))
WBXML, RFC822 = "application/vnd.ms-sync.wbxml", "message/rfc822"
PICTURE = bytes(range(200))

each_document = pytest.mark.parametrize("version", _AS_DOCUMENT, ids=lambda version: version.text)


def note(*, to: str = "bob@example.test", body: str = "My words", html: bool = False) -> bytes:
    """What the user writes above the original."""
    made = EmailMessage()
    made["To"], made["Subject"] = to, "Re: plans"
    made.set_content(body)
    if html:
        made.add_alternative(f"<html><body><b>{body}</b></body></html>", subtype="html")
    return made.as_bytes(policy=default.clone(linesep="\r\n"))


def plans(*, html: bool = False, file: bool = False) -> bytes:
    """The original, by bob to alice and carol."""
    made = EmailMessage()
    made["From"], made["Message-ID"] = "Bob <bob@example.test>", "<plans@example.test>"
    made["To"], made["Subject"] = "alice@example.test, carol@example.test", "plans"
    made["Date"] = "Mon, 23 Nov 2026 10:00:00 +0000"
    made.set_content("Their words\r\n")
    if html:
        made.add_alternative('<html><body><i>Their words</i> <img src="cid:p1"></body></html>', subtype="html")
        parts = made.get_payload()
        assert isinstance(parts, list)
        page = parts[1]
        assert isinstance(page, EmailMessage)
        page.add_related(PICTURE, "image", "png", cid="<p1>")
    if file:
        made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
    return made.as_bytes(policy=default.clone(linesep="\r\n"))


def smart(phone: Phone, command: Command, source: Source, mime: bytes, **more: Any) -> Told:
    """The request in the form of the phone's version."""
    if phone.policy_key == 0:
        phone.provision()
    if phone.version in _BARE:
        return tell(
            phone,
            command,
            mime,
            content_type=RFC822,
            collection_id=source.folder_id or "",
            item_id=source.item_id or "",
            long_id=source.long_id or "",
            occurrence=source.instance_id or "",
            save_in_sent=more.get("save_in_sent", False),
        )
    document = REPLY_REQUEST if command is Command.SMART_REPLY else FORWARD_REQUEST
    request = SmartRequest(more.pop("client_id", "c1"), source, mime, **more)
    return tell(phone, command, document.encode(request, phone.version), content_type=WBXML)


def source(server_id: str) -> Source:
    return Source(server_id.partition(":")[0], server_id)


def reply(phone: Phone, original: str | Source, mime: bytes, **more: Any) -> Told:
    named = source(original) if isinstance(original, str) else original
    return smart(phone, Command.SMART_REPLY, named, mime, **more)


def forward(phone: Phone, original: str | Source, mime: bytes, **more: Any) -> Told:
    return smart(
        phone, Command.SMART_FORWARD, source(original) if isinstance(original, str) else original, mime, **more
    )


def done(told: Told) -> None:
    """Success is an empty answer (R568, R605)."""
    assert (told.http, told.body) == (200, b""), told


def arrived(world: World, name: str = "bob", type_: FolderType = FolderType.INBOX) -> EmailMessage:
    """The only message of a folder."""
    folder = world.folder(type_, name)
    (item,) = world.items(folder.id, name).values()
    assert item.blob_id is not None
    with world.sql.reading(world.user(name).mailbox_id) as box:
        found = message_from_bytes(box.blob(item.blob_id), policy=default)
    assert isinstance(found, EmailMessage)
    return found


def plain(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def files(message: EmailMessage) -> list[str | None]:
    return [part.get_filename() for part in message.iter_attachments()]


def test_a_reply_has_the_original_below_it_and_none_of_its_files_R548_R584(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans(file=True))
    done(reply(phone, original, note()))
    found = arrived(world)
    mine, _, theirs = plain(found).partition("-----Original Message-----")
    assert mine.strip() == "My words"
    assert "From: Bob <bob@example.test>" in theirs
    assert "Subject: plans" in theirs
    assert theirs.rstrip().endswith("Their words")
    assert files(found) == []
    assert (found["from"], found["subject"]) == ("Alice <alice@example.test>", "Re: plans")


def test_a_forward_has_the_files_of_the_original_too(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans(file=True))
    done(forward(phone, original, note()))
    found = arrived(world)
    assert "Their words" in plain(found)
    assert files(found) == ["plan.pdf"]
    assert next(found.iter_attachments()).get_content() == b"%PDF"


@pytest.mark.parametrize("mine, theirs", [(True, False), (False, True), (True, True)])
def test_what_was_html_on_either_side_stays_html(world: World, version: Version, mine: bool, theirs: bool) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans(html=theirs))
    done(reply(phone, original, note(html=mine)))
    found = arrived(world)
    page = found.get_body(("html",))
    assert page is not None
    markup = str(page.get_content())
    assert "My words" in markup
    assert "Their words" in markup
    assert markup.index("My words") < markup.index("Their words")
    assert ("<b>My words</b>" in markup, "<i>Their words</i>" in markup) == (mine, theirs)
    pictures = [part for part in found.walk() if part.get_content_type() == "image/png"]
    assert [part.get_payload(decode=True) for part in pictures] == ([PICTURE] if theirs else [])
    assert "My words" in plain(found)
    assert "Their words" in plain(found)


@each_document
def test_with_replace_mime_the_message_is_the_whole_text_R3775(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans(file=True))
    done(forward(phone, original, note(), replace_mime=True))
    found = arrived(world)
    assert plain(found).strip() == "My words"
    assert files(found) == []


def test_a_signed_answer_stays_as_it_is_byte_for_byte(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    signed = SIGNED.replace(b"From: Bob <bob@example.test>", b"From: alice@example.test").replace(
        b"To: alice@example.test", b"To: bob@example.test"
    )
    done(reply(phone, original, signed))
    folder = world.folder(name="bob")
    (item,) = world.items(folder.id, "bob").values()
    assert item.blob_id is not None
    with world.sql.reading(world.user("bob").mailbox_id) as box:
        raw = box.blob(item.blob_id)
    assert raw.endswith(signed.partition(b"\r\n\r\n")[2])
    assert item.email.message_class == "IPM.Note.SMIME.MultipartSigned"


def test_a_signed_original_goes_along_whole(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=SIGNED)
    done(forward(phone, original, note()))
    (inner,) = [part for part in arrived(world).walk() if part.get_content_type() == "message/rfc822"]
    payload = inner.get_payload()
    assert isinstance(payload, list)
    assert isinstance(payload[0], EmailMessage)
    assert payload[0]["subject"] == "signed"


def test_the_answer_joins_the_conversation_of_its_original(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    done(reply(phone, original, note()))
    found = arrived(world)
    assert (found["in-reply-to"], found["references"]) == ("<plans@example.test>", "<plans@example.test>")
    (there,) = emails(world, str(world.folder(name="bob").id), "bob").values()
    here = emails(world, original.partition(":")[0])[original]
    assert there.conversation_id == here.conversation_id


@pytest.mark.parametrize(
    "command, to, verb",
    [
        (Command.SMART_REPLY, "bob@example.test", 1),
        (Command.SMART_REPLY, "bob@example.test, carol@example.test", 2),
        (Command.SMART_FORWARD, "carol@example.test", 3),
    ],
    ids=["reply_R516", "reply_to_all_R517", "forward_R518"],
)
def test_other_devices_see_what_was_done_with_the_original(
    world: World, version: Version, command: Command, to: str, verb: int
) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    other = world.phone(version=V14_1)
    inbox = other.folder()
    other.sync_all(inbox)
    done(smart(phone, command, source(original), note(to=to)))
    (command_told,) = [one for one in other.sync(inbox).commands if one.server_id == original]
    assert isinstance(command_told, ServerChange)
    item = other.held(inbox).items[original]
    assert text(item, "Email2:LastVerbExecuted") == str(verb)
    assert text(item, "Email2:LastVerbExecutionTime") == f"{world.now:%Y-%m-%dT%H:%M:%S}.000Z"


@pytest.mark.parametrize("save", [True, False])
def test_a_copy_is_kept_where_it_is_asked_for_R3870(world: World, version: Version, save: bool) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    done(reply(phone, original, note(), save_in_sent=save))
    kept = world.items(world.folder(FolderType.SENT_ITEMS).id)
    assert len(kept) == save
    if save:
        assert "Their words" in plain(arrived(world, "alice", FolderType.SENT_ITEMS))


def test_the_original_may_be_named_by_the_id_of_a_search_R3240(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    numbers = ids.item_numbers(original)
    assert numbers is not None
    done(reply(phone, Source(long_id=ids.long_id(*numbers)), note()))
    assert "Their words" in plain(arrived(world))


@each_document
def test_a_repeated_request_is_status_118_and_sends_nothing_R953(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    done(reply(phone, original, note(), client_id="once"))
    world.remove(original)
    assert reply(phone, original, note(), client_id="once").status == 118
    assert len(world.items(world.folder(name="bob").id, "bob")) == 1


def refused(world: World, told: Told, status: int, version: Version) -> None:
    """Nothing was sent; an HTTP status says so before 14.0."""
    if version in _BARE:
        assert told.http >= 400
    else:
        assert (told.http, told.status) == (200, status), told
    assert not world.items(world.folder(name="bob").id, "bob")
    assert not world.sql.queued(10)


def test_an_original_that_is_not_there_is_status_150_R4930(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    folder = original.partition(":")[0]
    for wrong in (Source(folder, f"{folder}:999"), Source(folder, "nonsense"), Source(long_id="nonsense")):
        refused(world, reply(phone, wrong, note()), 150, version)
    other = str(world.folder(FolderType.SENT_ITEMS).id)
    refused(world, reply(phone, Source(other, original), note()), 150, version)


def test_ids_that_exclude_each_other_are_status_105_R3243_R3091(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    folder = original.partition(":")[0]
    refused(world, reply(phone, Source(folder, original, long_id="item:1:1"), note()), 105, version)
    refused(world, reply(phone, Source(folder), note()), 105, version)


@pytest.mark.parametrize("version", sorted(since(V14_1) & set(SUPPORTED)), ids=lambda version: version.text)
def test_an_account_that_is_not_there_is_status_166_R724(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    refused(world, reply(phone, original, note(), account_id="other"), 166, version)


def test_an_occurrence_of_what_does_not_recur_is_refused_R4919(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    folder = original.partition(":")[0]
    when = "2026-11-23T10:00:00.000Z"
    refused(world, reply(phone, Source(folder, original, instance_id=when), note()), 146, version)
    refused(world, reply(phone, Source(folder, original, instance_id="today"), note()), 104, version)
    compact = reply(phone, Source(folder, original, instance_id="20261123T100000Z"), note())
    refused(world, compact, 146 if version in _BARE else 104, version)  # R3200


def test_a_message_to_nobody_is_status_119_R4852(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    refused(world, reply(phone, original, b"Subject: x\r\n\r\ny\r\n"), 119, version)


@pytest.mark.parametrize("version", sorted(since(V16_0) & set(SUPPORTED)), ids=lambda version: version.text)
def test_forwardees_are_for_meetings_and_stand_alone_R7176_R7177(world: World, version: Version) -> None:
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    people = (Forwardee("bob@example.test", "Bob"),)
    refused(world, forward(phone, original, b"", forwardees=people), 179, version)
    refused(world, forward(phone, original, note(), forwardees=people), 178, version)
    text = BodyData(BodyType.PLAIN, data=b"See you")
    refused(world, forward(phone, original, b"", forwardees=people, body=text), 179, version)
    refused(world, forward(phone, original, b"", body=text), 179, version)
    refused(world, forward(phone, original, note(), body=text), 178, version)  # R7468
    unread = (Forwardee(""), BodyData(BodyType.RTF, data=b"e1xydGYx"))
    refused(world, forward(phone, original, b"", forwardees=unread[:1]), 179, version)  # R7470
    refused(world, forward(phone, original, b"", forwardees=people, body=unread[1]), 179, version)
    request = decode(FORWARD_REQUEST.encode(SmartRequest("c1", source(original), note()), version))
    nobody = Element(request.tag, [*request.children, Element(tag("ComposeMail:Forwardees"), [])])
    refused(world, tell(phone, Command.SMART_FORWARD, encode(nobody)), 179, version)


def test_a_recipient_who_is_unknown_is_a_bounce_and_no_failure_B18(world: World, version: Version) -> None:
    """Mail stuck in the outbox for ever after a rejected recipient."""
    phone, original = world.phone(version=version), world.deliver(raw=plans())
    done(reply(phone, original, note(to="nobody@example.test")))
    inbox = emails(world, original.partition(":")[0])
    assert sorted(email.message_class for email in inbox.values()) == ["IPM.Note", "REPORT.IPM.Note.NDR"]
