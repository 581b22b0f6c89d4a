"""The days on which a series takes place (MS-ASCAL Recurrence Patterns). Each answer costs a bounded number of steps.

All that counts are days: no two occurrences begin on one (MS-ASCAL R385). The first may come after `first`, where the
series begins, if that is no day of the rule. A day that a month does not have is the month's last.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import count, islice, takewhile

from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.recurrence_rule import GREGORIAN, MAX_OCCURRENCES

_DAILY, _WEEKLY, _MONTHLY, _MONTHLY_NTH, _YEARLY, _YEARLY_NTH = RecurrenceType
_EVERY_DAY = 127
_LAST_WEEK = 5
_LONGEST_MONTH = timedelta(days=31)
_LONGEST_YEAR = timedelta(days=386)
"""With a leap month."""


def is_known(rule: Recurrence) -> bool:
    """Whether the days of the rule can be told: those of other calendars than the Gregorian cannot. That one has no
    leap months, so that to ask for one says nothing (MS-ASCAL R290).
    """
    return (rule.calendar_type or 0) in GREGORIAN


def days(rule: Recurrence, first: date, until: date | None = None) -> Iterator[date]:
    """The days in their order; without an end if the rule has none. `until` is the last day of one that has."""
    found = _all_days(rule, first)
    if rule.occurrences is not None:
        return islice(found, rule.occurrences)
    return found if until is None else takewhile(lambda day: day <= until, found)


def _all_days(rule: Recurrence, first: date) -> Iterator[date]:
    for number in count():
        try:
            yield from (day for day in _period(rule, first, number) if day >= first)
        except (ValueError, OverflowError):
            return  # after year 9999


def last_days(rule: Recurrence, first: date, until: date | None = None) -> Iterator[date]:
    """The days from the last one back. A series without end gives none."""
    if rule.occurrences is not None:
        yield from reversed(list(islice(_all_days(rule, first), min(rule.occurrences, MAX_OCCURRENCES))))
    elif until is not None and until >= first:
        for number in range(_number(rule, first, until), -1, -1):
            yield from (day for day in reversed(_period(rule, first, number)) if first <= day <= until)


def days_between(rule: Recurrence, first: date, start: date, end: date, until: date | None = None) -> Iterator[date]:
    """The days from `start` to `end`, both included. Without a number of occurrences, nothing before is counted."""
    if rule.occurrences is not None:
        yield from (day for day in takewhile(lambda day: day <= end, days(rule, first)) if day >= start)
        return
    last = end if until is None else min(end, until)
    for number in count(max(_number(rule, first, max(start, first)), 0)):
        try:
            period = _period(rule, first, number)
        except (ValueError, OverflowError):
            return  # after year 9999
        if period and period[0] > last:
            return
        yield from (day for day in period if max(start, first) <= day <= last)


def is_day(rule: Recurrence, first: date, day: date, until: date | None = None) -> bool:
    """Whether the series takes place on that day."""
    if day < first or day not in _period(rule, first, _number(rule, first, day)):
        return False
    if rule.occurrences is not None:
        return day in _counted(rule, first)
    return until is None or day <= until


@lru_cache(maxsize=32)
def _counted(rule: Recurrence, first: date) -> frozenset[date]:
    """All days of a series with a number of occurrences: who asks for one day asks for many."""
    return frozenset(days(rule, first))


def latest_day(rule: Recurrence, first: date, until: date | None = None) -> date | None:
    """A day after which a rule of an unknown calendar has nothing any more; None for one without end."""
    if rule.occurrences is None:
        return until
    longest = _LONGEST_YEAR if rule.type in (_YEARLY, _YEARLY_NTH) else _LONGEST_MONTH
    try:
        return first + longest * _interval(rule) * rule.occurrences
    except OverflowError:
        return None


def _interval(rule: Recurrence) -> int:
    return max(rule.interval or 1, 1)


def _by_week(rule: Recurrence) -> bool:
    """MS-ASCAL R3892312: a daily rule with weekdays counts weeks."""
    return rule.type is _WEEKLY or (rule.type is _DAILY and bool(rule.day_of_week))


def _week_start(rule: Recurrence, first: date) -> int:
    """The ordinal of the day on which the week of the first day begins."""
    return first.toordinal() - (first.isoweekday() - (rule.first_day_of_week or 0)) % 7


def _number(rule: Recurrence, first: date, day: date) -> int:
    """The number of the period (days, weeks, months or years, times the interval) that holds a day."""
    if _by_week(rule):
        passed = (day.toordinal() - _week_start(rule, first)) // 7
    elif rule.type is _DAILY:
        passed = (day - first).days
    elif rule.type in (_MONTHLY, _MONTHLY_NTH):
        passed = (day.year - first.year) * 12 + day.month - first.month
    else:
        passed = day.year - first.year
    return passed // _interval(rule)


def _period(rule: Recurrence, first: date, number: int) -> list[date]:
    """The days of a period in their order, perhaps before `first`. ValueError and OverflowError after year 9999."""
    passed = number * _interval(rule)
    if _by_week(rule):
        start, mask = _week_start(rule, first) + 7 * passed, rule.day_of_week or 1 << first.isoweekday() % 7
        return [day for day in map(date.fromordinal, range(start, start + 7)) if _is_in(mask, day)]
    if rule.type is _DAILY:
        return [first + timedelta(days=passed)]
    if rule.type in (_MONTHLY, _MONTHLY_NTH):
        years, month = divmod(first.month - 1 + passed, 12)
        return [_in_month(rule, first, first.year + years, month + 1)]
    return [_in_month(rule, first, first.year + passed, rule.month_of_year or first.month)]


def _in_month(rule: Recurrence, first: date, year: int, month: int) -> date:
    start, length = date(year, month, 1), monthrange(year, month)[1]
    if rule.type in (_MONTHLY, _YEARLY):
        return start.replace(day=min(rule.day_of_month or first.day, length))
    wanted = rule.day_of_week or _EVERY_DAY
    fitting = [number for number in range(1, length + 1) if _is_in(wanted, start.replace(day=number))]
    week = rule.week_of_month or 1
    return start.replace(day=fitting[-1 if week >= _LAST_WEEK else week - 1])


def _is_in(mask: int, day: date) -> bool:
    return bool(mask & 1 << day.isoweekday() % 7)
