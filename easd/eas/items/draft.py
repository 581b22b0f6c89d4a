"""Drafts as a device writes them (16.0 and later): MS-ASEMAIL R1489, R1490, R14890, R14900, MS-ASAIRS Add, Delete."""

from dataclasses import dataclass, field, replace
from typing import Final

from easd.eas.items.body import BODY, BodyData
from easd.eas.items.email import EmailChange, dump_email_change, load_email_change
from easd.eas.schema import (
    BASE64,
    PRESENCE,
    TEXT,
    Choice,
    Enumeration,
    Prop,
    Schema,
    Text,
    children_of,
)
from easd.eas.versions import V16_0, Version, since
from easd.model.email import AttachmentMethod, Importance
from easd.wbxml import Element, Writer, tag

_NEW: Final = since(V16_0)


@dataclass(frozen=True, slots=True)
class AttachmentAdd:
    """An attachment that the device adds; `client_id` is what the answer names it by (MS-ASAIRS R1006-R1016)."""

    client_id: str
    content: bytes
    display_name: str
    method: AttachmentMethod
    content_type: str | None = None
    content_id: str | None = None
    content_location: str | None = None
    inline: bool = False


@dataclass(frozen=True, slots=True)
class AttachmentDelete:
    """An attachment that the device takes out (MS-ASAIRS R1166)."""

    file_reference: str


@dataclass(frozen=True, slots=True)
class DraftChange:
    """What a device says of a draft: None leaves a thing as it is. `attachments` in the order of the request."""

    to: str | None = None
    cc: str | None = None
    bcc: str | None = None
    reply_to: str | None = None
    subject: str | None = None
    importance: Importance | None = None
    body: BodyData | None = None
    attachments: tuple[AttachmentAdd | AttachmentDelete, ...] = ()
    state: EmailChange = field(default_factory=EmailChange)

    @property
    def adds(self) -> tuple[AttachmentAdd, ...]:
        return tuple(one for one in self.attachments if isinstance(one, AttachmentAdd))

    @property
    def deletes(self) -> tuple[AttachmentDelete, ...]:
        return tuple(one for one in self.attachments if isinstance(one, AttachmentDelete))


_ADD = Schema(
    AttachmentAdd,
    (
        Prop("AirSyncBase:ClientId", "client_id", Text(256), "MS-ASAIRS ClientId R1079", _NEW, required=True),
        Prop("AirSyncBase:Content", "content", BASE64, "MS-ASAIRS Content R1087, R1088", _NEW, required=True),
        Prop("AirSyncBase:DisplayName", "display_name", TEXT, "MS-ASAIRS DisplayName (Add) R1353", required=True),
        Prop(
            "AirSyncBase:Method",
            "method",
            Enumeration(AttachmentMethod),
            "MS-ASAIRS Method (Add) R1387",
            required=True,
        ),
        Prop("AirSyncBase:ContentType", "content_type", Text(256), "MS-ASAIRS ContentType (Add) R1111", _NEW),
        Prop("AirSyncBase:ContentId", "content_id", Text(998), "MS-ASAIRS ContentId (Add) R1339"),
        Prop("AirSyncBase:ContentLocation", "content_location", TEXT, "MS-ASAIRS ContentLocation (Add) R1346"),
        Prop("AirSyncBase:IsInline", "inline", PRESENCE, "MS-ASAIRS IsInline (Add) R1382, R1383"),
    ),
)
_DELETE = Schema(
    AttachmentDelete,
    (
        Prop(
            "AirSyncBase:FileReference",
            "file_reference",
            Text(1024),
            "MS-ASAIRS FileReference (Delete) R1166",
            required=True,
        ),
    ),
)
_ATTACHMENTS = Choice({"AirSyncBase:Add": (AttachmentAdd, _ADD), "AirSyncBase:Delete": (AttachmentDelete, _DELETE)})
DRAFT = Schema(
    DraftChange,
    (
        Prop("Email:To", "to", TEXT, "MS-ASEMAIL To R788", _NEW),
        Prop("Email:Cc", "cc", TEXT, "MS-ASEMAIL Cc R331", _NEW),
        Prop("Email2:Bcc", "bcc", TEXT, "MS-ASEMAIL Bcc R1129", _NEW),
        Prop("Email:ReplyTo", "reply_to", TEXT, "MS-ASEMAIL ReplyTo R711", _NEW),
        Prop("Email:Subject", "subject", TEXT, "MS-ASEMAIL Subject", _NEW),
        Prop("Email:Importance", "importance", Enumeration(Importance), "MS-ASEMAIL Importance R483", _NEW),
        Prop("AirSyncBase:Attachments", "attachments", _ATTACHMENTS, "MS-ASAIRS Attachments", _NEW),
        Prop("AirSyncBase:Body", "body", BODY, "MS-ASAIRS Body R105", _NEW),
    ),
)
_CONTENT_TAGS = frozenset(tag(row.tag) for row in DRAFT.props)


def load_draft(element: Element, version: Version) -> DraftChange:
    """What an ApplicationData says of a draft. Other elements of a message are not read (MS-ASCMD R875). Malformed for
    what no message has, what only the server sets, and values out of range.
    """
    children = children_of(element)
    content = [child for child in children if child.tag in _CONTENT_TAGS]
    state = load_email_change(Element(element.tag, [c for c in children if c.tag not in _CONTENT_TAGS]), version)
    return replace(DRAFT.load(Element(element.tag, content), version), state=state)


def dump_draft(change: DraftChange, version: Version) -> bytes:
    """The children of an ApplicationData that writes a draft, as a client sends it."""
    writer = Writer()
    DRAFT.dump_children(writer, change, version)
    return writer.fragment() + dump_email_change(change.state, version)
