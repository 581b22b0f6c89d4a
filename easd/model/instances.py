"""One occurrence of a series as an event of its own, and back: what calendars and meeting messages speak of."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from easd.model.email import Attachment
from easd.model.event import MIDNIGHT, Event, Occurrence
from easd.model.occurrences import days_between, is_known
from easd.model.zone import local

_SHARED: Final = (
    "location", "body", "sensitivity", "busy_status", "meeting_status", "attendees", "categories", "replied",
    "response_type", "stamp",
)  # fmt: skip
_TEXTS: Final = ("subject", "conference_link", "external_link")
"""Those that an occurrence has none of when they are empty, and an event when they are None."""

_MOST_FOLLOWING: Final = 500
_ROOM: Final = 512 * 1024
"""Characters that all following occurrences may have together."""
_LEAST_ROOM: Final = 200
_LAST_DAY: Final = date(9990, 12, 31)


def instance_of(series: Event, occurrence: Occurrence) -> Event:
    """The occurrence as an event without a rule; what it does not say itself is as in the series."""
    all_day = series.all_day if occurrence.all_day is None else occurrence.all_day
    start = occurrence.original if occurrence.start is None else occurrence.start
    end = end_by_rule(series, occurrence.original) if occurrence.end is None else occurrence.end
    stated = {attr: getattr(occurrence, attr) for attr in (*_SHARED, *_TEXTS)}
    values: dict[str, Any] = {
        attr: None if value == "" else value for attr, value in stated.items() if value is not None
    }
    if occurrence.attachments is not None:
        values["attachments"] = occurrence.attachments
    event = replace(
        series,
        **values,
        start=start if all_day == series.all_day or occurrence.start is not None else _day(start),
        end=max(start, end),
        all_day=all_day,
        sequence=series.sequence if occurrence.sequence is None else occurrence.sequence,
        recurrence=None,
        exceptions=(),
        calendar=occurrence.calendar,
    )
    if occurrence.no_reminder:
        return replace(event, reminder=None)
    return event if occurrence.reminder is None else replace(event, reminder=occurrence.reminder)


def _day(start: datetime) -> datetime:
    return datetime.combine(start.date(), MIDNIGHT, UTC)


def end_by_rule(series: Event, original: datetime) -> datetime:
    """When an occurrence ends by the rule, as times are kept."""
    wall = original.replace(tzinfo=None) + (series.end.replace(tzinfo=None) - series.start.replace(tzinfo=None))
    return wall.replace(tzinfo=UTC) if series.all_day else local(series.where.utc(wall), series.where)


def as_occurrence(series: Event, instance: Event, original: datetime) -> Occurrence:
    """What is different about an instance of the series; `original` is when it would begin by the rule, as times are
    kept. On a day on which there is none by the rule its times are always said.
    """
    added = series.occurrence_on(original.date()) is None
    begins, ends = (None, None) if added else (original, end_by_rule(series, original))
    moved = added or instance.start != begins
    stated = {attr: _different(getattr(series, attr), getattr(instance, attr)) for attr in _SHARED}
    texts = {attr: _different(getattr(series, attr) or "", getattr(instance, attr) or "") for attr in _TEXTS}
    return Occurrence(
        original,
        **stated,
        **texts,
        start=instance.start if moved else None,
        end=instance.end if moved or instance.end != ends else None,
        all_day=_different(series.all_day, instance.all_day),
        reminder=_different(series.reminder, instance.reminder),
        sequence=_different(series.sequence, instance.sequence),
        no_reminder=instance.reminder is None and series.reminder is not None,
        calendar=instance.calendar,
    )


def _different(before: Any, now: Any) -> Any:
    return None if before == now else now


def following(series: Event, instance: Event, original: datetime) -> Iterator[tuple[datetime, Event]]:
    """What an instance changes, for its occurrence and all later ones (RFC 5545 section 3.2.13): when each begins by
    the rule, and it as an event, moved by as much. As many as are of use, and as there is room for.
    """
    rule, first, day = series.recurrence, series.start.date(), original.date()
    if rule is None or not is_known(rule):
        yield original, instance
        return
    size = _LEAST_ROOM + len(instance.body.text) + _LEAST_ROOM * len(instance.attendees)
    later = days_between(rule, first, day, _LAST_DAY, series.last_day)
    for each in islice(later, max(1, min(_MOST_FOLLOWING, _ROOM // size))):
        start, end = (_days_later(time, instance, each - day) for time in (instance.start, instance.end))
        yield series.begins_on(each), replace(instance, start=start, end=end)


def _days_later(time: datetime, event: Event, span: timedelta) -> datetime:
    wall = time.replace(tzinfo=None) + span
    return wall.replace(tzinfo=UTC) if event.all_day else local(event.where.utc(wall), event.where)


def holding(series: Event, held: Mapping[date | None, tuple[Attachment, ...]]) -> Event:
    """The series with these files: its own (None), and those of occurrences by the days on which they begin by the
    rule, each of which has them instead.
    """
    ones = {one.original.date(): one for one in series.exceptions}
    for day in (day for day in held if day is not None and day not in ones):
        ones[day] = Occurrence(series.occurrence_on(day) or series.begins_on(day))
    kept = (
        ones[day] if ones[day].deleted or day not in held else replace(ones[day], attachments=held[day])
        for day in sorted(ones)
    )
    return replace(series, attachments=held[None], exceptions=tuple(kept))
