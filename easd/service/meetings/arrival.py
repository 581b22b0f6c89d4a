"""Meeting messages on arrival: the calendar of the one who gets them follows, and the mail says what became of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

from easd.mime.icalendar.read import ReadEvent
from easd.mime.meeting_mail import read_meeting
from easd.model.account import User
from easd.model.event import Event
from easd.model.folder import FolderType, ItemClass
from easd.model.zone import local
from easd.scheduling.incoming import Outcome, received, without_orphans
from easd.scheduling.joining import forwarded
from easd.scheduling.ledger import Told, mark
from easd.scheduling.message import FORWARDED, Message, Method
from easd.service.meetings.calendars import Kept, event_of, kept_of, message_of
from easd.service.meetings.people import Find, own_addresses, senders_of, speaking
from easd.service.ports import MailboxFull, NewMail, Unavailable, Writing

_NOBODY: Final = ""
"""Under which the ledger has the newest revision of a meeting that is not in the calendar."""


def with_meeting(box: Writing, mail: NewMail, recipient: User, find: Find, now: datetime) -> NewMail:
    """Take a meeting message into the calendar of its recipient; the mail comes back with what it is to them
    (MS-ASEMAIL MeetingMessageType). Mail of any other kind comes back as it is. `find` knows whose an address is.
    """
    if mail.email.meeting is None:
        return mail
    try:
        return _taken(box, mail, recipient, find, now)
    except (Unavailable, MailboxFull):
        raise
    except Exception:  # noqa: BLE001 - a meeting that cannot be calculated with must not stop the mail
        return mail


def _taken(box: Writing, mail: NewMail, recipient: User, find: Find, now: datetime) -> NewMail:
    owner = own_addresses(recipient)
    read = read_meeting(mail.raw, now, owner)
    if read is None:
        return mail
    senders = senders_of(mail.email, find)
    if read.method == FORWARDED:
        _join(box, mail, read.events[0], senders, find, now)
    if read.method not in Method.__members__:
        return mail
    method = Method(read.method)
    outcomes = [take(box, each, method, speaking(each, senders, find), owner, now) for each in read.events]
    return _described(mail, outcomes[0])


def _join(box: Writing, mail: NewMail, read: ReadEvent, senders: frozenset[str], find: Find, now: datetime) -> None:
    """Let those to whom a meeting was forwarded be in its organizer's list, if somebody of us or of those who are
    invited says so.
    """
    kept = kept_of(box, read.event.uid)
    if kept.series is None or mail.email.meeting is None:
        return
    before = event_of(kept.series)
    message = message_of(read, Method.REQUEST, senders, before)
    trusted = any(find(address) is not None for address in senders)
    after = forwarded(before, message, mail.email.meeting.forwardees, trusted=trusted)
    if after is not None and after != before:
        box.update_item(kept.series.folder_id, kept.series.uid, replace(after, modified=now))


def take(
    box: Writing,
    read: ReadEvent,
    method: Method,
    senders: frozenset[str],
    owner: frozenset[str],
    now: datetime,
    *,
    again: bool = False,
) -> Outcome:
    """Let one event of a meeting message count in the calendar; what has become of it. `again`: also where the owner
    had put the same revision away.
    """
    kept = kept_of(box, read.event.uid)
    message = message_of(read, method, senders, event_of(kept.series) if kept.series is not None else None)
    item = kept.item_for(message.original)
    before = event_of(item) if item is not None else None
    seen = _seen(box, message) if before is None and not again else None
    outcome = received(before, message, owner, seen.age if seen is not None else None)
    if method is Method.CANCEL and message.original is None:
        _cancel_orphans(box, kept, message, owner, now)
    if outcome.event is None:
        _note_seen(box, message, outcome, now)
    elif item is None:
        box.add_item(box.special(FolderType.CALENDAR).id, ItemClass.CALENDAR, _alone(box, kept, outcome.event, now))
    elif outcome.event != before:
        box.update_item(item.folder_id, item.uid, replace(outcome.event, modified=now))
    return outcome


def _cancel_orphans(box: Writing, kept: Kept, message: Message, owner: frozenset[str], now: datetime) -> None:
    """A series that is called off takes with it those of its occurrences that somebody was invited to alone."""
    for item in kept.orphans:
        before = event_of(item)
        after = received(before, message, owner).event
        if after is not None and after != before:
            box.update_item(item.folder_id, item.uid, replace(after, modified=now))


def _alone(box: Writing, kept: Kept, event: Event, now: datetime) -> Event:
    """A new event; single occurrences that came before their series become part of it."""
    if event.recurrence is not None:
        found = [each for each in map(event_of, kept.orphans) if each.instance is not None]
        orphans = {_day(event, each.instance): each for each in found if each.instance is not None}
        event = without_orphans(event, orphans)
        for item in kept.orphans:
            box.remove(item.folder_id, item.uid)
    return replace(event, modified=now)


def _day(series: Event, instance: datetime) -> date:
    return instance.date() if series.all_day else local(instance.astimezone(UTC), series.where).date()


def _seen(box: Writing, message: Message) -> Told | None:
    found = (box.told(mark(message.event.uid, original)).get(_NOBODY) for original in (message.original, None))
    return next((told for told in found if told is not None), None)


def _note_seen(box: Writing, message: Message, outcome: Outcome, now: datetime) -> None:
    """A meeting that is called off before it was heard of must not come up by an older message."""
    if message.method is Method.CANCEL and not outcome.ignored and message.event.uid:
        note_gone(box, message.event, message.original, now)


def note_gone(box: Writing, event: Event, original: datetime | None, now: datetime) -> None:
    """Note the revision of a meeting that leaves the calendar, for older messages about it to be known."""
    told = Told("", event.sequence, event.stamp or now)
    box.note_told(mark(event.uid, original), (_NOBODY,), told, now)


def _described(mail: NewMail, outcome: Outcome) -> NewMail:
    if mail.email.meeting is None:
        return mail
    start, end = outcome.proposed or (None, None)
    orphan = outcome.event is not None and outcome.event.instance is not None
    meeting = replace(
        mail.email.meeting, message_type=outcome.type, proposed_start=start, proposed_end=end, orphan=orphan
    )
    return replace(mail, email=replace(mail.email, meeting=meeting))
