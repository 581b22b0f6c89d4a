"""Drafts over Sync (MS-ASEMAIL 3.1.5.4, Send; MS-ASAIRS Add and Delete; 16.0 and later)."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from easd.client.replica import element_of
from easd.eas.commands.options import Options
from easd.eas.commands.sync import (
    AddResult,
    ChangeResult,
    ClientAdd,
    ClientChange,
    ClientDelete,
    ServerChange,
    ServerDelete,
    SyncRequest,
)
from easd.eas.items.attachments import AttachmentAdd, AttachmentDelete
from easd.eas.items.body import BodyData
from easd.eas.items.draft import DraftChange, dump_draft
from easd.eas.items.email import EmailChange
from easd.eas.status import CommonStatus, SyncStatus
from easd.eas.versions import SUPPORTED, V14_1, V16_0, V16_1, Version, since, until
from easd.model.body import BodyPreference
from easd.model.email import AttachmentMethod, BodyType, Email, Importance
from easd.model.folder import FolderType
from easd.wbxml import Element
from tests.support.typed_items import synced
from tests.support.world import Phone, World, child, emails, text

_NEW = [version for version in SUPPORTED if version in since(V16_0)]
_OLD = [version for version in SUPPORTED if version in until(V14_1)]
each_new = pytest.mark.parametrize("version", _NEW, ids=lambda v: v.text, indirect=True)
each_old = pytest.mark.parametrize("version", _OLD, ids=lambda v: v.text, indirect=True)

HTML = (Options(body_preferences=(BodyPreference(BodyType.HTML),)),)
DRAFT = DraftChange(
    to='"Bob Example" <bob@example.test>',
    cc="carol@example.test",
    bcc="dora@example.test",
    reply_to="alice+replies@example.test",
    subject="Grüße",
    importance=Importance.HIGH,
    body=BodyData(BodyType.HTML, data="<p>Hällo</p>".encode()),
)
PICTURE = AttachmentAdd(
    "a1", b"\x89PNG\x00\xff", "bild ü.png", AttachmentMethod.NORMAL, "image/png", "pic@phone", None, inline=True
)
FILE = AttachmentAdd("a2", b"one,two\r\n" * 20, "list.csv", AttachmentMethod.NORMAL, "text/csv")
LETTER = AttachmentAdd("a3", b"Subject: old\r\n\r\nHi\r\n", "old.eml", AttachmentMethod.EMBEDDED_MESSAGE)


def add(phone: Phone, draft: DraftChange, client_id: str = "c1", **fields: Any) -> ClientAdd:
    return ClientAdd(client_id, dump_draft(draft, phone.version), **fields)


def change(phone: Phone, server_id: str, draft: DraftChange, **fields: Any) -> ClientChange:
    return ClientChange(server_id, dump_draft(draft, phone.version), **fields)


def drafts(phone: Phone) -> str:
    return synced(phone, FolderType.DRAFTS)


def made(phone: Phone, draft: DraftChange = DRAFT) -> tuple[str, Element]:
    """The ServerId of a new draft, and what the answer tells of it."""
    result = only(phone, add(phone, draft))
    assert isinstance(result, AddResult)
    assert result.status == SyncStatus.SUCCESS, phone.notes
    assert result.server_id is not None
    assert result.data is not None
    return result.server_id, element_of(result.data)


def only(phone: Phone, command: ClientAdd | ClientChange) -> Any:
    (result,) = phone.sync(phone.folder(FolderType.DRAFTS), command).responses
    return result


def files(data: Element) -> dict[str, tuple[str, str]]:
    """ClientId and FileReference of the attachments that are told, by name."""
    listed = child(data, "AirSyncBase:Attachments")
    return {
        text(a, "AirSyncBase:DisplayName"): (text(a, "AirSyncBase:ClientId"), text(a, "AirSyncBase:FileReference"))
        for a in (listed.children if listed is not None else [])
    }


def kept(world: World, server_id: str, name: str = "alice") -> tuple[Email, EmailMessage]:
    item = world.items(server_id.partition(":")[0], name)[server_id]
    with world.sql.reading(world.user(name).mailbox_id) as box:
        assert item.blob_id is not None
        message = message_from_bytes(box.blob(item.blob_id), policy=default)
    assert isinstance(message, EmailMessage)
    return item.email, message


def content(phone: Phone, server_id: str) -> str:
    item = phone.held(server_id.partition(":")[0]).items[server_id]
    body = child(item, "AirSyncBase:Body")
    assert body is not None
    return text(body, "AirSyncBase:Data")


@each_new
def test_a_draft_is_kept_with_all_that_was_said_and_shown_to_others_R1489_R1278_R1184_R1190(
    world: World, version: Version
) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    drafts(phone)
    server_id, told = made(phone)
    email, message = kept(world, server_id)
    assert (email.subject, email.importance, email.is_draft, email.read) == ("Grüße", Importance.HIGH, True, True)
    assert [a.address for a in (*email.to, *email.cc, *email.bcc, *email.reply_to, *email.from_)] == [
        "bob@example.test",
        "carol@example.test",
        "dora@example.test",
        "alice+replies@example.test",
        "alice@example.test",
    ]
    assert message.get_content().strip() == "<p>Hällo</p>"
    assert child(told, "Email2:ConversationId") is not None
    assert child(told, "Email2:ConversationIndex") is not None
    folder = phone.folder(FolderType.DRAFTS)
    phone.quiet(folder)
    other.folder_sync()
    other.start(folder)
    other.sync(folder, options=HTML)
    item = other.held(folder).items[server_id]
    assert text(item, "Email2:IsDraft") == "1"
    assert "bob@example.test" in text(item, "Email:To")
    assert "dora@example.test" in text(item, "Email2:Bcc")
    assert "<p>Hällo</p>" in content(other, server_id)


@each_new
def test_a_change_keeps_the_ServerId_and_what_it_leaves_out_and_is_shown_whole_R1490(
    world: World, version: Version
) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = drafts(phone)
    server_id, _ = made(phone, replace(DRAFT, attachments=(FILE,)))
    drafts(other)
    before, _ = kept(world, server_id)
    world.forward(hours=3)
    text_only = DraftChange(subject="Re: more", body=BodyData(BodyType.PLAIN, data=b"Line\nline"))
    assert phone.sync(folder, change(phone, server_id, text_only)).responses == ()
    after, message = kept(world, server_id)
    assert (after.subject, after.to, after.bcc, after.importance) == (
        "Re: more",
        before.to,
        before.bcc,
        Importance.HIGH,
    )
    assert (after.received, after.message_id) == (world.now, before.message_id)
    assert [a.name for a in after.attachments] == ["list.csv"]
    assert "Line" in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    (told,) = other.sync(folder).commands
    assert isinstance(told, ServerChange)
    assert text(other.held(folder).items[server_id], "Email:Subject") == "Re: more"
    assert "Line" in content(other, server_id)
    assert list(emails(world, folder)) == [server_id]
    phone.quiet(folder)


@each_new
def test_attachments_are_added_and_answered_with_ClientId_and_FileReference_R1336_R1368_R1001000(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    drafts(phone)
    shown = BodyData(BodyType.HTML, data=b'<img src="cid:pic@phone">')
    server_id, told = made(phone, replace(DRAFT, body=shown, attachments=(PICTURE, FILE, LETTER)))
    email, _ = kept(world, server_id)
    assert {name: ids for name, (ids, _) in files(told).items()} == {
        "bild ü.png": "a1",
        "list.csv": "a2",
        "old.eml": "a3",
    }
    by_name = {a.name: a for a in email.attachments}
    assert (by_name["bild ü.png"].inline, by_name["bild ü.png"].content_id) == (True, "pic@phone")
    assert (by_name["list.csv"].inline, by_name["list.csv"].size) == (False, len(FILE.content))
    assert by_name["old.eml"].method is AttachmentMethod.EMBEDDED_MESSAGE
    assert email.html_size > 0


@each_new
def test_an_attachment_is_deleted_by_its_FileReference_and_the_others_keep_their_bytes_R1166_R1374(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    folder = drafts(phone)
    server_id, told = made(phone, replace(DRAFT, attachments=(PICTURE, FILE, LETTER)))
    reference = files(told)["bild ü.png"][1]
    more = replace(FILE, client_id="a4", display_name="more.csv", content=b"3")
    result = phone.sync(folder, change(phone, server_id, DraftChange(attachments=(AttachmentDelete(reference), more))))
    (answer,) = result.responses
    assert isinstance(answer, ChangeResult)
    assert answer.data is not None
    email, message = kept(world, server_id)
    assert [a.name for a in email.attachments] == ["list.csv", "old.eml", "more.csv"]
    sizes = [a.size for a in email.attachments]
    assert sizes == [len(FILE.content), len(LETTER.content), 1]
    assert message.get_body(("html",)).get_content().strip() == "<p>Hällo</p>"  # type: ignore[union-attr]
    assert not result.commands  # the phone has done it all itself
    other = world.phone(version=version)
    shown = files(other.held(drafts(other)).items[server_id])
    assert set(shown) == {"list.csv", "old.eml", "more.csv"}
    assert files(element_of(answer.data)) == {"more.csv": ("a4", shown["more.csv"][1])}
    assert [shown[name][1] for name in ("list.csv", "old.eml")] == [
        files(told)[name][1] for name in ("list.csv", "old.eml")
    ]  # as the phone has recorded them (R1369)
    for gone in (f"{server_id}:9", reference):
        nothing = change(phone, server_id, DraftChange(attachments=(AttachmentDelete(gone),)))
        assert only(phone, nothing).status == SyncStatus.CONVERSION_ERROR
    last = DraftChange(attachments=(AttachmentDelete(files(told)["list.csv"][1]),))
    assert phone.sync(folder, change(phone, server_id, last), get_changes=False).status == 1
    assert [a.name for a in kept(world, server_id)[0].attachments] == ["old.eml", "more.csv"]


def as_mime(*names: str) -> DraftChange:
    """A draft of the device's own making: its attachments are known by their paths."""
    mime = EmailMessage()
    mime["Subject"] = "files"
    mime.set_content("text")
    for name in names:
        mime.add_attachment(b"xyz", maintype="application", subtype="pdf", filename=name)
    return DraftChange(body=BodyData(BodyType.MIME, data=mime.as_bytes()))


@each_new
def test_an_attachment_is_not_deleted_by_a_path_of_a_version_that_the_phone_does_not_hold(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    folder = drafts(phone)
    server_id, told = made(phone, as_mime("list.csv", "plan.pdf", "old.eml"))
    first = DraftChange(attachments=(AttachmentDelete(files(told)["list.csv"][1]),))
    blind = phone.sync(folder, change(phone, server_id, first), get_changes=False)
    assert not blind.commands
    again = change(phone, server_id, first)  # by now this reference would be that of another file
    (refused,) = phone.sync(folder, again, get_changes=False).responses
    assert refused.status == SyncStatus.CONFLICT
    assert [a.name for a in kept(world, server_id)[0].attachments] == ["plan.pdf", "old.eml"]


def test_what_a_new_draft_takes_out_is_not_there_and_inline_is_what_the_phone_says_so_R1382(
    world: World, phone: Phone
) -> None:
    drafts(phone)
    assert only(phone, add(phone, DraftChange(attachments=(AttachmentDelete("2:1:2"),)))).status == 6
    _, told = made(phone, replace(DRAFT, attachments=(PICTURE, FILE)))
    listed = child(told, "AirSyncBase:Attachments")
    assert listed is not None
    assert [text(each, "AirSyncBase:IsInline") for each in listed.children] == ["1", ""]


@each_new
def test_a_draft_that_comes_as_MIME_as_iOS_writes_it_R14890_R14900_C1(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = drafts(phone)
    mime = EmailMessage()
    mime["To"], mime["Subject"], mime["In-Reply-To"] = "bob@example.test", "Häh?", "<1@example.test>"
    mime.set_content("plain")
    mime.add_alternative("<b>bold</b>", subtype="html")
    mime.add_attachment(b"xyz", maintype="application", subtype="pdf", filename="a.pdf")
    raw = mime.as_bytes()
    server_id, told = made(phone, DraftChange(body=BodyData(BodyType.MIME, data=raw)))
    assert list(files(told)) == ["a.pdf"]
    email, _ = kept(world, server_id)
    assert (email.subject, email.in_reply_to, email.from_[0].address) == (
        "Häh?",
        "1@example.test",
        "alice@example.test",
    )
    assert email.message_id
    smaller = EmailMessage()
    smaller["Subject"] = "Now"
    smaller.set_content("less")
    phone.sync(folder, change(phone, server_id, DraftChange(body=BodyData(BodyType.MIME, data=smaller.as_bytes()))))
    later, _ = kept(world, server_id)
    assert (later.subject, later.to, later.attachments, later.message_id) == ("Now", (), (), email.message_id)
    broken = change(phone, server_id, DraftChange(body=BodyData(BodyType.MIME, data=b"no message")))
    assert only(phone, broken).status == SyncStatus.CONVERSION_ERROR


@each_new
def test_the_state_of_a_draft_is_changed_alone(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    drafts(phone)
    server_id, _ = made(phone)
    before, message = kept(world, server_id)
    phone.sync(phone.folder(FolderType.DRAFTS), phone.change(server_id, EmailChange(read=False)))
    after, same = kept(world, server_id)
    assert after == replace(before, read=False)
    assert same.as_bytes() == message.as_bytes()


@each_new
def test_a_draft_is_sent_once_with_a_copy_and_is_gone_R1389_R1386(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = drafts(phone)
    server_id, _ = made(phone, replace(DRAFT, cc="", attachments=(FILE,)))
    world.forward(minutes=5)
    result = phone.sync(folder, change(phone, server_id, DraftChange(subject="Final"), send=True))
    assert result.responses == ()
    assert result.commands == (ServerDelete(server_id),)
    assert emails(world, folder) == {}
    (copy,) = emails(world, phone.folder(FolderType.SENT_ITEMS)).values()
    assert (copy.subject, copy.is_draft, copy.read, copy.received) == ("Final", False, True, world.now)
    assert copy.sent == world.now.replace(microsecond=0)
    assert [a.address for a in copy.bcc] == ["dora@example.test"]
    (arrived,) = emails(world, str(world.folder(name="bob").id), "bob").values()
    assert (arrived.subject, arrived.bcc, [a.name for a in arrived.attachments]) == ("Final", (), ["list.csv"])


@each_new
def test_a_new_message_is_sent_by_an_Add_R1389_R1386(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = drafts(phone)
    result = phone.sync(folder, add(phone, replace(DRAFT, cc="", bcc=""), send=True))
    (answer,) = result.responses
    assert isinstance(answer, AddResult)
    assert answer.status == SyncStatus.SUCCESS
    assert result.commands == (ServerDelete(answer.server_id or ""),)
    assert emails(world, folder) == {}
    assert len(emails(world, phone.folder(FolderType.SENT_ITEMS))) == 1
    assert len(emails(world, str(world.folder(name="bob").id), "bob")) == 1


@each_new
@pytest.mark.parametrize("new", [True, False], ids=["Add", "Change"])
def test_a_draft_whose_answer_was_lost_is_not_sent_twice(world: World, version: Version, *, new: bool) -> None:
    phone = world.phone(version=version)
    folder = drafts(phone)
    draft = replace(DRAFT, cc="", bcc="")
    command = add(phone, draft, send=True) if new else change(phone, made(phone, draft)[0], DraftChange(), send=True)
    phone.sync(folder, command, lose=True)
    phone.sync(folder, command, lose=True)
    for response in phone.sync(folder, command).responses:
        assert response.status == SyncStatus.SUCCESS
    assert phone.held(folder).items == {}
    assert len(emails(world, phone.folder(FolderType.SENT_ITEMS))) == 1
    assert len(emails(world, str(world.folder(name="bob").id), "bob")) == 1
    phone.quiet(folder)


@each_new
@pytest.mark.parametrize("to", ["", "nobody at all"], ids=["none", "malformed"])
def test_a_draft_without_valid_recipients_stays_R7471_R7472(world: World, version: Version, to: str) -> None:
    phone = world.phone(version=version)
    folder = drafts(phone)
    server_id, _ = made(phone, DraftChange(to="bob@example.test", subject="s"))
    refused = only(phone, change(phone, server_id, DraftChange(to=to), send=True))
    assert refused.status == CommonStatus.INVALID_RECIPIENTS
    assert list(emails(world, folder)) == [server_id]
    assert emails(world, phone.folder(FolderType.SENT_ITEMS)) == {}
    assert only(phone, add(phone, DraftChange(to=to), send=True)).status == CommonStatus.INVALID_RECIPIENTS


@each_new
def test_limits_of_drafts(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    drafts(phone)
    world.limit(attachment_bytes_max=100, recipients_max=2)
    large = replace(FILE, content=b"x" * 101)
    assert only(phone, add(phone, DraftChange(attachments=(large,)))).status == CommonStatus.ATTACHMENT_IS_TOO_LARGE
    world.limit(attachment_bytes_max=10_000)
    crowd = add(phone, DraftChange(to="a@x.test, b@x.test, c@x.test"), send=True)
    assert only(phone, crowd).status == CommonStatus.SEND_QUOTA_EXCEEDED
    ole = replace(FILE, method=AttachmentMethod.OLE)
    assert only(phone, add(phone, DraftChange(attachments=(ole,)))).status == SyncStatus.CONVERSION_ERROR
    rtf = DraftChange(body=BodyData(BodyType.RTF, data=b"x"))
    assert only(phone, add(phone, rtf)).status == SyncStatus.CONVERSION_ERROR


@each_new
def test_mail_is_added_to_no_other_folder_R754_R755(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = synced(phone, FolderType.INBOX)
    (result,) = phone.sync(inbox, add(phone, DRAFT)).responses
    assert result.status == SyncStatus.CONVERSION_ERROR
    assert emails(world, inbox) == {}


@each_new
def test_received_mail_cannot_be_sent_again_by_Send(world: World, version: Version) -> None:
    server_id = world.deliver()
    phone = world.phone(version=version)
    inbox = synced(phone, FolderType.INBOX)
    (result,) = phone.sync(inbox, ClientChange(server_id, dump_draft(DraftChange(), version), send=True)).responses
    assert result.status == SyncStatus.CONVERSION_ERROR


@each_old
def test_the_Drafts_folder_grows_by_thousands_B7_R5916(world: World, version: Version) -> None:
    """Below 16.0 what a device writes to Drafts is refused, whichever way, and makes no copy."""
    author = world.phone(version=V16_1)
    drafts(author)
    server_id, _ = made(author)
    before = emails(world, author.folder(FolderType.DRAFTS))
    phone = world.phone(version=version)
    folder = drafts(phone)
    data = dump_draft(replace(DRAFT, bcc=None), V16_1)
    for _ in range(3):
        results = phone.sync(folder, ClientAdd("c1", data), ClientChange(server_id, data)).responses
        assert [result.status for result in results] == [SyncStatus.CONVERSION_ERROR] * 2
    assert emails(world, folder) == before


@each_new
def test_a_deleted_draft_goes_to_Deleted_Items_R2158(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = drafts(phone)
    server_id, _ = made(phone)
    phone.sync(folder, ClientDelete(server_id))
    assert emails(world, folder) == {}
    assert len(emails(world, phone.folder(FolderType.DELETED_ITEMS))) == 1


def test_a_filter_does_not_hide_a_draft_that_was_just_written(world: World) -> None:
    phone = world.phone(version=V16_1)
    folder = drafts(phone)
    server_id, _ = made(phone)
    world.now += timedelta(days=2)
    recent = (Options(filter_type=2),)
    phone.exchange(SyncRequest((phone.collection(folder, options=recent),)))
    phone.sync(folder, change(phone, server_id, DraftChange(subject="today")))
    world.now += timedelta(days=2)
    phone.quiet(folder)
    assert list(phone.held(folder).items) == [server_id]


def test_other_references_are_told_also_where_the_answer_was_lost(world: World, phone: Phone) -> None:
    """The FileReferences of the attachments that are left have changed, and the phone has not heard of it."""
    folder = drafts(phone)
    server_id, told = made(phone, as_mime("list.csv", "plan.pdf", "old.eml"))
    gone = change(phone, server_id, DraftChange(attachments=(AttachmentDelete(files(told)["list.csv"][1]),)))
    phone.sync(folder, gone, lose=True)
    result = phone.sync(folder, gone)
    assert [c.server_id for c in result.commands] == [server_id]
    item = phone.held(folder).items[server_id]
    shown = child(item, "AirSyncBase:Attachments")
    assert shown is not None
    assert len(shown.children) == 2
