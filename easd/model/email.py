"""A mail message as the mailbox keeps it: what its sender wrote, and what its owner did with it.

The RFC 5322 bytes are kept apart, exact; these values are what lists, rules and the wire need of them, extracted once.
"""

from dataclasses import field, fields
from datetime import datetime
from enum import IntEnum

from easd.model.altered import altered
from easd.model.frozen import dataclass
from easd.model.moments import milliseconds
from easd.model.short_message import APART


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address header: display name (may be empty) and address as written (`local@domain`)."""

    name: str
    address: str


class AttachmentMethod(IntEnum):
    """MS-ASAIRS Method: how the attachment is kept."""

    NORMAL = 1
    EMBEDDED_MESSAGE = 5
    OLE = 6


class TransferEncoding(IntEnum):
    """How the content of a MIME part is encoded (RFC 2045 section 6; NONE: 7bit, 8bit, binary, and unknown ones)."""

    NONE = 0
    BASE64 = 1
    QUOTED_PRINTABLE = 2
    UUENCODE = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where the content of a part lies in the bytes of its message: from `start` to before `end`, still encoded.

    Where all lines of base64 are alike, `width` is the number of characters in each, `stride` that of its bytes with
    the line end; else both are 0. `offset`: the content of a file inside of another begins there, once decoded.
    """

    start: int
    end: int
    encoding: TransferEncoding = TransferEncoding.NONE
    width: int = 0
    stride: int = 0
    offset: int = 0


class BodyType(IntEnum):
    """MS-ASAIRS Type (Body)."""

    PLAIN = 1
    HTML = 2
    RTF = 3
    MIME = 4


class Importance(IntEnum):
    """MS-ASEMAIL Importance."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment of a message.

    `part` is the path of its MIME part: child numbers from 1, joined by dots ("2", "2.1"; "" is the message itself).
    `size` is the number of bytes after decoding. `content_id` is without angle brackets. `place` is kept so that the
    file can be read without the rest of the message; it says nothing of what the file is. Of a voice message,
    `voice_order` counts its recordings from the latest on, which is 1, and `voice_seconds` is the length of that one.
    `identifier` is kept with an attachment that a device has added, and stays when others are taken out.
    """

    part: str
    name: str
    content_type: str
    size: int
    method: AttachmentMethod = AttachmentMethod.NORMAL
    content_id: str | None = None
    content_location: str | None = None
    inline: bool = False
    place: Place | None = field(default=None, compare=False)
    voice_order: int | None = None
    voice_seconds: int | None = None
    identifier: str | None = None

    @property
    def reference(self) -> str:
        """What it is known by in its item (MS-ASAIRS R213, R1374)."""
        return self.identifier or self.part


class FlagStatus(IntEnum):
    """MS-ASEMAIL Status (Flag)."""

    CLEARED = 0
    COMPLETE = 1
    ACTIVE = 2


@dataclass(frozen=True, slots=True)
class Flag:
    """A follow-up flag (MS-ASEMAIL Flag). Times are aware datetimes in UTC; the "local" ones carry wall time marked
    as UTC, as sent. `reminder_set` None, as there are kept ones, is False.
    """

    status: FlagStatus
    flag_type: str | None = None
    subject: str | None = None
    start_date: datetime | None = None
    utc_start_date: datetime | None = None
    due_date: datetime | None = None
    utc_due_date: datetime | None = None
    date_completed: datetime | None = None
    complete_time: datetime | None = None
    reminder_set: bool | None = False
    reminder_time: datetime | None = None
    ordinal_date: datetime | None = None
    sub_ordinal_date: str | None = None


@dataclass(frozen=True, slots=True)
class MeetingRequest:
    """What an iTIP message says, as MS-ASEMAIL MeetingRequest shows it. Times are aware datetimes in UTC.

    `message_type` is the MeetingMessageType that it had for its recipient on arrival (MS-ASEMAIL R531), None where that
    is not known; the proposed times are those of an answer, `forwardees` whom somebody has forwarded the meeting to.
    `delegated`: its recipient leaves the answer to a delegate. `orphan`: it is about one occurrence of a series to
    which the recipient was not invited.
    `time_zone` is the 172-byte TIME_ZONE_INFORMATION structure of MS-ASDTYPE, `global_obj_id` the bytes that become
    GlobalObjId, `recurrence_rule` the RRULE value of RFC 5545 ("" for a single meeting).
    """

    method: str
    uid: str
    global_obj_id: bytes
    start: datetime
    end: datetime
    stamp: datetime
    all_day: bool = False
    organizer: str = ""
    location: str = ""
    busy_status: int = 2
    sensitivity: int = 0
    reminder_seconds: int | None = None
    response_requested: bool = True
    recurrence_id: datetime | None = None
    time_zone: bytes = b""
    sequence: int = 0
    disallow_new_time_proposal: bool = False
    recurrence_rule: str = ""
    message_type: int | None = None
    proposed_start: datetime | None = None
    proposed_end: datetime | None = None
    forwardees: tuple[Address, ...] = ()
    orphan: bool = False
    delegated: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """The mailbox's counter at the last change of each part of a message's state; 0: it is as it was delivered."""

    read: int = 0
    flag: int = 0
    categories: int = 0
    verb: int = 0


@dataclass(frozen=True, slots=True)
class Email:
    """One message. Header texts are decoded Unicode without NUL; absent headers are empty texts, empty tuples or None.

    `message_id`, `in_reply_to` and `references` are without angle brackets. Of a `short_message` (SMS), `from_` and
    `to` are names without addresses: the texts by which its device names people and their numbers.
    """

    received: datetime
    subject: str = ""
    from_: tuple[Address, ...] = ()
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    sent: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    thread_topic: str = ""
    conversation_id: bytes = b""
    conversation_index: bytes = b""
    importance: Importance = Importance.NORMAL
    message_class: str = "IPM.Note"
    content_class: str = "urn:content-classes:message"
    internet_cpid: int = 65001
    native_body_type: BodyType = BodyType.PLAIN
    preview: str = ""
    plain_size: int = 0
    html_size: int = 0
    mime_size: int = 0
    attachments: tuple[Attachment, ...] = ()
    meeting: MeetingRequest | None = None
    read: bool = False
    flag: Flag | None = None
    categories: tuple[str, ...] = ()
    last_verb_executed: int | None = None
    last_verb_time: datetime | None = None
    received_as_bcc: bool = False
    is_draft: bool = False
    um_caller_id: str | None = None
    short_message: bool = False
    changes: Changes = field(default=Changes(), compare=False)

    @property
    def sort_time(self) -> int:
        """What filters and order go by: when it was received, in milliseconds since 1970 UTC; of a short message, that
        set apart from all mail.
        """
        received = milliseconds(self.received)
        return received - APART if self.short_message else received

    @property
    def verb(self) -> tuple[int | None, datetime | None]:
        """What was done with it last, and when."""
        return self.last_verb_executed, self.last_verb_time

    def counted(self, before: "Email | None", counter: int) -> "Email":
        """The message, with `counter` noted for what differs from `before`; for all of its state where that is not
        known.
        """
        parts = [name for name in _STATE if before is None or getattr(before, name) != getattr(self, name)]
        known = Changes() if before is None else before.changes
        return altered(self, changes=altered(known, **dict.fromkeys(parts, counter)))


_STATE = tuple(each.name for each in fields(Changes))


@dataclass(frozen=True, slots=True)
class EmailTexts:
    """The readable bodies of a message, as UTF-8: `plain` always (derived where only HTML was sent), `html` where
    HTML was sent, `rtf` in base64 where notes were written in it. `extraction` is the number of the extraction that
    they are of, None where they come from elsewhere.
    """

    plain: bytes = b""
    html: bytes | None = None
    extraction: int | None = field(default=None, compare=False)
    rtf: bytes | None = None
