"""SendMail (MS-ASCMD SendMail), and what becomes of the messages: copies, deliveries, reports of failure."""

import os
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from easd.eas.commands import send_mail
from easd.eas.commands.send_mail import SendMailRequest
from easd.eas.request import Command
from easd.eas.versions import SUPPORTED, V12_1, V14_0, V14_1, V16_1, Version, since, until
from easd.model.account import Principal
from easd.model.email import Address
from easd.model.folder import FolderType
from easd.service.ports import Unavailable
from easd.service.submission import deliver_queued
from easd.wbxml import Element, encode, tag
from tests.support.asking import Told, tell
from tests.support.delivery_faults import Died, Dying, Failing, Full
from tests.support.world import Phone, World, emails

_AS_DOCUMENT = sorted(since(V14_0) & set(SUPPORTED))
_BARE = sorted(until(V12_1) & set(SUPPORTED))
WBXML = "application/vnd.ms-sync.wbxml"
RFC822 = "message/rfc822"

each_document = pytest.mark.parametrize("version", _AS_DOCUMENT, ids=lambda version: version.text)
each_bare = pytest.mark.parametrize("version", _BARE, ids=lambda version: version.text)


def letter(*lines: str, body: str = "Hello") -> bytes:
    """A message of these header fields, to bob if they do not say otherwise."""
    fields = list(lines)
    if not any(line.lower().startswith(("to:", "cc:", "bcc:")) for line in fields):
        fields.insert(0, "To: bob@example.test")
    return "\r\n".join([*fields, "", body, ""]).encode()


def send(
    phone: Phone, mime: bytes, *, client_id: str = "", save: bool = True, account: str | None = None, **more: Any
) -> Told:
    """A message in the form of the phone's version."""
    if phone.policy_key == 0:
        phone.provision()
    if phone.version in _BARE:
        return tell(phone, Command.SEND_MAIL, mime, **{"content_type": RFC822, "save_in_sent": save, **more})
    request = SendMailRequest(client_id or str(abs(hash(mime))), mime, account, save)
    body = send_mail.REQUEST.encode(request, phone.version)
    return tell(phone, Command.SEND_MAIL, body, **{"content_type": WBXML, **more})


def sent(phone: Phone, mime: bytes, **more: Any) -> None:
    """A message that is taken: the answer is empty (R463, R4379)."""
    told = send(phone, mime, **more)
    assert (told.http, told.body) == (200, b""), told


def refused(phone: Phone, mime: bytes, status: int, http: int = 400, **more: Any) -> None:
    """A message that is not taken: with the status from 14.0 on, with an HTTP status before; nothing was done."""
    told = send(phone, mime, **more)
    assert (told.http, told.status) == ((http, None) if phone.version in _BARE else (200, status)), told
    assert not everything(phone.world, "alice", FolderType.SENT_ITEMS)
    assert not phone.world.sql.queued(10)


def everything(world: World, name: str, type_: FolderType = FolderType.INBOX) -> list[bytes]:
    """The exact bytes of all messages of a folder."""
    folder = world.folder(type_, name)
    with world.sql.reading(world.user(name).mailbox_id) as box:
        return [box.blob(item.blob_id) for item in world.items(folder.id, name).values() if item.blob_id is not None]


def only(world: World, name: str, type_: FolderType = FolderType.INBOX) -> EmailMessage:
    """The only message of a folder."""
    (raw,) = everything(world, name, type_)
    found = message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def states(world: World, name: str, type_: FolderType = FolderType.INBOX) -> list[bool]:
    """Which of the messages of a folder are read."""
    return [email.read for email in emails(world, str(world.folder(type_, name).id), name).values()]


# ---------------------------------------------------------------- both forms


def test_a_message_arrives_and_the_answer_is_empty_R463(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    told = send(phone, letter("Subject: first", body="words"))
    assert (told.http, told.body) == (200, b"")
    arrived = only(world, "bob")
    assert (arrived["subject"], arrived["from"], arrived["to"]) == (
        "first",
        "Alice <alice@example.test>",
        "bob@example.test",
    )
    assert arrived.get_content().strip() == "words"
    assert arrived["date"]
    assert arrived["message-id"]


@pytest.mark.parametrize("save", [True, False])
def test_the_copy_in_sent_items_is_kept_if_asked_for_R3874(world: World, version: Version, save: bool) -> None:
    sent(world.phone(version=version), letter(), save=save)
    assert len(everything(world, "alice", FolderType.SENT_ITEMS)) == int(save)
    assert len(everything(world, "bob")) == 1


def test_what_arrives_is_unread_and_the_copy_is_read(world: World, version: Version) -> None:
    sent(world.phone(version=version), letter())
    assert states(world, "bob") == [False]
    assert states(world, "alice", FolderType.SENT_ITEMS) == [True]


def test_the_devices_learn_of_it_by_sync_R447(world: World, version: Version) -> None:
    alice, bob = world.phone(version=version), world.phone("bob", version)
    folders = alice.folder(FolderType.SENT_ITEMS), bob.folder()
    alice.sync_all(folders[0])
    bob.sync_all(folders[1])
    sent(alice, letter())
    for phone, folder in zip((alice, bob), folders, strict=True):
        phone.sync_all(folder)
        phone.agrees(folder)
        assert len(phone.held(folder).items) == 1


@each_document
def test_a_document_may_come_in_opaque_data_or_as_text(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    forms: list[bytes | str] = [letter(), letter().decode()]
    for number, mime in enumerate(forms):
        root = Element(
            tag("ComposeMail:SendMail"),
            [
                Element(tag("ComposeMail:ClientId"), str(number)),
                Element(tag("ComposeMail:SaveInSentItems"), None),
                Element(tag("ComposeMail:Mime"), mime),
            ],
        )
        assert tell(phone, Command.SEND_MAIL, encode(root), content_type=WBXML).body == b""
    assert len(everything(world, "bob")) == 2


@pytest.mark.parametrize("content_type", ["", WBXML, "application/vnd.ms-sync", WBXML + "; charset=utf-8"])
@each_document
def test_content_types_of_a_document(world: World, version: Version, content_type: str) -> None:
    sent(world.phone(version=version), letter(), content_type=content_type)


@pytest.mark.parametrize("content_type", ["", RFC822, "MESSAGE/RFC822; charset=x"])
@each_bare
def test_content_types_of_a_bare_message_R7540(world: World, version: Version, content_type: str) -> None:
    sent(world.phone(version=version), letter(), content_type=content_type)


@pytest.mark.parametrize("content_type", [RFC822, "text/plain", "application/octet-stream"])
@each_document
def test_101_for_another_content_type_R4812(world: World, version: Version, content_type: str) -> None:
    refused(world.phone(version=version), letter(), 101, content_type=content_type)


@pytest.mark.parametrize("content_type", [WBXML, "text/plain"])
@each_bare
def test_400_for_a_document_of_another_version_R4813_R7546(world: World, version: Version, content_type: str) -> None:
    refused(world.phone(version=version), letter(), 101, content_type=content_type)


def test_101_or_400_without_a_body_R4812(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    told = tell(phone, Command.SEND_MAIL, b"")
    assert (told.http, told.status) == ((400, None) if version in _BARE else (200, 101))


@each_document
def test_102_for_what_is_no_wbxml_R4815(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    assert tell(phone, Command.SEND_MAIL, letter(), content_type=WBXML).status == 102


@pytest.mark.parametrize(
    "children",
    [
        [],
        [Element(tag("ComposeMail:Mime"), b"x")],
        [Element(tag("ComposeMail:ClientId"), "1")],
        [Element(tag("ComposeMail:ClientId"), ""), Element(tag("ComposeMail:Mime"), b"x")],
        [Element(tag("ComposeMail:ClientId"), "x" * 41), Element(tag("ComposeMail:Mime"), b"x")],
        [Element(tag("ComposeMail:ClientId"), "1"), Element(tag("ComposeMail:Mime"), [Element(tag("Email:To"))])],
    ],
    ids=["nothing", "no ClientId", "no Mime", "empty ClientId", "long ClientId", "no text"],
)
@each_document
def test_103_for_a_document_that_breaks_the_rules_R4817(
    world: World, version: Version, children: list[Element]
) -> None:
    phone = world.phone(version=version)
    phone.provision()
    told = tell(phone, Command.SEND_MAIL, encode(Element(tag("ComposeMail:SendMail"), children)))
    assert (told.http, told.status, told.root.name) == (200, 103, "ComposeMail:SendMail")


# ---------------------------------------------------------------- once and only once


@each_document
def test_118_for_a_client_id_that_was_used_R4848(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    sent(phone, letter(), client_id="one")
    assert send(phone, letter(), client_id="one").status == 118
    sent(phone, letter(), client_id="two")
    assert len(everything(world, "bob")) == 2
    assert len(everything(world, "alice", FolderType.SENT_ITEMS)) == 2


@each_document
def test_a_refused_message_has_not_used_its_client_id(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    assert send(phone, letter("To: nobody"), client_id="one").status == 116
    sent(phone, letter(), client_id="one")


def test_client_ids_of_others_do_not_count(world: World, phone: Phone) -> None:
    sent(phone, letter(), client_id="one")
    sent(world.phone("bob"), letter("To: alice@example.test"), client_id="one")
    assert send(world.phone(), letter(), client_id="one").status == 118  # another device of alice


def test_of_two_equal_requests_at_once_one_is_sent(any_world: World) -> None:
    """As a device does that lost its connection and tries again while the first request is still at work."""
    phone = any_world.phone()
    phone.provision()
    barrier = threading.Barrier(4)

    def attempt(_: int) -> Told:
        barrier.wait()
        return send(phone, letter(), client_id="one")

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(attempt, range(4)))
    assert sorted(told.status or 0 for told in found) == [0, 118, 118, 118]
    assert len(everything(any_world, "bob")) == 1
    assert len(everything(any_world, "alice", FolderType.SENT_ITEMS)) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_each_copy_is_delivered_once_though_the_process_dies_in_between(
    world: World, phone: Phone, at: int, after: bool
) -> None:
    for name in ("carol", "dave"):
        world.admin.create_user(f"{name}@example.test", name, "")
    phone.provision()
    world.through(Dying(world, at, after=after))
    to_three = letter("To: bob@example.test, carol@example.test", "Cc: dave@example.test")
    with pytest.raises(Died):
        send(phone, to_three, client_id="one")
    world.through(world.sql)  # the next process
    assert send(phone, to_three, client_id="one").status == 118
    deliver_queued(world.services)
    assert [len(everything(world, name)) for name in ("bob", "carol", "dave")] == [1, 1, 1]
    assert len(everything(world, "alice", FolderType.SENT_ITEMS)) == 1
    assert not world.sql.queued(10)


# ---------------------------------------------------------------- recipients


def test_it_has_arrived_before_it_is_forced_to_the_disk_and_that_is_done_once_before_the_answer(
    world: World, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for it hears of it at once; who sends it hears that it is taken when nothing can lose it any more."""
    phone, arrived, force = world.phone(version=version), list[int](), os.fsync

    def fsync(number: int) -> None:
        arrived.append(len(everything(world, "bob")))
        force(number)

    monkeypatch.setattr(os, "fsync", fsync)
    sent(phone, letter("Subject: Hello"))
    assert arrived == [1]


def test_several_recipients_get_one_copy_each(world: World, version: Version) -> None:
    world.admin.create_user("carol@example.test", "Carol", "")
    fields = "To: Bob <bob@example.test>, BOB@EXAMPLE.TEST", "Cc: carol@example.test, bob@example.test"
    sent(world.phone(version=version), letter(*fields))
    assert (len(everything(world, "bob")), len(everything(world, "carol"))) == (1, 1)


def test_an_alias_is_the_same_mailbox(world: World, phone: Phone) -> None:
    world.admin.add_alias(world.user("bob").id, "robert@example.test")
    sent(phone, letter("To: Robert@Example.Test, bob@example.test"))
    assert len(everything(world, "bob")) == 1


def test_a_message_to_oneself_arrives_unread(world: World, version: Version) -> None:
    sent(world.phone(version=version), letter("To: alice@example.test"))
    assert (states(world, "alice"), states(world, "alice", FolderType.SENT_ITEMS)) == ([False], [True])


def test_bcc_is_hidden_from_all_but_the_copy(world: World, version: Version) -> None:
    world.admin.create_user("carol@example.test", "Carol", "")
    sent(world.phone(version=version), letter("To: bob@example.test", "Bcc: Carol <carol@example.test>"))
    for name in ("bob", "carol"):
        assert only(world, name)["bcc"] is None
        assert b"carol" not in b"".join(everything(world, name))
    assert only(world, "alice", FolderType.SENT_ITEMS)["bcc"] == "Carol <carol@example.test>"


def test_bcc_alone_will_do(world: World, version: Version) -> None:
    sent(world.phone(version=version), letter("Bcc: bob@example.test"))
    assert len(everything(world, "bob")) == 1


@pytest.mark.parametrize("fields", [("Subject: x",), ("To:",), ("To: undisclosed-recipients:;",)])
def test_119_without_a_recipient_R4853(world: World, version: Version, fields: tuple[str, ...]) -> None:
    mime = "\r\n".join([*fields, "", "x"]).encode()
    refused(world.phone(version=version), mime, 119)


@pytest.mark.parametrize("recipient", ["nobody", "@example.test", "x@"])
def test_116_for_what_is_no_address_R4844(world: World, version: Version, recipient: str) -> None:
    refused(world.phone(version=version), letter(f"To: bob@example.test, {recipient}"), 116)
    assert not everything(world, "bob")


def test_115_for_too_many_recipients_R4842(world: World, version: Version) -> None:
    world.limit(recipients_max=3)
    phone = world.phone(version=version)
    refused(phone, letter("To: " + ", ".join(f"u{n}@example.test" for n in range(4))), 115)
    sent(phone, letter("To: " + ", ".join(f"u{n}@example.test" for n in range(3))))


def test_whom_the_user_writes_to_is_remembered_and_nobody_else(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    refused(phone, letter("To: carol@example.test, nobody"), 116)
    sent(phone, letter("To: Bob <BOB@example.test>", "Bcc: alice@example.test"))
    sent(phone, letter("To: bob@example.test"))
    with world.sql.reading(world.user().mailbox_id) as box:
        known = sorted((each.address, each.name, each.count) for each in box.recipients())
    assert known == [("alice@example.test", "", 1), ("bob@example.test", "Bob", 2)]


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("mime", [b"no header at all", b"\x00\x01", b"To bob\r\n\r\nx", b"\r\n\r\n"])
def test_107_for_what_is_no_message_R4826(world: World, version: Version, mime: bytes) -> None:
    refused(world.phone(version=version), mime, 107)


def test_122_for_an_attachment_that_nobody_could_fetch_R4860(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    with_file = EmailMessage()
    with_file["To"] = "bob@example.test"
    with_file.set_content("x" * 3000)
    with_file.add_attachment(bytes(3000), maintype="application", subtype="octet-stream", filename="x.bin")
    world.limit(attachment_bytes_max=2999)
    refused(phone, with_file.as_bytes(), 122)
    world.limit(attachment_bytes_max=3002)
    sent(phone, with_file.as_bytes())


@pytest.mark.parametrize("version", sorted(since(V14_1) & set(SUPPORTED)), ids=lambda version: version.text)
def test_166_for_an_account_that_there_is_not_R724(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    refused(phone, letter(), 166, account="other")
    sent(phone, letter(), account="")


def test_accounts_are_unknown_before_14_1_R6134(world: World) -> None:
    phone = world.phone(version=V14_0)
    phone.provision()
    body = send_mail.REQUEST.encode(SendMailRequest("1", letter(), "x"), V14_1)
    assert tell(phone, Command.SEND_MAIL, body).status == 103


def test_113_or_507_where_the_copy_has_no_room_R4838_R7553(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    world.through(Full(world, world.user().mailbox_id))
    refused(phone, letter(), 113, http=507)
    assert not everything(world, "bob")
    sent(phone, letter(), save=False)


def test_a_full_mailbox_of_the_recipient_is_reported(world: World, phone: Phone) -> None:
    phone.provision()
    world.through(Full(world, world.user("bob").mailbox_id))
    sent(phone, letter("Subject: big"))
    assert b"Status: 5.2.2" in everything(world, "alice")[0]
    assert not world.sql.queued(10)


def test_mail_to_somebody_who_is_not_there_never_stays_in_the_outbox_B18(world: World, version: Version) -> None:
    """It is taken, leaves a copy among what was sent, and comes back as a report; nothing is left to be tried again."""
    sent(world.phone(version=version), letter("To: nobody@example.test", "Subject: Lost"))
    assert only(world, "alice", FolderType.SENT_ITEMS)["subject"] == "Lost"
    (report,) = everything(world, "alice")
    assert b"Status: 5.1.1" in report
    assert not world.sql.queued(10)


# ---------------------------------------------------------------- From


@pytest.mark.parametrize("author", ["mallory@elsewhere.test", "Bob <bob@example.test>", "alice", "Alice <>"])
def test_from_is_the_user_whatever_the_device_wrote_R448(world: World, version: Version, author: str) -> None:
    sent(world.phone(version=version), letter(f"From: {author}", "To: bob@example.test"))
    for found in (only(world, "bob"), only(world, "alice", FolderType.SENT_ITEMS)):
        assert found.get_all("from") == ["Alice <alice@example.test>"]


@pytest.mark.parametrize("author", ["ALICE@example.test", "Al <alice@example.test>", "Sales <sales@example.test>"])
def test_own_addresses_stay_as_the_device_wrote_them(world: World, phone: Phone, author: str) -> None:
    world.admin.add_alias(world.user().id, "sales@example.test")
    phone.principal = Principal(world.user(), 1)
    sent(phone, letter(f"From: {author}", "To: bob@example.test"))
    assert only(world, "bob")["from"] == author


def test_120_for_resending_in_the_name_of_another_R4855(world: World, version: Version) -> None:
    mime = letter("Resent-From: mallory@elsewhere.test", "Resent-To: bob@example.test", "To: x@example.test")
    refused(world.phone(version=version), mime, 120, http=500)


# ---------------------------------------------------------------- what cannot be delivered


@pytest.mark.parametrize(
    "recipient, code", [("nobody@example.test", "5.1.1"), ("someone@elsewhere.test", "5.4.4")], ids=["local", "foreign"]
)
def test_who_cannot_be_reached_is_reported_and_the_message_counts_as_sent(
    world: World, version: Version, recipient: str, code: str
) -> None:
    phone = world.phone(version=version)
    sent(phone, letter(f"To: {recipient}, bob@example.test", "Subject: Hällo", "Message-ID: <m1@example.test>"))
    assert len(everything(world, "bob")) == 1
    report = only(world, "alice")
    assert report.get_content_type() == "multipart/report"
    assert "MAILER-DAEMON@example.test" in str(report["from"])
    assert report["in-reply-to"] == "<m1@example.test>"
    assert f"Final-Recipient: rfc822; {recipient}".encode() in everything(world, "alice")[0]
    assert f"Status: {code}".encode() in everything(world, "alice")[0]
    assert states(world, "alice") == [False]
    assert not world.sql.queued(10)


def test_a_report_is_never_reported(world: World, phone: Phone) -> None:
    sent(phone, letter("To: MAILER-DAEMON@example.test"))
    assert len(everything(world, "alice")) == 1
    sent(phone, letter("To: nobody@example.test, alice@example.test", "Auto-Submitted: auto-replied"))
    assert deliver_queued(world.services) == 0
    assert len(everything(world, "alice")) == 3


def test_what_a_user_who_is_gone_has_sent_still_arrives_and_nobody_is_told_of_the_rest(world: World) -> None:
    world.admin.create_user("carol@example.test", "Carol", "")
    phone = world.phone("carol")
    phone.provision()
    world.through(Dying(world, 1, after=False))
    with pytest.raises(Died):
        send(phone, letter("To: bob@example.test, nobody@example.test"))
    world.through(world.sql)
    world.admin.remove_user(phone.principal.user.id)
    assert deliver_queued(world.services) == 2
    assert len(everything(world, "bob")) == 1
    assert not world.sql.queued(10)


def test_one_delivery_that_fails_stops_no_other_and_is_tried_again(world: World, version: Version) -> None:
    world.admin.create_user("carol@example.test", "Carol", "")
    phone = world.phone(version=version)
    phone.provision()
    world.through(Failing(world, world.user("bob").mailbox_id, ValueError("damaged")))
    told = send(phone, letter("To: bob@example.test, carol@example.test"))
    assert (told.http, told.body) == (200, b"")
    assert "queued, not delivered yet: ExceptionGroup" in told.notes
    assert (len(everything(world, "bob")), len(everything(world, "carol"))) == (0, 1)
    with pytest.raises(ExceptionGroup, match="tried again"):
        deliver_queued(world.services)
    world.through(world.sql)
    assert deliver_queued(world.services) == 1
    assert (len(everything(world, "bob")), len(everything(world, "carol"))) == (1, 1)


def test_a_database_that_is_away_is_no_reason_to_refuse_what_is_queued(world: World, phone: Phone) -> None:
    phone.provision()
    world.through(Failing(world, world.user("bob").mailbox_id, Unavailable("busy")))
    sent(phone, letter())
    with pytest.raises(Unavailable):
        deliver_queued(world.services)
    world.through(world.sql)
    assert deliver_queued(world.services) == 1


# ---------------------------------------------------------------- contents


def test_signed_and_encrypted_content_stays_byte_for_byte(world: World, version: Version) -> None:
    content = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\ntrailing  \t\r\n.\r\nFrom here\r\n\r\n--b\r\n"
        b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n--b--\r\n"
    )
    sent(world.phone(version=version), b"MIME-Version: 1.0\r\nTo: bob@example.test\r\n" + content)
    for name, type_ in (("bob", FolderType.INBOX), ("alice", FolderType.SENT_ITEMS)):
        assert everything(world, name, type_)[0].endswith(content)


def test_text_in_any_script_arrives(world: World, version: Version) -> None:
    mime = EmailMessage()
    mime["To"], mime["Subject"] = "Bøb <bob@example.test>", "Grüße 你好 🎉"
    mime.set_content("Zażółć gęślą jaźń 🎉\n")
    sent(world.phone(version=version), mime.as_bytes(policy=default.clone(linesep="\r\n")))
    (email,) = emails(world, str(world.folder(name="bob").id), "bob").values()
    assert (email.subject, email.to, email.from_) == (
        "Grüße 你好 🎉",
        (Address("Bøb", "bob@example.test"),),
        (Address("Alice", "alice@example.test"),),
    )
    assert "Zażółć" in only(world, "bob").get_content()


def test_raw_utf_8_in_the_header_is_taken_as_it_is(world: World, phone: Phone) -> None:
    sent(phone, letter("Subject: Grüße"))
    (email,) = emails(world, str(world.folder(name="bob").id), "bob").values()
    assert email.subject == "Grüße"


def test_a_name_in_another_script_is_encoded_in_from(world: World, phone: Phone) -> None:
    world.admin.set_display_name(world.user().id, "Ålice 中")
    phone.principal = replace(phone.principal, user=world.user())
    sent(phone, letter())
    assert everything(world, "bob")[0].isascii()
    assert str(only(world, "bob")["from"]) == "Ålice 中 <alice@example.test>"


@pytest.mark.parametrize("version", [V12_1, V16_1], ids=lambda version: version.text)
def test_a_large_message_with_a_file_arrives_whole(world: World, version: Version) -> None:
    data = bytes(range(256)) * 4096
    mime = EmailMessage()
    mime["To"] = "bob@example.test"
    mime.set_content("see the file")
    mime.add_attachment(data, maintype="application", subtype="octet-stream", filename="x.bin")
    sent(world.phone(version=version), mime.as_bytes())
    assert b64encode(data)[:60] in everything(world, "bob")[0]
    (part,) = [part for part in only(world, "bob").walk() if part.get_filename() == "x.bin"]
    assert part.get_payload(decode=True) == data
