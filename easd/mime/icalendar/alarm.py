"""The reminder of an event: one VALARM of perhaps several."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from easd.mime.icalendar.lines import Component
from easd.mime.icalendar.values import span_of

_MAX: Final = 2**31 - 1
_OTHERS: Final = frozenset(("EMAIL", "NONE", "PROCEDURE"))


def reminding(component: Component) -> Component | None:
    """The alarm that a device knows as the reminder: the first that is set before the start, and shows or sounds."""
    return next((alarm for alarm in component.inside("VALARM") if _before(alarm) is not None), None)


def _before(alarm: Component) -> timedelta | None:
    line = alarm.first("TRIGGER")
    if line is None or alarm.text("ACTION").strip().upper() in _OTHERS or "END" in line.parameters.get("RELATED", ()):
        return None
    span = span_of(line.value)
    return None if span is None or span > timedelta() else -span


def read_reminder(component: Component) -> int | None:
    """Minutes before the start; None without such an alarm."""
    alarm = reminding(component)
    before = None if alarm is None else _before(alarm)
    return None if before is None else min(round(before.total_seconds() / 60), _MAX)


def alarm_lines(component: Component, reminder: int | None) -> Iterator[str]:
    """The alarms of what came from `component`, when that is its reminder now: all others stay as they were."""
    known = reminding(component)
    if reminder is not None and known is None:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Reminder", _trigger(reminder), "END:VALARM")
    for alarm in component.inside("VALARM"):
        if alarm is not known or reminder == read_reminder(component):
            yield from alarm.texts()
        elif reminder is not None:
            yield from (_trigger(reminder) if line.startswith("TRIGGER") else line for line in alarm.texts())


def _trigger(minutes: int) -> str:
    return f"TRIGGER;RELATED=START:{'-' if minutes else ''}PT{minutes}M"
