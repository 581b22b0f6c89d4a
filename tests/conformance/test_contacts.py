"""Contacts over Sync (MS-ASCNTC, MS-ASCMD Supported): every property both ways, ghosting, notes, pictures."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from easd.eas.commands.item_operations import Fetched, OperationResult
from easd.eas.commands.options import Options
from easd.eas.commands.sync import (
    AddResult,
    ChangeResult,
    ClientAdd,
    ClientChange,
    ClientDelete,
    DeleteResult,
    ServerAdd,
    ServerChange,
)
from easd.eas.items.contacts import CONTACT, MAX_PICTURE, dump_contact
from easd.eas.status import SyncStatus
from easd.eas.versions import V12_0, V16_1, Version, since
from easd.mime.note_body import select_notes
from easd.model.body import BodyPreference, BodyWishes
from easd.model.contact import Contact
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.model.note_body import NO_NOTES, NoteBody
from easd.wbxml import Element, Tag, tag
from tests.support.fetching import fetch, operate, parts
from tests.support.typed_items import added, kept, named, notes_of, synced
from tests.support.world import Phone, World, child, text

DAY = datetime(1980, 2, 29, 11, 59, tzinfo=UTC)
TEXTS = {prop.attr: f"{prop.attr} & ünï" for prop in CONTACT.props if prop.ref.count(" ") == 1}
FULL = Contact(
    DAY,
    **TEXTS,  # type: ignore[arg-type]
    anniversary=DAY,
    birthday=DAY,
    picture=b"\x89PNG and so on",
    categories=("Red", "Blue"),
    children=("Ann", "Bo"),
    body=NoteBody(BodyType.PLAIN, "likes tea"),
)
WHOLE_NOTES = (Options(body_preferences=(BodyPreference(BodyType.PLAIN),)),)


def add(phone: Phone, contact: Contact, client_id: str = "c1", *, notes: bool = True) -> ClientAdd:
    """The command that adds the contact."""
    return ClientAdd(client_id, sent(phone, contact, notes=notes))


def sent(phone: Phone, contact: Contact, *, notes: bool = True) -> bytes:
    """ApplicationData as the phone writes it, with the notes in their own type."""
    wishes = BodyWishes((BodyPreference(contact.body.type),))
    return dump_contact(contact, select_notes(wishes, contact.body) if notes else None, phone.version)


def contacts(phone: Phone) -> str:
    """The phone's Contacts folder, synchronised to the end."""
    return synced(phone, FolderType.CONTACTS)


def made(phone: Phone, folder: str, contact: Contact, **fields: Any) -> str:
    """Add the contact, and give its ServerId."""
    return added(phone, folder, sent(phone, contact), **fields)


def test_every_property_comes_back_as_it_was_sent_MS_ASCNTC_R454_R493(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = made(phone, contacts(phone), FULL)
    assert replace(kept(world, server_id, Contact), modified=DAY) == FULL
    folder = contacts(other)
    item = other.held(folder).items[server_id]
    read = CONTACT.read(Element(item.tag, [c for c in item.children if not _is_body(c)]), version)
    for attr, value in read.items():
        assert value == getattr(FULL, attr), attr
    assert read.keys() == {prop.attr for prop in CONTACT.props}
    assert notes_of(other, server_id) == "likes tea"


def _is_body(element: Element) -> bool:
    return element.name.partition(":")[2] in ("Body", "BodySize", "BodyTruncated", "NativeBodyType")


def test_a_phone_is_not_told_of_its_own_contact_but_another_one_is(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder, others = contacts(phone), contacts(other)
    server_id = made(phone, folder, FULL)
    phone.quiet(folder)
    (command,) = other.sync(others).commands
    assert isinstance(command, ServerAdd)
    assert command.server_id == server_id


def test_a_lost_answer_to_an_add_makes_no_second_contact(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    (first,) = phone.sync(folder, add(phone, FULL), lose=True).responses
    (second,) = phone.sync(folder, add(phone, FULL)).responses
    assert isinstance(first, AddResult)
    assert isinstance(second, AddResult)
    assert first.server_id == second.server_id
    assert len(world.items(folder)) == 1


def test_a_change_by_one_phone_is_told_to_the_other_whole(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = contacts(phone)
    server_id = made(phone, folder, FULL)
    contacts(other)
    assert not phone.sync(folder, ClientChange(server_id, sent(phone, replace(FULL, first_name="New")))).responses
    (command,) = other.sync(folder).commands
    assert isinstance(command, ServerChange)
    item = other.held(folder).items[server_id]
    assert text(item, "Contacts:FirstName") == "New"
    assert text(item, "Contacts:LastName") == TEXTS["last_name"]
    phone.quiet(folder)


@pytest.mark.parametrize(
    "supported, job_title",
    [
        (None, None),
        ((tag("Contacts:JobTitle"),), None),
        ((tag("Contacts:FirstName"),), "clerk"),
        ((), "clerk"),
    ],
    ids=["without_Supported_all_is_managed_R5906", "named_R5907", "not_named_R5908", "empty_Supported_R5909"],
)
def test_what_a_change_leaves_out_MS_ASCMD_R5911_R5912(
    world: World, version: Version, supported: tuple[Tag, ...] | None, job_title: str | None
) -> None:
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.CONTACTS)
    phone.start(folder, supported=supported)
    server_id = made(phone, folder, Contact(DAY, first_name="Ann", job_title="clerk"))
    phone.sync(folder, ClientChange(server_id, named("Contacts:FirstName", "Bea")))
    assert kept(world, server_id, Contact).first_name == "Bea"
    assert kept(world, server_id, Contact).job_title == job_title


@pytest.mark.parametrize("supported, file_as", [(None, "Ann C."), ((tag("Contacts:FileAs"),), None)])
def test_a_contact_stays_filed_where_it_is_unless_the_device_says_otherwise(
    world: World, phone: Phone, supported: tuple[Tag, ...] | None, file_as: str | None
) -> None:
    """Microsoft's interoperability tests of R5906 and R5912 leave FileAs out, and find the contact by it."""
    folder = phone.folder(FolderType.CONTACTS)
    phone.start(folder, supported=supported)
    server_id = made(phone, folder, Contact(DAY, file_as="Ann C.", first_name="Ann"))
    phone.sync(folder, ClientChange(server_id, named("Contacts:JobTitle", "clerk")))
    assert kept(world, server_id, Contact).file_as == file_as


def test_a_supported_element_with_a_later_key_is_ignored_MS_ASCMD_R4551_R4552(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.CONTACTS)
    phone.start(folder, supported=())
    server_id = made(phone, folder, Contact(DAY, first_name="Ann", job_title="clerk"))
    change = ClientChange(server_id, named("Contacts:FirstName", "Bea"))
    phone.sync(folder, change, supported=(tag("Contacts:JobTitle"),))
    assert kept(world, server_id, Contact).job_title == "clerk"


def test_an_empty_element_empties_the_property(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.CONTACTS)
    phone.start(folder, supported=())
    server_id = made(phone, folder, FULL)
    for name in ("Contacts:JobTitle", "Contacts:Birthday", "Contacts:Picture", "Contacts:Categories"):
        phone.sync(folder, ClientChange(server_id, named(name)))
    left = kept(world, server_id, Contact)
    assert (left.job_title, left.birthday, left.picture, left.categories) == (None, None, None, ())
    assert left.children == FULL.children


def test_notes_and_picture_stay_where_a_change_does_not_name_them_MS_ASCNTC_R461(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    server_id = made(phone, folder, FULL)
    phone.sync(folder, ClientChange(server_id, named("Contacts:FirstName", "Bea")))
    assert kept(world, server_id, Contact).body == FULL.body
    assert kept(world, server_id, Contact).picture == FULL.picture


@pytest.mark.parametrize("version", sorted(since(V12_0)), ids=lambda v: v.text, indirect=True)
def test_emptied_notes_are_gone(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = contacts(phone)
    server_id = made(phone, folder, FULL)
    contacts(other)
    phone.sync(folder, ClientChange(server_id, sent(phone, replace(FULL, body=NO_NOTES))))
    assert kept(world, server_id, Contact).body == NO_NOTES
    other.sync(folder)
    assert notes_of(other, server_id) == ""


@pytest.mark.parametrize("version", sorted(since(V12_0)), ids=lambda v: v.text, indirect=True)
def test_the_cut_beginning_of_long_notes_does_not_replace_them(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    long = replace(FULL, body=NoteBody(BodyType.PLAIN, "a very long story " * 100))
    server_id = made(phone, folder, long, options=(_cut_at(20),))
    echo = replace(long, first_name="Bea", body=NoteBody(BodyType.PLAIN, long.body.text[:20]))
    phone.sync(folder, ClientChange(server_id, sent(phone, echo)))
    assert kept(world, server_id, Contact).first_name == "Bea"
    assert kept(world, server_id, Contact).body == long.body
    written = replace(echo, body=NoteBody(BodyType.PLAIN, "another story"))
    phone.sync(folder, ClientChange(server_id, sent(phone, written)))
    assert kept(world, server_id, Contact).body == written.body


def _cut_at(size: int) -> Options:
    return Options(body_preferences=(BodyPreference(BodyType.PLAIN, truncation_size=size),))


@pytest.mark.parametrize("version", sorted(since(V12_0)), ids=lambda v: v.text, indirect=True)
def test_notes_are_cut_where_a_device_asks_for_it_until_it_asks_otherwise_MS_ASCNTC_R459_R460(
    world: World, version: Version
) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = contacts(phone)
    server_id = made(phone, folder, FULL)
    other.start(folder)
    other.sync(folder, options=(_cut_at(5),))
    assert notes_of(other, server_id) == "likes"
    phone.sync(folder, ClientChange(server_id, sent(phone, replace(FULL, first_name="Bea"))))
    other.sync(folder)
    assert notes_of(other, server_id) == "likes"
    phone.sync(folder, ClientChange(server_id, sent(phone, FULL)))
    other.sync(folder, options=WHOLE_NOTES)
    assert notes_of(other, server_id) == "likes tea"


@pytest.mark.parametrize(
    "data",
    [
        named("Contacts:Picture", "A" * (MAX_PICTURE // 3 * 4 + 4)),
        named("Contacts:Picture", "no base64!"),
        named("Contacts:Birthday", "yesterday"),
        named("Email:Subject", "not of a contact"),
        named("Contacts:WeightedRank", "1"),
    ],
    ids=["too_large_R384", "no_base64", "no_date", "other_class", "cache_only_R415"],
)
def test_what_no_contact_can_be_is_status_6_and_costs_no_other(world: World, version: Version, data: bytes) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    bad, good = ClientAdd("bad", data), add(phone, FULL, "good")
    results = {r.client_id: r.status for r in phone.sync(folder, bad, good).responses if isinstance(r, AddResult)}
    assert results == {"bad": SyncStatus.CONVERSION_ERROR, "good": SyncStatus.SUCCESS}
    (server_id,) = world.items(folder)
    (refused,) = phone.sync(folder, ClientChange(server_id, data)).responses
    assert isinstance(refused, ChangeResult)
    assert refused.status == SyncStatus.CONVERSION_ERROR
    assert replace(kept(world, server_id, Contact), modified=DAY) == FULL


def test_more_than_300_categories_are_refused_R183(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    many = replace(FULL, categories=tuple(map(str, range(301))))
    (result,) = phone.sync(folder, add(phone, many)).responses
    assert result.status == SyncStatus.CONVERSION_ERROR


def test_deleting_a_contact(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = contacts(phone)
    server_id = made(phone, folder, FULL)
    contacts(other)
    assert not phone.sync(folder, ClientDelete(server_id)).responses
    other.sync(folder)
    assert not other.held(folder).items
    (gone,) = phone.sync(folder, ClientChange(server_id, named("Contacts:FirstName", "Bea"))).responses
    assert isinstance(gone, ChangeResult)
    assert gone.status == SyncStatus.OBJECT_NOT_FOUND
    assert not world.items(phone.folder(FolderType.DELETED_ITEMS))


def test_a_contact_has_no_occurrences_R4431(world: World) -> None:
    phone = world.phone(version=V16_1)
    folder = contacts(phone)
    server_id = made(phone, folder, FULL)
    when = "20261123T120000Z"
    changed, deleted = phone.sync(
        folder,
        ClientChange(server_id, sent(phone, FULL), instance_id=when),
        ClientDelete(server_id, instance_id=when),
    ).responses
    assert isinstance(changed, ChangeResult)
    assert isinstance(deleted, DeleteResult)
    assert (changed.status, deleted.status) == (SyncStatus.PROTOCOL_ERROR, SyncStatus.PROTOCOL_ERROR)
    assert replace(kept(world, server_id, Contact), modified=DAY) == FULL


def test_a_damaged_contact_comes_as_far_as_it_can_be_read_and_stops_nothing(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    server_id = made(phone, folder, FULL)
    world.spoil(server_id, b'{"modified": 7, "first_name": "Ann", "birthday": "never"}')
    other = world.phone(version=version)
    assert contacts(other) == folder
    assert text(other.held(folder).items[server_id], "Contacts:FirstName") == "Ann"


@pytest.mark.parametrize("version", sorted(since(V12_0)), ids=lambda v: v.text, indirect=True)
@pytest.mark.parametrize("multipart", [False, True], ids=["inline", "multipart"])
def test_a_contact_is_fetched_whole_or_by_schema_R483_R485_R486(
    world: World, version: Version, multipart: bool
) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    server_id = made(phone, folder, FULL)
    some = fetch(server_id, schemas=((tag("Contacts:FirstName"), tag("Contacts:Picture")),))
    asked = (fetch(server_id), some)
    results, held = parts(phone, *asked) if multipart else (operate(phone, *asked), [])
    whole, chosen = (properties(result) for result in results)
    assert text(whole, "Contacts:JobTitle") == TEXTS["job_title"]
    body = child(whole, "AirSyncBase:Body")
    assert body is not None
    assert (child(body, "ItemOperations:Part") is not None) == multipart
    assert held[1:] == [b"likes tea"] if multipart else text(body, "AirSyncBase:Data") == "likes tea"
    assert [one.name for one in chosen.children] == ["Contacts:FirstName", "Contacts:Picture"]


def properties(result: OperationResult) -> Element:
    """What was fetched of a contact."""
    assert isinstance(result, Fetched)
    assert (result.status, result.class_) == (1, "Contacts")
    assert isinstance(result.properties, Element)
    return result.properties
