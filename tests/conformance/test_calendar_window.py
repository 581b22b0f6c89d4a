"""What a FilterType lets through of a calendar, on each device: events that are moved, series that end sooner or later
(MS-ASCMD FilterType(Sync) R2986, R3044-R3052, R3064-R3066; SoftDelete R3967).
"""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from easd.eas.commands import move_items
from easd.eas.commands.move_items import Move, MoveItemsRequest
from easd.eas.commands.ping import PingResponse
from easd.eas.commands.sync import ClientChange, ServerAdd, ServerChange, ServerDelete, ServerSoftDelete
from easd.eas.request import Command
from easd.eas.versions import SUPPORTED, V12_1, V14_1, V16_0, Version, since, until
from easd.model.folder import FolderType
from easd.service.context import Hold
from tests.conformance.test_get_item_estimate import estimated, filter_of
from tests.support.events import Said, calendar, event_data
from tests.support.typed_items import added
from tests.support.versions import at
from tests.support.world import Phone, World, filtered, text

DAYS: Mapping[int, int] = {0: 10**6, 4: 14, 5: 31, 6: 92, 7: 183}
"""How far each FilterType of calendars looks back."""
DAILY: dict[str, Said] = {"Type": "0", "Interval": "1"}


def ago(world: World, days: int, hours: int = 1) -> dict[str, Said]:
    """Times of an event that ended that many days ago, less some hours."""
    start = world.now - timedelta(days=days)
    return {"StartTime": f"{start:%Y%m%dT%H%M%SZ}", "EndTime": f"{start + timedelta(hours=hours):%Y%m%dT%H%M%SZ}"}


def watching(world: World, version: Version, filter_type: int) -> tuple[Phone, str]:
    """A phone that has the Calendar with that filter, and the Calendar."""
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.CALENDAR)
    phone.sync_all(folder, options=filtered(filter_type))
    return phone, folder


def start_of(phone: Phone, server_id: str) -> str:
    return text(phone.held(server_id.partition(":")[0]).items[server_id], "Calendar:StartTime")


def test_each_device_has_what_its_filter_lets_through_wherever_an_event_is_moved_R3044_R3066(
    world: World, version: Version
) -> None:
    mover = world.phone(version=version)
    folder = calendar(mover)
    server_id = added(mover, folder, event_data(Subject="wanders", **ago(world, 3)))
    wanted = (*DAYS, 4, 7)
    others = [watching(world, other, number)[0] for other, number in zip(reversed(SUPPORTED), wanted, strict=True)]
    filters = {phone.device_id: number for phone, number in zip(others, wanted, strict=True)}
    for days in (3, 20, 13, 40, 100, 30, 200, 3, -400, 182, 5):
        times = ago(world, days)
        mover.sync(folder, ClientChange(server_id, event_data(**times)))
        for phone in others:
            phone.sync_all(folder)
            held = phone.held(folder).items
            assert (server_id in held) == (days < DAYS[filters[phone.device_id]]), (days, filters[phone.device_id])
            if server_id in held:
                assert start_of(phone, server_id) == times["StartTime"]
            assert phone.sync_all(folder) == [], "everything is told once"


def test_who_moves_an_event_out_of_its_own_window_loses_it_softly_once_R3967(world: World, version: Version) -> None:
    phone, folder = watching(world, version, 4)
    server_id = added(phone, folder, event_data(Subject="here", **ago(world, 3)))
    results = [phone.sync(folder, ClientChange(server_id, event_data(**ago(world, 40))))]
    results += phone.sync_all(folder)
    commands = [command for result in results for command in result.commands]
    assert commands == [ServerSoftDelete(server_id)]
    other, _ = watching(world, version, 0)
    other.sync(folder, ClientChange(server_id, event_data(**ago(world, 1))))
    (command,) = phone.sync(folder).commands
    assert (type(command), command.server_id) == (ServerAdd, server_id), "and gets it whole when it comes back"


def test_a_change_outside_of_the_window_is_nothing_new(world: World, version: Version) -> None:
    mover, folder = watching(world, version, 0)
    server_id = added(mover, folder, event_data(**ago(world, 40)))
    phone, _ = watching(world, version, 4)
    mover.sync(folder, ClientChange(server_id, event_data(**ago(world, 60))))
    assert phone.sync_all(folder) == []


def changes_of(phone: Phone, folder: str) -> list[type]:
    return [type(command) for result in phone.sync_all(folder) for command in result.commands]


@pytest.mark.parametrize(
    "before, after, told",
    [
        ({"Occurrences": "20"}, {"Occurrences": "99"}, ServerAdd),
        ({"Occurrences": "99"}, {"Occurrences": "20"}, ServerSoftDelete),
        ({"Occurrences": "20"}, {}, ServerAdd),  # R5878
        ({}, {"Occurrences": "20"}, ServerSoftDelete),
        ({"Until": 30}, {"Until": 2}, ServerAdd),
        ({"Until": 2}, {"Until": 30}, ServerSoftDelete),
        ({"Until": 2}, {"Until": 5}, ServerChange),
    ],
)
def test_the_end_of_a_series_decides_R3065_R5878(
    world: World, version: Version, before: dict[str, int | str], after: dict[str, int | str], told: type
) -> None:
    """A daily series that began a hundred days ago."""

    def rule(ending: dict[str, int | str]) -> dict[str, Said]:
        shown = {
            name: f"{world.now - timedelta(days=value):%Y%m%dT%H%M%SZ}" if isinstance(value, int) else value
            for name, value in ending.items()
        }
        return {**DAILY, **shown}

    mover = world.phone(version=version)
    folder = calendar(mover)
    times = ago(world, 100)
    server_id = added(mover, folder, event_data(Recurrence=rule(before), **times))
    phone, _ = watching(world, version, 4)
    assert (server_id in phone.held(folder).items) == (told is not ServerAdd)
    mover.sync(folder, ClientChange(server_id, event_data(Recurrence=rule(after), **times)))
    assert changes_of(phone, folder) == [told]


@at(until(V14_1))
def test_an_exception_that_is_moved_takes_the_series_with_it(world: World, version: Version) -> None:
    """Of three occurrences 60, 53 and 46 days ago the second takes place yesterday; then it is deleted."""
    weekly: Said = {"Type": "0", "Interval": "7", "Occurrences": "3"}
    mover = world.phone(version=version)
    folder = calendar(mover)
    times = ago(world, 60)
    server_id = added(mover, folder, event_data(Recurrence=weekly, **times))
    phone, _ = watching(world, version, 4)
    original = {"ExceptionStartTime": f"{world.now - timedelta(days=53):%Y%m%dT%H%M%SZ}"}
    for exception, told in (
        ({**original, **ago(world, 1)}, ServerAdd),
        ({**original, "Deleted": "1"}, ServerSoftDelete),
    ):
        data = event_data(Recurrence=weekly, Exceptions=[exception], **times)
        mover.sync(folder, ClientChange(server_id, data))
        assert changes_of(phone, folder) == [told]


@at(since(V16_0))
def test_an_exception_that_is_moved_by_InstanceId_takes_the_series_with_it(world: World, version: Version) -> None:
    weekly: Said = {"Type": "0", "Interval": "7", "Occurrences": "3"}
    mover = world.phone(version=version)
    folder = calendar(mover)
    server_id = added(mover, folder, event_data(Recurrence=weekly, **ago(world, 60)))
    phone, _ = watching(world, version, 4)
    original = f"{world.now - timedelta(days=53):%Y%m%dT%H%M%SZ}"
    mover.sync(folder, ClientChange(server_id, event_data(**ago(world, 1)), instance_id=original))
    assert changes_of(phone, folder) == [ServerAdd]
    mover.sync(folder, ClientChange(server_id, event_data(**ago(world, 50)), instance_id=original))
    assert changes_of(phone, folder) == [ServerSoftDelete]


def test_another_filter_takes_events_off_and_brings_them_R3064(world: World, version: Version) -> None:
    mover = world.phone(version=version)
    folder = calendar(mover)
    near, far = (added(mover, folder, event_data(**ago(world, days))) for days in (3, 40))
    phone, _ = watching(world, version, 0)
    for number, expected in ((4, {near}), (6, {near, far}), (5, {near}), (0, {near, far})):
        phone.sync_all(folder, options=filtered(number))
        assert phone.held(folder).items.keys() == expected


def test_a_whole_day_lasts_until_its_last_midnight(world: World, version: Version) -> None:
    """The window begins fourteen days ago: the day of its beginning is inside, the one before is not."""
    mover = world.phone(version=version)
    folder = calendar(mover)

    def day(days: int) -> dict[str, Said]:
        start = (world.now - timedelta(days=days)).replace(hour=0, minute=0, second=0)
        end = start + timedelta(days=1)
        return {"AllDayEvent": "1", "StartTime": f"{start:%Y%m%dT%H%M%SZ}", "EndTime": f"{end:%Y%m%dT%H%M%SZ}"}

    inside, _ = (added(mover, folder, event_data(**day(days))) for days in (14, 15))
    phone, _ = watching(world, version, 4)
    assert phone.held(folder).items.keys() == {inside}


def test_an_event_moved_into_another_calendar_is_filtered_there(world: World, version: Version) -> None:
    mover = world.phone(version=version)
    folder = calendar(mover)
    server_id = added(mover, folder, event_data(**ago(world, 40)))
    with world.writing() as box:
        second = str(box.add_folder(0, "Second", FolderType.USER_CALENDAR).id)
    phone, other = world.phone(version=version), world.phone(version=version)
    for each, filters in ((phone, (5, 6)), (other, (6, 5))):
        each.folder_sync()
        for place, number in zip((folder, second), filters, strict=True):
            each.sync_all(place, options=filtered(number))
    mover.folder_sync()
    request = MoveItemsRequest((Move(server_id, folder, second),))
    (moved,) = mover.ask(Command.MOVE_ITEMS, move_items.REQUEST, request, move_items.RESPONSE).responses
    assert changes_of(phone, folder) == []
    assert changes_of(phone, second) == [ServerAdd]
    assert phone.held(second).items.keys() == {moved.target_id}
    assert changes_of(other, folder) == [ServerDelete]
    assert changes_of(other, second) == []


def test_a_waiting_phone_hears_of_what_comes_into_its_window_alone(world: World, version: Version) -> None:
    mover, folder = watching(world, version, 0)
    server_id = added(mover, folder, event_data(**ago(world, 40)))
    phone, _ = watching(world, version, 4)
    hold = phone.ping(folder)
    assert isinstance(hold, Hold)
    mover.sync(folder, ClientChange(server_id, event_data(**ago(world, 60))))
    hold = phone.ping_again(hold)
    assert isinstance(hold, Hold), "it is outside before and after"
    mover.sync(folder, ClientChange(server_id, event_data(**ago(world, 2))))
    assert phone.ping_again(hold) == PingResponse(2, (folder,))
    assert changes_of(phone, folder) == [ServerAdd]
    assert isinstance(phone.ping(folder), Hold)


@at(since(V12_1))
def test_an_estimate_counts_what_enters_and_what_leaves_R2971_R5877(world: World, version: Version) -> None:
    mover, folder = watching(world, version, 0)
    ids = [added(mover, folder, event_data(**ago(world, days))) for days in (3, 40, 50, -9)]
    phone, _ = watching(world, version, 4)
    assert phone.held(folder).items.keys() == {ids[0], ids[3]}
    mover.sync(folder, ClientChange(ids[0], event_data(**ago(world, 30))))
    mover.sync(folder, ClientChange(ids[1], event_data(**ago(world, 3))))
    mover.sync(folder, ClientChange(ids[2], event_data(**ago(world, 60))))
    assert estimated(phone.estimate(folder, **filter_of(version, 4))) == (1, 2)
