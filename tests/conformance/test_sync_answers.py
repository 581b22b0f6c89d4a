"""The form of a Sync answer, element by element as it is on the wire (MS-ASCMD Sync)."""

import pytest

from easd.eas.commands.sync import AddResult, ClientAdd, ClientChange
from easd.eas.items.contacts import dump_contact
from easd.eas.items.email import EmailChange, dump_email_change
from easd.eas.versions import V16_1, Version
from easd.model.contact import Contact
from easd.model.folder import FolderType
from easd.wbxml import Element, decode
from tests.support.typed_items import named, synced
from tests.support.world import NOW, Phone, World, child


def collection_of(phone: Phone) -> Element:
    """The only Collection of the last answer."""
    collections = child(decode(phone.last.body), "AirSync:Collections")
    assert collections is not None
    (only,) = collections.children
    return only


def names(element: Element) -> list[str]:
    return [one.name.partition(":")[2] for one in element.children]


def commands_of(phone: Phone) -> list[Element]:
    commands = child(collection_of(phone), "AirSync:Commands")
    return [] if commands is None else list(commands.children)


def test_news_are_Adds_Changes_and_Deletes_without_the_class_of_the_collection_R749_R942(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    changed, gone = world.deliver(), world.deliver()
    phone.sync_all(inbox)
    world.change(changed, read=True)
    world.remove(gone)
    added = world.deliver()
    phone.sync(inbox)
    assert {names(command)[0] for command in commands_of(phone)} == {"ServerId"}  # never a Class before it
    assert {(command.name, command.children[0].text) for command in commands_of(phone)} == {
        ("AirSync:Add", added),
        ("AirSync:Change", changed),
        ("AirSync:Delete", gone),
    }
    assert [names(command) for command in commands_of(phone) if command.name == "AirSync:Delete"] == [["ServerId"]]


def test_an_Add_is_answered_with_ClientId_and_ServerId_R748_R955_R957(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    contacts = synced(phone, FolderType.CONTACTS)
    phone.sync(contacts, ClientAdd("17", dump_contact(Contact(NOW, first_name="Zoë"), None, version)))
    responses = child(collection_of(phone), "AirSync:Responses")
    assert responses is not None
    (add,) = responses.children
    assert (add.name, names(add)[:3]) == ("AirSync:Add", ["ClientId", "ServerId", "Status"])
    assert add.children[0].text == "17"
    assert add.children[1].text in world.items(contacts)


@pytest.mark.parametrize(
    "class_, told, status", [("Contacts", None, 1), ("Calendar", "Calendar", 1), ("Journal", None, 6)]
)
def test_the_answer_to_an_Add_tells_its_class_unless_it_is_that_of_the_collection_R941_R942_R945_R9945(
    phone: Phone, class_: str, told: str | None, status: int
) -> None:
    contacts = synced(phone, FolderType.CONTACTS)
    good, bad = (dump_contact(Contact(NOW, first_name="Zoë"), None, V16_1), named("Email:Subject", "x"))
    result = phone.sync(contacts, ClientAdd("1", good, class_), ClientAdd("2", bad, class_))
    assert [(answer.status, answer.class_) for answer in result.responses if isinstance(answer, AddResult)] == [
        (status, told),
        (6, told),
    ]


def test_Responses_is_there_only_with_something_in_it_R3834_R3835_R3836_R758(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    item = world.deliver()
    phone.sync_all(inbox)
    assert "Responses" not in names(collection_of(phone))
    read = dump_email_change(EmailChange(read=True), version)
    phone.sync(inbox, ClientChange(item, read))
    assert "Responses" not in names(collection_of(phone))  # it succeeded
    phone.sync(inbox, ClientChange(f"{inbox}:99", read))
    failed = child(collection_of(phone), "AirSync:Responses")
    assert failed is not None
    assert [one.name for one in failed.children] == ["AirSync:Change"]


def test_MoreAvailable_is_an_empty_tag_and_only_there_with_more_to_come_R3448_R3451_R1953(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    for _ in range(3):
        world.deliver()
    phone.sync(inbox, window_size=2)
    more = child(collection_of(phone), "AirSync:MoreAvailable")
    assert more is not None
    assert more.content in (None, [], "")
    phone.sync(inbox, window_size=2)
    assert child(collection_of(phone), "AirSync:MoreAvailable") is None
