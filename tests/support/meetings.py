"""Meeting messages and answers as tests write and read them."""

from collections.abc import Sequence
from dataclasses import replace

from easd.eas.commands import meeting_response, send_mail as send_mail_tables
from easd.eas.commands.meeting_response import (
    MeetingAnswer,
    MeetingResponseRequest,
    MeetingResult,
    SendResponse,
    UserResponse,
)
from easd.eas.commands.send_mail import SendMailRequest
from easd.eas.request import Command
from easd.eas.versions import DIALECTS
from easd.mime.icalendar.write import meeting_text
from easd.mime.meeting_mail import MeetingMail, write_meeting
from easd.model.email import Address
from easd.model.event import Event, Occurrence
from easd.model.folder import FolderType
from easd.service import ids
from easd.service.context import Answer
from tests.support.world import Phone, World

UID = "a-uid@example.test"
TIMES = ("DTSTART:20261125T100000Z", "DTEND:20261125T110000Z")
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=WE"
STAMP = "20261123T120000Z"


def meeting_mail(
    *lines: str,
    method: str = "REQUEST",
    uid: str = UID,
    sender: str = "bob",
    organizer: str = "bob",
    attendees: Sequence[str] = ("ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:alice@example.test",),
    sequence: int = 0,
    stamp: str = STAMP,
    subject: str = "Lunch",
    times: Sequence[str] = TIMES,
) -> bytes:
    """A mail with a meeting message; `sender` and `organizer` are names of users, or addresses."""
    calendar = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", f"METHOD:{method}", "BEGIN:VEVENT", f"UID:{uid}",
        f"DTSTAMP:{stamp}", f"SEQUENCE:{sequence}", f"SUMMARY:{subject}", "LOCATION:Office",
        f"ORGANIZER;CN=Organizer:mailto:{address(organizer)}", *times, *attendees, *lines, "END:VEVENT",
        "END:VCALENDAR",
    )  # fmt: skip
    return "\r\n".join(
        (
            f"From: {address(sender)}", "To: alice@example.test", f"Subject: {subject}", "MIME-Version: 1.0",
            'Content-Type: multipart/alternative; boundary="b"', "", "--b", "Content-Type: text/plain", "", "Come!",
            "--b", f"Content-Type: text/calendar; charset=utf-8; method={method}", "", *calendar, "--b--", "",
        )
    ).encode()  # fmt: skip


def address(name: str) -> str:
    """A user's address by name."""
    return name if "@" in name else f"{name}@example.test"


def events(world: World, name: str = "alice") -> dict[str, Event]:
    """The events of somebody's calendar, by ServerId."""
    found = world.items(world.folder(FolderType.CALENDAR, name).id, name)
    return {server_id: item.content for server_id, item in found.items() if isinstance(item.content, Event)}


def event(world: World, name: str = "alice") -> Event:
    """The only event of somebody's calendar."""
    (found,) = events(world, name).values()
    return found


def respond(phone: Phone, *answers: MeetingAnswer) -> tuple[MeetingResult, ...]:
    """MeetingResponse."""
    document = meeting_response
    response = phone.ask(Command.MEETING_RESPONSE, document.REQUEST, MeetingResponseRequest(answers), document.RESPONSE)
    return response.results


def answer(
    server_id: str,
    response: UserResponse = UserResponse.ACCEPTED,
    *,
    instance: str | None = None,
    send: SendResponse | None = None,
) -> MeetingAnswer:
    """An answer to an item by its ServerId."""
    numbers = ids.item_numbers(server_id)
    assert numbers is not None
    return MeetingAnswer(response, str(numbers[0]), server_id, instance_id=instance, send=send)


def sent(world: World, name: str) -> list[str]:
    """The subjects of the mails in somebody's Inbox, in their order."""
    found = world.items(world.folder(FolderType.INBOX, name).id, name)
    return [item.email.subject for item in found.values()]


# ---------------------------------------------------------------- mail from devices


def send_mail(phone: Phone, mime: bytes) -> None:
    """SendMail in the form of the phone's version; it must succeed."""
    phone.world.mails += 1
    if DIALECTS[phone.version].send_mail_is_wbxml:
        request = SendMailRequest(f"{phone.device_id}-{phone.world.mails}", mime)
        body = send_mail_tables.REQUEST.encode(request, phone.version)
        outcome = phone.post(Command.SEND_MAIL, body)
    else:
        outcome = phone.post(Command.SEND_MAIL, mime, content_type="message/rfc822")
    assert isinstance(outcome, Answer)
    assert outcome.body == b"", outcome.notes


def device_mail(phone: Phone, found: Event, method: str, *to: str, occurrence: Occurrence | None = None) -> bytes:
    """A meeting message as a device before 16.0 writes it about an event that it has: without the server's count."""
    bare = replace(found, sequence=0, calendar=())
    text = meeting_text(bare, method, phone.world.now, occurrences=None if occurrence is None else [occurrence])
    sender = Address(phone.name.capitalize(), phone.principal.user.address)
    subject = found.subject or ""
    mail = MeetingMail(sender, [Address("", address(each)) for each in to], subject, text, method)
    return write_meeting(mail, f"{phone.world.mails}.{phone.device_id}@example.test", phone.world.now)
