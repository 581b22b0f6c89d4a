"""Recurrence as all classes have it: the rows, and which element goes with which Type (MS-ASCAL, MS-ASTASK)."""

from dataclasses import replace
from typing import TypeVar

from easd.eas.schema import Boolean, Enumeration, Integer, Kind, Malformed, Prop
from easd.eas.versions import V14_0, V14_1, Version, since
from easd.model.frozen import dataclass
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.wbxml import Element

R = TypeVar("R", bound=Recurrence)

MAX_INTERVAL = 999
CALENDAR_TYPES = frozenset({*range(13), 14, 15, 20})
"""MS-ASTASK R84, MS-ASCAL R53913; the others are not supported (MS-ASTASK R382-R390)."""

MAX_OCCURRENCES = 999


class _CalendarType(Integer):
    """A calendar system that is supported."""

    def load(self, element: Element, version: Version) -> int:
        number = Integer.load(self, element, version)
        if number not in CALENDAR_TYPES:
            raise Malformed(f"calendar system {number} is not supported")
        return number


_CALENDAR_TYPE = _CalendarType(0, 255)
_GREGORIAN = frozenset({1, 2, 9, 10, 11, 12})
_DAILY, _WEEKLY, _MONTHLY, _MONTHLY_NTH, _YEARLY, _YEARLY_NTH = RecurrenceType


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which attributes a rule of one Type must have, and which it may have beside them."""

    needs: frozenset[str]
    allows: frozenset[str]


_CALENDAR = frozenset({"calendar_type", "is_leap_month"})
_SHAPES = {
    _DAILY: _Shape(frozenset(), frozenset({"day_of_week"})),
    _WEEKLY: _Shape(frozenset({"day_of_week"}), frozenset()),
    _MONTHLY: _Shape(frozenset({"day_of_month"}), _CALENDAR),
    _MONTHLY_NTH: _Shape(frozenset({"day_of_week", "week_of_month"}), _CALENDAR),
    _YEARLY: _Shape(frozenset({"day_of_month", "month_of_year"}), _CALENDAR),
    _YEARLY_NTH: _Shape(frozenset({"day_of_week", "week_of_month", "month_of_year"}), _CALENDAR),
}
_SHAPED = ("day_of_week", "day_of_month", "week_of_month", "month_of_year", "calendar_type")


def recurrence_rows(
    namespace: str, until: Kind, *, newer: str | None = None, most: int = MAX_OCCURRENCES
) -> tuple[Prop, ...]:
    """The rows of Recurrence in a class's namespace; `until` is how the class writes that date. `newer` is the
    namespace of the elements that came with 14.0 and 14.1, where it is another one. `most`: occurrences that a device
    may ask for.
    """
    newer = newer or namespace

    def row(name: str, attr: str, kind: Kind, *, required: bool = False) -> Prop:
        return Prop(f"{namespace}:{name}", attr, kind, f"{name} ({namespace} Recurrence)", required=required)

    return (
        row("Type", "type", Enumeration(RecurrenceType), required=True),
        row("Interval", "interval", Integer(0, MAX_INTERVAL)),
        row("Until", "until", until),
        row("Occurrences", "occurrences", Integer(1, most)),
        row("WeekOfMonth", "week_of_month", Integer(1, 5)),
        row("DayOfMonth", "day_of_month", Integer(1, 31)),
        row("DayOfWeek", "day_of_week", Integer(1, 127)),
        row("MonthOfYear", "month_of_year", Integer(1, 12)),
        Prop(f"{newer}:CalendarType", "calendar_type", _CALENDAR_TYPE, f"CalendarType ({newer})", since(V14_0)),
        Prop(f"{newer}:IsLeapMonth", "is_leap_month", Boolean(), f"IsLeapMonth ({newer})", since(V14_0)),
        Prop(f"{newer}:FirstDayOfWeek", "first_day_of_week", Integer(0, 6), f"FirstDayOfWeek ({newer})", since(V14_1)),
    )


def check_recurrence(rule: R) -> R:
    """The rule as it is kept. Malformed where an element is missing that the Type needs, or one is there that it does
    not know (MS-ASTASK R81, R132, R320, R532, R533; MS-ASCAL R53916-R53919).
    """
    shape = _SHAPES[rule.type]
    given = {attr for attr in _SHAPED if getattr(rule, attr) is not None}
    if missing := shape.needs - given:
        raise Malformed(f"type {rule.type} without {', '.join(sorted(missing))}", "Recurrence")
    if strange := given - shape.needs - shape.allows:
        raise Malformed(f"type {rule.type} with {', '.join(sorted(strange))}", "Recurrence")
    if rule.occurrences is not None:
        return replace(rule, until=None)  # MS-ASTASK R37013, MS-ASCAL R53911
    return rule


def settled_interval(rule: R) -> R:
    """The rule with an interval that can be: 0 is answered as 1 (MS-ASCAL R5)."""
    return replace(rule, interval=1) if rule.interval == 0 else rule


def without_leap_month(rule: R) -> R:
    """The rule of an event: a Gregorian month is no leap month, whatever a device says (MS-ASCAL R290)."""
    return replace(rule, is_leap_month=False) if rule.is_leap_month and rule.calendar_type in _GREGORIAN else rule


def shown_recurrence(rule: R) -> R:
    """The rule as it is told: with the elements that an answer always has for its Type (MS-ASTASK R82, R167;
    MS-ASCAL R143, R52523).
    """
    if rule.type is _WEEKLY:
        return replace(rule, first_day_of_week=rule.first_day_of_week or 0)
    return rule if rule.type is _DAILY else replace(rule, calendar_type=rule.calendar_type or 0)
