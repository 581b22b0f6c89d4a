"""Mail that carries meeting messages (iMIP, RFC 6047): read for the calendar, and written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from easd.mime import bodies
from easd.mime.charset import decode
from easd.mime.classify import meeting_class
from easd.mime.compose import (
    NewAttachment,
    NewText,
    address_line,
    base64_lines,
    joined,
    revised,
    subject_line,
    text_part,
)
from easd.mime.content import decoded
from easd.mime.html_text import html_to_text
from easd.mime.icalendar.lines import CalendarFault
from easd.mime.icalendar.read import ReadCalendar, read_calendar
from easd.mime.scan import scan
from easd.model.email import Address, BodyType
from easd.model.note_body import NO_NOTES, NoteBody


def read_meeting(raw: bytes, now: datetime, owner: frozenset[str] = frozenset()) -> ReadCalendar | None:
    """The meeting message of a mail, for the calendar of the owner of these addresses (lower case); None where it has
    none that can be understood.
    """
    for node in bodies.choose(scan(raw).root).calendars:
        text, _ = decode(decoded(raw, node), node.parameters.get("charset") or "utf-8")
        try:
            found = read_calendar(text.encode("utf-8", "replace"), now, method=_method(node.parameters), owner=owner)
        except CalendarFault:
            continue
        if meeting_class(found.method, "") is not None:
            return found
    return None


def _method(parameters: dict[str, str]) -> str:
    return parameters.get("method", "").strip().upper()


@dataclass(frozen=True, slots=True)
class MeetingMail:
    """What goes into a mail beside the meeting message itself: `calendar`, a text of iCalendar. `by`: who sends it for
    the sender.
    """

    sender: Address
    to: Sequence[Address]
    subject: str
    calendar: bytes
    method: str
    body: NoteBody = field(default=NO_NOTES)
    files: Sequence[NewAttachment] = ()
    by: Address | None = None


def write_meeting(mail: MeetingMail, message_id: str, now: datetime) -> bytes:
    """The mail as RFC 5322 bytes: the text for those who read it, and the calendar for programs."""
    boundary = f"=_{message_id.partition('@')[0]}"
    form = f'multipart/alternative; boundary="{boundary}"'
    head = _head(mail.sender, mail.to, mail.subject, message_id, now)
    head = head if mail.by is None else address_line("Sender", [mail.by]) + head
    head += f"Content-Class: urn:content-classes:calendarmessage\r\nContent-Type: {form}\r\n\r\n".encode()
    raw = head + joined([*map(text_part, _texts(mail.body)), _calendar(mail)], boundary)
    return revised(raw, None, frozenset(), mail.files, f"{boundary}f") if mail.files else raw


def write_note(
    sender: Address, to: Sequence[Address], subject: str, text: str, message_id: str, now: datetime
) -> bytes:
    """A mail of plain text as RFC 5322 bytes."""
    part = text_part(NewText(BodyType.PLAIN, text.encode("utf-8", "replace")))
    return _head(sender, to, subject, message_id, now) + part


def _head(sender: Address, to: Sequence[Address], subject: str, message_id: str, now: datetime) -> bytes:
    return (
        address_line("From", [sender])
        + address_line("To", to)
        + subject_line(subject)
        + f"Date: {format_datetime(now)}\r\nMessage-ID: <{message_id}>\r\nMIME-Version: 1.0\r\n".encode()
    )


def _texts(body: NoteBody) -> Sequence[NewText]:
    if body.type is not BodyType.HTML:
        return (NewText(BodyType.PLAIN, body.text.encode("utf-8", "replace")),)
    both = (BodyType.PLAIN, html_to_text(body.text)), (BodyType.HTML, body.text)
    return tuple(NewText(kind, text.encode("utf-8", "replace")) for kind, text in both)


def _calendar(mail: MeetingMail) -> bytes:
    head = f"Content-Type: text/calendar; charset=utf-8; method={mail.method}\r\n"
    return f"{head}Content-Transfer-Encoding: base64\r\n\r\n".encode() + base64_lines(mail.calendar)


# ---------------------------------------------------------------- mail that a device has written

_COUNT = re.compile(
    rb"^(?:SEQUENCE|DTSTAMP)(?:;[^:\r\n]*)?:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*", re.MULTILINE | re.IGNORECASE
)
_EVENT = re.compile(rb"^BEGIN:VEVENT[ \t]*(\r?\n)", re.MULTILINE | re.IGNORECASE)
_SIGNED = ("multipart/signed", "application/pkcs7-mime", "application/x-pkcs7-mime")


def may_be_meeting(raw: bytes) -> bool:
    """Whether it is worth while to look for a meeting message in a mail."""
    return b"text/calendar" in raw or b"TEXT/CALENDAR" in raw


def with_revision(raw: bytes, sequence: int, stamp: datetime) -> bytes:
    """A mail whose meeting message says this count and time of its revision, which devices do not know. What is signed
    stays as it is.
    """
    root = scan(raw).root
    if root.content_type in _SIGNED:
        return raw
    for node in bodies.choose(root).calendars:
        encoding = node.headers.first("content-transfer-encoding").strip().lower()
        body = decoded(raw, node) if encoding == "base64" else raw[node.body : node.end]
        counted = _counted(body, sequence, stamp)
        raw = raw[: node.body] + (base64_lines(counted) if encoding == "base64" else counted) + raw[node.end :]
        break
    return raw


def _counted(calendar: bytes, sequence: int, stamp: datetime) -> bytes:
    bare = _COUNT.sub(b"", calendar)
    said = f"SEQUENCE:{sequence}".encode(), f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}".encode()
    return _EVENT.sub(lambda found: found[0] + b"".join(line + found[1] for line in said), bare)
