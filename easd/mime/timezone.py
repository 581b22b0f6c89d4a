"""The zone of an event as the 172-byte TimeZone structure of MS-ASDTYPE 2.7.6."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Component

from easd.model.timezone import LAST_WEEK, YearlyChange, ZoneRule, pack, rule_of

UTC_ZONE: Final = bytes(172)

_WEEKDAYS: Final = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")


def date_of(component: Component, name: str) -> date:
    """The date or time of a property. Raises what the calendar library does, and TypeError for another kind of
    value.
    """
    value: Any = component[name]
    if not isinstance(value.dt, date):
        raise TypeError(f"{name} holds no date")
    return value.dt


def span_of(component: Component, name: str) -> timedelta:
    """The duration or zone offset of a property. Raises what the calendar library does."""
    value: Any = component[name]
    span: timedelta = value.td
    return span


def zone_bytes(calendar: Component, start: datetime, tzid: str) -> bytes:
    """The structure for the zone of `start`: from the VTIMEZONE that `tzid` names, else the IANA zone of that name,
    else its fixed offset, else UTC.

    Only rules of the kind "the n-th weekday of a month, every year" can be put into the structure; a VTIMEZONE
    without them gives its latest standard offset.
    """
    return pack(_rule(calendar, start, tzid))


def _rule(calendar: Component, start: datetime, tzid: str) -> ZoneRule:
    zones = calendar.walk("VTIMEZONE")
    for zone in zones:
        name = str(zone.get("TZID", ""))
        if name in (tzid, tzid.strip("/")) or len(zones) == 1:
            return yearly_rules(zone, name)
    if isinstance(start.tzinfo, ZoneInfo) and start.tzinfo.key not in ("", "UTC"):
        return rule_of(start.tzinfo.key, start)
    return ZoneRule(-_minutes(start.utcoffset() or timedelta()))


def yearly_rules(zone: Component, name: str) -> ZoneRule:
    """The rules of a VTIMEZONE that are in force now. Raises what the calendar library does."""
    standard, daylight = _latest(zone, "STANDARD"), _latest(zone, "DAYLIGHT")
    if standard is None:
        return ZoneRule(0)
    offset = span_of(standard, "TZOFFSETTO")
    fixed = ZoneRule(-_minutes(offset), standard_name=name, daylight_name=name)
    changes = _yearly(standard), None if daylight is None else _yearly(daylight)
    if daylight is None or None in changes:
        return fixed
    saving = span_of(daylight, "TZOFFSETTO") - offset
    return replace(fixed, standard=changes[0], daylight=changes[1], daylight_bias=-_minutes(saving))


def _latest(zone: Component, kind: str) -> Component | None:
    """The rule of that kind that began last: the one in force for a meeting that is sent now."""
    rules = zone.walk(kind)
    return max(rules, key=lambda rule: date_of(rule, "DTSTART").toordinal(), default=None)


def _yearly(rule: Component) -> YearlyChange | None:
    """The change that a rule makes each year; None for a rule of another kind."""
    recurrence: Any = rule.get("RRULE", {})
    months, days = recurrence.get("BYMONTH", []), recurrence.get("BYDAY", [])
    if len(months) != 1 or len(days) != 1:
        return None
    text = str(days[0])
    week = int(text[:-2] or 0)
    week = LAST_WEEK if week < 0 else week
    begin = date_of(rule, "DTSTART")
    if not isinstance(begin, datetime) or text[-2:] not in _WEEKDAYS or not 1 <= week <= LAST_WEEK:
        return None
    if not 1 <= int(months[0]) <= 12:
        return None
    weekday = _WEEKDAYS.index(text[-2:])
    return YearlyChange(int(months[0]), weekday, week, begin.hour, begin.minute, begin.second)


def _minutes(span: timedelta) -> int:
    return round(span.total_seconds() / 60)
