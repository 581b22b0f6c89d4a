"""Contacts, events, tasks and notes as each command shows them (MS-ASCNTC, MS-ASCAL, MS-ASTASK, MS-ASNOTE 3.2.5)."""

from collections.abc import Mapping

import pytest

from easd.eas.commands import search
from easd.eas.commands.item_operations import Fetch, Fetched, FetchOptions
from easd.eas.commands.search import MAILBOX, OfClass
from easd.eas.commands.sync import ClientAdd, ClientChange, ServerAdd, ServerChange
from easd.eas.request import Command
from easd.eas.versions import V12_0, V14_0, Version, since
from easd.model.folder import FolderType
from easd.service.context import Answer
from easd.wbxml import Element, Tag, Writer, tag
from tests.support.fetching import operate, parts
from tests.support.searching import element, mailbox
from tests.support.typed_items import Content, added, found, notes_of, synced, written
from tests.support.versions import at
from tests.support.world import Phone, World, child, text, xml

FOLDERS = {
    "Contacts": FolderType.CONTACTS,
    "Calendar": FolderType.CALENDAR,
    "Tasks": FolderType.TASKS,
    "Notes": FolderType.NOTES,
}
ITEMS: Mapping[str, Mapping[str, Content]] = {
    "Contacts": {"Contacts:FirstName": "Zoë", "Contacts:LastName": "Quist", "Contacts:JobTitle": "clerk"},
    "Calendar": {
        "Calendar:StartTime": "20261201T090000Z",
        "Calendar:EndTime": "20261201T100000Z",
        "Calendar:Subject": "Zoë",
        "Calendar:Categories": (("Calendar:Category", "Work"),),
    },
    "Tasks": {"Tasks:Subject": "Zoë", "Tasks:Complete": "0", "Tasks:DueDate": "2026-12-01T00:00:00.000Z"},
    "Notes": {"Notes:Subject": "Zoë", "Notes:MessageClass": "IPM.StickyNote.X"},
}
ASKED = {
    "Contacts": ("Contacts:LastName", "Contacts:Picture"),
    "Calendar": ("Calendar:Subject", "Calendar:Categories", "Calendar:Exceptions"),
    "Tasks": ("Tasks:Subject", "Tasks:DueDate"),
    "Notes": ("Notes:Subject", "Notes:Categories"),
}
BODY: Content = (("AirSyncBase:Type", "1"), ("AirSyncBase:Data", "as they say"))


def cases(first: Version) -> pytest.MarkDecorator:
    """Each class at each version that has it, from `first` on."""
    pairs = [(name, v) for name in FOLDERS for v in sorted(since(V14_0 if name == "Notes" else first))]
    return pytest.mark.parametrize("name, version", pairs, ids=[f"{name}-{v.text}" for name, v in pairs])


def made(world: World, name: str, version: Version) -> tuple[Phone, str]:
    """A phone with one item of the class, and its ServerId."""
    phone = world.phone(version=version)
    more: Mapping[str, Content] = {"AirSyncBase:Body": BODY} if version in since(V12_0) else {}
    return phone, added(phone, synced(phone, FOLDERS[name]), written({**ITEMS[name], **more}))


def told(item: Element, name: str) -> None:
    """The item says what was said of it, its notes too."""
    assert {element_name: found(item, element_name) for element_name in ITEMS[name]} == ITEMS[name]
    body = child(item, "AirSyncBase:Body")
    assert body is None or text(body, "AirSyncBase:Data") == "as they say"
    native = child(item, "AirSyncBase:NativeBodyType")
    assert native is None or native.content == "1"


@cases(Version.V2_5)
def test_sync_tells_an_item_in_Add_and_in_Change(world: World, name: str, version: Version) -> None:
    phone, server_id = made(world, name, version)
    other = world.phone(version=version)
    folder = phone.folder(FOLDERS[name])
    other.start(folder)
    (command,) = other.sync(folder).commands
    assert isinstance(command, ServerAdd)
    assert isinstance(command.data, Element)
    assert command.data.name == "AirSync:ApplicationData"
    told(command.data, name)
    phone.sync(folder, ClientChange(server_id, written(ITEMS[name])))
    (command,) = other.sync(folder).commands
    assert isinstance(command, ServerChange)
    assert isinstance(command.data, Element)
    assert command.data.name == "AirSync:ApplicationData"
    told(command.data, name)


@cases(V12_0)
def test_item_operations_brings_an_item_in_Properties(world: World, name: str, version: Version) -> None:
    phone, server_id = made(world, name, version)
    (result,) = operate(phone, fetch(server_id))
    assert isinstance(result, Fetched)
    assert (result.status, result.class_, result.server_id) == (1, name, server_id)
    assert isinstance(result.properties, Element)
    assert result.properties.name == "ItemOperations:Properties"
    told(result.properties, name)
    assert child(result.properties, "AirSyncBase:NativeBodyType") is not None  # MS-ASAIRS R231, R2411


@cases(V12_0)
@pytest.mark.parametrize("multipart", [False, True], ids=["inline", "multipart"])
def test_a_schema_restricts_what_item_operations_brings(
    world: World, name: str, version: Version, multipart: bool
) -> None:
    phone, server_id = made(world, name, version)
    asked = fetch(server_id, *map(tag, ASKED[name]))
    (result,) = parts(phone, asked)[0] if multipart else operate(phone, asked)
    assert isinstance(result, Fetched)
    assert isinstance(result.properties, Element)
    there = [one.name for one in result.properties.children]
    assert set(there) == {one for one in ASKED[name] if one in ITEMS[name]}
    assert len(there) == len(set(there))
    whole = fetch(server_id, *map(tag, (*ITEMS[name], "AirSyncBase:Body")))
    (result,) = operate(phone, whole)
    assert isinstance(result, Fetched)
    assert isinstance(result.properties, Element)
    told(result.properties, name)
    assert child(result.properties, "AirSyncBase:Body") is not None


def fetch(server_id: str, *schema: Tag) -> Fetch:
    """The item by its ids, whole or by a schema."""
    return Fetch(MAILBOX, server_id.partition(":")[0], server_id, options=FetchOptions(schemas=(schema,)))


@cases(Version.V2_5)
def test_search_finds_items_of_a_class_and_shows_them_in_Properties(world: World, name: str, version: Version) -> None:
    phone, server_id = made(world, name, version)
    second = {key: "Zoë again" if content == "Zoë" else content for key, content in ITEMS[name].items()}
    phone.sync(phone.folder(FOLDERS[name]), ClientAdd("c2", written(second)))
    world.deliver("Zoë")
    results = mailbox(phone, "Zoë", OfClass(name)).results
    assert [result.class_ for result in results] == [name, name]
    items = [element(result) for result in results]
    assert {item.name for item in items} == {"Search:Properties"}
    (first,) = (item for item in items if "again" not in xml(item))
    told(first, name)
    assert {result.collection_id for result in results} == {server_id.partition(":")[0]}
    (nothing,) = mailbox(phone, "nobody", OfClass(name)).results
    assert nothing.properties is None


@cases(Version.V2_5)
def test_an_element_of_an_item_in_a_query_is_status_2_in_Store(world: World, name: str, version: Version) -> None:
    phone, _ = made(world, name, version)
    for element_name in ITEMS[name]:
        writer = Writer()
        for outer in ("Search:Search", "Search:Store"):
            writer.start(tag(outer))
        writer.text(tag("Search:Name"), "Mailbox")
        for outer in ("Search:Query", "Search:And"):
            writer.start(tag(outer))
        writer.text(tag("Search:FreeText"), "Zoë")
        writer.text(tag(element_name), "Zoë")
        for _ in range(4):
            writer.end()
        answer = phone.post(Command.SEARCH, writer.document())
        assert isinstance(answer, Answer)
        response = phone.read(search.RESPONSE, answer).response
        assert response is not None, element_name
        assert response.store.status == 2, element_name


@at(since(V12_0))
def test_the_notes_of_items_of_all_classes_are_told_in_the_type_that_is_asked_for(
    world: World, version: Version
) -> None:
    """Body is one element for all classes; what a class has of its own stands in its own tests."""
    for name in FOLDERS:
        if name == "Notes" and version not in since(V14_0):
            continue
        phone, server_id = made(world, name, version)
        (result,) = operate(phone, fetch(server_id))
        assert isinstance(result, Fetched)
        assert isinstance(result.properties, Element)
        body = child(result.properties, "AirSyncBase:Body")
        assert body is not None
        assert (text(body, "AirSyncBase:Type"), text(body, "AirSyncBase:Data")) == ("1", "as they say")


@cases(V12_0)
def test_Truncated_in_a_request_says_nothing(world: World, name: str, version: Version) -> None:
    phone = world.phone(version=version)
    folder = synced(phone, FOLDERS[name])
    server_id = ""
    for truncated in ("0", "1"):
        for words in ("first", "second"):
            body: Content = (
                ("AirSyncBase:Type", "1"),
                ("AirSyncBase:Truncated", truncated),
                ("AirSyncBase:Data", f"{words} {truncated}"),
            )
            data = written({**ITEMS[name], "AirSyncBase:Body": body})
            if words == "first":
                server_id = added(phone, folder, data)
            else:
                phone.sync(folder, ClientChange(server_id, data))
            assert noted(world, version, server_id) == f"{words} {truncated}"


@cases(V12_0)
def test_a_body_without_data_leaves_the_notes_as_they_are(world: World, name: str, version: Version) -> None:
    phone, server_id = made(world, name, version)
    bare: Content = (("AirSyncBase:Type", "1"), ("AirSyncBase:EstimatedDataSize", "10"))
    phone.sync(phone.folder(FOLDERS[name]), ClientChange(server_id, written({**ITEMS[name], "AirSyncBase:Body": bare})))
    assert noted(world, version, server_id) == "as they say"
    empty: Content = (("AirSyncBase:Type", "1"), ("AirSyncBase:Data", ""))
    data = written({**ITEMS[name], "AirSyncBase:Body": empty})
    phone.sync(phone.folder(FOLDERS[name]), ClientChange(server_id, data))
    assert noted(world, version, server_id) == ""


def noted(world: World, version: Version, server_id: str) -> str:
    """The notes that another phone is told of."""
    other = world.phone(version=version)
    other.sync_all(server_id.partition(":")[0])
    return notes_of(other, server_id)
