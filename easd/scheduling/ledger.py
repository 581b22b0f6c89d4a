"""What was told to whom of a meeting last: so that nobody hears the same thing twice, whoever says it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from easd.model.event import Attendee, Event, moment_of
from easd.model.recurrence import RecurrenceType
from easd.scheduling.message import Age, Method, times_of


@dataclass(frozen=True, slots=True)
class Told:
    """The latest message about a meeting, or one occurrence, to somebody: its method, count and time, and a digest of
    what it said.
    """

    method: str
    sequence: int
    stamp: datetime
    said: bytes = b""

    @property
    def age(self) -> Age:
        return Age(self.sequence, self.stamp)


def mark(uid: str, original: datetime | None) -> bytes:
    """What the ledger knows a meeting by, or one occurrence: by the day on which it begins by the rule."""
    return sha256(f"{uid}\0{'' if original is None else original.date().isoformat()}".encode()).digest()


def said_by_organizer(method: Method, event: Event) -> bytes:
    """What a message of the organizer says of a meeting, or of an occurrence as an event. A meeting is called off but
    once.
    """
    if method is Method.CANCEL:
        return b""
    exceptions = (
        (each.original.isoformat(), each.deleted, _time(event, each.start), _time(event, each.end), each.subject)
        for each in event.exceptions
    )
    files = tuple((each.name, each.size) for each in event.attachments)
    return _digest((method, event.sequence, *_content(event), *files, *exceptions))


def said_by_attendee(status: int, meeting: Event, comment: str, proposed: tuple[datetime, datetime] | None) -> bytes:
    """What an answer says to a meeting as the calendar of the one who answers has it."""
    return _digest((int(status), meeting.sequence, times_of(meeting), comment.split(), proposed))


def agrees(said: Event, kept: Event) -> bool:
    """Whether a message says no more than the calendar has: a device that sends it knows neither the count, nor perhaps
    all of the notes.
    """
    text = " ".join(said.body.text.split())
    known = not text or " ".join(kept.body.text.split()).startswith(text)
    return known and _content(said)[:-1] == _content(kept)[:-1]


def _content(event: Event) -> tuple[object, ...]:
    times = tuple(each.astimezone(UTC) for each in times_of(event))
    place, subject = event.location.title, event.subject or ""
    return times, event.all_day, _rule(event), subject, place, tuple(event.body.text.split())


def _rule(event: Event) -> tuple[object, ...]:
    """The rule of a series, with what it leaves to the start: programs differ in what they say."""
    rule, start = event.recurrence, event.start
    if rule is None:
        return ()
    weekly, dated = rule.type is RecurrenceType.WEEKLY, rule.type in (RecurrenceType.MONTHLY, RecurrenceType.YEARLY)
    yearly = rule.type in (RecurrenceType.YEARLY, RecurrenceType.YEARLY_NTH)
    return (
        int(rule.type),
        rule.interval or 1,
        rule.occurrences,
        rule.until.date() if rule.until is not None else None,
        rule.day_of_week or (1 << start.isoweekday() % 7 if weekly else None),
        (rule.day_of_month or start.day) if dated else None,
        rule.week_of_month,
        (rule.month_of_year or start.month) if yearly else None,
    )


def _time(event: Event, time: datetime | None) -> datetime | None:
    return None if time is None else moment_of(time, event.where, all_day=False)


def _digest(said: Iterable[object]) -> bytes:
    return sha256("\0".join(map(repr, said)).encode("utf-8", "replace")).digest()[:16]


def others(people: Iterable[Attendee], told: Iterable[str]) -> tuple[Attendee, ...]:
    """Those of the people who were not told yet."""
    known = frozenset(told)
    return tuple(each for each in people if each.email.lower() not in known)
