"""Each element of a task on the wire, by its name in MS-ASTASK: values, ranges, numbers, and what is always there."""

from collections.abc import Mapping

import pytest

from easd.eas.commands.sync import AddResult, ClientAdd, ClientChange
from easd.eas.status import SyncStatus
from easd.eas.versions import V12_0, V14_0, V14_1, Version, since, until
from easd.model.folder import FolderType
from easd.model.task import Task
from easd.wbxml import Element
from tests.support.typed_items import Content, added, found, kept, repeated, synced, written
from tests.support.versions import at
from tests.support.world import Phone, World, child, text

START = "2026-12-01T00:00:00.000Z"
ELEMENTS: Mapping[str, Content] = {
    "Tasks:Subject": "Pay & <rent>, für immer",
    "Tasks:Importance": "2",
    "Tasks:UtcStartDate": "2026-12-01T08:00:00.000Z",
    "Tasks:StartDate": "2026-12-01T09:00:00.000Z",
    "Tasks:UtcDueDate": "2026-12-02T08:00:00.000Z",
    "Tasks:DueDate": "2026-12-02T09:00:00.000Z",
    "Tasks:Categories": (("Tasks:Category", "Home"), ("Tasks:Category", "Money & more")),
    "Tasks:Complete": "1",
    "Tasks:DateCompleted": "2026-11-20T10:00:00.000Z",
    "Tasks:Sensitivity": "3",
    "Tasks:ReminderSet": "1",
    "Tasks:ReminderTime": "2026-12-01T07:30:00.000Z",
}
"""Every element but Recurrence and Body, of all versions."""
FLAGGED: Mapping[str, Content] = {
    "Tasks:OrdinalDate": "2026-11-01T00:00:00.000Z",
    "Tasks:SubOrdinalDate": "any text; 5",
}
ALWAYS = ("Tasks:Complete", "Tasks:Importance", "Tasks:Sensitivity", "Tasks:ReminderSet")


def tasks(phone: Phone) -> str:
    """The phone's Tasks folder, synchronised to the end."""
    return synced(phone, FolderType.TASKS)


def told(phone: Phone, server_id: str) -> Element:
    """The task as another phone of the same version is told of it."""
    other = phone.world.phone(version=phone.version)
    return other.held(tasks(other)).items[server_id]


def recurring(**rule: Content) -> bytes:
    """ApplicationData with a Recurrence of these elements."""
    return written({"Tasks:Subject": "again", "Tasks:Recurrence": tuple((f"Tasks:{n}", v) for n, v in rule.items())})


def status(phone: Phone, data: bytes) -> int:
    """What becomes of an Add."""
    (result,) = phone.sync(tasks(phone), ClientAdd("c1", data)).responses
    assert isinstance(result, AddResult)
    return result.status


def test_each_element_comes_back_as_it_stood_on_the_wire(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    asked = {**ELEMENTS, **FLAGGED} if version in since(V12_0) else ELEMENTS
    item = told(phone, added(phone, tasks(phone), written(asked)))
    assert {name: found(item, name) for name in asked} == asked


def test_each_element_comes_back_from_a_Change_R438(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = tasks(phone)
    server_id = added(phone, folder, written({"Tasks:Subject": "short"}))
    tasks(other)
    phone.sync(folder, ClientChange(server_id, written(ELEMENTS)))
    other.sync(folder)
    item = other.held(folder).items[server_id]
    assert {name: found(item, name) for name in ELEMENTS} == ELEMENTS


def test_what_a_task_always_says_R116(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = tasks(phone)
    server_id = added(phone, folder, written({"Tasks:Subject": "bare"}))
    phone.sync(folder, ClientChange(server_id, written({"Tasks:Subject": "still bare"})))
    item = told(phone, server_id)
    assert [name for name in ALWAYS if child(item, name) is not None] == list(ALWAYS)
    assert child(item, "Tasks:DateCompleted") is None
    assert child(item, "Tasks:Categories") is None  # R111


@pytest.mark.parametrize(
    "name, good, bad",
    [
        ("Complete", ("0", "1"), ("2", "-1", "true", "", "1.0", "256")),
        ("ReminderSet", ("0", "1"), ("2", "-1", "yes", "", "256")),
        ("Sensitivity", ("0", "1", "2", "3"), ("4", "-1", "normal", "", "256")),
        ("Importance", ("0", "1", "2", "255"), ("256", "-1", "high", "")),
    ],
    ids=["Complete_R118_R119", "ReminderSet_R248_R249", "Sensitivity_R258_R259", "Importance_R182_R183_R636"],
)
def test_numbers_and_their_ranges(
    world: World, version: Version, name: str, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    phone = world.phone(version=version)
    for value in good:
        server_id = added(phone, tasks(phone), written({f"Tasks:{name}": value}))
        assert found(told(phone, server_id), f"Tasks:{name}") == value
    for value in bad:
        assert status(phone, written({f"Tasks:{name}": value})) == SyncStatus.CONVERSION_ERROR, value


@pytest.mark.parametrize("name", [*(name for name, said in ELEMENTS.items() if "T" in str(said) and "Z" in str(said))])
def test_dates_are_told_as_dateTime_whatever_form_they_came_in(world: World, version: Version, name: str) -> None:
    phone = world.phone(version=version)
    done = {"Tasks:Complete": "1"} if name == "Tasks:DateCompleted" else {}
    server_id = added(phone, tasks(phone), written({**done, name: "20261202T093000Z"}))
    assert found(told(phone, server_id), name) == "2026-12-02T09:30:00.000Z"
    assert status(phone, written({**done, name: "tomorrow"})) == SyncStatus.CONVERSION_ERROR


def test_300_categories_are_kept_and_more_are_status_6_R114_R395_R402(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    most = tuple(("Tasks:Category", str(number)) for number in range(300))
    server_id = added(phone, tasks(phone), written({"Tasks:Categories": most}))
    assert found(told(phone, server_id), "Tasks:Categories") == most
    more = (*most, ("Tasks:Category", "one more"))
    assert status(phone, written({"Tasks:Categories": more})) == SyncStatus.CONVERSION_ERROR


def test_a_task_that_was_done_long_ago_keeps_its_date_R122_R125(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = tasks(phone)
    server_id = added(phone, folder, written(ELEMENTS))
    phone.sync(folder, ClientChange(server_id, written({"Tasks:Subject": "renamed"})))
    item = told(phone, server_id)
    assert (text(item, "Tasks:Complete"), text(item, "Tasks:DateCompleted")) == ("1", "2026-11-20T10:00:00.000Z")


# ------------------------------------------------------------ recurrence

FULL_RULES: Mapping[str, Mapping[str, str]] = {
    "daily": {"Type": "0", "Interval": "999", "DayOfWeek": "62"},
    "weekly": {"Type": "1", "Interval": "0", "DayOfWeek": "127", "Occurrences": "255"},
    "monthly": {"Type": "2", "Interval": "3", "DayOfMonth": "31", "Until": "2027-12-31T00:00:00.000Z"},
    "monthly_nth": {"Type": "3", "DayOfWeek": "65", "WeekOfMonth": "5"},
    "yearly": {"Type": "5", "DayOfMonth": "1", "MonthOfYear": "12", "Regenerate": "1", "DeadOccur": "255"},
    "yearly_nth": {"Type": "6", "DayOfWeek": "64", "WeekOfMonth": "1", "MonthOfYear": "1", "Regenerate": "0"},
}
SHAPED = {
    "DayOfMonth": {"monthly", "yearly"},
    "DayOfWeek": {"daily", "weekly", "monthly_nth", "yearly_nth"},
    "WeekOfMonth": {"monthly_nth", "yearly_nth"},
    "MonthOfYear": {"yearly", "yearly_nth"},
}
"""Which Types have which elements: all of these and no others."""


@pytest.mark.parametrize("name", FULL_RULES)
def test_a_rule_says_what_was_said_and_has_what_its_Type_has(world: World, version: Version, name: str) -> None:
    phone = world.phone(version=version)
    rule = {"Start": START, **FULL_RULES[name]}
    item = told(phone, added(phone, tasks(phone), recurring(**rule)))
    shown = child(item, "Tasks:Recurrence")
    assert shown is not None
    said = {one.name.partition(":")[2]: one.content for one in shown.children}
    assert {key: said[key] for key in rule} == rule
    assert {key for key in SHAPED if key in said} == {key for key, types in SHAPED.items() if name in types}


@pytest.mark.parametrize("kind", FULL_RULES)
@pytest.mark.parametrize("name", SHAPED)
def test_an_element_that_the_Type_needs_or_must_not_have_is_status_6(
    world: World, version: Version, kind: str, name: str
) -> None:
    """Where the Type needs it, without it; where it has no such element, with it. Of a day it may be there or not."""
    phone = world.phone(version=version)
    rule = {"Start": START, **FULL_RULES[kind]}
    if kind not in SHAPED[name]:
        rule[name] = "1"
    else:
        del rule[name]
    expected = SyncStatus.SUCCESS if (kind, name) == ("daily", "DayOfWeek") else SyncStatus.CONVERSION_ERROR
    assert status(phone, recurring(**rule)) == expected  # R397, R631: daily, with days of the week or without


@pytest.mark.parametrize(
    "name, bad",
    [
        ("Type", ("4", "7", "-1", "", "daily", "256")),
        ("Start", ("", "soon")),
        ("Interval", ("1000", "-1", "", "65536", "often")),
        ("Occurrences", ("256", "0", "-1", "")),
        ("DayOfWeek", ("0", "128", "-1", "", "Monday")),
        ("Until", ("", "later")),
        ("Regenerate", ("2", "-1", "yes")),
        ("DeadOccur", ("256", "-1", "")),
    ],
    ids=[
        "Type_R285_R291", "Start_R265_R271", "Interval_R191", "Occurrences_R213", "DayOfWeek_R140_R141", "Until_R305",
        "Regenerate_R241_R4221", "DeadOccur_R154",
    ],
)  # fmt: skip
def test_values_of_a_rule_that_are_out_of_range_are_status_6(
    world: World, version: Version, name: str, bad: tuple[str, ...]
) -> None:
    phone = world.phone(version=version)
    rule = {"Type": "1", "Start": START, "DayOfWeek": "2"}
    for value in bad:
        assert status(phone, recurring(**{**rule, name: value})) == SyncStatus.CONVERSION_ERROR, value


@pytest.mark.parametrize(
    "name, kind, bad",
    [
        ("DayOfMonth", "monthly", ("0", "32", "-1", "")),
        ("WeekOfMonth", "monthly_nth", ("0", "6", "-1", "")),
        ("MonthOfYear", "yearly", ("0", "13", "-1", "")),
    ],
    ids=["DayOfMonth_R128", "WeekOfMonth_R314", "MonthOfYear_R207"],
)
def test_days_weeks_and_months_that_are_none_are_status_6(
    world: World, version: Version, name: str, kind: str, bad: tuple[str, ...]
) -> None:
    phone = world.phone(version=version)
    for value in bad:
        rule = {"Start": START, **FULL_RULES[kind], name: value}
        assert status(phone, recurring(**rule)) == SyncStatus.CONVERSION_ERROR, value


@at(since(V14_0))
def test_calendar_systems_and_leap_months_R77_R79_R195_R201(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    rule = {"Type": "5", "Start": START, "DayOfMonth": "1", "MonthOfYear": "1"}
    for system in (*range(13), 14, 15, 20):
        for leap in "01":
            more = {"CalendarType": str(system), "IsLeapMonth": leap}
            shown = child(told(phone, added(phone, tasks(phone), recurring(**rule, **more))), "Tasks:Recurrence")
            assert shown is not None
            assert {name: text(shown, f"Tasks:{name}") for name in more} == more
    for system in (13, 16, 17, 18, 19, 21, 22, 23, 24, 256):  # R382, R384, R386, R388, R390
        assert status(phone, recurring(**rule, CalendarType=str(system))) == SyncStatus.CONVERSION_ERROR
    for leap in ("2", "-1", "no"):
        assert status(phone, recurring(**rule, IsLeapMonth=leap)) == SyncStatus.CONVERSION_ERROR


@at(until(Version.V12_1))
def test_before_14_0_calendar_systems_are_elements_that_no_task_has(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    rule = {"Type": "5", "Start": START, "DayOfMonth": "1", "MonthOfYear": "1"}
    for name in ("CalendarType", "IsLeapMonth"):
        assert status(phone, recurring(**rule, **{name: "0"})) == SyncStatus.CONVERSION_ERROR


@at(since(V14_1))
def test_the_first_day_of_the_week_R162_R164_R170(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    rule = {"Type": "1", "Start": START, "DayOfWeek": "2"}
    for day in "0123456":
        shown = child(
            told(phone, added(phone, tasks(phone), recurring(**rule, FirstDayOfWeek=day))), "Tasks:Recurrence"
        )
        assert shown is not None
        assert text(shown, "Tasks:FirstDayOfWeek") == day
    for day in ("7", "-1", "", "Monday"):
        assert status(phone, recurring(**rule, FirstDayOfWeek=day)) == SyncStatus.CONVERSION_ERROR


def test_an_empty_Recurrence_ends_the_series(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = tasks(phone)
    server_id = added(phone, folder, recurring(Type="0", Start=START))
    phone.sync(folder, ClientChange(server_id, written({"Tasks:Subject": "once", "Tasks:Recurrence": None})))
    assert kept(world, server_id, Task).recurrence is None


# ------------------------------------------------------------ how often


@pytest.mark.parametrize("kind", FULL_RULES)
def test_no_element_is_told_twice_but_Category(world: World, version: Version, kind: str) -> None:
    phone = world.phone(version=version)
    rule: Content = tuple((f"Tasks:{name}", value) for name, value in {"Start": START, **FULL_RULES[kind]}.items())
    server_id = added(phone, tasks(phone), written({**ELEMENTS, "Tasks:Recurrence": rule}))
    assert set(repeated(told(phone, server_id))) == {"Tasks:Category"}


@pytest.mark.parametrize("kind", FULL_RULES)
def test_an_element_that_comes_twice_is_status_6(world: World, version: Version, kind: str) -> None:
    phone = world.phone(version=version)
    rule = tuple((f"Tasks:{name}", value) for name, value in {"Start": START, **FULL_RULES[kind]}.items())
    for one in rule:
        data = written({"Tasks:Recurrence": (*rule, one)})
        assert status(phone, data) == SyncStatus.CONVERSION_ERROR, one
    whole: Mapping[str, Content] = {**ELEMENTS, "Tasks:Recurrence": rule}
    for name, content in whole.items():
        assert status(phone, written(whole) + written({name: content})) == SyncStatus.CONVERSION_ERROR, name
