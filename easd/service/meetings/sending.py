"""Meeting messages on their way out: each into the queue once, with a copy in Sent Items, and noted in the ledger."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from easd.mime.compose import NewAttachment
from easd.mime.event_mail import files_of
from easd.mime.html_text import html_to_text
from easd.mime.icalendar.write import meeting_text
from easd.mime.meeting_mail import MeetingMail, write_meeting, write_note
from easd.model.account import User
from easd.model.email import Address, BodyType
from easd.model.event import Attendee, Event, Occurrence
from easd.model.folder import FolderType
from easd.model.instances import instance_of
from easd.model.note_body import NO_NOTES, NoteBody
from easd.model.outgoing import Envelope
from easd.scheduling.attendance import Answer
from easd.scheduling.ledger import Told, mark, others, said_by_attendee, said_by_organizer
from easd.scheduling.message import Method
from easd.scheduling.outgoing import Notice
from easd.service.context import Services
from easd.service.delivery import new_mail
from easd.service.distribution import each_once
from easd.service.meetings.people import own_addresses
from easd.service.ports import Writing
from easd.service.sending_limits import count_recipients, room_for

_ANSWERED: Final = {Answer.ACCEPTED: "Accepted", Answer.TENTATIVE: "Tentative", Answer.DECLINED: "Declined"}


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose mailbox is written to, and in whose name messages are sent. `files` reads the bytes that hold the
    attachments of the event that invitations are about; `by` is who acts for that person, if it is somebody else.
    `asked`: a device asks for it, so that too many recipients are refused (OverLimit); else a message has come in, and
    nothing is sent to those who are too many.
    """

    services: Services
    box: Writing
    user: User
    files: Callable[[], bytes] | None = None
    by: User | None = None
    asked: bool = True

    @property
    def now(self) -> datetime:
        return self.services.clock()


def tell(sender: Sender, notices: Iterable[Notice]) -> bool:
    """Send what a change of an organizer's meeting means for others; whether there was anything to send."""
    sent = [_tell(sender, notice) for notice in notices]
    return any(sent)


def _tell(sender: Sender, notice: Notice) -> bool:
    one = notice.occurrence
    event = notice.event if one is None else instance_of(notice.event, one)
    meeting = mark(event.uid, None if one is None else one.original)
    told = Told(notice.method, event.sequence, event.stamp or sender.now, said_by_organizer(notice.method, event))
    heard = [
        who for who, last in sender.box.told(meeting).items() if (last.method, last.said) == (told.method, told.said)
    ]
    people = others(notice.to, heard)
    if not people:
        return False
    text = meeting_text(notice.event, notice.method, told.stamp, occurrences=None if one is None else [one])
    subject = f"Canceled: {event.subject or ''}" if notice.method is Method.CANCEL else event.subject or ""
    asks = notice.method is Method.REQUEST and sender.files is not None and event.attachments
    files = files_of(sender.files(), event.attachments) if asks and sender.files is not None else ()
    _send(sender, people, subject, event.body, text, notice.method, files)
    sender.box.note_told(meeting, [each.email.lower() for each in people], told, sender.now)
    return True


def _send(
    sender: Sender,
    people: Sequence[Attendee],
    subject: str,
    body: NoteBody,
    calendar: bytes,
    method: str,
    files: Sequence[NewAttachment] = (),
) -> None:
    to = [Address(each.name, each.email) for each in people]
    mail = MeetingMail(_author(sender), to, subject, calendar, method, body, files, _by(sender))
    _post(sender, to, write_meeting(mail, _message_id(sender), sender.now))


def send_meeting(
    sender: Sender, people: Sequence[Attendee], subject: str, text: str, calendar: bytes, method: str
) -> None:
    """A mail with a text for people and a calendar for programs."""
    _send(sender, people, subject, NoteBody(BodyType.PLAIN, text), calendar, method)


def _author(sender: Sender) -> Address:
    return Address(sender.user.display_name, sender.user.address)


def _by(sender: Sender) -> Address | None:
    """MS-ASEMAIL R725: who has sent it for the one whom it is from."""
    by = sender.by
    return None if by is None or by.id == sender.user.id else Address(by.display_name, by.address)


def _message_id(sender: Sender) -> str:
    number, domain = sender.services.number, sender.user.address.rpartition("@")[2]
    return f"{number(64):016x}{number(64):016x}@{domain}"


def _post(sender: Sender, to: Sequence[Address], raw: bytes) -> None:
    box, now = sender.box, sender.now
    recipients = each_once(sender.services, tuple(each.address for each in to))
    if sender.asked:
        count_recipients(sender.services, box, sender.user.address, recipients, now)
    else:
        recipients = _counted(sender, recipients)
    if not recipients:
        return
    copy = new_mail(raw, now)
    box.add_mail(box.special(FolderType.SENT_ITEMS).id, replace(copy, email=replace(copy.email, read=True)))
    box.queue(Envelope.of(sender.user.address, recipients), raw, now)


def _counted(sender: Sender, recipients: Sequence[str]) -> tuple[str, ...]:
    """Those who may still be written to today."""
    services, box, own, now = sender.services, sender.box, sender.user.address, sender.now
    found: list[str] = []
    for one in recipients:
        if room_for(services, box, own, one, now):
            count_recipients(services, box, own, [one], now)
            found.append(one)
    return tuple(found)


def send_note(sender: Sender, to: Sequence[Address], subject: str, text: str) -> None:
    """A mail about a meeting that is for people alone."""
    _post(sender, to, write_note(_author(sender), to, subject, text, _message_id(sender), sender.now))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the organizer of `meeting`: to all of it, or to the occurrence that begins at `original` by the
    rule, with a text and perhaps other times (moments) that suit better.
    """

    meeting: Event
    answer: Answer
    original: datetime | None = None
    body: NoteBody = NO_NOTES
    proposed: tuple[datetime, datetime] | None = None


def reply(sender: Sender, said: Reply) -> bool:
    """Send an answer to the organizer; whether there was anything to send: nobody hears the same answer twice."""
    meeting = said.meeting
    if not meeting.organizer_email:
        return False
    method = Method.REPLY if said.proposed is None else Method.COUNTER
    text = html_to_text(said.body.text) if said.body.type is BodyType.HTML else said.body.text
    digest = said_by_attendee(said.answer, _answered_to(said), text, said.proposed)
    told, known = Told(method, meeting.sequence, sender.now, digest), mark(meeting.uid, said.original)
    organizer = meeting.organizer_email.lower()
    last = sender.box.told(known).get(organizer)
    if last is not None and last.said == digest:
        return False
    prefix = _ANSWERED[said.answer] if said.proposed is None else "New Time Proposed"
    to = [Attendee(meeting.organizer_email, meeting.organizer_name or "")]
    subject = f"{prefix}: {_answered_to(said).subject or ''}"
    _send(sender, to, subject, said.body, _reply_text(sender, said, method, text), method)
    sender.box.note_told(known, (organizer,), told, sender.now)
    return True


def _occurrence(said: Reply) -> Occurrence | None:
    if said.original is None:
        return None
    day = said.original.date()
    kept = next((each for each in said.meeting.exceptions if each.original.date() == day), None)
    return replace(kept or Occurrence(said.original), attendees=None)


def _answered_to(said: Reply) -> Event:
    one = _occurrence(said)
    return said.meeting if one is None else instance_of(said.meeting, one)


def _reply_text(sender: Sender, said: Reply, method: Method, comment: str) -> bytes:
    """RFC 5546 section 3.2.3: the one attendee who answers, and what they answer to."""
    own = own_addresses(sender.user)
    invited = next((each.email for each in said.meeting.attendees if each.email.lower() in own), sender.user.address)
    attendee = Attendee(invited, sender.user.display_name, int(said.answer))
    event = replace(said.meeting, attendees=(attendee,), body=NO_NOTES, reminder=None, categories=(), exceptions=())
    one = _occurrence(said)
    if one is None:
        if said.proposed is not None:
            event = _at(event, said.proposed)
        orphan = event.instance
        more = [] if orphan is None else [f"RECURRENCE-ID:{orphan.astimezone(UTC):%Y%m%dT%H%M%SZ}"]
        return meeting_text(event, method, sender.now, comment=comment, more=more)
    if said.proposed is not None:
        moved = _at(event, said.proposed)
        one = replace(one, start=moved.start, end=moved.end)
    return meeting_text(event, method, sender.now, occurrences=[one], comment=comment)


def _at(event: Event, times: tuple[datetime, datetime]) -> Event:
    """The event at other times, as times are kept."""
    start, end = (each.astimezone(UTC) for each in times)
    return replace(event, start=start, end=end, all_day=False, zone="UTC", time_zone=b"")
