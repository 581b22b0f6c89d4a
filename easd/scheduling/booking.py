"""What rooms and equipment answer by themselves (`BookingOptions`)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from easd.model.busy_times import busy_times
from easd.model.event import Event
from easd.model.free_busy import Occupied
from easd.model.organisation import BookingOptions
from easd.scheduling.attendance import Answer

HORIZON: Final = timedelta(days=400)
"""How far ahead a series is looked at for conflicts."""


def decided(meeting: Event, others: Iterable[Event], options: BookingOptions, now: datetime) -> Answer | None:
    """The answer of a resource to a meeting, or to an occurrence as an event; None: somebody has to decide. `others` is
    what else its calendar has.
    """
    if meeting.recurrence is not None and options.auto_decline_recurring:
        return Answer.DECLINED
    if options.auto_decline_conflicts and conflicts(meeting, others, now):
        return Answer.DECLINED
    return Answer.ACCEPTED if options.auto_accept else None


def conflicts(meeting: Event, others: Iterable[Event], now: datetime) -> bool:
    """Whether the meeting takes place at a time, from `now` on, at which something else does."""
    start, end = span_of(meeting, now)
    wanted = [(each.start, each.end, 0) for each in _times(meeting, start, end)]
    taken = [(each.start, each.end, 1) for other in others for each in _times(other, start, end)]
    ends = [start, start]  # of what is wanted, and of what is taken, up to each moment
    for begins, until, kind in sorted(wanted + taken):
        if begins < ends[1 - kind]:
            return True
        ends[kind] = max(ends[kind], until)
    return False


def span_of(meeting: Event, now: datetime) -> tuple[datetime, datetime]:
    """The time in which the conflicts of a meeting are looked for."""
    last = meeting.last_end
    end = now + HORIZON if last is None else min(last, now + HORIZON)
    return now, max(end, now)


def _times(event: Event, start: datetime, end: datetime) -> list[Occupied]:
    return [each for each in busy_times(event, start, end) if each.end > start and each.start < end]
