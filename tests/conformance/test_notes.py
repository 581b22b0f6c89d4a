"""Notes over Sync (MS-ASNOTE, 14.0 and later)."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from easd.eas.commands.options import Options
from easd.eas.commands.sync import START, AddResult, ChangeResult, ClientAdd, ClientChange
from easd.eas.items.notes import encode_note
from easd.eas.status import GetItemEstimateStatus, ItemOperationsStatus, SyncStatus
from easd.eas.versions import SUPPORTED, V2_5, V12_1, V14_0, Version, since
from easd.mime.note_body import select_notes
from easd.model.body import BodyPreference, BodyWishes
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.model.note import Note
from easd.model.note_body import NoteBody
from easd.wbxml import tag
from tests.support.fetching import fetch, one
from tests.support.searching import mailbox
from tests.support.typed_items import Content, added, kept, named, notes_of, synced, written
from tests.support.world import Phone, Refused, World, child, text

LONG_AGO = datetime(1999, 1, 1, tzinfo=UTC)
NOTE = Note(LONG_AGO, "Shopping", "IPM.StickyNote.List", ("Red", "Blue"), NoteBody(BodyType.PLAIN, "tea"))
SPOKEN = [version for version in SUPPORTED if version in since(V14_0)]
each_version = pytest.mark.parametrize("version", SPOKEN, ids=lambda v: v.text, indirect=True)


def sent(phone: Phone, note: Note) -> bytes:
    """ApplicationData as the phone writes it."""
    return encode_note(note, select_notes(BodyWishes((BodyPreference(note.body.type),)), note.body), phone.version)


def notes(phone: Phone) -> str:
    """The phone's Notes folder, synchronised to the end."""
    return synced(phone, FolderType.NOTES)


@each_version
def test_a_note_comes_back_as_it_was_sent_but_for_its_date_R84_R209_R126(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, notes(phone), sent(phone, NOTE))
    note = kept(world, server_id, Note)
    assert note.modified == world.now
    assert (note.subject, note.message_class, note.categories, note.body) == (
        NOTE.subject,
        NOTE.message_class,
        NOTE.categories,
        NOTE.body,
    )
    folder = notes(other)
    item = other.held(folder).items[server_id]
    assert text(item, "Notes:Subject") == "Shopping"
    assert text(item, "Notes:MessageClass") == "IPM.StickyNote.List"
    assert text(item, "Notes:LastModifiedDate") == f"{world.now:%Y%m%dT%H%M%SZ}"
    categories = child(item, "Notes:Categories")
    assert categories is not None
    assert [c.content for c in categories.children] == ["Red", "Blue"]
    assert notes_of(other, server_id) == "tea"


@pytest.mark.parametrize("version", [V2_5, V12_1], ids=lambda v: v.text)
def test_before_14_0_there_are_no_notes_R43001_R60001_MS_ASCMD_R6298(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.NOTES)
    assert phone.sync(folder, sync_key=START).status == SyncStatus.PROTOCOL_ERROR
    assert phone.estimate(folder).status == GetItemEstimateStatus.INVALID_COLLECTION


def test_before_14_0_a_note_is_not_fetched_MS_ASCMD_R6274(world: World) -> None:
    phone = world.phone()
    server_id = added(phone, notes(phone), sent(phone, NOTE))
    assert one(phone, fetch(server_id)).status == ItemOperationsStatus.SUCCESS
    assert one(world.phone(version=V12_1), fetch(server_id)).status == ItemOperationsStatus.NOT_FOUND


@each_version
@pytest.mark.parametrize("kind", [BodyType.PLAIN, BodyType.HTML], ids=["plain_R38", "html_R39"])
def test_the_text_comes_back_in_the_type_it_was_written_in(world: World, version: Version, kind: BodyType) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    text_of_note = "<html><body><b>tea</b></body></html>" if kind is BodyType.HTML else "tea"
    server_id = added(phone, notes(phone), sent(phone, Note(LONG_AGO, body=NoteBody(kind, text_of_note))))
    folder = other.folder(FolderType.NOTES)
    other.start(folder)
    other.sync(folder, options=(Options(body_preferences=(BodyPreference(kind),)),))
    assert notes_of(other, server_id) == text_of_note


@each_version
def test_a_note_in_RTF_comes_back_as_it_is_or_as_its_text_R35_R37_R40(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    document = b64encode(rb"{\rtf1\ansi\ansicpg1252 {\b tea} f\'fcr zwei\par}").decode()
    folder = notes(phone)
    server_id = added(phone, folder, sent(phone, Note(LONG_AGO, body=NoteBody(BodyType.RTF, document))))
    for kind, expected in ((BodyType.RTF, document), (BodyType.PLAIN, "tea für zwei")):
        other = world.phone(version=version)
        other.start(folder)
        other.sync(folder, options=(Options(body_preferences=(BodyPreference(kind),)),))
        body = child(other.held(folder).items[server_id], "AirSyncBase:Body")
        assert body is not None
        assert (text(body, "AirSyncBase:Type"), text(body, "AirSyncBase:Data")) == (str(kind.value), expected)
    assert [result.class_ for result in mailbox(phone, "für zwei").results] == ["Notes"]


@each_version
@pytest.mark.parametrize("kind", ["0", "4", "5", "", "text"])
def test_a_note_in_no_type_of_notes_is_status_6_R37(world: World, version: Version, kind: str) -> None:
    phone = world.phone(version=version)
    body: Content = (("AirSyncBase:Type", kind), ("AirSyncBase:Data", "tea"))
    (result,) = phone.sync(notes(phone), ClientAdd("c1", written({"AirSyncBase:Body": body}))).responses
    assert isinstance(result, AddResult)
    assert result.status == SyncStatus.CONVERSION_ERROR


@each_version
def test_an_empty_note_has_a_body_with_data_R123(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, notes(phone), named("Notes:Subject", "nothing more"))
    folder = notes(other)
    body = child(other.held(folder).items[server_id], "AirSyncBase:Body")
    assert body is not None
    assert child(body, "AirSyncBase:Data") is not None


@each_version
def test_categories_left_out_are_gone_subject_and_text_stay_R112_R113_R10003(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = notes(phone)
    server_id = added(phone, folder, sent(phone, NOTE))
    world.forward(hours=1)
    phone.sync(folder, ClientChange(server_id, named("Notes:MessageClass", "IPM.StickyNote")))
    note = kept(world, server_id, Note)
    assert (note.subject, note.body, note.categories) == (NOTE.subject, NOTE.body, ())
    assert note.modified == world.now


@each_version
def test_a_category_left_out_is_gone_R10002(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = notes(phone)
    server_id = added(phone, folder, sent(phone, NOTE))
    phone.sync(folder, ClientChange(server_id, sent(phone, Note(LONG_AGO, categories=("Blue",)))))
    assert kept(world, server_id, Note).categories == ("Blue",)


@each_version
def test_supported_is_status_4_R114(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.NOTES)
    with pytest.raises(Refused) as refused:
        phone.sync(folder, sync_key="0", supported=(tag("Notes:Subject"),))
    assert refused.value.status == SyncStatus.PROTOCOL_ERROR


@each_version
@pytest.mark.parametrize("message_class", ["IPM.Note", "IPM.StickyNotes", ""])
def test_another_message_class_is_status_6_R57_R119(world: World, version: Version, message_class: str) -> None:
    phone = world.phone(version=version)
    folder = notes(phone)
    (result,) = phone.sync(folder, ClientAdd("c1", named("Notes:MessageClass", message_class))).responses
    assert isinstance(result, AddResult)
    assert result.status == SyncStatus.CONVERSION_ERROR
    server_id = added(phone, folder, sent(phone, NOTE))
    (changed,) = phone.sync(folder, ClientChange(server_id, named("Notes:MessageClass", message_class))).responses
    assert isinstance(changed, ChangeResult)
    assert changed.status == SyncStatus.CONVERSION_ERROR
