"""Recurrence to and from the RRULE of RFC 5545 section 3.3.10."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from easd.model.recurrence import Recurrence, RecurrenceType

MAX_INTERVAL: Final = 999
MAX_OCCURRENCES: Final = 999

_DAILY, _WEEKLY, _MONTHLY, _MONTHLY_NTH, _YEARLY, _YEARLY_NTH = RecurrenceType
_DAYS: Final = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_BY_DAY: Final = re.compile(r"([+-]?\d{0,2})(SU|MO|TU|WE|TH|FR|SA)")
_UNTIL: Final = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_KNOWN: Final = frozenset(("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"))
_EVERY_DAY: Final = 127
_LAST: Final = 5
_SHORTEST_MONTH: Final = 28


class NotExpressible(Exception):
    """A rule that the other form cannot say; the text says why."""


def recurrence_of(rule: str, start: datetime, utc: Callable[[datetime], datetime]) -> Recurrence:
    """The Recurrence that says what an RRULE says of a meeting that begins at `start`, naive wall time.

    `utc` gives the moment of a wall time in the meeting's zone, for the end of the series. NotExpressible for rules
    that the protocol has no words for (by hour, by week number, two days of a month), and for no rule at all.
    """
    parts = _parts(rule)
    interval = _number(parts, "INTERVAL", 1, MAX_INTERVAL) or 1
    count = _number(parts, "COUNT", 1, None)
    found = replace(
        _shape(parts, interval, start),
        occurrences=None if count is None else min(count, MAX_OCCURRENCES),
        until=_until(parts["UNTIL"], start, utc) if "UNTIL" in parts else None,
    )
    if found.type is _WEEKLY:
        week_start = parts.get("WKST", "MO")  # RFC 5545: Monday is the default
        return replace(found, first_day_of_week=_DAYS.index(week_start) if week_start in _DAYS else 1)
    return found


def _parts(rule: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in rule.upper().split(";") if part)
    parts = {name.strip(): value.strip() for name, _, value in pairs}
    if strange := parts.keys() - _KNOWN:
        raise NotExpressible(f"by {', '.join(sorted(strange))[:100]}")
    return parts


def _number(parts: dict[str, str], name: str, low: int, high: int | None) -> int | None:
    if name not in parts:
        return None
    numbers = _numbers(parts, name)
    if len(numbers) != 1 or numbers[0] < low or (high is not None and numbers[0] > high):
        raise NotExpressible(f"{name} {parts[name][:40]}")
    return numbers[0]


def _numbers(parts: dict[str, str], name: str) -> list[int]:
    texts = [text for text in parts.get(name, "").split(",") if text]
    if any(not re.fullmatch(r"[+-]?[0-9]{1,9}", text) for text in texts):
        raise NotExpressible(f"{name} {parts[name][:40]}")
    return [int(text) for text in texts]


def _until(text: str, start: datetime, utc: Callable[[datetime], datetime]) -> datetime:
    """UNTIL as a moment; a date ends with the occurrence of that day, a time without zone is wall time."""
    found = _UNTIL.fullmatch(text)
    try:
        if not found:
            raise NotExpressible(f"UNTIL {text[:40]}")
        wall = datetime.strptime(found[1] + (found[2] or f"{start:%H%M%S}"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - wall time
        return wall.replace(tzinfo=UTC) if found[3] else utc(wall)
    except (ValueError, OverflowError):
        raise NotExpressible(f"UNTIL {text[:40]}") from None


def _shape(parts: dict[str, str], interval: int, start: datetime) -> Recurrence:
    months = _numbers(parts, "BYMONTH")
    match parts.get("FREQ"):
        case "DAILY" | "WEEKLY" if not months and "BYMONTHDAY" not in parts and "BYSETPOS" not in parts:
            return _by_days(parts, interval, start)
        case "MONTHLY" if not months:
            return _in_month(parts, Recurrence(_MONTHLY, interval), start)
        case "MONTHLY" if len(months) == 1 and interval == 1:
            return _in_year(parts, interval, months[0], start)
        case "YEARLY" if len(months) == 1:
            return _in_year(parts, interval, months[0], start)
        case "YEARLY" if not months and "BYDAY" not in parts:
            return _in_year(parts, interval, start.month, start)
        case "YEARLY" if len(set(months)) == 12 and interval == 1:
            return _in_month(parts, Recurrence(_MONTHLY, 1), start)
    raise NotExpressible("months and frequency that do not go together")


def _by_days(parts: dict[str, str], interval: int, start: datetime) -> Recurrence:
    daily = parts["FREQ"] == "DAILY"
    days = _weekdays(parts)
    if any(number for number, _ in days):
        raise NotExpressible("numbered days outside of a month")
    mask = _mask([day for _, day in days])
    if daily and (not days or mask == _EVERY_DAY):
        return Recurrence(_DAILY, interval)
    if daily and interval > 1:
        raise NotExpressible("every other day, on some weekdays alone")
    return Recurrence(_WEEKLY, interval, day_of_week=mask or 1 << start.isoweekday() % 7)


def _weekdays(parts: dict[str, str]) -> list[tuple[int, int]]:
    """The number (0: none) and the weekday of each entry of BYDAY."""
    found = []
    for text in filter(None, parts.get("BYDAY", "").split(",")):
        entry = _BY_DAY.fullmatch(text)
        if entry is None or entry[1] in ("+", "-"):
            raise NotExpressible(f"BYDAY {text[:40]}")
        found.append((int(entry[1] or 0), _DAYS.index(entry[2])))
    return found


def _mask(days: list[int]) -> int:
    return sum(1 << day for day in set(days))


def _in_year(parts: dict[str, str], interval: int, month: int, start: datetime) -> Recurrence:
    if not 1 <= month <= 12:
        raise NotExpressible(f"month {month}")
    monthly = _in_month(parts, Recurrence(_MONTHLY, interval), start)
    type_ = _YEARLY if monthly.type is _MONTHLY else _YEARLY_NTH
    return replace(monthly, type=type_, month_of_year=month)


def _in_month(parts: dict[str, str], rule: Recurrence, start: datetime) -> Recurrence:
    """One day of a month: by its number, or as the n-th of some weekdays."""
    days, numbers, positions = _weekdays(parts), _numbers(parts, "BYMONTHDAY"), _numbers(parts, "BYSETPOS")
    if not days:
        return _day_of_month(rule, numbers or [start.day], positions)
    weeks = {number for number, _ in days}
    if numbers and not positions and weeks == {0}:
        position = _week_between(sorted(set(numbers)))
    elif not numbers and (weeks == {0} or not positions):
        position = _one(positions if weeks == {0} else sorted(weeks))
    else:
        raise NotExpressible("days of the month by two rules at once")
    if len(days) > 1 and weeks != {0}:
        raise NotExpressible("several numbered days of a month")
    return _nth(rule, _mask([day for _, day in days]), position)


def _day_of_month(rule: Recurrence, numbers: list[int], positions: list[int]) -> Recurrence:
    wanted = sorted(set(numbers))
    if positions:
        last = wanted[-1]
        if positions != [-1] or wanted != list(range(_SHORTEST_MONTH, last + 1)) or last > 31:
            raise NotExpressible("several days of a month")
        return replace(rule, day_of_month=last)
    if wanted == [-1]:
        return _nth(rule, _EVERY_DAY, -1)
    day = _one(wanted)
    if not 1 <= day <= 31:
        raise NotExpressible(f"day {day} of a month")
    return replace(rule, day_of_month=day)


def _one(numbers: list[int]) -> int:
    if len(numbers) != 1:
        raise NotExpressible("several days of a month")
    return numbers[0]


def _week_between(numbers: list[int]) -> int:
    """The week that seven days of the month stand for: 8 to 14 are the second."""
    first = numbers[0]
    if numbers != list(range(first, first + 7)) or first not in (1, 8, 15, 22, -7):
        raise NotExpressible("several days of a month")
    return -1 if first < 0 else (first + 6) // 7


def _nth(rule: Recurrence, mask: int, position: int) -> Recurrence:
    week = _LAST if position == -1 else position
    if not 1 <= week <= _LAST or position == _LAST:
        raise NotExpressible(f"weekday number {position} of a month")
    return replace(rule, type=_MONTHLY_NTH, day_of_week=mask, week_of_month=week)


def rule_text(rule: Recurrence, *, dates: bool = False) -> str:
    """The RRULE that says what a Recurrence says; `dates`: of a series of whole days, whose end is a date.

    A day that a month does not have (29 to 31) is the last one of that month, as clients of the protocol take it.
    NotExpressible for calendars other than the Gregorian one, and rules without what their Type needs.
    """
    if (rule.calendar_type or 0) not in GREGORIAN:
        raise NotExpressible(f"calendar system {rule.calendar_type}")
    parts = [*_frequency(rule)]
    if (rule.interval or 1) > 1:
        parts.insert(1, f"INTERVAL={rule.interval}")
    if rule.occurrences is not None:
        parts.append(f"COUNT={rule.occurrences}")
    elif rule.until is not None:
        parts.append(f"UNTIL={rule.until.astimezone(UTC):{'%Y%m%d' if dates else '%Y%m%dT%H%M%SZ'}}")
    if rule.type is _WEEKLY:
        parts.append(f"WKST={_DAYS[rule.first_day_of_week or 0]}")
    return ";".join(parts)


GREGORIAN: Final = frozenset((0, 1, 2, 9, 10, 11, 12))
"""MS-ASCAL CalendarType: the default, Gregorian, and Gregorian in other languages."""


def _frequency(rule: Recurrence) -> list[str]:
    try:
        match rule.type:
            case RecurrenceType.DAILY if not rule.day_of_week:
                return ["FREQ=DAILY"]
            case RecurrenceType.DAILY | RecurrenceType.WEEKLY:
                return ["FREQ=WEEKLY", f"BYDAY={_by_day(rule.day_of_week)}"]
            case RecurrenceType.MONTHLY:
                return ["FREQ=MONTHLY", *_month_day(rule.day_of_month)]
            case RecurrenceType.MONTHLY_NTH:
                return ["FREQ=MONTHLY", *_nth_day(rule)]
            case RecurrenceType.YEARLY:
                return ["FREQ=YEARLY", _month(rule), *_month_day(rule.day_of_month)]
            case RecurrenceType.YEARLY_NTH:
                return ["FREQ=YEARLY", _month(rule), *_nth_day(rule)]
    except TypeError:
        raise NotExpressible(f"type {rule.type} is not complete") from None


def _month(rule: Recurrence) -> str:
    if rule.month_of_year is None:
        raise TypeError
    return f"BYMONTH={rule.month_of_year}"


def _by_day(mask: int | None) -> str:
    if not mask:
        raise TypeError
    return ",".join(name for number, name in enumerate(_DAYS) if mask & 1 << number)


def _month_day(day: int | None) -> list[str]:
    if day is None:
        raise TypeError
    if day <= _SHORTEST_MONTH:
        return [f"BYMONTHDAY={day}"]
    return [f"BYMONTHDAY={','.join(map(str, range(_SHORTEST_MONTH, day + 1)))}", "BYSETPOS=-1"]


def _nth_day(rule: Recurrence) -> list[str]:
    if rule.week_of_month is None:
        raise TypeError
    position = -1 if rule.week_of_month == _LAST else rule.week_of_month
    days = _by_day(rule.day_of_week)
    if rule.day_of_week == _EVERY_DAY:
        return [f"BYMONTHDAY={position}"]
    return [f"BYDAY={days}", f"BYSETPOS={position}"] if "," in days else [f"BYDAY={position}{days}"]
