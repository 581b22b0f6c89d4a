"""What the owner of a calendar says to a meeting that somebody else has called."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from easd.model.event import BUSY, CANCELLED, MEETING, RECEIVED, Attendee, Event, Occurrence, moment_of

FREE, TENTATIVE_BUSY = 0, 1


class Answer(IntEnum):
    """An answer, by its number in ResponseType and AttendeeStatus (MS-ASCAL R407, R118)."""

    TENTATIVE = 2
    ACCEPTED = 3
    DECLINED = 4


ORGANIZER: Final = 1
NOT_RESPONDED: Final = 5


def is_open(event: Event) -> bool:
    """Whether the owner can answer: it is a meeting of somebody else, and is to take place."""
    status = event.meeting_status or 0
    return bool(status & MEETING and status & RECEIVED and not status & CANCELLED)


def busy_after(intended: int | None, answer: Answer) -> int:
    """How busy somebody is who has answered: as the organizer intends (MS-ASEMAIL R262, R270), or tentatively so."""
    meant = BUSY if intended is None else intended
    return TENTATIVE_BUSY if answer is Answer.TENTATIVE and meant != FREE else meant


def answered(event: Event, answer: Answer, own: Collection[str], now: datetime) -> Event | None:
    """The meeting in the calendar of somebody who answers at the moment `now`; None: it is declined, and goes (MS-ASCMD
    R5072). The answer is to each of its occurrences (R3191). `own` are the owner's addresses in lower case.
    """
    if answer is Answer.DECLINED:
        return None
    if event.response_type == answer and not any(each.response_type for each in event.exceptions):
        return event
    exceptions = [_as_series(each, own, answer) for each in event.exceptions]
    return replace(
        event,
        response_type=int(answer),
        replied=now,
        busy_status=busy_after(event.intended_busy, answer),
        attendees=with_answer(event.attendees, own, answer),
        exceptions=tuple(each for each in exceptions if not each.is_plain),
    )


def _as_series(exception: Occurrence, own: Collection[str], answer: Answer) -> Occurrence:
    if exception.deleted:
        return exception
    attendees = None if exception.attendees is None else with_answer(exception.attendees, own, answer)
    busy = exception.busy_status if exception.response_type is None else None
    return replace(exception, response_type=None, replied=None, busy_status=busy, attendees=attendees)


def answered_occurrence(
    series: Event, original: datetime, answer: Answer, own: Collection[str], now: datetime
) -> Event:
    """The series after an answer to one occurrence, which `original` names as times are kept."""
    kept = next((each for each in series.exceptions if each.original.date() == original.date()), Occurrence(original))
    if answer is Answer.DECLINED:
        return with_exception(series, Occurrence(kept.original, deleted=True, stamp=kept.stamp, sequence=kept.sequence))
    if kept.response_type == answer:
        return series
    attendees = None if kept.attendees is None else with_answer(kept.attendees, own, answer)
    busy = busy_after(series.intended_busy, answer)
    made = replace(kept, response_type=int(answer), replied=now, busy_status=busy, attendees=attendees)
    return with_exception(series, made)


def with_answer(attendees: tuple[Attendee, ...], own: Collection[str], status: int) -> tuple[Attendee, ...]:
    """The attendees, of whom the owner of these addresses has that status."""
    return tuple(replace(each, status=int(status)) if each.email.lower() in own else each for each in attendees)


def with_exception(series: Event, exception: Occurrence) -> Event:
    """The series with this exception in the place of the one that it had on that day; one that is as the series says is
    left out.
    """
    day = exception.original.date()
    others = [each for each in series.exceptions if each.original.date() != day]
    kept = others if exception.is_plain else [*others, exception]
    return replace(series, exceptions=tuple(sorted(kept, key=lambda each: each.original.date())))


def occurrence_at(series: Event, moment: datetime) -> datetime | None:
    """When the occurrence that a moment names begins by the rule, as times are kept; None if there is none, and for one
    that is deleted. A moment is the beginning by the rule, or that of an exception (MS-ASCMD R3190, R3192).
    """
    for each in series.exceptions:
        if each.start is not None and not each.deleted and _begins(series, each.start, each.all_day) == moment:
            return each.original
    days = (moment.date() + timedelta(days=shift) for shift in (-1, 0, 1))
    found = [original for day in days if (original := series.occurrence_on(day)) is not None]
    gone = {each.original.date() for each in series.exceptions if each.deleted}
    return next((each for each in found if _is_at(series, each, moment) and each.date() not in gone), None)


def _begins(series: Event, start: datetime, all_day: bool | None) -> datetime:
    return moment_of(start, series.where, all_day=series.all_day if all_day is None else all_day)


def _is_at(series: Event, original: datetime, moment: datetime) -> bool:
    """From 16.0 on a whole day is named by its date, before by its midnight (MS-ASCAL R2005)."""
    return _begins(series, original, None) == moment or (series.all_day and original == moment)
