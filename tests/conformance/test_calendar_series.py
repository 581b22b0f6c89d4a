"""Series of events and their exceptions over Sync (MS-ASCAL Recurrence, Exceptions; MS-ASAIRS InstanceId)."""

from collections.abc import Mapping

import pytest

from easd.eas.commands.sync import ChangeResult, ClientChange, ClientDelete, DeleteResult
from easd.eas.status import SyncStatus
from easd.eas.versions import V12_0, V14_0, V14_1, V16_0, Version, since, until
from easd.model.email import BodyType
from easd.model.event import Event, Occurrence, Place
from easd.model.note_body import NO_NOTES, NoteBody
from easd.wbxml import Element
from tests.support.events import BERLIN, Said, calendar, event_data, in_berlin, status_of
from tests.support.typed_items import added, kept
from tests.support.world import Phone, World, child, text

OLD = sorted(until(V14_1))
NEW = sorted(since(V16_0))
TIMES = {"Timezone": BERLIN, "StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
"""Tuesday, 10 to 11 in Berlin."""
DAILY: Said = {"Type": "0", "Interval": "1", "Occurrences": "30"}
SECOND, THIRD, FOURTH = "20261202T090000Z", "20261203T090000Z", "20261204T090000Z"
BODY: Said = {"Type": "1", "Data": "bring cake"}


def series(rule: Said = DAILY, **more: Said) -> bytes:
    """ApplicationData of a series from December 1st on, at 10 in Berlin."""
    return event_data(**{"Subject": "Stand-up", **TIMES, "Recurrence": rule, **more})


def only_this(original: str, version: Version, **more: Said) -> dict[str, Said]:
    """An Exception as a version writes it."""
    return {"InstanceId" if version in since(V16_0) else "ExceptionStartTime": original, **more}


def refused(phone: Phone, folder: str, command: ClientChange | ClientDelete) -> int:
    """The status of a Change or Delete that must not succeed."""
    (result,) = phone.sync(folder, command).responses
    assert isinstance(result, ChangeResult | DeleteResult)
    return result.status


def told_exceptions(phone: Phone, server_id: str) -> dict[str, Element]:
    """The exceptions that the phone is told, by their original start."""
    found = child(phone.held(server_id.partition(":")[0]).items[server_id], "Calendar:Exceptions")
    name = "AirSyncBase:InstanceId" if phone.version in since(V16_0) else "Calendar:ExceptionStartTime"
    return {text(each, name): each for each in found.children} if found else {}


# ------------------------------------------------------------ rules

GOOD_RULES: list[Mapping[str, str]] = [
    {"Type": "0", "Interval": "1"},
    {"Type": "0", "Interval": "2", "DayOfWeek": "62"},
    {"Type": "1", "DayOfWeek": "2", "Interval": "2", "Occurrences": "10"},
    {"Type": "2", "DayOfMonth": "31", "Until": "20271231T090000Z"},
    {"Type": "3", "DayOfWeek": "127", "WeekOfMonth": "5"},
    {"Type": "3", "DayOfWeek": "62", "WeekOfMonth": "1"},
    {"Type": "5", "DayOfMonth": "29", "MonthOfYear": "2"},
    {"Type": "6", "DayOfWeek": "1", "WeekOfMonth": "1", "MonthOfYear": "12"},
]


@pytest.mark.parametrize("rule", GOOD_RULES, ids=lambda rule: "_".join(map("".join, rule.items()))[:60])
def test_a_rule_comes_back_R37211(world: World, version: Version, rule: dict[str, Said]) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, calendar(phone), series(rule))
    told = child(other.held(calendar(other)).items[server_id], "Calendar:Recurrence")
    assert told is not None
    assert {name: text(told, f"Calendar:{name}") for name in rule} == rule
    if str(rule["Type"]) in "2356":
        assert (text(told, "Calendar:CalendarType") == "0") == (version in since(V14_0))  # R143, R14311-R14313
    if rule["Type"] == "1":
        assert (text(told, "Calendar:FirstDayOfWeek") == "0") == (version in since(V14_1))  # R52523


@pytest.mark.parametrize(
    "rule",
    [
        {"Interval": "1"},
        {"Type": "4"},
        {"Type": "1"},
        {"Type": "2"},
        {"Type": "5", "DayOfMonth": "1"},
        {"Type": "3", "DayOfWeek": "1"},
        {"Type": "6", "DayOfWeek": "1", "WeekOfMonth": "1"},
        {"Type": "1", "DayOfWeek": "1", "DayOfMonth": "1"},
        {"Type": "2", "DayOfMonth": "1", "DayOfWeek": "1"},
        {"Type": "3", "DayOfWeek": "1", "WeekOfMonth": "1", "MonthOfYear": "1"},
        {"Type": "1", "DayOfWeek": "1", "WeekOfMonth": "1"},
        {"Type": "0", "Interval": "1000"},
        {"Type": "0", "Occurrences": "1000"},
        {"Type": "1", "DayOfWeek": "128"},
        {"Type": "2", "DayOfMonth": "32"},
        {"Type": "3", "DayOfWeek": "1", "WeekOfMonth": "6"},
        {"Type": "5", "DayOfMonth": "1", "MonthOfYear": "13"},
    ],
    ids=[
        "no_Type_R374", "Type_4_R453", "weekly_without_days_R38929", "monthly_without_day_R190",
        "yearly_without_month_R323", "nth_without_week_R473", "yearly_nth_without_month_R327", "DayOfMonth_R53916",
        "DayOfWeek_R53917", "MonthOfYear_R53918", "WeekOfMonth_R53919", "Interval_R28311", "Occurrences_R345",
        "DayOfWeek_R201", "DayOfMonth_R193", "WeekOfMonth_R476", "MonthOfYear_R326",
    ],
)  # fmt: skip
def test_a_rule_that_contradicts_itself_is_status_6(world: World, version: Version, rule: dict[str, Said]) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    assert status_of(phone, folder, series(rule)) == SyncStatus.CONVERSION_ERROR
    assert not world.items(folder)


@pytest.mark.parametrize("version", sorted(since(V14_0)), ids=lambda v: v.text, indirect=True)
@pytest.mark.parametrize("system", ["13", "16", "17", "18", "19", "21", "22", "23"])
def test_a_calendar_system_that_is_not_supported_is_status_6_R53913(
    world: World, version: Version, system: str
) -> None:
    phone = world.phone(version=version)
    rule: Said = {"Type": "2", "DayOfMonth": "1", "CalendarType": system}
    assert status_of(phone, calendar(phone), series(rule)) == SyncStatus.CONVERSION_ERROR


@pytest.mark.parametrize("version", sorted(since(V14_1)), ids=lambda v: v.text, indirect=True)
def test_a_day_that_starts_no_week_is_status_6_R53914(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    rule: Said = {"Type": "1", "DayOfWeek": "1", "FirstDayOfWeek": "7"}
    assert status_of(phone, calendar(phone), series(rule)) == SyncStatus.CONVERSION_ERROR


def test_an_interval_of_0_is_1_R5_and_occurrences_count_more_than_until_R53911(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    rule: Said = {"Type": "0", "Interval": "0", "Occurrences": "3", "Until": "20271231T090000Z"}
    kept_rule = kept(world, added(phone, calendar(phone), series(rule)), Event).recurrence
    assert kept_rule is not None
    assert (kept_rule.interval, kept_rule.occurrences, kept_rule.until) == (1, 3, None)


# ------------------------------------------------------------ exceptions


def test_what_an_exception_changes_comes_back_and_the_rest_is_inherited_R24111(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    place: dict[str, Said] = {"Place": {"DisplayName": "Attic"}} if version in since(V16_0) else {"Location": "Attic"}
    moved = {"StartTime": "20261202T140000Z", "EndTime": "20261202T150000Z", "Subject": "Late", "Sensitivity": "2"}
    with_body = version in since(V12_0)  # at 2.5 it has another shape
    more: dict[str, Said] = {**place, "BusyStatus": "0", "Reminder": "5", "Categories": []}
    if with_body:
        more["Body"] = BODY
    exceptions: Said = [
        only_this(SECOND, version, **moved, **more),
        only_this(THIRD, version, Deleted="1"),
    ]
    server_id = added(phone, calendar(phone), series(Exceptions=exceptions))
    calendar(other)
    told = told_exceptions(other, server_id)
    assert list(told) == [SECOND, THIRD]
    assert {name: text(told[SECOND], f"Calendar:{name}") for name in moved} == moved
    assert text(told[SECOND], "Calendar:BusyStatus") == "0"
    assert child(told[SECOND], "Calendar:Categories") is not None
    assert child(told[SECOND], "Calendar:MeetingStatus") is None  # R306: as in the series
    assert text(told[THIRD], "Calendar:Deleted") == "1"  # R210
    if with_body:
        body = child(told[SECOND], "AirSyncBase:Body")
        assert body is not None
        assert text(body, "AirSyncBase:Data") == "bring cake"
    (exception, deleted) = kept(world, server_id, Event).exceptions
    assert exception.original == in_berlin(2026, 12, 2, 10)
    assert (exception.start, exception.location) == (in_berlin(2026, 12, 2, 15), Place("Attic"))
    assert deleted == Occurrence(in_berlin(2026, 12, 3, 10), deleted=True)


@pytest.mark.parametrize("version", sorted(since(V14_0)), ids=lambda v: v.text, indirect=True)
def test_an_empty_element_takes_away_what_would_be_inherited_R508_R539_R543(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    new = version in since(V16_0)
    everywhere: dict[str, Said] = {"Place": {"DisplayName": "Attic"}} if new else {"Location": "Attic"}
    nowhere: dict[str, Said] = {"Place": None} if new else {"Location": None}
    if version in since(V14_1):
        nowhere["Reminder"] = None
    master: dict[str, Said] = {"Reminder": "10", "Body": BODY, "Categories": ["x"], **everywhere}
    empty: dict[str, Said] = {"Subject": None, "Categories": None, "Attendees": None, "Body": None, **nowhere}
    exceptions: Said = [only_this(SECOND, version, **empty)]
    server_id = added(phone, calendar(phone), series(Exceptions=exceptions, **master))
    (exception,) = kept(world, server_id, Event).exceptions
    assert (exception.subject, exception.categories, exception.attendees) == ("", (), ())
    assert (exception.location, exception.body) == (Place(), NO_NOTES)
    assert exception.no_reminder == (version in since(V14_1))
    calendar(other)
    told = told_exceptions(other, server_id)[SECOND]
    names = ["Calendar:Subject", "Calendar:Categories", "Calendar:Attendees"]
    names += ["AirSyncBase:Location" if new else "Calendar:Location"]
    names += ["Calendar:Reminder"] if version in since(V14_1) else []
    for name in names:
        found = child(told, name)
        assert found is not None, name
        assert not found.content, name
    body = child(told, "AirSyncBase:Body")
    assert body is not None
    assert text(body, "AirSyncBase:Data") == ""


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_exceptions_that_a_Change_leaves_out_stay_R541_R542_R54111_complaint_12(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    exceptions: Said = [only_this(SECOND, version, Deleted="1"), only_this(THIRD, version, Subject="Late")]
    server_id = added(phone, folder, series(Exceptions=exceptions))
    before = kept(world, server_id, Event).exceptions
    phone.sync(folder, ClientChange(server_id, series()))
    assert kept(world, server_id, Event).exceptions == before
    one_more: Said = [only_this(FOURTH, version, Deleted="1")]
    phone.sync(folder, ClientChange(server_id, series(Exceptions=one_more)))
    assert kept(world, server_id, Event).exceptions == (*before, Occurrence(in_berlin(2026, 12, 4, 10), deleted=True))
    again: Said = [only_this(SECOND, version), only_this(THIRD, version, Subject="Early")]
    phone.sync(folder, ClientChange(server_id, series(Exceptions=again)))
    restored = kept(world, server_id, Event).exceptions
    assert [(each.original.day, each.deleted, each.subject) for each in restored] == [
        (3, False, "Early"),
        (4, True, None),
    ]


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_what_an_exception_leaves_out_stays_R508_R542(world: World, version: Version) -> None:
    """A device that takes it away says so with an empty element."""
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(
        phone, folder, series(Exceptions=[only_this(SECOND, version, Subject="Late", Location="Room 666")])
    )
    phone.sync(folder, ClientChange(server_id, series(Exceptions=[only_this(SECOND, version, Subject="Later")])))
    (exception,) = kept(world, server_id, Event).exceptions
    assert (exception.subject, exception.location) == ("Later", Place("Room 666"))
    phone.sync(folder, ClientChange(server_id, series(Exceptions=[only_this(SECOND, version, Location=None)])))
    (exception,) = kept(world, server_id, Event).exceptions
    assert (exception.subject, exception.location) == ("Later", Place())


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_exceptions_go_along_when_a_series_is_moved_complaint_12(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, series(Exceptions=[only_this(SECOND, version, Subject="Late")]))
    later = {"StartTime": "20261201T110000Z", "EndTime": "20261201T120000Z"}
    stale: Said = [only_this(THIRD, version, Deleted="1")]  # by the time before the move
    phone.sync(folder, ClientChange(server_id, series(**later, Exceptions=stale)))
    exceptions = kept(world, server_id, Event).exceptions
    assert [(each.original, each.deleted) for each in exceptions] == [
        (in_berlin(2026, 12, 2, 12), False),
        (in_berlin(2026, 12, 3, 12), True),
    ]


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_a_whole_day_in_a_timed_series_begins_on_its_day_C1(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    exceptions: Said = [only_this("20261202T000000Z", version, AllDayEvent="1", Subject="Fair")]
    exceptions[0] |= {"StartTime": "20261201T230000Z", "EndTime": "20261202T230000Z"}  # type: ignore[index, operator]
    server_id = added(phone, calendar(phone), series(Exceptions=exceptions))
    calendar(other)
    told = told_exceptions(other, server_id)
    assert list(told) == [SECOND]
    assert text(told[SECOND], "Calendar:StartTime") == "20261201T230000Z"
    (exception,) = kept(world, server_id, Event).exceptions
    assert exception.start is not None
    assert exception.start.isoformat() == "2026-12-02T00:00:00+00:00"


def test_exceptions_to_what_is_no_series_are_left_out(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    data = event_data(Subject="once", **TIMES, Exceptions=[only_this(SECOND, version, Deleted="1")])
    assert kept(world, added(phone, calendar(phone), data), Event).exceptions == ()


def test_256_exceptions_are_kept_and_more_are_refused_R243_R24311(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    days = [f"2026{month:02}{day:02}T090000Z" for month in range(2, 12) for day in range(1, 29)]
    times = {"StartTime": "20260201T090000Z", "EndTime": "20260201T100000Z"}
    rule: Said = {"Type": "0", "Interval": "1", "Occurrences": "400"}
    most: Said = [only_this(day, version, Deleted="1") for day in days[:256]]
    server_id = added(phone, calendar(phone), series(rule, **times, Exceptions=most))
    assert len(kept(world, server_id, Event).exceptions) == 256
    many: Said = [only_this(day, version, Deleted="1") for day in days[:257]]
    again = series(rule, **times, Exceptions=many, **named_again(version))
    assert status_of(phone, calendar(phone), again) == SyncStatus.CONVERSION_ERROR


def named_again(version: Version) -> dict[str, Said]:
    """What makes an event another one."""
    return {"ClientUid" if version in since(V16_0) else "UID": "another"}


def test_an_exception_to_nothing_is_status_6_R246(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    data = series(Exceptions=[{"Deleted": "1"}])
    assert status_of(phone, calendar(phone), data) == SyncStatus.CONVERSION_ERROR


@pytest.mark.parametrize("version", sorted(set(OLD) - since(V14_0)), ids=lambda v: v.text, indirect=True)
def test_attendees_of_an_exception_are_none_of_12_1_R2023(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    people: Said = [{"Email": "bob@example.test", "Name": "Bob"}]
    data = series(Exceptions=[only_this(SECOND, version, Attendees=people)])
    assert status_of(phone, calendar(phone), data) == SyncStatus.CONVERSION_ERROR


# ------------------------------------------------------------ one occurrence, since 16.0


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_one_occurrence_is_changed_by_its_InstanceId_R2113_R6238(world: World, version: Version) -> None:
    phone, other, old = (world.phone(version=v) for v in (version, version, V14_1))
    folder = calendar(phone)
    server_id = added(phone, folder, series())
    for each in (other, old):
        calendar(each)
    late = event_data(StartTime="20261202T140000Z", EndTime="20261202T150000Z")
    phone.sync(folder, ClientChange(server_id, late, instance_id=SECOND))
    phone.sync(folder, ClientChange(server_id, event_data(Subject="Late"), instance_id=SECOND))
    (exception,) = kept(world, server_id, Event).exceptions
    assert (exception.original, exception.start) == (in_berlin(2026, 12, 2, 10), in_berlin(2026, 12, 2, 15))
    assert exception.subject == "Late"
    assert kept(world, server_id, Event).subject == "Stand-up"
    for each in (other, old):
        each.sync_all(folder)
        (told,) = told_exceptions(each, server_id).items()
        assert told[0] == SECOND
        assert text(told[1], "Calendar:StartTime") == "20261202T140000Z"


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_one_occurrence_is_deleted_by_its_InstanceId_R6420(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, series())
    calendar(other)
    result = phone.sync(folder, ClientDelete(server_id, instance_id=THIRD))
    assert not result.responses
    assert kept(world, server_id, Event).exceptions == (Occurrence(in_berlin(2026, 12, 3, 10), deleted=True),)
    other.sync_all(folder)
    assert text(told_exceptions(other, server_id)[THIRD], "Calendar:Deleted") == "1"
    assert refused(phone, folder, ClientDelete(server_id, instance_id=THIRD)) == SyncStatus.OBJECT_NOT_FOUND


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
@pytest.mark.parametrize(
    "instance, status",
    [
        ("20261130T090000Z", SyncStatus.OBJECT_NOT_FOUND),
        ("20270601T090000Z", SyncStatus.OBJECT_NOT_FOUND),
        ("soon", SyncStatus.CONVERSION_ERROR),
    ],
    ids=["before", "after", "no_time_R1180"],
)
def test_an_occurrence_that_is_not_there_is_refused_R1178(
    world: World, version: Version, instance: str, status: SyncStatus
) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, series())
    (result,) = phone.sync(folder, ClientChange(server_id, event_data(Subject="x"), instance_id=instance)).responses
    assert isinstance(result, ChangeResult)
    assert (result.status, result.server_id, result.instance_id) == (status, server_id, instance)
    assert refused(phone, folder, ClientDelete(server_id, instance_id=instance)) == status
    assert kept(world, server_id, Event).exceptions == ()


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_an_exception_is_a_whole_day_only_if_the_series_is_R2009(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, series())
    command = ClientChange(server_id, event_data(AllDayEvent="1"), instance_id=SECOND)
    assert refused(phone, folder, command) == SyncStatus.CONVERSION_ERROR


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
@pytest.mark.parametrize(
    "data, stays",
    [
        ({"Subject": "Renamed"}, True),
        ({**TIMES, "Recurrence": DAILY}, True),
        ({"Recurrence": {"Type": "1", "Interval": "1", "DayOfWeek": "4"}}, False),
        ({"Recurrence": {"Occurrences": "20"}}, False),
        ({"StartTime": "20261201T080000Z"}, False),
        ({"EndTime": "20261201T103000Z"}, False),
        ({"Recurrence": None}, False),
    ],
    ids=["subject", "the_same", "pattern_R2114_R2180", "end_of_series_R2114", "start_R2202", "end_R2097", "single"],
)
def test_what_moves_a_series_takes_its_exceptions_away(
    world: World, version: Version, data: dict[str, Said], stays: bool
) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, series())
    phone.sync(folder, ClientDelete(server_id, instance_id=THIRD))
    phone.sync(folder, ClientChange(server_id, event_data(**data)))
    event = kept(world, server_id, Event)
    assert bool(event.exceptions) == stays
    if "Recurrence" in data and data["Recurrence"] is None:
        assert event.recurrence is None  # R2180002


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_a_Recurrence_without_Type_changes_the_rest_R374001_R448001(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, series())
    phone.sync(folder, ClientChange(server_id, event_data(Recurrence={"Until": "20261210T090000Z"})))
    rule = kept(world, server_id, Event).recurrence
    assert rule is not None
    assert (rule.type, rule.occurrences, rule.until) == (0, None, in_berlin(2026, 12, 10, 10))


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_a_body_of_one_occurrence_R12611(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, series(Body={"Type": "1", "Data": "as ever"}))
    phone.sync(folder, ClientChange(server_id, event_data(Body=BODY), instance_id=SECOND))
    event = kept(world, server_id, Event)
    assert (event.body.text, event.exceptions[0].body) == ("as ever", NoteBody(BodyType.PLAIN, "bring cake"))
