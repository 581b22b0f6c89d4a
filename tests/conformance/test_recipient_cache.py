"""The recipient information cache (MS-ASCMD CollectionId R2037, MaxItems; MS-ASCNTC R514): whom the user writes to."""

import pytest

from easd.eas.commands.get_item_estimate import Estimated
from easd.eas.commands.options import Options
from easd.eas.commands.sync import (
    START,
    ClientAdd,
    ClientChange,
    ClientDelete,
    ServerSoftDelete,
    SyncRequest,
    SyncResponse,
)
from easd.eas.status import SyncStatus
from easd.eas.versions import SUPPORTED, V14_0, V16_1, Version, since
from easd.model.email import Address
from easd.model.folder import FolderType
from easd.service.recipients import note_recipients
from tests.support.typed_items import named, synced
from tests.support.world import Phone, Refused, World, text

NEW = [version for version in SUPPORTED if version in since(V14_0)]
each_version = pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)


def write(world: World, *addresses: str, name: str = "") -> None:
    """Alice writes to these."""
    with world.writing() as box:
        note_recipients(box, [Address(name, address) for address in addresses], world.now)
    world.forward(minutes=1)


def cache(phone: Phone) -> str:
    return synced(phone, FolderType.RECIPIENT_INFORMATION)


def shown(phone: Phone, folder: str) -> dict[str, tuple[str, int]]:
    """Address to name and rank, as the phone holds them."""
    return {
        text(item, "Contacts:Email1Address"): (
            text(item, "Contacts:FileAs"),
            int(text(item, "Contacts:WeightedRank")),
        )
        for item in phone.held(folder).items.values()
    }


@each_version
def test_who_was_written_to_is_there_with_a_rank_MS_ASCNTC_R514_R219_R236_R410_R412_R415_R1010(
    world: World, version: Version
) -> None:
    write(world, "bob@example.test", name="Bob")
    write(world, "Bob@Example.test", "zoe@elsewhere.test")
    phone = world.phone(version=version)
    folder = cache(phone)
    assert shown(phone, folder) == {"bob@example.test": ("Bob", 2), "zoe@elsewhere.test": ("zoe@elsewhere.test", 1)}
    elements = {child.name for item in phone.held(folder).items.values() for child in item.children}
    assert elements == {"Contacts:Email1Address", "Contacts:FileAs", "Contacts:WeightedRank"}


@each_version
def test_a_sent_message_reaches_the_cache_of_the_next_sync(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = cache(phone)
    write(world, "bob@example.test")
    phone.sync(folder)
    assert shown(phone, folder) == {"bob@example.test": ("bob@example.test", 1)}
    write(world, "bob@example.test", name="Bob")
    phone.sync(folder)
    assert shown(phone, folder) == {"bob@example.test": ("Bob", 2)}


@each_version
def test_max_items_keeps_the_most_frequent_R3273_R3275(world: World, version: Version) -> None:
    for address in ("a@x.test", "b@x.test", "b@x.test", "c@x.test", "c@x.test", "c@x.test"):
        write(world, address)
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.RECIPIENT_INFORMATION)
    phone.start(folder)
    phone.sync(folder, options=(Options(max_items=2),))
    assert set(shown(phone, folder)) == {"b@x.test", "c@x.test"}
    for _ in range(3):
        write(world, "a@x.test")
    result = phone.sync(folder)
    assert any(isinstance(command, ServerSoftDelete) for command in result.commands)
    assert set(shown(phone, folder)) == {"a@x.test", "c@x.test"}
    phone.sync(folder, options=(Options(max_items=10),))
    assert set(shown(phone, folder)) == {"a@x.test", "b@x.test", "c@x.test"}


def test_max_items_takes_as_many_of_equals_as_it_says_R3273(world: World, phone: Phone) -> None:
    write(world, "a@x.test", "b@x.test", "c@x.test")
    folder = phone.folder(FolderType.RECIPIENT_INFORMATION)
    phone.start(folder)
    wish = (Options(max_items=2),)
    assert phone.estimate(folder, options=wish).collection == Estimated(folder, 2)
    phone.sync(folder, options=wish)
    assert set(shown(phone, folder)) == {"a@x.test", "b@x.test"}


@each_version
def test_a_device_cannot_write_to_it_R756(world: World, version: Version) -> None:
    write(world, "bob@example.test")
    phone = world.phone(version=version)
    folder = cache(phone)
    (server_id,) = phone.held(folder).items
    data = named("Contacts:FileAs", "Mallory")
    for command in (ClientAdd("c1", data), ClientChange(server_id, data), ClientDelete(server_id)):
        with pytest.raises(Refused) as refused:
            phone.sync(folder, command)
        assert refused.value.status == SyncStatus.PROTOCOL_ERROR
    phone.quiet(folder)
    assert shown(phone, folder) == {"bob@example.test": ("bob@example.test", 1)}


def test_before_14_0_there_is_none_MS_ASCNTC_R2262(world: World) -> None:
    for version in SUPPORTED:
        phone = world.phone(version=version)
        phone.folder_sync()
        types = {folder.type for folder in phone.hierarchy.folders.values()}
        assert (FolderType.RECIPIENT_INFORMATION in types) == (version in since(V14_0))
        told = phone.sync("RI", sync_key=START).status
        assert told == (SyncStatus.SUCCESS if version in since(V14_0) else SyncStatus.HIERARCHY_CHANGED)


def test_those_who_are_forgotten_leave_the_cache(world: World) -> None:
    write(world, "first@x.test")
    phone = world.phone(version=V16_1)
    folder = cache(phone)
    assert "first@x.test" in shown(phone, folder)
    for start in range(0, 500, 50):
        write(world, *(f"p{number}@x.test" for number in range(start, start + 50)))
    phone.sync_all(folder)
    held = shown(phone, folder)
    assert len(held) == 500
    assert "first@x.test" not in held


def test_a_mailbox_that_is_older_than_the_cache_gets_one(world: World) -> None:
    with world.writing() as box:
        box.remove_folder(box.special(FolderType.RECIPIENT_INFORMATION).id)
    write(world, "bob@example.test")
    phone = world.phone(version=V16_1)
    assert set(shown(phone, cache(phone))) == {"bob@example.test"}


@each_version
def test_the_cache_is_also_called_RI_R2037(world: World, version: Version) -> None:
    write(world, "bob@example.test")
    phone = world.phone(version=version)
    phone.folder_sync()
    phone.sync_all("RI")
    assert set(shown(phone, "RI")) == {"bob@example.test"}
    write(world, "zoe@elsewhere.test")
    phone.sync("RI")
    again = phone.exchange(SyncRequest(partial=True), lose=True)  # as the last request, which named it so
    assert isinstance(again, SyncResponse)
    assert [(found.collection_id, found.status) for found in again.collections] == [("RI", 1)]
    assert set(shown(phone, "RI")) == {"bob@example.test", "zoe@elsewhere.test"}
    assert phone.sync("RI", sync_key="7-7").status == 3
