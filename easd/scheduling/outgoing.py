"""What a change of an organizer's meeting tells to those who are invited (RFC 5546 section 3.2)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from easd.model.event import CANCELLED, Attendee, Event, Occurrence
from easd.model.instances import instance_of
from easd.scheduling.attendance import NOT_RESPONDED, with_exception
from easd.scheduling.message import Method, times_of

_TOLD: Final = (
    "start", "end", "all_day", "recurrence", "subject", "location", "body", "sensitivity", "disallow_new_time_proposal",
    "response_requested", "conference_link", "external_link",
)  # fmt: skip
"""The attributes that others are told of; the rest is the organizer's own."""
_TOLD_OF_ONE: Final = (
    "start", "end", "all_day", "subject", "location", "body", "sensitivity", "conference_link", "external_link",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    """One meeting message to some people: about `event`, or with `occurrence` about that occurrence of it alone."""

    method: Method
    event: Event
    to: tuple[Attendee, ...]
    occurrence: Occurrence | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """An organizer's event after a change, and what is to be told of it."""

    event: Event | None
    notices: tuple[Notice, ...] = ()


def is_held(event: Event | None, own: Collection[str]) -> bool:
    """Whether the owner of these addresses (lower case) is the organizer of a meeting with others."""
    return event is not None and not event.is_received and bool(invited(event, own))


def invited(event: Event, own: Collection[str]) -> tuple[Attendee, ...]:
    """Who is invited, without the organizer."""
    return tuple(each for each in event.attendees if each.email.lower() not in own and "@" in each.email)


def revised(before: Event | None, after: Event | None, own: Collection[str], now: datetime) -> Revision:
    """What the change of an event from `before` to `after` means (None: it is not there). The event comes back with
    its count and the statuses of those who have to answer anew.
    """
    if after is None:
        return Revision(None, _called_off(before, own, now) if before is not None else ())
    if after.is_received or not (invited(after, own) or (before is not None and is_held(before, own))):
        return Revision(after)
    if before is None or not is_held(before, own):
        event = _stamped(_unanswered(after), before, now)
        return Revision(event, _to_all(Method.REQUEST, event, invited(event, own)) if not _is_off(event) else ())
    if _is_off(after):
        event = _stamped(replace(after, sequence=before.sequence + 1), before, now)
        return Revision(event, () if _is_off(before) else _to_all(Method.CANCEL, event, invited(before, own)))
    return _changed(before, after, own, now)


def _is_off(event: Event) -> bool:
    return bool((event.meeting_status or 0) & CANCELLED)


def _called_off(before: Event, own: Collection[str], now: datetime) -> tuple[Notice, ...]:
    """A meeting that is over is not called off: its organizer tidies up."""
    ends = before.last_end
    if before.is_received or _is_off(before) or (ends is not None and ends <= now):
        return ()
    event = _stamped(replace(before, sequence=before.sequence + 1), before, now)
    return _to_all(Method.CANCEL, event, _everybody(before, own))


def _everybody(event: Event, own: Collection[str]) -> tuple[Attendee, ...]:
    """Who is invited to the meeting, or to one of its occurrences alone."""
    found = {each.email.lower(): each for each in invited(event, own)}
    for exception in event.exceptions:
        for each in invited(instance_of(event, exception), own) if exception.attendees is not None else ():
            found.setdefault(each.email.lower(), each)
    return tuple(found.values())


def _to_all(
    method: Method, event: Event, to: tuple[Attendee, ...], occurrence: Occurrence | None = None
) -> tuple[Notice, ...]:
    return (Notice(method, event, to, occurrence),) if to else ()


def _stamped(event: Event, before: Event | None, now: datetime) -> Event:
    """The event with the moment of its revision, in whole seconds as messages have it, after that of the one before. A
    device that says when it was may know best.
    """
    last = before.stamp.replace(microsecond=0) if before is not None and before.stamp is not None else None
    said = event.stamp.replace(microsecond=0) if event.stamp is not None else now.replace(microsecond=0)
    if last is None or said > last:
        return replace(event, stamp=said)
    return replace(event, stamp=max(now.replace(microsecond=0), last + timedelta(seconds=1)))


def _unanswered(event: Event) -> Event:
    """Who has not said anything has not responded."""
    asked = (replace(each, status=NOT_RESPONDED) if each.status is None else each for each in event.attendees)
    return replace(event, attendees=tuple(asked))


def _asking(event: Event) -> Event:
    """Nobody has answered to what there is now."""
    return replace(event, attendees=tuple(map(_asked, event.attendees)))


def _asked(attendee: Attendee) -> Attendee:
    return replace(attendee, status=NOT_RESPONDED, replied=None, proposed_start=None, proposed_end=None)


# ---------------------------------------------------------------- a meeting that was there before


def _changed(before: Event, after: Event, own: Collection[str], now: datetime) -> Revision:
    moved = _moves(before, after)
    told = moved or _differs(before, after, _TOLD)
    joined, left = _difference(before.attendees, after.attendees, own)
    event = replace(after, sequence=before.sequence + moved)
    event = replace(
        event, attendees=tuple(_asked(each) if moved or each in joined else each for each in event.attendees)
    )
    if told or joined or left:
        event = _stamped(event, before, now)
    ones: tuple[Notice, ...] = ()
    if before.recurrence is not None and after.recurrence is not None and not moved:
        event, ones = _occurrences(before, event, own, now)
    fresh = {each.email.lower() for each in joined}
    to = invited(event, own) if told else tuple(each for each in event.attendees if each.email.lower() in fresh)
    cancels = _to_all(Method.CANCEL, replace(before, sequence=event.sequence, stamp=event.stamp), left)
    return Revision(event, (*cancels, *_to_all(Method.REQUEST, event, to), *(() if told else ones)))


def _differs(before: Event, after: Event, told: Iterable[str]) -> bool:
    """Whether others are to hear of the change: of files by their names and sizes, since their places may change."""
    files = ([(each.name, each.size) for each in event.attachments] for event in (before, after))
    return next(files) != next(files) or any(getattr(before, attr) != getattr(after, attr) for attr in told)


def _moves(before: Event, after: Event) -> bool:
    return (times_of(before), before.all_day, before.recurrence) != (times_of(after), after.all_day, after.recurrence)


def _difference(
    before: Iterable[Attendee], after: Iterable[Attendee], own: Collection[str]
) -> tuple[tuple[Attendee, ...], tuple[Attendee, ...]]:
    """Who has come to be invited, and who no longer is."""
    old = {each.email.lower(): each for each in before if "@" in each.email}
    new = {each.email.lower(): each for each in after if "@" in each.email}
    joined = tuple(each for key, each in new.items() if key not in old and key not in own)
    return joined, tuple(each for key, each in old.items() if key not in new and key not in own)


def _occurrences(before: Event, after: Event, own: Collection[str], now: datetime) -> tuple[Event, tuple[Notice, ...]]:
    """The series after the change of some of its occurrences, and what is told of each of these. All revisions of a
    series and of its occurrences share one count.
    """
    old = {each.original.date(): each for each in before.exceptions}
    new = {each.original.date(): each for each in after.exceptions}
    notices: list[Notice] = []
    for day in sorted(old.keys() | new.keys()):
        was, is_ = old.get(day), new.get(day)
        if was != is_:
            after, said = _occurrence(before, after, was, is_, own, now)
            notices += said
    return after, tuple(notices)


def _occurrence(
    before: Event, after: Event, was: Occurrence | None, is_: Occurrence | None, own: Collection[str], now: datetime
) -> tuple[Event, tuple[Notice, ...]]:
    """The series after the change of one occurrence (None: it was, or is, as the series says)."""
    original = was.original if was is not None else is_.original if is_ is not None else before.start
    old, new = was or Occurrence(original), is_ or Occurrence(original)
    there = instance_of(after, new)
    then = replace(instance_of(before, old), attendees=() if _is_gone(old) else instance_of(before, old).attendees)
    if _is_gone(new):
        event = _counted(after, before, now)
        return event, () if _is_gone(old) else _to_all(Method.CANCEL, event, invited(then, own), new)
    anew = _is_gone(old) or times_of(then) != times_of(there)
    joined, left = _difference(then.attendees, there.attendees, own)
    told = anew or _differs(then, there, _TOLD_OF_ONE)
    if not (told or joined or left):
        return after, ()
    event = _counted(after, before, now)
    if anew:
        new = replace(new, attendees=tuple(map(_asked, there.attendees)))
        event = with_exception(event, new)
    to = invited(instance_of(event, new), own) if told else joined
    cancels = _to_all(Method.CANCEL, event, left, new)
    return event, (*cancels, *_to_all(Method.REQUEST, event, to, new))


def _counted(event: Event, before: Event, now: datetime) -> Event:
    return _stamped(replace(event, sequence=event.sequence + 1), before, now)


def _is_gone(occurrence: Occurrence) -> bool:
    return occurrence.deleted or bool((occurrence.meeting_status or 0) & CANCELLED)
