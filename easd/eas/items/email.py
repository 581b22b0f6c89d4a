"""Email (MS-ASEMAIL): messages down, and the changes of their state up."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from itertools import accumulate

from easd.eas.items.body import (
    ATTACHMENTS,
    BODY,
    BODY_PART,
    BODY_TEXT,
    AttachmentData,
    BodyData,
    BodyPartData,
    body_data,
    body_part_data,
)
from easd.eas.items.flag import FLAG, NO_FLAG, check_flag
from easd.eas.items.meeting import MEETING_REQUEST, MeetingRequestData, meeting_data
from easd.eas.schema import (
    BOOLEAN,
    BYTES,
    DATE,
    TEXT,
    TRUE_ONLY,
    Enumeration,
    Integer,
    ListOf,
    Malformed,
    Prop,
    Schema,
    Text,
    children_of,
)
from easd.eas.versions import V2_5, V12_0, V14_0, V14_1, V16_0, Version, since, until
from easd.model.altered import altered
from easd.model.body import Body
from easd.model.email import (
    Address,
    Attachment,
    AttachmentMethod,
    BodyType,
    Changes,
    Email,
    Flag,
    FlagStatus,
    Importance,
)
from easd.model.frozen import dataclass
from easd.wbxml import NAMES, Element, Writer, tag

MAX_ADDRESSES = 32_768
"""Characters that To and From may have (MS-ASEMAIL R788, R477); Cc and ReplyTo are kept to the same."""
MAX_BCC = 1_024
MAX_CATEGORIES = 300
"""MS-ASEMAIL R324."""


@dataclass(slots=True)
class EmailData:
    """A message as on the wire. None: the element is absent. `flag` with status CLEARED is the empty element."""

    to: str | None = None
    cc: str | None = None
    from_: str | None = None
    subject: str | None = None
    reply_to: str | None = None
    date_received: datetime | None = None
    display_to: str | None = None
    thread_topic: str | None = None
    importance: Importance | None = None
    read: bool | None = None
    attachments: tuple[AttachmentData, ...] = ()
    body: BodyData | None = None
    body_part: BodyPartData | None = None
    message_class: str | None = None
    meeting_request: MeetingRequestData | None = None
    internet_cpid: str | None = None
    flag: Flag | None = None
    content_class: str | None = None
    native_body_type: BodyType | None = None
    conversation_id: bytes | None = None
    conversation_index: bytes | None = None
    last_verb_executed: int | None = None
    last_verb_time: datetime | None = None
    received_as_bcc: bool = False
    um_caller_id: str | None = None
    sender: str | None = None
    categories: tuple[str, ...] | None = None
    bcc: str | None = None
    is_draft: bool | None = None
    body_size: int | None = None
    body_truncated: bool = False
    body_text: bytes | None = None
    mime_size: int | None = None
    mime_truncated: bool = False
    mime_data: bytes | None = None


_OLD_ATTACHMENT = Schema(
    AttachmentData,
    (
        Prop("Email:AttName", "file_reference", TEXT, "MS-ASWBXML code page 2, 2.5", until(V2_5), required=True),
        Prop("Email:AttSize", "estimated_size", Integer(), "MS-ASWBXML code page 2, 2.5", until(V2_5)),
        Prop("Email:AttMethod", "method", Enumeration(AttachmentMethod), "MS-ASWBXML code page 2, 2.5", until(V2_5)),
        Prop("Email:DisplayName", "display_name", TEXT, "MS-ASWBXML code page 2, 2.5", until(V2_5)),
    ),
)
"""Attachment as 2.5 has it; its name is what GetAttachment asks for."""

_CATEGORY_LIST = ListOf("Email:Category", Text(max_length=1024), at_most=MAX_CATEGORIES, keep_empty=True)
_READ = Prop("Email:Read", "read", BOOLEAN, "MS-ASEMAIL Read R643")
_FLAG = Prop("Email:Flag", "flag", FLAG, "MS-ASEMAIL Flag R437", since(V12_0))
_CATEGORIES = Prop("Email:Categories", "categories", _CATEGORY_LIST, "MS-ASEMAIL Categories R318, R319", since(V14_0))
_VERB = Prop(
    "Email2:LastVerbExecuted", "last_verb_executed", Integer(), "MS-ASEMAIL LastVerbExecuted R514", since(V14_0)
)
_VERB_TIME = Prop(
    "Email2:LastVerbExecutionTime", "last_verb_time", DATE, "MS-ASEMAIL LastVerbExecutionTime R520", since(V14_0)
)

EMAIL: Schema[EmailData] = Schema(
    EmailData,
    (
        Prop("Email:To", "to", TEXT, "MS-ASEMAIL To R788"),
        Prop("Email:Cc", "cc", TEXT, "MS-ASEMAIL Cc R331"),
        Prop("Email:From", "from_", TEXT, "MS-ASEMAIL From R477"),
        Prop("Email:Subject", "subject", TEXT, "MS-ASEMAIL Subject"),
        Prop("Email:ReplyTo", "reply_to", TEXT, "MS-ASEMAIL ReplyTo R711"),
        Prop("Email:DateReceived", "date_received", DATE, "MS-ASEMAIL DateReceived R364"),
        Prop("Email:DisplayTo", "display_to", TEXT, "MS-ASEMAIL DisplayTo R400"),
        Prop("Email:ThreadTopic", "thread_topic", TEXT, "MS-ASEMAIL ThreadTopic R778"),
        Prop("Email:Importance", "importance", Enumeration(Importance), "MS-ASEMAIL Importance R483"),
        _READ,
        Prop("AirSyncBase:Attachments", "attachments", ATTACHMENTS, "MS-ASAIRS Attachments", since(V12_0)),
        Prop(
            "Email:Attachments",
            "attachments",
            ListOf("Email:Attachment", _OLD_ATTACHMENT),
            "MS-ASWBXML code page 2, 2.5",
            until(V2_5),
        ),
        Prop("AirSyncBase:Body", "body", BODY, "MS-ASAIRS Body R105, R386", since(V12_0)),
        Prop("AirSyncBase:BodyPart", "body_part", BODY_PART, "MS-ASAIRS BodyPart", since(V14_1)),
        Prop("Email:MIMETruncated", "mime_truncated", TRUE_ONLY, "MS-ASWBXML code page 2, 2.5", until(V2_5)),
        Prop("Email:MIMEData", "mime_data", BODY_TEXT, "MS-ASWBXML code page 2, 2.5", until(V2_5)),
        Prop("Email:MIMESize", "mime_size", Integer(), "MS-ASWBXML code page 2, 2.5", until(V2_5)),
        Prop("Email:BodyTruncated", "body_truncated", TRUE_ONLY, "MS-ASWBXML code page 2, 2.5", until(V2_5)),
        Prop("Email:Body", "body_text", BODY_TEXT, "MS-ASWBXML code page 2, 2.5", until(V2_5)),
        Prop("Email:BodySize", "body_size", Integer(), "MS-ASWBXML code page 2, 2.5", until(V2_5)),
        Prop("Email:MessageClass", "message_class", TEXT, "MS-ASEMAIL MessageClass R584"),
        Prop("Email:MeetingRequest", "meeting_request", MEETING_REQUEST, "MS-ASEMAIL MeetingRequest R543"),
        Prop("Email:InternetCPID", "internet_cpid", TEXT, "MS-ASEMAIL InternetCPID R496"),
        _FLAG,
        Prop("Email:ContentClass", "content_class", TEXT, "MS-ASEMAIL ContentClass", since(V12_0)),
        Prop(
            "AirSyncBase:NativeBodyType",
            "native_body_type",
            Enumeration(BodyType),
            "MS-ASAIRS NativeBodyType R231",
            since(V12_0),
        ),
        Prop("Email2:ConversationId", "conversation_id", BYTES, "MS-ASEMAIL ConversationId", since(V14_0)),
        Prop("Email2:ConversationIndex", "conversation_index", BYTES, "MS-ASEMAIL ConversationIndex", since(V14_0)),
        _VERB,
        _VERB_TIME,
        Prop("Email2:ReceivedAsBcc", "received_as_bcc", TRUE_ONLY, "MS-ASEMAIL ReceivedAsBcc R649", since(V14_0)),
        Prop("Email2:UmCallerID", "um_caller_id", TEXT, "MS-ASEMAIL UmCallerID R812", since(V14_0)),
        Prop("Email2:Sender", "sender", TEXT, "MS-ASEMAIL Sender R726", since(V14_0)),
        _CATEGORIES,
        Prop("Email2:Bcc", "bcc", TEXT, "MS-ASEMAIL Bcc R1129", since(V16_0)),
        Prop("Email2:IsDraft", "is_draft", BOOLEAN, "MS-ASEMAIL IsDraft R1271", since(V16_0)),
    ),
)
"""The Email class in responses, in the order in which Exchange writes it."""

_OF_SHORT_MESSAGES = frozenset(
    {
        "to", "from_", "date_received", "importance", "read", "body", "internet_cpid", "flag", "conversation_id",
        "conversation_index",
    }
)  # fmt: skip
_SHORT_MESSAGE: Schema[EmailData] = Schema(EmailData, [row for row in EMAIL.props if row.attr in _OF_SHORT_MESSAGES])
"""The SMS class (MS-ASMS 2.2.2.1)."""


def encode_email(
    email: Email,
    body: Body | None,
    references: Callable[[Attachment], str],
    version: Version,
    *,
    part: int | None = None,
    body_part: Body | None = None,
) -> bytes:
    """The children of a message's ApplicationData or Properties, as a fragment.

    `body` is what was chosen by the client's wishes (None: no Body element); `references` gives the FileReference
    (AttName
    in 2.5) of an attachment; `part` is the number of the multipart part that holds the body's data; `body_part` the
    body
    of a BodyPartPreference.
    """
    data = email_data(email, body, references, part, body_part)
    if body is not None and version in _BODY_SHAPES:
        data = _BODY_SHAPES[version](data, body)
    writer = Writer()
    if email.short_message:
        data = replace(data, to=_names(email.to), from_=_names(email.from_))
    (_SHORT_MESSAGE if email.short_message else EMAIL).dump_children(writer, data, version)
    return writer.fragment()


STATE = tuple(each.name for each in fields(Changes))
"""The parts of a message's state."""


def encode_email_state(email: Email, version: Version, parts: Container[str] = STATE) -> bytes:
    """The children of a Change that tells these parts of the state of a message, and nothing else of it; all of its
    state where the version knows none of the parts.

    MS-ASEMAIL R75, R76, R96, R100, R10604: what has changed of Read, Flag and Categories is all that is sent.
    """
    state = EmailData(
        read=email.read if "read" in parts else None,
        flag=(email.flag or NO_FLAG) if "flag" in parts else None,
        categories=email.categories if "categories" in parts else None,
        last_verb_executed=email.last_verb_executed if "verb" in parts else None,
        last_verb_time=email.last_verb_time if "verb" in parts else None,
    )
    writer = Writer()
    _STATE.dump_children(writer, state, version)
    return writer.fragment() or encode_email_state(email, version)


_STATE = Schema(EmailData, (_READ, _FLAG, _CATEGORIES, _VERB, _VERB_TIME))


def told_in_full(parts: Container[str], version: Version) -> bool:
    """Whether a Change of these parts of the state is one of the full item: more than Read, Flag and Categories has
    changed of what the version knows (MS-ASEMAIL R94, R98, R102, R106, R10602, R10606, R10610, R10614).
    """
    return "verb" in parts and version in _VERB.versions


def email_data(
    email: Email,
    body: Body | None,
    references: Callable[[Attachment], str],
    part: int | None = None,
    body_part: Body | None = None,
) -> EmailData:
    """The wire's value of a message, for every version at once: the table's rows choose."""
    return EmailData(
        to=addresses(email.to) or None,
        cc=addresses(email.cc) or None,
        from_=addresses(email.from_) or None,
        subject=email.subject,
        reply_to=addresses(email.reply_to, "; ") or None,
        date_received=email.received,
        display_to="; ".join([address.name or address.address for address in email.to]) or None,
        thread_topic=email.thread_topic or None,
        importance=email.importance,
        read=email.read,
        attachments=tuple([_attachment(attachment, references) for attachment in email.attachments]),
        body=body_data(body, part) if body is not None else None,
        body_part=body_part_data(body_part) if body_part is not None else None,
        message_class=email.message_class,
        meeting_request=meeting_data(email.meeting) if email.meeting is not None else None,
        internet_cpid=str(email.internet_cpid),
        flag=email.flag or NO_FLAG,
        content_class=email.content_class,
        native_body_type=email.native_body_type,
        conversation_id=email.conversation_id or None,
        conversation_index=email.conversation_index or None,
        last_verb_executed=email.last_verb_executed,
        last_verb_time=email.last_verb_time,
        received_as_bcc=email.received_as_bcc,
        um_caller_id=email.um_caller_id,
        sender=_sender(email),
        categories=email.categories,
        bcc=addresses(email.bcc, limit=MAX_BCC) or None if email.is_draft else None,
        is_draft=email.is_draft,
    )


def encode_draft_answer(
    email: Email,
    attachments: Sequence[Attachment],
    references: Callable[[Attachment], str],
    client_ids: Mapping[str, str],
    version: Version,
    *,
    new: bool,
) -> bytes:
    """The children of ApplicationData in the answer to a draft's Add (`new`) or Change: these attachments, with the
    ClientIds of those that came with it, by path (MS-ASAIRS R1336); of a new draft its conversation (MS-ASEMAIL R1184,
    R1190).
    """
    shown = [replace(_attachment(a, references), client_id=client_ids.get(a.part)) for a in attachments]
    data = EmailData(
        attachments=tuple(shown),
        conversation_id=email.conversation_id or None if new else None,
        conversation_index=email.conversation_index or None if new else None,
    )
    writer = Writer()
    EMAIL.dump_children(writer, data, version)
    return writer.fragment()


def addresses(values: tuple[Address, ...], separator: str = ", ", limit: int = MAX_ADDRESSES) -> str:
    """The addresses as one text; those that no longer fit into `limit` characters are left out, whole.

    Commas part To and Cc (MS-ASEMAIL R787, R331), semicolons ReplyTo (R711).
    """
    texts = [_address(value) for value in values]
    whole = separator.join(texts)
    return whole if len(whole) <= limit else separator.join(_fitting(texts, len(separator), limit))


def _fitting(texts: list[str], between: int, limit: int) -> list[str]:
    """As many of the texts, from the first on, as fit with what stands between them."""
    lengths = accumulate(len(text) + between for text in texts)
    return [text for text, length in zip(texts, lengths, strict=True) if length - between <= limit]


def _address(value: Address) -> str:
    name = value.name or value.address
    if '"' in name or "\\" in name:
        name = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{value.address}>'


def _names(people: tuple[Address, ...]) -> str | None:
    return ", ".join([person.name for person in people]) or None


def _sender(email: Email) -> str | None:
    """MS-ASEMAIL R726, R1065: only where somebody else sent it than the one it is from."""
    if email.sender is None or email.sender in email.from_:
        return None
    return _address(email.sender)


def _attachment(attachment: Attachment, references: Callable[[Attachment], str]) -> AttachmentData:
    return AttachmentData(
        file_reference=references(attachment),
        display_name=attachment.name,
        method=attachment.method,
        estimated_size=attachment.size,
        content_id=attachment.content_id,
        content_location=attachment.content_location,
        inline=attachment.inline,
        voice_seconds=attachment.voice_seconds,
        voice_order=attachment.voice_order,
    )


def _with_old_body(data: EmailData, body: Body) -> EmailData:
    """The body as 2.5 has it, beside its other elements: as text, or as MIME."""
    size, truncated, content = body.estimated_size, body.truncated, body.data
    if body.type is BodyType.MIME:
        return replace(data, mime_size=size, mime_truncated=truncated, mime_data=content)
    return replace(data, body_size=size, body_truncated=truncated, body_text=content)


_BODY_SHAPES: dict[Version, Callable[[EmailData, Body], EmailData]] = {V2_5: _with_old_body}


@dataclass(frozen=True, slots=True)
class EmailChange:
    """What a client's Change says of a message: None leaves a thing as it is; a flag with status CLEARED removes it.

    `more`: other elements of a message came along. They change nothing of a message that was received; for a draft they
    would be its new content.
    """

    read: bool | None = None
    flag: Flag | None = None
    categories: tuple[str, ...] | None = None
    more: bool = False

    def applied(self, email: Email) -> Email:
        """The message with the change made. Malformed for a flag that does not suit it."""
        return altered(
            email,
            read=email.read if self.read is None else self.read,
            flag=email.flag if self.flag is None else _flag_of(email, self.flag),
            categories=email.categories if self.categories is None else self.categories,
        )


def _flag_of(email: Email, flag: Flag) -> Flag | None:
    """The flag as it is kept: named like the message where the device names no subject (MS-ASEMAIL R1053). Malformed
    for an active flag without its FlagType, which only a meeting message may lack (R92, R470, R1058), and the flag of a
    task with both times of its completion (R943).
    """
    if flag == NO_FLAG:
        return None
    completed = flag.complete_time is not None and flag.date_completed is not None
    if flag.status is FlagStatus.ACTIVE and not (flag.flag_type or completed or email.meeting is not None):
        raise Malformed("an active flag without FlagType", "Flag")
    return flag if flag.subject else replace(flag, subject=email.subject or None)


_CHANGE = Schema(EmailChange, (_READ, _FLAG, _CATEGORIES))
_STATE_TAGS = {v: frozenset(tag(row.tag) for row in _CHANGE.props if v in row.versions) for v in Version}
_MESSAGE_NAMESPACES = frozenset({"Email", "Email2", "AirSyncBase"})
_READ_ONLY = frozenset(
    {
        *(tag(f"Email2:{name}") for name in ("ConversationId", "ReceivedAsBcc", "Sender", "UmCallerID", "UmUserNotes")),
        tag("AirSyncBase:BodyPart"),
    }
)
"""What a client must not send in a Change: Status 6 (MS-ASEMAIL R347, R648, R723, R817, R835, MS-ASAIRS R123)."""


def load_email_change(element: Element, version: Version) -> EmailChange:
    """What an ApplicationData in a client's Change asks for (MS-ASEMAIL R41: Read, Flag and Categories of a message).

    Other elements of a message are not read: to send them is no error (MS-ASCMD R875). Malformed for elements that no
    message has or that only the server sets, a value out of range, a date that cannot be read, or a flag that
    contradicts itself; the answer is Status 6 for the item (R409, R643, R702, R723, R757).
    """
    children = children_of(element)
    stated = [child for child in children if not _beside_the_state(child, version)]
    change = _CHANGE.load(Element(element.tag, stated), version)
    if change.flag is not None:
        check_flag(change.flag)
    return change if len(stated) == len(children) else replace(change, more=True)


def _beside_the_state(child: Element, version: Version) -> bool:
    if child.tag in _READ_ONLY:
        return False
    return child.tag not in _STATE_TAGS[version] and NAMES[child.tag].partition(":")[0] in _MESSAGE_NAMESPACES


def dump_email_change(change: EmailChange, version: Version) -> bytes:
    """The children of an ApplicationData that asks for the change, as a client sends it."""
    writer = Writer()
    _CHANGE.dump_children(writer, change, version)
    return writer.fragment()
