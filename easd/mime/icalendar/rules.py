"""Recurrence as lines of iCalendar, and as lines of our own where RRULE has no words for it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from easd.mime.content_lines import escaped
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.recurrence_rule import NotExpressible, rule_text


def completed(rule: Recurrence, start: datetime) -> Recurrence:
    """The rule with what it leaves to the start of the series."""
    weekday = 1 << start.isoweekday() % 7
    by_number = rule.type in (RecurrenceType.MONTHLY, RecurrenceType.YEARLY)
    return replace(
        rule,
        day_of_week=rule.day_of_week or (weekday if rule.type is RecurrenceType.WEEKLY else None),
        day_of_month=rule.day_of_month or (start.day if by_number else None),
        month_of_year=rule.month_of_year or start.month,
    )


def lines_of_rule(rule: Recurrence, *, dates: bool) -> Iterator[str]:
    """RRULE; in calendars that it cannot speak of, a line that we alone read. `dates`: of whole days."""
    try:
        yield f"RRULE:{rule_text(rule, dates=dates)}"
    except NotExpressible:
        said = {attr: value for attr, value in asdict(rule).items() if value is not None}
        yield f"X-EASD-RECURRENCE:{escaped(json.dumps(said, default=datetime.isoformat))}"


_NUMBERS: Final = {
    "type": 6, "interval": 999, "occurrences": 999, "day_of_week": 127, "day_of_month": 31, "week_of_month": 5,
    "month_of_year": 12, "calendar_type": 20, "first_day_of_week": 6, "is_leap_month": 1,
}  # fmt: skip


def rule_in_own_words(text: str) -> Recurrence | None:
    """The rule that a line of our own says; None for none."""
    try:
        said = json.loads(text) if text else None
        if not isinstance(said, dict):
            return None
        values: dict[str, Any] = {attr: int(said[attr]) for attr in _NUMBERS if attr in said}
        if any(not 0 <= value <= _NUMBERS[attr] for attr, value in values.items()):
            return None
        values["type"] = RecurrenceType(values["type"])
        if "is_leap_month" in values:
            values["is_leap_month"] = bool(values["is_leap_month"])
        until = datetime.fromisoformat(said["until"]) if "until" in said else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return None if until is not None and until.tzinfo is None else Recurrence(**values, until=until)
