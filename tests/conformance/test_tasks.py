"""Tasks over Sync (MS-ASTASK)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from easd.eas.commands.options import Options
from easd.eas.commands.sync import AddResult, ChangeResult, ClientAdd, ClientChange, ServerSoftDelete
from easd.eas.items.tasks import TASK, encode_task
from easd.eas.status import SyncStatus
from easd.eas.versions import V14_0, V14_1, Version, since
from easd.mime.note_body import select_notes
from easd.model.body import BodyWishes
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.model.note_body import NoteBody
from easd.model.recurrence import RecurrenceType
from easd.model.task import Task, TaskRecurrence
from easd.wbxml import Element, Writer, tag
from tests.support.typed_items import added, kept, named, notes_of, synced
from tests.support.world import Phone, Refused, World, child, filtered, text

DAY = datetime(2026, 12, 1, tzinfo=UTC)
WEEKLY = TaskRecurrence(RecurrenceType.WEEKLY, interval=2, day_of_week=42, start=DAY)
FULL = Task(
    DAY,
    subject="Pay the rent",
    importance=2,
    start_date=DAY,
    utc_start_date=DAY,
    due_date=DAY,
    utc_due_date=DAY,
    categories=("Home", "Money"),
    recurrence=replace(WEEKLY, first_day_of_week=0),
    sensitivity=2,
    reminder_set=True,
    reminder_time=DAY,
    ordinal_date=DAY,
    sub_ordinal_date="5",
    body=NoteBody(BodyType.PLAIN, "by bank"),
)


def sent(phone: Phone, task: Task) -> bytes:
    """ApplicationData as the phone writes it."""
    return encode_task(task, select_notes(BodyWishes(), task.body), phone.version)


def tasks(phone: Phone) -> str:
    """The phone's Tasks folder, synchronised to the end."""
    return synced(phone, FolderType.TASKS)


def recurring(**rule: str) -> bytes:
    """ApplicationData with a Recurrence of these elements."""
    writer = Writer()
    writer.text(tag("Tasks:Subject"), "again")
    writer.start(tag("Tasks:Recurrence"))
    for name, value in rule.items():
        writer.text(tag(f"Tasks:{name}"), value)
    writer.end()
    return writer.fragment()


OF_NOTES = ("Body", "BodySize", "BodyTruncated", "NativeBodyType")


def read(item: Element, version: Version) -> dict[str, Any]:
    """What the phone holds of a task beside its notes."""
    own = [c for c in item.children if c.name.partition(":")[2] not in OF_NOTES]
    return TASK.read(Element(item.tag, own), version)


def refused(phone: Phone, folder: str, data: bytes) -> int:
    """The status of an Add with this data."""
    (result,) = phone.sync(folder, ClientAdd("c1", data)).responses
    assert isinstance(result, AddResult)
    return result.status


def test_every_property_comes_back_as_it_was_sent_R368(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, tasks(phone), sent(phone, FULL))
    folder = tasks(other)
    for attr, value in read(other.held(folder).items[server_id], version).items():
        expected = getattr(FULL, attr)
        if attr == "recurrence":
            expected = replace(expected, first_day_of_week=value.first_day_of_week)
        assert value == expected, attr
    assert notes_of(other, server_id) == "by bank"


def test_defaults_of_a_task_R158_R204_R245_R264(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, tasks(phone), named("Tasks:Subject", "bare"))
    item = other.held(tasks(other)).items[server_id]
    assert [text(item, f"Tasks:{name}") for name in ("Complete", "Sensitivity", "ReminderSet", "Importance")] == [
        "0",
        "0",
        "0",
        "1",
    ]


@pytest.mark.parametrize("importance", ["0", "2", "5"])
def test_any_importance_is_taken_and_returned_R187_R550(world: World, version: Version, importance: str) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, tasks(phone), named("Tasks:Importance", importance))
    assert text(other.held(tasks(other)).items[server_id], "Tasks:Importance") == importance


def test_importance_and_reminder_stay_where_a_change_leaves_them_out_R369_R370(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = tasks(phone)
    server_id = added(phone, folder, sent(phone, FULL))
    phone.sync(folder, ClientChange(server_id, named("Tasks:Subject", "Pay")))
    task = kept(world, server_id, Task)
    assert (task.subject, task.importance, task.reminder_set, task.reminder_time) == ("Pay", 2, True, DAY)
    assert (task.categories, task.due_date, task.recurrence) == ((), None, None)
    assert task.body == FULL.body


def test_empty_categories_are_removed_R436(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = tasks(phone)
    server_id = added(phone, folder, sent(phone, FULL))
    phone.sync(folder, ClientChange(server_id, named("Tasks:Categories")))
    assert kept(world, server_id, Task).categories == ()


def test_a_task_that_is_done_has_a_date_R124_and_loses_it_when_it_is_not(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = tasks(phone)
    server_id = added(phone, folder, named("Tasks:Subject", "short"))
    phone.sync(folder, ClientChange(server_id, named("Tasks:Complete", "1")))
    item = other.held(tasks(other)).items[server_id]
    assert text(item, "Tasks:Complete") == "1"
    assert text(item, "Tasks:DateCompleted") == f"{world.now:%Y-%m-%dT%H:%M:%S}.000Z"
    phone.sync(folder, ClientChange(server_id, named("Tasks:Complete", "0")))
    other.sync(folder)
    item = other.held(folder).items[server_id]
    assert child(item, "Tasks:DateCompleted") is None


def test_a_device_that_wants_what_is_left_loses_what_is_done_R3061(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = tasks(phone)
    server_id = added(phone, folder, named("Tasks:Subject", "short"))
    other.start(folder)
    other.sync(folder, options=filtered(8))
    assert server_id in other.held(folder).items
    phone.sync(folder, ClientChange(server_id, named("Tasks:Complete", "1")))
    (gone,) = other.sync(folder).commands
    assert gone == ServerSoftDelete(server_id)
    phone.sync(folder, ClientChange(server_id, named("Tasks:Complete", "0")))
    other.sync(folder)
    assert server_id in other.held(folder).items


START = "2026-12-01T00:00:00.000Z"
GOOD_RULES = [
    {"Type": "0", "Start": START},
    {"Type": "0", "Start": START, "DayOfWeek": "62"},
    {"Type": "1", "Start": START, "DayOfWeek": "2", "Interval": "2", "Occurrences": "10"},
    {"Type": "2", "Start": START, "DayOfMonth": "31", "Until": START},
    {"Type": "3", "Start": START, "DayOfWeek": "127", "WeekOfMonth": "5"},
    {"Type": "5", "Start": START, "DayOfMonth": "29", "MonthOfYear": "2"},
    {"Type": "6", "Start": START, "DayOfWeek": "1", "WeekOfMonth": "1", "MonthOfYear": "12"},
    {"Type": "1", "Start": START, "DayOfWeek": "2", "Regenerate": "1", "DeadOccur": "1"},
]


@pytest.mark.parametrize("rule", GOOD_RULES, ids=lambda rule: "_".join(map("".join, rule.items()))[:60])
def test_a_rule_comes_back_R221(world: World, version: Version, rule: dict[str, str]) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, tasks(phone), recurring(**rule))
    item = other.held(tasks(other)).items[server_id]
    told = child(item, "Tasks:Recurrence")
    assert told is not None
    assert {name: text(told, f"Tasks:{name}") for name in rule} == rule
    if rule["Type"] in "2356":
        assert (text(told, "Tasks:CalendarType") == "0") == (version in since(V14_0))  # R82, R8211-R8213
    if rule["Type"] == "1":
        assert (text(told, "Tasks:FirstDayOfWeek") == "0") == (version in since(V14_1))  # R167, R238


@pytest.mark.parametrize(
    "rule",
    [
        {"Start": START},
        {"Type": "0"},
        {"Type": "4", "Start": START},
        {"Type": "1", "Start": START},
        {"Type": "2", "Start": START},
        {"Type": "2", "Start": START, "DayOfMonth": "1", "DayOfWeek": "1"},
        {"Type": "5", "Start": START, "DayOfMonth": "1", "MonthOfYear": "1", "DayOfWeek": "1"},
        {"Type": "1", "Start": START, "DayOfWeek": "1", "DayOfMonth": "1"},
        {"Type": "1", "Start": START, "DayOfWeek": "1", "WeekOfMonth": "1"},
        {"Type": "3", "Start": START, "DayOfWeek": "1"},
        {"Type": "6", "Start": START, "DayOfWeek": "1", "WeekOfMonth": "1"},
        {"Type": "0", "Start": START, "Interval": "1000"},
        {"Type": "2", "Start": START, "DayOfMonth": "32"},
        {"Type": "3", "Start": START, "DayOfWeek": "1", "WeekOfMonth": "6"},
        {"Type": "5", "Start": START, "DayOfMonth": "1", "MonthOfYear": "13"},
    ],
    ids=[
        "no_Type_R289",
        "no_Start_R37011",
        "Type_4_R292",
        "weekly_without_days_R135",
        "monthly_without_day_R404",
        "monthly_with_weekday_R532",
        "yearly_with_weekday_R533",
        "weekly_with_day_of_month_R132",
        "weekly_with_week_R320",
        "nth_without_week_R430",
        "yearly_nth_without_month_R418",
        "Interval_R192",
        "DayOfMonth_R525",
        "WeekOfMonth_R317",
        "MonthOfYear_R210",
    ],
)
def test_a_rule_that_contradicts_itself_is_status_6(world: World, version: Version, rule: dict[str, str]) -> None:
    phone = world.phone(version=version)
    folder = tasks(phone)
    assert refused(phone, folder, recurring(**rule)) == SyncStatus.CONVERSION_ERROR
    assert not world.items(folder)


@pytest.mark.parametrize("version", sorted(since(V14_0)), ids=lambda v: v.text, indirect=True)
def test_a_calendar_system_where_none_belongs_or_that_is_not_supported_R81_R84(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = tasks(phone)
    weekly = recurring(Type="1", Start=START, DayOfWeek="1", CalendarType="0")
    saka = recurring(Type="2", Start=START, DayOfMonth="1", CalendarType="16")
    assert refused(phone, folder, weekly) == SyncStatus.CONVERSION_ERROR
    assert refused(phone, folder, saka) == SyncStatus.CONVERSION_ERROR


@pytest.mark.parametrize("version", sorted(since(V14_1)), ids=lambda v: v.text, indirect=True)
def test_a_day_that_starts_no_week_is_status_6_R171(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    rule = recurring(Type="1", Start=START, DayOfWeek="1", FirstDayOfWeek="7")
    assert refused(phone, tasks(phone), rule) == SyncStatus.CONVERSION_ERROR


def test_occurrences_count_more_than_until_R37013(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    data = recurring(Type="0", Start=START, Occurrences="3", Until=START)
    rule = kept(world, added(phone, tasks(phone), data), Task).recurrence
    assert rule is not None
    assert (rule.occurrences, rule.until) == (3, None)


@pytest.mark.parametrize(
    "data",
    [
        named("Tasks:ReminderSet", "2"),
        named("Tasks:Sensitivity", "4"),
        named("Tasks:Complete", "yes"),
        named("Tasks:DueDate", "soon"),
        named("Contacts:FirstName", "of another class"),
    ],
    ids=["ReminderSet_R252", "Sensitivity_R259", "Complete_R119", "DueDate_R161", "other_class"],
)
def test_a_value_out_of_range_is_status_6(world: World, version: Version, data: bytes) -> None:
    phone = world.phone(version=version)
    folder = tasks(phone)
    server_id = added(phone, folder, sent(phone, FULL))
    (result,) = phone.sync(folder, ClientChange(server_id, data)).responses
    assert isinstance(result, ChangeResult)
    assert result.status == SyncStatus.CONVERSION_ERROR
    assert kept(world, server_id, Task).subject == FULL.subject


def test_incomplete_tasks_alone_may_be_asked_for_R3053(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.TASKS)
    phone.start(folder)
    with pytest.raises(Refused, match=f"status {SyncStatus.PROTOCOL_ERROR:d}"):
        phone.sync(folder, options=(Options(filter_type=3),))
