"""The mail that tells a delegate of a meeting message for somebody else: it stands in for the message itself, which
clients must not answer there (MS-ASCMD R5600, Substitute Meeting Invitation Email).
"""

from datetime import date, datetime, timedelta
from email.utils import format_datetime
from typing import Final

from easd.mime.compose import NewText, address_line, importance_line, subject_line, text_part
from easd.mime.headers import Headers
from easd.mime.scan import scan
from easd.model.email import Address, BodyType, Email, MeetingRequest
from easd.model.zone import local, zone

_WORDS: Final = {
    "REQUEST": "Meeting request for", "CANCEL": "Canceled meeting of", "REPLY": "Answer to a meeting of",
    "COUNTER": "Other times for a meeting of",
}  # fmt: skip
TOLD: Final = frozenset(_WORDS)
"""The methods of messages that delegates are told of."""
_THREAD: Final = ("thread-index", "references", "in-reply-to")
_MAX_FIELD: Final = 2000


def write_substitute(raw: bytes, original: Email, owner: str, delegate: Address, message_id: str) -> bytes:
    """The mail to the delegate as RFC 5322 bytes. `original` is the message as it came for the owner of that name, and
    `raw` its bytes, which stay as they are (R5704).
    """
    meeting = original.meeting
    assert meeting is not None  # it is a meeting message
    explained = f"{_WORDS.get(meeting.method, _WORDS['REQUEST'])} {owner}"
    head = (
        address_line("From", original.from_)  # R5606
        + address_line("To", [delegate])  # R5604, R5605: without a Cc
        + subject_line(f"{explained}: {original.subject}")  # R5607, R5622
        + subject_line(original.thread_topic).replace(b"Subject:", b"Thread-Topic:", 1)  # R5610
        + importance_line(original.importance)  # R5611
        + b"".join(_thread(raw, original))  # R5619, R5620
    )
    head += f"Date: {format_datetime(original.sent or original.received)}\r\nMessage-ID: <{message_id}>\r\n".encode()
    head += b"MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n"
    return head + text_part(NewText(BodyType.PLAIN, _summary(explained, original, meeting).encode("utf-8", "replace")))


def _thread(raw: bytes, original: Email) -> list[bytes]:
    """The fields that keep it in the conversation of the original."""
    headers: Headers = scan(raw).root.headers
    found = {name: headers.first(name) for name in _THREAD}
    if not found["thread-index"] and not found["references"] and original.message_id:
        found["references"] = f"<{(original.in_reply_to or original.message_id)}>"
    lines = (f"{name.title()}: {' '.join(value.split())}\r\n" for name, value in found.items() if value)
    return [line.encode("ascii", "replace") for line in lines if len(line) <= _MAX_FIELD]


def _summary(explained: str, original: Email, meeting: MeetingRequest) -> str:
    """R5613, R5623: what, when and where."""
    organizer = meeting.organizer or (str(original.from_[0].address) if original.from_ else "")
    rows = (
        ("What", original.subject),
        ("When", _when(meeting)),
        ("Where", meeting.location),
        ("Organizer", organizer.replace('"', "")),
        ("Repeats", meeting.recurrence_rule),
    )
    lines = [explained, "", *(f"{name}: {' '.join(value.split())}" for name, value in rows if value)]
    return "\r\n".join((*lines, "", "Answer in the calendar itself.", ""))


def _when(meeting: MeetingRequest) -> str:
    try:
        where = zone("", meeting.time_zone)
        start, end = local(meeting.start, where), local(meeting.end, where)
    except (ValueError, OverflowError):  # a stranger's times, at the end of all time
        start, end = meeting.start, meeting.end
    if meeting.all_day:
        return _days(meeting.start.date(), meeting.end.date() - timedelta(days=1))
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} - {until} (UTC{_offset(start)})"


def _days(first: date, last: date) -> str:
    return f"{first}" if last <= first else f"{first} - {last}"


def _offset(time: datetime) -> str:
    return time.isoformat()[-6:]
