"""The zone of an event as the 172-byte TimeZone structure of MS-ASDTYPE 2.7.6."""

import struct
from datetime import date, datetime, timedelta
from typing import Any, Final

from icalendar import Component

UTC_ZONE: Final = bytes(172)

# Bias, StandardName, StandardDate, StandardBias, DaylightName, DaylightDate, DaylightBias (MS-ASDTYPE R104-R120).
_STRUCTURE: Final = struct.Struct("<l64s16sl64s16sl")
_NO_CHANGE: Final = bytes(16)
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


def zone_bytes(calendar: Component, start: datetime) -> bytes:
    """The structure for the zone of `start`: from the VTIMEZONE that its TZID names, else its fixed offset, else UTC.

    Only rules of the kind "the n-th weekday of a month, every year" can be put into the structure; a VTIMEZONE
    without them gives its latest standard offset.
    """
    name = str(getattr(start.tzinfo, "key", None) or getattr(start.tzinfo, "zone", None) or start.tzinfo)
    zones = calendar.walk("VTIMEZONE")
    for zone in zones:
        if str(zone.get("TZID", "")) in (name, name.strip("/")) or len(zones) == 1:
            return _from_rules(zone, name)
    offset = start.utcoffset()
    return UTC_ZONE if not offset else _pack(offset, "", _NO_CHANGE, timedelta(), "", _NO_CHANGE)


def _from_rules(zone: Component, name: str) -> bytes:
    standard, daylight = _latest(zone, "STANDARD"), _latest(zone, "DAYLIGHT")
    if standard is None:
        return UTC_ZONE
    offset = span_of(standard, "TZOFFSETTO")
    changes = [_NO_CHANGE if rule is None else _system_time(rule) for rule in (standard, daylight)]
    if daylight is None or _NO_CHANGE in changes:
        return _pack(offset, name, _NO_CHANGE, timedelta(), name, _NO_CHANGE)
    return _pack(offset, name, changes[0], span_of(daylight, "TZOFFSETTO") - offset, name, changes[1])


def _latest(zone: Component, kind: str) -> Component | None:
    """The rule of that kind that began last: the one in force for a meeting that is sent now."""
    rules = zone.walk(kind)
    return max(rules, key=lambda rule: date_of(rule, "DTSTART").toordinal(), default=None)


def _system_time(rule: Component) -> bytes:
    """SYSTEMTIME as a yearly rule: month, day of week, its number in the month (5 is the last), hour, minute,
    second.
    """
    recurrence: Any = rule.get("RRULE", {})
    months, days = recurrence.get("BYMONTH", []), recurrence.get("BYDAY", [])
    if len(months) != 1 or len(days) != 1:
        return _NO_CHANGE
    text = str(days[0])
    week = int(text[:-2] or 0)
    week = 5 if week < 0 else week
    begin = date_of(rule, "DTSTART")
    if not isinstance(begin, datetime) or text[-2:] not in _WEEKDAYS or not 1 <= week <= 5:
        return _NO_CHANGE
    if not 1 <= int(months[0]) <= 12:
        return _NO_CHANGE
    weekday = _WEEKDAYS.index(text[-2:])
    return struct.pack("<8H", 0, int(months[0]), weekday, week, begin.hour, begin.minute, begin.second, 0)


def _pack(
    offset: timedelta, standard_name: str, standard: bytes, saving: timedelta, daylight_name: str, daylight: bytes
) -> bytes:
    """MS-ASDTYPE R106: Bias is UTC minus local time in minutes, so the signs turn round."""
    return _STRUCTURE.pack(
        -_minutes(offset), _name(standard_name), standard, 0, _name(daylight_name), daylight, -_minutes(saving)
    )


def _minutes(span: timedelta) -> int:
    return round(span.total_seconds() / 60)


def _name(name: str) -> bytes:
    """At most 31 characters, so that the last of the 32 stays zero (MS-ASDTYPE R107, R109)."""
    return name[:31].encode("utf-16-le", "replace")[:62]
