"""Meeting messages that devices send as mail, as all do before 16.0: nobody hears twice what was told already, by
whichever device or by the server, and each revision carries the server's count, which the protocol does not tell to
devices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from easd.mime.icalendar.read import ReadCalendar, ReadEvent
from easd.mime.meeting_mail import may_be_meeting, read_meeting, with_revision
from easd.model.account import User
from easd.model.event import Event, Occurrence
from easd.model.instances import instance_of
from easd.scheduling.ledger import Told, agrees, mark, said_by_attendee, said_by_organizer
from easd.scheduling.message import Method, is_organizer, times_of
from easd.service.meetings.calendars import event_of, kept_of, message_of
from easd.service.meetings.people import own_addresses
from easd.service.ports import Writing

_FROM_ORGANIZER: Final = (Method.REQUEST, Method.CANCEL)
_FROM_ATTENDEE: Final = (Method.REPLY, Method.COUNTER)


@dataclass(frozen=True, slots=True)
class Mailing:
    """A mail as it goes out, and those who have not heard yet what it says."""

    message: bytes
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """One thing that a message says: the meeting's mark in the ledger, and the message."""

    meeting: bytes
    told: Told


def meeting_in(raw: bytes, user: User, now: datetime) -> ReadCalendar | None:
    """The meeting message that a mail by the user carries."""
    found = read_meeting(raw, now, own_addresses(user)) if may_be_meeting(raw) else None
    return found if found is not None and found.method in (*_FROM_ORGANIZER, *_FROM_ATTENDEE) else None


def checked(
    box: Writing, user: User, raw: bytes, recipients: tuple[str, ...], read: ReadCalendar, now: datetime
) -> Mailing:
    """The mail without those who have heard what it says, and noted for the others."""
    own, method = own_addresses(user), Method(read.method)
    found = [each for each in (_said(box, one, method, own, now) for one in read.events) if each is not None]
    if not found:
        return Mailing(raw, recipients)
    deaf = tuple(who for who in recipients if not _has_heard(box, who.lower(), found))
    for each in found:
        box.note_told(each.meeting, [who.lower() for who in deaf], each.told, now)
    return Mailing(with_revision(raw, max(each.told.sequence for each in found), now), deaf)


def _has_heard(box: Writing, person: str, found: Sequence[_Said]) -> bool:
    told = (box.told(each.meeting).get(person) for each in found)
    return all(_same(last, each.told) for last, each in zip(told, found, strict=True))


def _same(last: Told | None, told: Told) -> bool:
    return last is not None and (last.method, last.said) == (told.method, told.said)


def _said(box: Writing, one: ReadEvent, method: Method, own: frozenset[str], now: datetime) -> _Said | None:
    """What a message says of a meeting of the user's, or to one of somebody else; None for what does not concern them,
    as an invitation that is forwarded.
    """
    if is_organizer(one.event, own) != (method in _FROM_ORGANIZER) or not one.event.uid:
        return None
    kept = kept_of(box, one.event.uid)
    message = message_of(one, method, own, event_of(kept.series) if kept.series is not None else None)
    item = kept.item_for(message.original)
    known = None if item is None else _at(event_of(item), message.original)
    meeting = mark(one.event.uid, message.original)
    if method in _FROM_ATTENDEE:
        return _answer(meeting, one, method, own, known, now)
    before = box.told(meeting).values()
    last = max((told.sequence for told in before), default=-1)
    if method is Method.CANCEL:
        count = last + 1 if known is None else known.sequence
        return _Said(meeting, Told(method, max(count, one.event.sequence), now, said_by_organizer(method, one.event)))
    if known is not None and not known.is_received and agrees(one.event, known):
        return _Said(meeting, Told(method, known.sequence, now, said_by_organizer(method, known)))
    said = said_by_organizer(method, replace(one.event, sequence=0))
    # Who hears the same in a mail of its own hears the same count; what is new counts on, also within one second.
    again = any((each.sequence, each.method, each.said) == (last, method, said) for each in before)
    count = last if again else last + 1
    return _Said(meeting, Told(method, max(count, one.event.sequence, known.sequence + 1 if known else 0), now, said))


def _at(event: Event, original: datetime | None) -> Event:
    """The meeting, or the occurrence as an event."""
    if original is None or event.recurrence is None:
        return event
    day = original.date()
    exception = next((each for each in event.exceptions if each.original.date() == day), Occurrence(original))
    return instance_of(event, exception)


def _answer(
    meeting: bytes, one: ReadEvent, method: Method, own: Iterable[str], known: Event | None, now: datetime
) -> _Said | None:
    status = next((each.status for each in one.event.attendees if each.email.lower() in own), None)
    if status is None:
        return None
    answered = known or replace(one.event, sequence=0)
    proposed = times_of(one.event) if method is Method.COUNTER else None
    said = said_by_attendee(status, answered, one.comment, proposed)
    return _Said(meeting, Told(method, answered.sequence, now, said))
