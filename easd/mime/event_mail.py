"""An event as the message that would bring it: what is answered and forwarded where an event is the source."""

import binascii
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime

from easd.mime.compose import NewAttachment, address_line, revised, subject_line
from easd.mime.html_text import text_to_fragment
from easd.mime.icalendar.write import meeting_text
from easd.mime.note_body import plain_text
from easd.mime.parts import part
from easd.model.email import Address, Attachment, AttachmentMethod, BodyType
from easd.model.event import MEETING, Event, Occurrence
from easd.model.instances import instance_of


def event_message(
    event: Event,
    occurrence: Occurrence | None,
    files: Sequence[NewAttachment],
    now: datetime,
    boundary: str,
    title: str | None = None,
) -> bytes:
    """The event, or one occurrence of it alone, as RFC 5322 bytes: its notes as text, itself as a calendar, its files.

    A meeting is an invitation (REQUEST), an appointment a published event (RFC 5546). `boundary` is random; `title` is
    what it is called in the calendar of who gets it, if that is not its subject.
    """
    shown = event if occurrence is None else instance_of(event, occurrence)
    method = "REQUEST" if is_meeting(event) else "PUBLISH"
    calendar = _calendar(event, occurrence, method, now, title)
    people = [Address(attendee.name, attendee.email) for attendee in shown.attendees]
    organizer = [Address(event.organizer_name or "", event.organizer_email)] if event.organizer_email else []
    head = b"".join(
        (
            address_line("From", organizer),
            address_line("To", people),
            subject_line(shown.subject or ""),
            f"Date: {format_datetime(shown.stamp or shown.modified)}\r\nMIME-Version: 1.0\r\n".encode(),
        )
    )
    parts = [*_texts(shown), _part(f"text/calendar; charset=utf-8; method={method}", calendar)]
    line = f"--{boundary}-text\r\n".encode()
    inner = b"".join(line + part + b"\r\n" for part in parts) + f"--{boundary}-text--\r\n".encode()
    form = f'Content-Type: multipart/alternative; boundary="{boundary}-text"\r\n\r\n'.encode()
    return revised(head + form + inner, None, frozenset(), files, boundary)


def _calendar(event: Event, occurrence: Occurrence | None, method: str, now: datetime, title: str | None) -> bytes:
    """The event as iCalendar, under the title if there is one."""
    if title is not None:
        event = replace(event, subject=title)
        occurrence = None if occurrence is None else replace(occurrence, subject=title)
    return meeting_text(event, method, now, occurrences=None if occurrence is None else [occurrence])


def files_of(raw: bytes, attachments: Iterable[Attachment]) -> list[NewAttachment]:
    """The attachments of an event, to be attached to a message; `raw` are the bytes that hold them."""
    return [
        NewAttachment(
            each.name,
            part(raw, each.part).data,
            each.content_type,
            each.content_id,
            each.content_location,
            each.inline,
            each.method is AttachmentMethod.EMBEDDED_MESSAGE,
        )
        for each in attachments
    ]


def is_meeting(event: Event) -> bool:
    """Whether others take part."""
    return bool(event.attendees) or bool((event.meeting_status or 0) & MEETING)


def _texts(event: Event) -> list[bytes]:
    facts = _facts(event)
    texts = [("plain", f"{facts}\r\n{plain_text(event.body)}")]
    if event.body.type is BodyType.HTML:
        texts.append(("html", f"<div>{text_to_fragment(facts)}</div>{event.body.text}"))
    return [_part(f"text/{kind}; charset=utf-8", text.encode("utf-8", "replace")) for kind, text in texts]


def _facts(event: Event) -> str:
    """When and where, for who reads no calendars."""
    where = f"Where: {event.location.title}\r\n" if event.location.title else ""
    start, end = event.start, event.end
    if event.all_day:
        when = f"{start:%Y-%m-%d}"
    else:
        until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
        when = f"{start:%Y-%m-%d %H:%M} - {until} ({start:%z})"
    return f"When: {when}\r\n{where}"


def _part(content_type: str, data: bytes) -> bytes:
    encoded = binascii.b2a_base64(data, newline=False)
    lines = b"\r\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + lines
