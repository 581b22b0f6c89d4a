"""Status (Sync) and Limit (MS-ASCMD 2.2.3.177.17, 2.2.3.92): every value, each of its causes."""

from dataclasses import replace
from typing import Any

import pytest

from easd.eas.commands.options import Options
from easd.eas.commands.sync import (
    AddResult,
    ClientAdd,
    ClientChange,
    ClientDelete,
    ClientFetch,
    SyncCollection,
    SyncCollectionResult,
    SyncRequest,
    SyncResponse,
)
from easd.eas.items.email import EmailChange
from easd.eas.request import Command
from easd.eas.versions import V2_5, V12_1, V14_0, V14_1, V16_0, V16_1, Version, since
from easd.model.folder import FolderType
from easd.service.ports import MailboxFull
from easd.wbxml import Element, Writer, decode, encode, tag
from tests.support.faults import FaultyStore
from tests.support.typed_items import added, named
from tests.support.versions import at
from tests.support.world import Phone, Refused, World, emails, xml

SINCE_14 = sorted(since(V14_0))


@pytest.fixture
def faults(world: World) -> FaultyStore:
    """The world's store, in which calls can be made to fail."""
    store = FaultyStore(world.sql)
    world.through(store.store)
    return store


def status_of(phone: Phone, request: SyncRequest | None) -> tuple[int | None, int | None]:
    """Status and Limit of an answer that is about the whole request."""
    try:
        response = phone.exchange(request)
    except Refused as refused:
        return refused.status, None
    assert isinstance(response, SyncResponse)
    return response.status, response.limit


def failures(result: SyncCollectionResult) -> list[tuple[str, int]]:
    """ServerId and status of the commands that failed."""
    return [(r.server_id or "", r.status) for r in result.responses]


def element(name: str, *content: Element | str) -> Element:
    if len(content) == 1 and isinstance(content[0], str):
        return Element(tag(name), content[0])
    return Element(tag(name), [part for part in content if isinstance(part, Element)])


START_OF_COLLECTION = (element("AirSync:SyncKey", "0"), element("AirSync:CollectionId", "1"))


# ------------------------------------------------------------ 1


def test_status_1_for_a_collection_that_was_served_R4422(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    world.deliver()
    assert phone.sync(inbox).status == 1


# ------------------------------------------------------------ 4, for the whole request


@at(frozenset({V2_5, V16_1}))
@pytest.mark.parametrize(
    "collection",
    [
        [element("AirSync:SyncKey", "0")],
        [element("AirSync:CollectionId", "1")],
        [element("AirSync:SyncKey", "0"), element("AirSync:CollectionId", "")],
        [element("AirSync:SyncKey", "0"), element("AirSync:CollectionId", "1" * 65)],
        [element("AirSync:SyncKey", "0"), element("AirSync:CollectionId", "1"), element("AirSync:Wait", "1")],
        [element("AirSync:SyncKey", "0"), element("AirSync:CollectionId", "1"), element("AirSync:WindowSize", "ten")],
        [element("AirSync:SyncKey", "0"), element("AirSync:SyncKey", "0"), element("AirSync:CollectionId", "1")],
        [element("AirSync:SyncKey", "0"), element("AirSync:CollectionId", "1"), element("Email:Subject", "x")],
        [element("AirSync:SyncKey", "0"), element("AirSync:Supported"), element("AirSync:CollectionId", "1")],
        [element("AirSync:CollectionId", "1"), element("AirSync:SyncKey", "0")],
        [element("AirSync:SyncKey", "0"), element("AirSync:WindowSize", "9"), element("AirSync:CollectionId", "1")],
        [*START_OF_COLLECTION, element("AirSync:Options"), element("AirSync:GetChanges", "0")],
        [*START_OF_COLLECTION, element("AirSync:Commands"), element("AirSync:Options")],
    ],
    ids=[
        "no id",
        "no key",
        "empty id",
        "long id",
        "stranger",
        "not a number",
        "twice",
        "other namespace",
        "Supported before the id",
        "id before the key",
        "window before the id",
        "Options before GetChanges",
        "Commands before Options",
    ],
)
def test_status_4_for_a_collection_that_breaks_the_grammar_R976_R4545_R4546_R5779(
    world: World, version: Version, collection: list[Element]
) -> None:
    phone = world.phone(version=version)
    phone.folder()
    document = element("AirSync:Sync", element("AirSync:Collections", element("AirSync:Collection", *collection)))
    phone.post(Command.SYNC, encode(document))
    assert xml(decode(phone.last.body)).split() == ["<Sync", 'xmlns="AirSync">', "<Status>4</Status>", "</Sync>"]
    assert "status 4" in phone.notes


@pytest.mark.parametrize("place", [0, 1, 2])
def test_Class_has_no_place_in_the_order_of_a_collection_R976(world: World, place: int) -> None:
    phone = world.phone(version=V12_1)
    phone.folder()
    collection = list(START_OF_COLLECTION)
    collection.insert(place, element("AirSync:Class", "Email"))
    document = element("AirSync:Sync", element("AirSync:Collections", element("AirSync:Collection", *collection)))
    phone.post(Command.SYNC, encode(document))
    assert "<Class>Email</Class>" in xml(decode(phone.last.body))


def test_status_4_for_a_request_without_collections_R5779(phone: Phone) -> None:
    phone.folder()
    assert status_of(phone, SyncRequest(wait=5)) == (4, None)
    assert status_of(phone, SyncRequest(collections=())) == (4, None)


def test_status_4_for_the_same_collection_twice_R5778(phone: Phone, inbox: str) -> None:
    twice = (phone.collection(inbox), phone.collection(inbox))
    assert status_of(phone, SyncRequest(twice)) == (4, None)


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
def test_status_4_for_both_Wait_and_HeartbeatInterval_R3162_R4748(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    assert status_of(phone, SyncRequest((phone.collection(inbox),), wait=5, heartbeat_interval=300)) == (4, None)


def test_status_4_for_HeartbeatInterval_at_12_1_R6691(world: World) -> None:
    phone = world.phone(version=V12_1)
    phone.folder()
    document = element("AirSync:Sync", element("AirSync:HeartbeatInterval", "300"))
    phone.post(Command.SYNC, encode(document))
    assert "HeartbeatInterval" in phone.notes
    assert phone.last.body.endswith(b"4\0\1\1")


@pytest.mark.parametrize("number, status", [(200, 1), (201, 4)])
def test_status_4_for_more_than_200_commands_R5659(phone: Phone, inbox: str, number: int, status: int) -> None:
    phone.start(inbox)
    commands = tuple(ClientFetch(f"{inbox}:{uid}") for uid in range(1, number + 1))
    request = SyncRequest((phone.collection(inbox, commands=commands),))
    assert status_of(phone, request)[0] == (status if status > 1 else None)


def test_status_4_for_GetChanges_with_key_0_R3128_R5838(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    assert status_of(phone, SyncRequest((phone.collection(inbox, sync_key="0", get_changes=True),))) == (4, None)


def test_status_4_for_an_empty_GetChanges_with_key_0_R3128(phone: Phone, inbox: str) -> None:
    key, folder = element("AirSync:SyncKey", "0"), element("AirSync:CollectionId", inbox)
    one = element("AirSync:Collection", key, folder, Element(tag("AirSync:GetChanges"), None))
    phone.post(Command.SYNC, encode(element("AirSync:Sync", element("AirSync:Collections", one))))
    assert "GetChanges" in phone.notes


# ------------------------------------------------------------ 4, for what one collection asks


@pytest.mark.parametrize("get_changes", [None, False])
def test_no_error_without_GetChanges_with_key_0_R3129_R5839(phone: Phone, inbox: str, get_changes: bool | None) -> None:
    assert phone.sync(inbox, sync_key="0", get_changes=get_changes).status == 1


def test_status_4_for_commands_with_key_0_which_could_not_be_answered(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    result = phone.sync(inbox, ClientDelete(letter), sync_key="0")
    assert (result.status, result.responses) == (4, ())
    assert letter in emails(world, inbox)


def test_status_4_for_the_wrong_class_in_a_collection_R935(world: World) -> None:
    phone = world.phone(version=V12_1)
    assert phone.sync(phone.folder(), sync_key="0", class_="Contacts").status == 4
    assert phone.sync(phone.folder(), sync_key="0", class_="Email").status == 1


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
def test_Class_is_no_child_of_Collection_since_14_R6292(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    key, folder = element("AirSync:SyncKey", "0"), element("AirSync:CollectionId", inbox)
    one = element("AirSync:Collection", element("AirSync:Class", "Email"), key, folder)
    phone.post(Command.SYNC, encode(element("AirSync:Sync", element("AirSync:Collections", one))))
    assert "Class" in phone.notes
    assert "status 4" in phone.notes


@pytest.mark.parametrize(
    "classes, status",
    [
        (("Email",), 1),
        (("SMS",), 1),
        (("Email", "SMS"), 1),
        (("SMS", None), 1),
        (("Email", "Email"), 4),
        (("SMS", "SMS"), 4),
        (("Email", "Contacts"), 4),
        (("Tasks",), 4),
        (("Email", None), 4),
    ],
)
def test_options_of_classes_R930_R934_R935(
    phone: Phone, inbox: str, classes: tuple[str | None, ...], status: int
) -> None:
    options = tuple(Options(class_=name) for name in classes)
    assert started(phone, inbox, options=options) == status


def started(phone: Phone, folder: str, **fields: Any) -> int | None:
    """The status of a request with key 0: 1 of the collection, any other of the whole."""
    request = SyncRequest((phone.collection(folder, sync_key="0", **fields),))
    whole = status_of(phone, request)[0]
    return 1 if whole is None else whole


@pytest.mark.parametrize("type_", [FolderType.CONTACTS, FolderType.CALENDAR])
@pytest.mark.parametrize("classes", [("SMS",), ("Calendar", "Tasks"), ("Calendar", "Calendar")])
def test_status_4_for_other_classes_where_there_is_no_mail_R930_R935(
    phone: Phone, type_: FolderType, classes: tuple[str, ...]
) -> None:
    options = tuple(Options(class_=name) for name in classes)
    assert started(phone, phone.folder(type_), options=options) == 4


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
@pytest.mark.parametrize("mode", [True, False])
def test_status_4_for_ConversationMode_where_there_is_no_mail_R2117(world: World, version: Version, mode: bool) -> None:
    phone = world.phone(version=version)
    calendar = phone.folder(FolderType.CALENDAR)
    with pytest.raises(Refused) as refused:
        phone.sync(calendar, sync_key="0", conversation_mode=mode)
    assert refused.value.status == 4
    assert phone.sync(phone.folder(), sync_key="0", conversation_mode=mode).status == 1


_FILTERS = {
    FolderType.INBOX: {0, 1, 2, 3, 4, 5},
    FolderType.CALENDAR: {0, 4, 5, 6, 7},
    FolderType.TASKS: {0, 8},
    FolderType.CONTACTS: set(range(9)),
    FolderType.NOTES: set(range(9)),
}


@pytest.mark.parametrize("type_", _FILTERS, ids=lambda type_: type_.name)
@pytest.mark.parametrize("filter_type", range(9))
def test_FilterType_that_a_class_knows_R3035_to_R3061_R3078_R3080(
    world: World, type_: FolderType, filter_type: int
) -> None:
    for version in (V16_1,) if type_ is FolderType.NOTES else (V12_1, V16_1):
        phone = world.phone(version=version)
        options = (Options(filter_type=filter_type),)
        assert started(phone, phone.folder(type_), options=options) == (1 if filter_type in _FILTERS[type_] else 4)


def test_status_4_for_a_FilterType_that_does_not_exist(phone: Phone, inbox: str) -> None:
    with pytest.raises(Refused, match="status 4"):
        phone.sync(inbox, sync_key="0", options=(Options(filter_type=9),))


# ------------------------------------------------------------ 6, 7, 8, 9: one command


def test_status_6_for_an_Add_of_mail_R755_R4440(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    data = phone.change("1:1", EmailChange(read=True)).data
    assert data is not None
    result = phone.sync(inbox, ClientAdd("c1", data))
    assert result.responses == (AddResult("c1", 6),)
    assert result.status == 1
    assert emails(world, inbox) == {}


@pytest.mark.parametrize(
    "name, value",
    [("Email:Read", "2"), ("Email:Read", "yes"), ("Contacts:FirstName", "Bob"), ("AirSync:SyncKey", "0")],
)
def test_status_6_for_a_Change_that_cannot_be_read_R4440(
    world: World, phone: Phone, inbox: str, name: str, value: str
) -> None:
    letter, other = world.deliver(), world.deliver()
    phone.sync_all(inbox)
    bad = ClientChange(letter, fragment(name, value))
    good = phone.change(other, EmailChange(read=True))
    result = phone.sync(inbox, bad, good)
    assert failures(result) == [(letter, 6)]
    assert emails(world, inbox)[other].read


def fragment(name: str, value: str) -> bytes:
    """The children of an ApplicationData with one element."""
    writer = Writer()
    writer.text(tag(name), value)
    return writer.fragment()


def test_status_6_for_a_Change_without_content_R4440(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    (answer,) = phone.sync(inbox, ClientChange(letter, send=True)).responses
    assert answer.status == 6


def test_status_4_for_an_occurrence_of_a_message_which_is_not_deleted_R4431(
    world: World, phone: Phone, inbox: str
) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    (answer,) = phone.sync(inbox, ClientDelete(letter, instance_id="2026-11-23T00:00:00.000Z")).responses
    assert answer.status == 4
    assert letter in emails(world, inbox)


def test_status_6_for_a_command_that_meets_a_fault_and_the_others_are_done(
    world: World, faults: FaultyStore, phone: Phone, inbox: str
) -> None:
    letters = [world.deliver() for _ in range(4)]
    phone.sync_all(inbox)
    uid = int(letters[1].partition(":")[2])
    faults.fail("update_item", ArithmeticError(), lambda _folder, number, _content: number == uid)
    result = phone.sync(inbox, *(phone.change(letter, EmailChange(read=True)) for letter in letters))
    assert failures(result) == [(letters[1], 6)]
    assert [email.read for email in emails(world, inbox).values()] == [True, False, True, True]
    assert "command 1: conversion error: ArithmeticError" in phone.notes
    phone.agrees(inbox)


def test_status_7_for_a_change_that_lost_to_the_servers_R2069_R4444(world: World, version: Version) -> None:
    letter = world.deliver()
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    world.change(letter, read=True)
    result = phone.sync(inbox, phone.change(letter, EmailChange(read=False)))
    assert failures(result) == [(letter, 7)]
    assert [c.server_id for c in result.commands] == [letter]
    assert emails(world, inbox)[letter].read
    phone.agrees(inbox)


@pytest.mark.parametrize("name", ["1:999", "nonsense", "1", "999:1", "1:1:1", ":", "1:-1", "é:1", "1:" + "9" * 30])
def test_status_8_for_a_Change_or_Fetch_of_what_is_not_there_R4447_R5846(phone: Phone, inbox: str, name: str) -> None:
    phone.start(inbox)
    change = phone.change(name, EmailChange(read=True))
    result = phone.sync(inbox, change, ClientFetch(name))
    assert [r.status for r in result.responses] == [8, 8]
    assert result.status == 1


def test_status_8_for_an_item_of_another_folder_R5846(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    drafts = phone.folder(FolderType.DRAFTS)
    phone.start(drafts)
    result = phone.sync(drafts, phone.change(letter, EmailChange(read=True)), ClientFetch(letter), ClientDelete(letter))
    assert [r.status for r in result.responses] == [8, 8, 8]
    assert not emails(world, inbox)[letter].read


def test_status_8_for_a_Change_of_what_the_server_has_deleted_R5846(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    world.remove(letter)
    result = phone.sync(inbox, phone.change(letter, EmailChange(read=True)))
    assert [r.status for r in result.responses] == [8]
    assert [c.server_id for c in result.commands] == [letter]
    phone.agrees(inbox)


def test_status_9_for_a_full_mailbox_and_the_others_are_done_R4450(
    world: World, faults: FaultyStore, phone: Phone, inbox: str
) -> None:
    first, second = world.deliver(), world.deliver()
    phone.sync_all(inbox)
    faults.fail("move", MailboxFull(), times=1)
    result = phone.sync(inbox, ClientDelete(first), phone.change(second, EmailChange(read=True)))
    assert failures(result) == [(first, 9)]
    assert emails(world, inbox).keys() == {first, second}
    assert emails(world, inbox)[second].read
    phone.agrees(inbox)


# ------------------------------------------------------------ 12, 13, 14, 15


@pytest.mark.parametrize("folder", ["999", "Shared", "1:1", "-1", "１", "9" * 60])
def test_status_12_for_a_folder_that_is_not_there_R4453(world: World, version: Version, folder: str) -> None:
    phone = world.phone(version=version)
    phone.folder()
    result = phone.sync(folder, sync_key="0")
    assert (result.status, result.collection_id) == (12, folder)


def test_status_12_for_a_folder_that_was_deleted_and_the_others_are_served_R4453(
    world: World, phone: Phone, inbox: str
) -> None:
    with world.writing() as box:
        extra = str(box.add_folder(0, "Extra", FolderType.USER_MAIL).id)
    phone.folder_sync()
    phone.sync_all(extra)
    phone.start(inbox)
    world.deliver()
    with world.writing() as box:
        box.remove_folder(int(extra))
    response = phone.exchange(SyncRequest((phone.collection(extra), phone.collection(inbox))))
    assert isinstance(response, SyncResponse)
    assert [(r.collection_id, r.status) for r in response.collections] == [(extra, 12), (inbox, 1)]
    phone.folder_sync()
    assert extra not in phone.hierarchy.folders


def test_status_12_for_a_folder_of_somebody_else(world: World, phone: Phone) -> None:
    phone.folder()
    foreign = str(world.folder(name="bob").id)
    assert phone.sync(foreign, sync_key="0").status == 12


@pytest.mark.parametrize("request_", [None, SyncRequest(partial=True), SyncRequest(partial=True, wait=10)])
@pytest.mark.parametrize("version", sorted(since(V12_1)), ids=lambda version: version.text)
def test_status_13_for_an_empty_or_partial_request_that_nothing_completes_R4456(
    world: World, version: Version, request_: SyncRequest | None
) -> None:
    phone = world.phone(version=version)
    phone.folder()
    assert status_of(phone, request_) == (13, None)


def test_status_13_where_the_memory_cannot_be_read_R4456(world: World, phone: Phone, inbox: str) -> None:
    phone.sync_all(inbox)
    device = phone.device
    assert device is not None
    with world.writing() as box:
        box.save_device(replace(device, sync_request=b"{}"))
    assert status_of(phone, None) == (13, None)


def test_status_13_where_only_new_collections_were_named_R4456(phone: Phone, inbox: str) -> None:
    phone.start(inbox)
    assert status_of(phone, None) == (13, None)


@pytest.mark.parametrize(
    "wait, limit", [(0, 1), (-5, 1), (60, 59), (100_000, 59)], ids=["zero", "negative", "an hour", "huge"]
)
@pytest.mark.parametrize("version", sorted(since(V12_1)), ids=lambda version: version.text)
def test_status_14_for_a_Wait_out_of_bounds_R3227_R3228_R4459(
    world: World, version: Version, wait: int, limit: int
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    assert status_of(phone, SyncRequest((phone.collection(inbox),), wait=wait)) == (14, limit)


@pytest.mark.parametrize("version", [V14_0, V14_1, V16_0, V16_1], ids=lambda version: version.text)
@pytest.mark.parametrize("seconds, limit", [(59, 60), (0, 60), (-1, 60), (3541, 3540), (2**31, 3540)])
def test_status_14_for_a_HeartbeatInterval_out_of_bounds_R3229_R3230_R5780(
    world: World, version: Version, seconds: int, limit: int
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    request = SyncRequest((phone.collection(inbox),), heartbeat_interval=seconds)
    assert status_of(phone, request) == (14, limit)


def test_the_bounds_of_Wait_follow_those_of_HeartbeatInterval(world: World, phone: Phone, inbox: str) -> None:
    phone.start(inbox)
    world.limit(heartbeat_min=100, heartbeat_max=900)
    for wait, limit in ((1, 2), (16, 15)):
        assert status_of(phone, SyncRequest((phone.collection(inbox),), wait=wait)) == (14, limit)


def test_status_15_with_the_number_that_is_allowed_R3231_R4464(world: World, version: Version) -> None:
    world.limit(sync_collections_max=3)
    phone = world.phone(version=version)
    phone.folder()
    folders = [SyncCollection("0", folder) for folder in phone.hierarchy.folders]
    assert status_of(phone, SyncRequest(tuple(folders[:4]))) == (15, 3)
    response = phone.exchange(SyncRequest(tuple(folders[:3])))
    assert isinstance(response, SyncResponse)
    assert [r.status for r in response.collections] == [1, 1, 1]


@pytest.mark.parametrize("filter_type", [None, 0, 1, 5, 8])
def test_a_FilterType_changes_nothing_about_contacts_R3079(
    world: World, version: Version, filter_type: int | None
) -> None:
    writer = world.phone(version=version)
    folder = writer.folder(FolderType.CONTACTS)
    writer.start(folder)
    old = added(writer, folder, named("Contacts:FirstName", "Ann"))
    world.forward(days=400)
    phone = world.phone(version=version)
    phone.start(folder)
    options = () if filter_type is None else (Options(filter_type=filter_type),)
    result = phone.sync(folder, options=options)
    assert (result.status, len(result.commands)) == (1, 1)
    assert set(phone.held(folder).items) == {old}
    world.forward(days=400)
    phone.quiet(folder)
