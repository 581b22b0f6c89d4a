"""Times of events over Sync: zones, whole days, and what a FilterType lets through (MS-ASCAL, MS-ASCMD FilterType)."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest

from easd.eas.commands.sync import ClientChange, ClientDelete, ServerAdd, ServerSoftDelete
from easd.eas.versions import V14_1, V16_0, V16_1, Version, since, until
from easd.model.event import FOREVER, Event
from easd.model.folder import FolderType
from easd.model.timezone import ZoneRule, pack, rule_of, unpack
from tests.support.events import BERLIN, Said, calendar, event_data, in_berlin, in_zone
from tests.support.typed_items import added, kept
from tests.support.world import Phone, World, child, filtered, text

OLD = sorted(until(V14_1))
NEW = sorted(since(V16_0))
NEW_YORK = b64encode(pack(rule_of("America/New_York", datetime(2026, 7, 1, tzinfo=UTC)))).decode()
UTC_ZONE = b64encode(bytes(172)).decode()


def told(phone: Phone, server_id: str, *names: str) -> tuple[str, ...]:
    """What the phone is told of an event."""
    item = phone.held(calendar(phone)).items[server_id]
    return tuple(text(item, f"Calendar:{name}") for name in names)


def test_a_zone_is_kept_by_name_and_comes_back_as_it_was_sent_R447_complaint_11(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    names = bytes.fromhex("610062006300")  # a device that calls the zone "abc"
    structure = b64decode(BERLIN)[:4] + names.ljust(64, b"\0") + b64decode(BERLIN)[68:]
    zone = b64encode(structure).decode()
    data = event_data(Timezone=zone, StartTime="20260701T080000Z", EndTime="20260701T090000Z")
    server_id = added(phone, calendar(phone), data)
    assert told(other, server_id, "Timezone", "StartTime") == (zone, "20260701T080000Z")
    event = kept(world, server_id, Event)
    assert (event.zone, event.start) == ("Europe/Berlin", in_berlin(2026, 7, 1, 10))


def test_a_zone_of_nowhere_is_kept_by_its_rules(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    zone = b64encode(pack(ZoneRule(-37))).decode()
    data = event_data(Timezone=zone, StartTime="20260701T080000Z", EndTime="20260701T090000Z")
    server_id = added(phone, calendar(phone), data)
    event = kept(world, server_id, Event)
    assert (event.zone, event.start.isoformat()) == ("", "2026-07-01T08:37:00+00:37")
    assert told(other, server_id, "Timezone", "StartTime") == (zone, "20260701T080000Z")


def test_without_a_zone_it_is_UTC(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = added(phone, calendar(phone), event_data(StartTime="20260701T080000Z", EndTime="20260701T090000Z"))
    assert told(world.phone(version=version), server_id, "Timezone") == (UTC_ZONE,)


def test_a_new_zone_keeps_the_moment_of_times_that_are_not_named(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    data = event_data(Timezone=BERLIN, StartTime="20260701T080000Z", EndTime="20260701T090000Z")
    server_id = added(phone, calendar(phone), data)
    phone.sync(calendar(phone), ClientChange(server_id, event_data(Timezone=NEW_YORK)))
    assert kept(world, server_id, Event).start == in_zone("America/New_York", 2026, 7, 1, 4)
    assert told(other, server_id, "Timezone", "StartTime") == (NEW_YORK, "20260701T080000Z")


def test_wall_time_of_a_series_stays_over_a_change_of_clocks_complaint_11(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    rule: Said = {"Type": "1", "Interval": "1", "DayOfWeek": "8"}
    times = {"Timezone": BERLIN, "StartTime": "20260325T090000Z", "EndTime": "20260325T100000Z"}
    key = "InstanceId" if version in since(V16_0) else "ExceptionStartTime"
    after: Said = [{key: "20260401T080000Z", "Deleted": "1"}]  # 10:00 is 8:00 UTC by then
    server_id = added(phone, calendar(phone), event_data(Recurrence=rule, Exceptions=after, **times))
    (exception,) = kept(world, server_id, Event).exceptions
    assert exception.original == in_berlin(2026, 4, 1, 10)
    item = other.held(calendar(other)).items[server_id]
    exceptions = child(item, "Calendar:Exceptions")
    assert exceptions is not None
    names = "AirSyncBase:InstanceId" if version in since(V16_0) else "Calendar:ExceptionStartTime"
    assert text(exceptions.children[0], names) == "20260401T080000Z"


# ------------------------------------------------------------ whole days


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
@pytest.mark.parametrize(
    "zone, start, end",
    [
        (BERLIN, "20261223T230000Z", "20261226T230000Z"),
        (BERLIN, "20261224T000000Z", "20261227T000000Z"),
        (UTC_ZONE, "20261224T000000Z", "20261227T000000Z"),
        (NEW_YORK, "20261224T050000Z", "20261227T050000Z"),
        (NEW_YORK, "20261224T000000Z", "20261227T000000Z"),
    ],
    ids=["midnight_in_Berlin", "digits_in_Berlin", "digits_in_UTC", "midnight_in_New_York", "digits_in_New_York"],
)
def test_whole_days_are_the_days_that_a_phone_means_complaint_11(
    world: World, version: Version, zone: str, start: str, end: str
) -> None:
    phone, newest = world.phone(version=version), world.phone(version=V16_1)
    data = event_data(Timezone=zone, AllDayEvent="1", StartTime=start, EndTime=end)
    server_id = added(phone, calendar(phone), data)
    event = kept(world, server_id, Event)
    assert (f"{event.start:%m%d}", f"{event.end:%m%d}") == ("1224", "1227")
    assert told(newest, server_id, "AllDayEvent", "StartTime", "EndTime", "Timezone") == (
        "1",
        "20261224T000000Z",
        "20261227T000000Z",
        "",
    )  # R2005-R2007
    midnight = datetime(2026, 12, 24, tzinfo=UTC) - unpack(b64decode(zone)).offset(event.start)
    assert told(world.phone(version=version), server_id, "StartTime", "Timezone") == (
        f"{midnight:%Y%m%dT%H%M%SZ}",
        zone,
    )


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_whole_days_are_dates_since_16_0_R2005_R2006_R2007(world: World, version: Version) -> None:
    phone, old = world.phone(version=version), world.phone(version=V14_1)
    rule: Said = {"Type": "0", "Interval": "1", "Until": "20261231T000000Z"}
    times = {"StartTime": "20261224T000000Z", "EndTime": "20261225T000000Z"}
    server_id = added(phone, calendar(phone), event_data(AllDayEvent="1", Recurrence=rule, **times))
    assert told(world.phone(version=version), server_id, "StartTime", "EndTime", "Timezone") == (
        *times.values(),
        "",
    )
    assert told(old, server_id, "StartTime", "EndTime", "Timezone") == (*times.values(), UTC_ZONE)
    phone.sync(calendar(phone), ClientDelete(server_id, instance_id="20261226T000000Z"))
    (exception,) = kept(world, server_id, Event).exceptions
    assert exception.original == datetime(2026, 12, 26, tzinfo=UTC)


def test_a_whole_day_can_be_given_times_and_back_R7911(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    times = {"StartTime": "20261224T000000Z", "EndTime": "20261225T000000Z"}
    server_id = added(phone, folder, event_data(AllDayEvent="1", **times))
    nine = {"Timezone": BERLIN, "StartTime": "20261224T080000Z", "EndTime": "20261224T090000Z"}
    phone.sync(folder, ClientChange(server_id, event_data(AllDayEvent="0", **nine)))
    event = kept(world, server_id, Event)
    assert (event.all_day, event.start, event.zone) == (False, in_berlin(2026, 12, 24, 9), "Europe/Berlin")
    phone.sync(folder, ClientChange(server_id, event_data(AllDayEvent="1")))
    event = kept(world, server_id, Event)
    assert (event.start, event.end) == (datetime(2026, 12, 24, tzinfo=UTC), datetime(2026, 12, 25, tzinfo=UTC))
    phone.sync(folder, ClientChange(server_id, event_data(AllDayEvent="0")))
    assert kept(world, server_id, Event).start == in_berlin(2026, 12, 24)


def test_an_event_without_length_stays_so_C5(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    times = {"StartTime": "20261224T080000Z", "EndTime": "20261224T080000Z"}
    server_id = added(phone, calendar(phone), event_data(**times))
    assert told(other, server_id, "StartTime", "EndTime") == tuple(times.values())


@pytest.mark.parametrize("until", ["45000901T000000Z", "99991231T235959Z"])
def test_a_series_until_the_end_of_time_has_no_end(world: World, version: Version, until: str) -> None:
    phone = world.phone(version=version)
    rule: Said = {"Type": "0", "Interval": "1", "Until": until}
    server_id = added(phone, calendar(phone), event_data(Timezone=BERLIN, Recurrence=rule))
    event = kept(world, server_id, Event)
    assert event.recurrence is not None
    assert (event.recurrence.until, event.sort_time) == (None, FOREVER)


# ------------------------------------------------------------ FilterType

TWO_WEEKS = 4


def days_ago(world: World, days: int) -> dict[str, Said]:
    """Times of an event of one hour."""
    start = world.now - timedelta(days=days)
    return {"StartTime": f"{start:%Y%m%dT%H%M%SZ}", "EndTime": f"{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}"}


def watching(phone: Phone) -> str:
    """The Calendar as a phone has it that wants two weeks."""
    folder = phone.folder(FolderType.CALENDAR)
    phone.start(folder)
    phone.sync_all(folder, options=filtered(TWO_WEEKS))
    return folder


def test_what_ended_before_the_window_is_not_told_but_what_goes_on_is_R3044(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    daily: dict[str, Said] = {"Type": "0", "Interval": "1"}
    inside = {
        added(phone, folder, event_data(Subject="recent", **days_ago(world, 3))),
        added(phone, folder, event_data(Subject="endless", Recurrence=daily, **days_ago(world, 300))),
        added(phone, folder, event_data(Recurrence={**daily, "Occurrences": "295"}, **days_ago(world, 300))),
        added(phone, folder, event_data(Subject="to come", **days_ago(world, -300))),
    }
    added(phone, folder, event_data(Subject="old", **days_ago(world, 20)))
    added(phone, folder, event_data(Recurrence={**daily, "Occurrences": "280"}, **days_ago(world, 300)))
    ended = f"{world.now - timedelta(days=20):%Y%m%dT%H%M%SZ}"
    added(phone, folder, event_data(Recurrence={**daily, "Until": ended}, **days_ago(world, 300)))
    other = world.phone(version=version)
    assert other.held(watching(other)).items.keys() == inside


def test_an_event_that_is_moved_leaves_the_window_and_comes_back_R2994(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, event_data(Subject="here", **days_ago(world, 3)))
    watching(other)
    phone.sync(folder, ClientChange(server_id, event_data(**days_ago(world, 30))))
    assert other.sync(folder).commands == (ServerSoftDelete(server_id),)
    phone.sync(folder, ClientChange(server_id, event_data(**days_ago(world, -3))))
    (command,) = other.sync(folder).commands
    assert isinstance(command, ServerAdd)
    assert command.server_id == server_id


def test_a_series_whose_end_is_moved_leaves_the_window(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = calendar(phone)
    times = days_ago(world, 100)
    rule: dict[str, Said] = {"Type": "0", "Interval": "1"}
    server_id = added(phone, folder, event_data(Recurrence=rule, **times))
    watching(other)
    assert server_id in other.held(folder).items
    shorter = event_data(Recurrence={**rule, "Occurrences": "50"}, **times)
    phone.sync(folder, ClientChange(server_id, shorter))
    assert other.sync(folder).commands == (ServerSoftDelete(server_id),)


def test_time_takes_an_event_out_of_the_window(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = added(phone, calendar(phone), event_data(**days_ago(world, 13)))
    other = world.phone(version=version)
    folder = watching(other)
    assert server_id in other.held(folder).items
    world.forward(days=2)
    assert other.sync(folder).commands == (ServerSoftDelete(server_id),)


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_the_last_occurrence_counts_as_it_takes_place(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = calendar(phone)
    weekly: Said = {"Type": "0", "Interval": "7", "Occurrences": "3"}
    server_id = added(phone, folder, event_data(Recurrence=weekly, **days_ago(world, 24)))  # 24, 17 and 10 days ago
    watching(other)
    assert server_id in other.held(folder).items
    last = f"{world.now - timedelta(days=10):%Y%m%dT%H%M%SZ}"
    phone.sync(folder, ClientDelete(server_id, instance_id=last))
    assert other.sync(folder).commands == (ServerSoftDelete(server_id),)
    late = f"{world.now - timedelta(days=17):%Y%m%dT%H%M%SZ}"
    phone.sync(folder, ClientChange(server_id, event_data(**days_ago(world, 2)), instance_id=late))
    (command,) = other.sync(folder).commands
    assert isinstance(command, ServerAdd)
