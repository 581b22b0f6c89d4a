"""Meeting messages and answers as tests write and read them."""

from collections.abc import Sequence

from easd.eas.commands import meeting_response
from easd.eas.commands.meeting_response import (
    MeetingAnswer,
    MeetingResponseRequest,
    MeetingResult,
    SendResponse,
    UserResponse,
)
from easd.eas.request import Command
from easd.model.event import Event
from easd.model.folder import FolderType
from easd.service import ids
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
