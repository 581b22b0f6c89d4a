"""When an event keeps its owner busy."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from easd.model.event import CANCELLED, Event, Occurrence, moment_of
from easd.model.free_busy import Busy, Occupied
from easd.model.occurrences import days_between, is_known

_DAY = timedelta(days=1)
_SAYS = {1: Busy.TENTATIVE, 2: Busy.BUSY, 3: Busy.AWAY}
"""BusyStatus as a digit. Who is free or works elsewhere (0, 4) can be met."""


def busy_times(event: Event, start: datetime, end: datetime) -> Iterator[Occupied]:
    """The spans of the event that may touch the time from `start` to `end` (aware moments). A series in a calendar
    whose days cannot be told gives its exceptions alone.
    """
    if not _cancelled(event.meeting_status):
        yield from _plain(event, start, end)
    for each in event.exceptions:
        status = event.meeting_status if each.meeting_status is None else each.meeting_status
        if not each.deleted and not _cancelled(status):
            yield from _occupied(*_times(event, each), _busy(event, each))


def _plain(event: Event, start: datetime, end: datetime) -> Iterator[Occupied]:
    """A single event, or the occurrences that are as the series says."""
    length = event.end.replace(tzinfo=None) - event.start.replace(tzinfo=None)
    if event.recurrence is None:
        begins = moment_of(event.start, event.where, all_day=event.all_day)
        yield from _occupied(begins, event.first_end, event.busy_status)
    elif is_known(event.recurrence):
        exceptional = {each.original.date() for each in event.exceptions}
        first, last = (start - length - _DAY).date(), (end + _DAY).date()
        for day in days_between(event.recurrence, event.start.date(), first, last, event.last_day):
            if day not in exceptional:
                wall = datetime.combine(day, event.start.time())
                yield from _occupied(event.where.utc(wall), event.where.utc(wall + length), event.busy_status)


def _times(event: Event, each: Occurrence) -> tuple[datetime, datetime]:
    all_day = event.all_day if each.all_day is None else each.all_day
    begins = event.begins_on(each.original.date()) if each.start is None else each.start
    return moment_of(begins, event.where, all_day=all_day), event.ends(each)


def _busy(event: Event, each: Occurrence) -> int:
    return event.busy_status if each.busy_status is None else each.busy_status


def _occupied(start: datetime, end: datetime, busy: int) -> Iterator[Occupied]:
    if busy in _SAYS and start < end:
        yield Occupied(start, end, _SAYS[busy])


def _cancelled(status: int | None) -> bool:
    return bool((status or 0) & CANCELLED)
