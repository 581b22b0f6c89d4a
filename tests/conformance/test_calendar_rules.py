"""Recurrence on the wire, element by element and Type by Type (MS-ASCAL Recurrence, Recurrence Patterns)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pytest

from easd.eas.versions import V12_1, V14_0, V14_1, Version, since, until
from easd.model.event import Event
from easd.model.occurrences import days
from easd.wbxml import Element
from tests.support.events import BERLIN, Said, calendar, event_data, status_of
from tests.support.typed_items import added, kept, written
from tests.support.versions import at
from tests.support.world import Phone, World, child

TIMES = {"Timezone": BERLIN, "StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
"""Tuesday, 10 to 11 in Berlin."""
RULES: Mapping[str, Mapping[str, str]] = {
    "daily": {"Type": "0", "Interval": "999", "Occurrences": "999"},
    "workdays": {"Type": "0", "Interval": "1", "DayOfWeek": "62"},
    "weekly": {"Type": "1", "Interval": "2", "DayOfWeek": "127", "Occurrences": "1"},
    "monthly": {"Type": "2", "Interval": "3", "DayOfMonth": "31", "Until": "20271231T090000Z"},
    "monthly_nth": {"Type": "3", "Interval": "1", "DayOfWeek": "65", "WeekOfMonth": "5"},
    "yearly": {"Type": "5", "DayOfMonth": "1", "MonthOfYear": "12"},
    "yearly_nth": {"Type": "6", "DayOfWeek": "64", "WeekOfMonth": "1", "MonthOfYear": "1"},
}
SHAPED: Mapping[str, set[str]] = {
    "DayOfMonth": {"monthly", "yearly"},
    "DayOfWeek": {"workdays", "weekly", "monthly_nth", "yearly_nth"},
    "WeekOfMonth": {"monthly_nth", "yearly_nth"},
    "MonthOfYear": {"yearly", "yearly_nth"},
}
"""Which rules have which elements: all of these and no others."""


def rule_told(phone: Phone, rule: Mapping[str, str]) -> Element:
    """The Recurrence that another phone is told of a series with this rule."""
    data = event_data(Subject="Stand-up", **TIMES, Recurrence=dict(rule))
    server_id = added(phone, calendar(phone), data)
    other = phone.world.phone(version=phone.version)
    found = child(other.held(calendar(other)).items[server_id], "Calendar:Recurrence")
    assert found is not None
    return found


def said_in(recurrence: Element) -> Mapping[str, object]:
    """The elements of a Recurrence, each of which stands once in it."""
    names = [one.name.partition(":")[2] for one in recurrence.children]
    assert len(names) == len(set(names))
    return {one.name.partition(":")[2]: one.content for one in recurrence.children}


def refused(phone: Phone, rule: Mapping[str, str]) -> bool:
    """Whether an Add of a series with this rule has status 6."""
    recurrence: dict[str, Said] = dict(rule)
    status = status_of(phone, calendar(phone), event_data(**TIMES, Recurrence=recurrence))
    assert status in (1, 6)
    return status == 6


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_was_said_and_has_what_its_Type_has(world: World, version: Version, name: str) -> None:
    said = said_in(rule_told(world.phone(version=version), RULES[name]))
    assert {key: said[key] for key in RULES[name]} == RULES[name]
    assert {key for key in SHAPED if key in said} == {key for key, names in SHAPED.items() if name in names}


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("name", SHAPED)
def test_an_element_that_the_Type_needs_or_must_not_have_is_status_6(
    world: World, version: Version, kind: str, name: str
) -> None:
    rule = dict(RULES[kind])
    if kind in SHAPED[name]:
        del rule[name]
    else:
        rule[name] = "1"
    either_way = name == "DayOfWeek" and rule["Type"] == "0"
    assert refused(world.phone(version=version), rule) == (not either_way)


@pytest.mark.parametrize(
    "kind, name, bad",
    [
        ("daily", "Type", ("4", "7", "-1", "", "daily", "256")),
        ("daily", "Interval", ("1000", "-1", "", "65536", "often")),
        ("daily", "Occurrences", ("1000", "0", "-1", "", "65536")),
        ("weekly", "DayOfWeek", ("0", "128", "-1", "", "Monday", "65536")),
        ("monthly", "DayOfMonth", ("0", "32", "-1", "")),
        ("monthly_nth", "WeekOfMonth", ("0", "6", "-1", "")),
        ("yearly", "MonthOfYear", ("0", "13", "-1", "")),
        ("monthly", "Until", ("", "later", "20261301T000000Z")),
    ],
    ids=[
        "Type_R448_R452", "Interval_R28011_R283", "Occurrences_R33811_R344", "DayOfWeek_R199_R200", "DayOfMonth_R192",
        "WeekOfMonth_R475", "MonthOfYear_R325", "Until_R46411_R470",
    ],
)  # fmt: skip
def test_values_that_are_out_of_range_are_status_6(
    world: World, version: Version, kind: str, name: str, bad: Sequence[str]
) -> None:
    phone = world.phone(version=version)
    for value in bad:
        assert refused(phone, {**RULES[kind], name: value}), value


@pytest.mark.parametrize("kind", RULES)
def test_an_element_that_comes_twice_is_status_6(world: World, version: Version, kind: str) -> None:
    """R53912 says so of CalendarType."""
    phone = world.phone(version=version)
    more = {"CalendarType": "0"} if version in since(V14_0) and RULES[kind]["Type"] in "2356" else {}
    rule = tuple((f"Calendar:{name}", value) for name, value in {**RULES[kind], **more}.items())
    times = event_data(**TIMES)
    assert status_of(phone, calendar(phone), times + written({"Calendar:Recurrence": rule})) == 1
    for one in rule:
        assert status_of(phone, calendar(phone), times + written({"Calendar:Recurrence": (*rule, one)})) == 6, one


@at(since(V14_0))
def test_each_calendar_system_R139_R145_R146_R3_R2239_R11029(world: World, version: Version) -> None:
    """Gregorian may be answered by Default (R176), and is not."""
    phone = world.phone(version=version)
    for system in (*range(13), 14, 15, 20):
        assert said_in(rule_told(phone, {**RULES["monthly"], "CalendarType": str(system)}))["CalendarType"] == str(
            system
        )
    for system in (13, 16, 17, 18, 19, 21, 22, 23, 24, 256):  # R148, R152, R156, R160, R164, R167, R170, R174
        assert refused(phone, {**RULES["monthly"], "CalendarType": str(system)}), system


@at(since(V14_0))
def test_leap_months_R284_R28411_R291_R292_R608_R609(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    for leap in "01":
        rule = {**RULES["yearly"], "CalendarType": "8", "IsLeapMonth": leap}
        assert said_in(rule_told(phone, rule))["IsLeapMonth"] == leap
    for leap in ("2", "-1", "", "yes", "256"):
        assert refused(phone, {**RULES["yearly"], "CalendarType": "8", "IsLeapMonth": leap}), leap
    assert said_in(rule_told(phone, RULES["yearly"])).get("IsLeapMonth", "0") == "0"  # R293


@at(since(V14_0))
@pytest.mark.parametrize("system", ["0", "1", "2", "9", "12"])
def test_a_leap_month_says_nothing_in_a_calendar_that_has_none_R288_R290(
    world: World, version: Version, system: str
) -> None:
    """The series is one like any other: it has an end, and occurrences that can be told."""
    phone = world.phone(version=version)
    rule = {**RULES["yearly"], "CalendarType": system, "IsLeapMonth": "1", "Occurrences": "3"}
    event = kept(world, added(phone, calendar(phone), event_data(**TIMES, Recurrence=dict(rule))), Event)
    if system != "0":
        assert said_in(rule_told(phone, rule))["IsLeapMonth"] == "0"
    assert event.last_end is not None
    assert event.last_end.year == 2028
    assert event.occurrence_on(date(2027, 12, 1)) is not None
    assert event.occurrence_on(date(2027, 12, 2)) is None


@at(until(V12_1))
def test_before_14_0_calendar_systems_are_elements_that_no_event_has(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    for name in ("CalendarType", "IsLeapMonth"):
        assert refused(phone, {**RULES["monthly"], name: "0"})


@at(since(V14_1))
def test_the_first_day_of_the_week_R269_R272_R276_R277(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    for day in "0123456":
        assert said_in(rule_told(phone, {**RULES["weekly"], "FirstDayOfWeek": day}))["FirstDayOfWeek"] == day
    for day in ("7", "-1", "", "Monday", "256"):
        assert refused(phone, {**RULES["weekly"], "FirstDayOfWeek": day}), day


@at(since(V14_1))
def test_nobody_has_options_of_his_own_so_that_weeks_begin_on_Sunday_R52524_R11028(
    world: World, version: Version
) -> None:
    assert said_in(rule_told(world.phone(version=version), RULES["weekly"]))["FirstDayOfWeek"] == "0"


def test_either_Occurrences_or_Until_is_told_never_both_R341_R467_R5391111(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    both = {"Type": "0", "Interval": "1", "Occurrences": "3", "Until": "20271231T090000Z"}
    assert "Until" not in said_in(rule_told(phone, both))
    until_then = said_in(rule_told(phone, {"Type": "0", "Until": "20271231T090000Z"}))
    assert ("Occurrences" in until_then, until_then["Until"]) == (False, "20271231T090000Z")


# ------------------------------------------------------------ what rules mean

MEANT: list[tuple[Mapping[str, str], Sequence[str]]] = [
    ({"Type": "0", "Interval": "2"}, ["2026-12-01", "2026-12-03", "2026-12-05"]),
    ({"Type": "0", "Interval": "1", "DayOfWeek": "40"}, ["2026-12-02", "2026-12-04", "2026-12-09"]),
    ({"Type": "0", "Interval": "2", "DayOfWeek": "4"}, ["2026-12-01", "2026-12-15", "2026-12-29"]),
    ({"Type": "1", "Interval": "1", "DayOfWeek": "6"}, ["2026-12-01", "2026-12-07", "2026-12-08"]),
    ({"Type": "2", "Interval": "1", "DayOfMonth": "31"}, ["2026-12-31", "2027-01-31", "2027-02-28"]),
    ({"Type": "3", "DayOfWeek": "127", "WeekOfMonth": "2"}, ["2026-12-02", "2027-01-02", "2027-02-02"]),
    ({"Type": "3", "DayOfWeek": "127", "WeekOfMonth": "5"}, ["2026-12-31", "2027-01-31", "2027-02-28"]),
    ({"Type": "3", "DayOfWeek": "62", "WeekOfMonth": "1"}, ["2026-12-01", "2027-01-01", "2027-02-01"]),
    ({"Type": "3", "DayOfWeek": "62", "WeekOfMonth": "5"}, ["2026-12-31", "2027-01-29", "2027-02-26"]),
    ({"Type": "3", "DayOfWeek": "65", "WeekOfMonth": "2"}, ["2026-12-06", "2027-01-03", "2027-02-07"]),
    ({"Type": "3", "DayOfWeek": "4", "WeekOfMonth": "5"}, ["2026-12-29", "2027-01-26", "2027-02-23"]),
    ({"Type": "5", "DayOfMonth": "29", "MonthOfYear": "2"}, ["2027-02-28", "2028-02-29", "2029-02-28"]),
    (
        {"Type": "6", "DayOfWeek": "1", "WeekOfMonth": "1", "MonthOfYear": "3"},
        ["2027-03-07", "2028-03-05", "2029-03-04"],
    ),
]


@pytest.mark.parametrize(
    "rule, expected",
    MEANT,
    ids=[
        "every_other_day_R454_R3892311", "on_days_R3892312", "every_other_week_R3892312", "weekly_R455", "monthly_R456",
        "day_of_month_R3893714_R47811411", "last_day_R477", "first_workday_R3893715", "last_workday_R3893715",
        "second_weekend_day_R3893716", "last_Tuesday_R457_R471_R477", "yearly_R458_R188_R18811_R321",
        "yearly_nth_R459_R196",
    ],
)  # fmt: skip
def test_the_days_of_a_rule(world: World, version: Version, rule: Mapping[str, str], expected: Sequence[str]) -> None:
    """The series ends after three occurrences: the last is the end for the calendar's window."""
    phone = world.phone(version=version)
    recurrence: Said = {**rule, "Occurrences": "3"}
    event = kept(world, added(phone, calendar(phone), event_data(**TIMES, Recurrence=recurrence)), Event)
    assert event.recurrence is not None
    found = list(days(event.recurrence, event.start.date()))
    assert [str(day) for day in found] == expected
    assert event.last_end is not None
    assert event.last_end.date() == datetime.fromisoformat(expected[-1]).date()


def test_a_series_without_Occurrences_and_Until_has_no_end_R38916_R389161_R389162(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    ends: list[tuple[Mapping[str, str], bool]] = [
        ({}, False),
        ({"Occurrences": "2"}, True),
        ({"Until": "20261224T090000Z"}, True),
    ]
    for more, has_end in ends:
        rule: Said = {"Type": "0", "Interval": "1", **more}
        event = kept(world, added(phone, folder, event_data(**TIMES, Recurrence=rule)), Event)
        assert (event.last_end is not None) == has_end
