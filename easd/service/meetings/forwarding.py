"""Meetings that are forwarded by somebody who does not organize them: whoever does hears to whom (MS-ASCMD R6650)."""

from collections.abc import Iterable

from easd.mime.icalendar.read import ReadCalendar, ReadEvent
from easd.mime.icalendar.values import utc_text
from easd.mime.icalendar.write import forwardee_line, meeting_text
from easd.model.email import Address
from easd.model.event import Attendee
from easd.scheduling.ledger import Told, mark
from easd.scheduling.message import FORWARDED, Method, is_organizer
from easd.service.meetings.people import own_addresses
from easd.service.meetings.sending import Sender, send_meeting, send_note


def notify(sender: Sender, read: ReadCalendar, people: Iterable[Address]) -> None:
    """Tell the organizer of a meeting whom the sender has forwarded it to, each of them once."""
    event = read.events[0].event
    own = own_addresses(sender.user)
    if read.method != Method.REQUEST or is_organizer(event, own) or not event.organizer_email or not event.uid:
        return
    known = {event.organizer_email.lower(), *(each.email.lower() for each in event.attendees), *own}
    forwarded = mark(f"{FORWARDED}\0{event.uid}", None)
    known |= sender.box.told(forwarded).keys()
    fresh = [each for each in people if each.address.lower() not in known]
    if fresh:
        _send(sender, read.events[0], fresh)
        told = Told(FORWARDED, event.sequence, sender.now)
        sender.box.note_told(forwarded, [each.address.lower() for each in fresh], told, sender.now)


def _send(sender: Sender, read: ReadEvent, fresh: list[Address]) -> None:
    event = read.event
    organizer = Address(event.organizer_name or "", event.organizer_email or "")
    subject = f"Meeting Forward Notification: {event.subject or ''}"
    names = ", ".join(f"{each.name} <{each.address}>" if each.name else each.address for each in fresh)
    text = (
        f"{sender.user.display_name} has forwarded your meeting request to {names}.\r\n{event.start:%Y-%m-%d %H:%M}\r\n"
    )
    if sender.services.directory.find(organizer.address) is None:
        send_note(sender, [organizer], subject, text)
        return
    moment = None if read.instance is None else read.instance.moment(read.zones)
    named = [] if moment is None else [f"RECURRENCE-ID:{utc_text(moment)}"]
    more = [*named, *(forwardee_line(each) for each in fresh)]
    calendar = meeting_text(event, FORWARDED, sender.now, more=more)
    send_meeting(sender, [Attendee(organizer.address, organizer.name)], subject, text, calendar, FORWARDED)
