"""Days that some months lack: RFC 5545 leaves out a month without its 31st, the protocol takes its last day (MS-ASCAL
DayOfMonth). Such a series is kept by the protocol's rule, and without the days that RFC 5545 does not mean.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from typing import Final

from easd.mime.icalendar.lines import Component
from easd.model.event import Event
from easd.model.occurrences import days
from easd.model.recurrence import Recurrence, RecurrenceType

_DATED: Final = (RecurrenceType.MONTHLY, RecurrenceType.YEARLY)
_SHORTEST_MONTH: Final = 28
_AHEAD: Final = timedelta(days=3653)
"""How far after the start, and after it was written, a series without end has the days taken out."""
_MOST: Final = 1000
_DAY: Final = re.compile(r"BYMONTHDAY=(29|30|31)(?=;|$)", re.IGNORECASE)


def _leaves_out(component: Component, rule: Recurrence | None) -> bool:
    """Whether the rule, as the component says it, means the days of that number alone."""
    if rule is None or rule.type not in _DATED or (rule.day_of_month or 0) <= _SHORTEST_MONTH:
        return False
    line = component.first("RRULE")
    return line is not None and "BYSETPOS" not in line.value.upper()


def counted(component: Component, rule: Recurrence, event: Event) -> Recurrence:
    """The rule with an end by its date, where the number of its occurrences would count days that are taken out."""
    if rule.occurrences is None or not _leaves_out(component, rule):
        return rule
    found = _meant(replace(rule, occurrences=None), event.start.date())
    last = list(islice(found, rule.occurrences))
    return rule if not last else replace(rule, occurrences=None, until=event.begins_on(last[-1]))


def _meant(rule: Recurrence, first: date) -> Iterator[date]:
    return (day for day in islice(days(rule, first), _MOST * 12) if day.day == rule.day_of_month)


def missing_days(component: Component, event: Event) -> Iterator[datetime]:
    """When the occurrences would begin that the protocol's rule has beyond those that the component means."""
    rule = event.recurrence
    if rule is None or not _leaves_out(component, rule):
        return
    ahead = max(event.start.date(), event.modified.date()) + _AHEAD
    found = takewhile(lambda day: day <= ahead, days(rule, event.start.date(), event.last_day))
    yield from islice((event.begins_on(day) for day in found if day.day != rule.day_of_month), _MOST)


def in_full(component: Component) -> Component:
    """A component of a program that means the last day of a short month, as Exchange and Outlook do (MS-OXCICAL
    2.1.3.2.2.3), in the words of RFC 5545.
    """
    line = component.first("RRULE")
    if line is None or "BYSETPOS" in line.value.upper() or not _DAY.search(line.value):
        return component
    value = _DAY.sub(lambda found: _any_of(int(found[1])), line.value)
    said = replace(line, value=value, text=f"{line.text[: len(line.text) - len(line.value)]}{value}")
    lines = [said if each is line else each for each in component.lines]
    return Component(component.name, lines, component.parts)


def _any_of(day: int) -> str:
    return f"BYMONTHDAY={','.join(map(str, range(_SHORTEST_MONTH, day + 1)))};BYSETPOS=-1"
