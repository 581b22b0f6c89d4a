"""What a user does in shared folders: it is done in the owner's mailbox, or undone on the device (complaint B23)."""

from typing import Any

import pytest

from easd.eas.commands.sync import (
    AddResult,
    ChangeResult,
    ClientAdd,
    ClientChange,
    ClientCommand,
    ClientDelete,
    ServerAdd,
    ServerChange,
    ServerDelete,
)
from easd.eas.items.email import EmailChange
from easd.eas.versions import V16_1, Version
from easd.model.folder import FolderType
from easd.model.share import Chosen
from easd.store.upkeep import Upkeep
from tests.support.events import event_data
from tests.support.sharing import agrees, number, share
from tests.support.world import Phone, World, text, xml

CONFLICT = 7


def reader(world: World, version: Version = V16_1, *chosen: Chosen, **rights: bool) -> tuple[Phone, str]:
    """Bob's phone with one of Alice's folders, synchronised."""
    share(world, "bob", "alice", *chosen, **rights)
    phone = world.phone("bob", version)
    phone.folder_sync()
    types = {Chosen.CALENDAR: FolderType.CALENDAR, Chosen.CONTACTS: FolderType.CONTACTS}
    folder = number(world, types.get(chosen[0], FolderType.INBOX) if chosen else FolderType.INBOX)
    assert folder in phone.hierarchy.folders
    phone.sync_all(folder)
    return phone, folder


def owner(world: World, folder: str, version: Version = V16_1) -> Phone:
    """Alice's phone with the same folder."""
    phone = world.phone("alice", version)
    phone.folder_sync()
    phone.sync_all(folder)
    return phone


def appointment(subject: str = "Dentist", **more: Any) -> bytes:
    times = {"StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
    return event_data(**{"Subject": subject, **times, "UID": "an-event@example.test", "AllDayEvent": "0", **more})


# ---------------------------------------------------------------- written


def test_a_change_in_a_shared_folder_is_the_owner_s_B23(world: World, version: Version) -> None:
    letter = world.deliver()
    phone, inbox = reader(world, version)
    alice = owner(world, inbox, version)
    phone.sync(inbox, phone.change(letter, EmailChange(read=True)))
    assert world.items(inbox)[letter].email.read
    assert [type(c) for c in alice.sync(inbox).commands] == [ServerChange]
    alice.agrees(inbox)
    phone.quiet(inbox)  # no echo
    agrees(phone, inbox)


def test_a_deleted_message_goes_to_the_owner_s_deleted_items_R2160(world: World, version: Version) -> None:
    letter = world.deliver("gone")
    phone, inbox = reader(world, version)
    phone.sync(inbox, ClientDelete(letter), deletes_as_moves=True)
    assert not world.items(inbox)
    assert [m.email.subject for m in world.items(number(world, FolderType.DELETED_ITEMS)).values()] == ["gone"]
    assert not world.items(number(world, FolderType.DELETED_ITEMS, "bob"), "bob")


def test_an_added_event_is_the_owner_s_B23(world: World, version: Version) -> None:
    phone, calendar = reader(world, version, Chosen.CALENDAR)
    data = (
        appointment()
        if version < Version.V16_0
        else event_data(Subject="Dentist", StartTime="20261201T090000Z", EndTime="20261201T100000Z")
    )
    result = phone.sync(calendar, ClientAdd("1", data))
    (answer,) = result.responses
    assert isinstance(answer, AddResult)
    assert answer.status == 1
    assert answer.server_id in world.items(calendar)
    (item,) = world.items(calendar).values()
    assert item.content.subject == "Dentist"  # type: ignore[union-attr]
    phone.quiet(calendar)


def test_a_repeated_add_in_a_shared_folder_is_made_once_R961(world: World, version: Version) -> None:
    phone, calendar = reader(world, version, Chosen.CALENDAR)
    data = event_data(Subject="Dentist", StartTime="20261201T090000Z", EndTime="20261201T100000Z")
    add = ClientAdd("1", data)
    phone.sync(calendar, add, lose=True)
    phone.sync(calendar, add)
    assert len(world.items(calendar)) == 1
    phone.quiet(calendar)


def test_the_room_of_the_owner_counts_R4450(world: World) -> None:
    phone, calendar = reader(world, V16_1, Chosen.CALENDAR)
    world.admin.set_quota(world.user("alice").mailbox_id, 10)
    data = event_data(Subject="Dentist", StartTime="20261201T090000Z", EndTime="20261201T100000Z")
    (answer,) = phone.sync(calendar, ClientAdd("1", data)).responses
    assert answer.status == 9
    assert not world.items(calendar)


def test_the_later_of_two_readers_loses_a_conflict_R4444(world: World) -> None:
    letter = world.deliver()
    first, inbox = reader(world)
    second = world.phone("bob")
    second.folder_sync()
    second.sync_all(inbox)
    first.sync(inbox, first.change(letter, EmailChange(read=True)))
    (answer,) = second.sync(inbox, second.change(letter, EmailChange(read=False))).responses
    assert answer.status == CONFLICT
    agrees(second, inbox)


def test_a_removed_device_leaves_nothing_behind(any_world: World) -> None:
    any_world.deliver()
    phone, inbox = reader(any_world)
    device, mailbox = phone.device, any_world.user("bob").mailbox_id
    assert device is not None
    any_world.admin.remove_device(mailbox, device.id)
    with any_world.sql.reading(mailbox) as box:
        assert box.sync_rows(device.id) == {}
    assert Upkeep(any_world.sql).prune_tombstones(any_world.now) == 0
    assert phone.sync(inbox).status == 12  # a new partnership, which was told of no folder


# ---------------------------------------------------------------- read only


def test_a_change_of_what_may_only_be_read_is_undone_R4444(world: World, version: Version) -> None:
    letter = world.deliver()
    phone, inbox = reader(world, version, writable=False)
    result = phone.sync(inbox, phone.change(letter, EmailChange(read=True)))
    (answer,) = result.responses
    assert isinstance(answer, ChangeResult)
    assert (answer.server_id, answer.status) == (letter, CONFLICT)
    assert [(type(c), c.server_id) for c in result.commands] == [(ServerChange, letter)]
    assert "may only read" in phone.notes
    assert not world.items(inbox)[letter].email.read
    agrees(phone, inbox)
    phone.quiet(inbox)


def test_a_delete_of_what_may_only_be_read_is_undone_B23(world: World, version: Version) -> None:
    letter = world.deliver()
    phone, inbox = reader(world, version, writable=False)
    result = phone.sync(inbox, ClientDelete(letter))
    assert result.responses == ()  # a device that has removed it would not listen
    assert [(type(c), c.server_id) for c in result.commands] == [(ServerAdd, letter)]
    agrees(phone, inbox)
    phone.quiet(inbox)


def test_an_add_where_may_only_be_read_is_taken_away_again_B23(world: World, version: Version) -> None:
    phone, calendar = reader(world, version, Chosen.CALENDAR, writable=False)
    before = world.sql.modseq(world.user("alice").mailbox_id)
    data = event_data(Subject="Dentist", StartTime="20261201T090000Z", EndTime="20261201T100000Z")
    result = phone.sync(calendar, ClientAdd("1", data), ClientAdd("2", data))
    answers = [(answer.status, answer.server_id) for answer in result.responses if isinstance(answer, AddResult)]
    assert [status for status, _ in answers] == [1, 1]
    assert len({server_id for _, server_id in answers}) == 2
    assert {(type(c), c.server_id) for c in result.commands} == {(ServerDelete, server_id) for _, server_id in answers}
    assert not world.items(calendar)
    assert world.sql.modseq(world.user("alice").mailbox_id) == before
    assert not phone.held(calendar).items
    phone.quiet(calendar)


def test_what_is_undone_survives_lost_answers_and_small_windows(world: World, version: Version) -> None:
    letters = [world.deliver() for _ in range(4)]
    phone, inbox = reader(world, version, writable=False)
    commands: list[ClientCommand] = [
        ClientDelete(letters[0]),
        phone.change(letters[1], EmailChange(read=True)),
        ClientDelete(letters[2]),
    ]
    phone.sync(inbox, *commands, lose=True)
    world.change(letters[2], read=True)
    world.remove(letters[3])
    phone.sync(inbox, *commands, window_size=1)
    phone.sync_all(inbox, window_size=1)
    agrees(phone, inbox)
    phone.quiet(inbox)


def test_what_is_undone_waits_for_a_client_that_wants_no_changes_R3128(world: World, version: Version) -> None:
    letter = world.deliver()
    phone, inbox = reader(world, version, writable=False)
    result = phone.sync(inbox, ClientDelete(letter), get_changes=False)
    assert not result.commands
    assert phone.estimate(inbox).collection.estimate == 1  # type: ignore[union-attr]
    phone.sync(inbox)
    agrees(phone, inbox)


def test_an_unknown_item_of_what_may_only_be_read_is_status_8_R4447(world: World, version: Version) -> None:
    phone, inbox = reader(world, version, writable=False)
    result = phone.sync(inbox, ClientDelete(f"{inbox}:77"), phone.change(f"{inbox}:78", EmailChange(read=True)))
    assert [answer.status for answer in result.responses] == [8, 8]


# ---------------------------------------------------------------- private


@pytest.fixture
def person(world: World) -> World:
    """Alice is a person, who can log in."""
    world.admin.set_password_hash(world.user("alice").id, "x")
    return world


def private_event(world: World, sensitivity: str = "2") -> tuple[Phone, str, str]:
    """Alice's phone, her calendar, and an event of hers that is private."""
    phone = world.phone("alice", Version.V14_1)
    phone.folder_sync()
    calendar = phone.hierarchy.of(FolderType.CALENDAR)
    phone.sync_all(calendar)
    data = appointment("Surgery", Sensitivity=sensitivity, Location="Clinic", BusyStatus="3")
    (answer,) = phone.sync(calendar, ClientAdd("1", data)).responses
    assert isinstance(answer, AddResult)
    assert answer.server_id is not None
    return phone, calendar, answer.server_id


@pytest.mark.parametrize("sensitivity", ["2", "3"])
def test_a_private_event_shows_its_times_alone_R372(person: World, version: Version, sensitivity: str) -> None:
    _, calendar, event = private_event(person, sensitivity)
    phone, _ = reader(person, version, Chosen.CALENDAR)
    shown = phone.held(calendar).items[event]
    assert text(shown, "Calendar:Subject") == "Private"
    assert (text(shown, "Calendar:StartTime"), text(shown, "Calendar:BusyStatus")) == ("20261201T090000Z", "3")
    assert "Surgery" not in xml(shown)
    assert "Clinic" not in xml(shown)


def test_a_private_event_is_not_the_reader_s_to_change(person: World, version: Version) -> None:
    alice, calendar, event = private_event(person)
    phone, _ = reader(person, version, Chosen.CALENDAR)
    data = event_data(Subject="Mine", StartTime="20261201T090000Z", EndTime="20261201T100000Z")
    (answer,) = phone.sync(calendar, ClientChange(event, data)).responses
    assert answer.status == CONFLICT
    (back,) = phone.sync(calendar, ClientDelete(event)).commands
    assert isinstance(back, ServerAdd)
    assert person.items(calendar)[event].content.subject == "Surgery"  # type: ignore[union-attr]
    alice.quiet(calendar)


def test_who_may_see_what_is_private_sees_all(person: World, version: Version) -> None:
    _, calendar, event = private_event(person)
    phone, _ = reader(person, version, Chosen.CALENDAR, private=True)
    assert text(phone.held(calendar).items[event], "Calendar:Subject") == "Surgery"


def test_nothing_is_private_in_a_mailbox_that_nobody_logs_in_to(world: World) -> None:
    _, calendar, event = private_event(world)
    phone, _ = reader(world, V16_1, Chosen.CALENDAR)
    assert text(phone.held(calendar).items[event], "Calendar:Subject") == "Surgery"
