"""Drafts as a device writes them (16.0 and later): MS-ASEMAIL R1489, R1490, R14890, R14900, MS-ASAIRS Add, Delete."""

from dataclasses import field, replace
from typing import Final

from easd.eas.items.attachments import ATTACHMENT_CHANGES, AttachmentAdd, AttachmentDelete
from easd.eas.items.body import BODY_ASKED, BodyData
from easd.eas.items.email import EmailChange, dump_email_change, load_email_change
from easd.eas.schema import (
    TEXT,
    Enumeration,
    Prop,
    Schema,
    children_of,
)
from easd.eas.versions import V16_0, Version, since
from easd.model.email import Importance
from easd.model.frozen import dataclass
from easd.wbxml import Element, Writer, tag

_NEW: Final = since(V16_0)


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


DRAFT = Schema(
    DraftChange,
    (
        Prop("Email:To", "to", TEXT, "MS-ASEMAIL To R788", _NEW),
        Prop("Email:Cc", "cc", TEXT, "MS-ASEMAIL Cc R331", _NEW),
        Prop("Email2:Bcc", "bcc", TEXT, "MS-ASEMAIL Bcc R1129", _NEW),
        Prop("Email:ReplyTo", "reply_to", TEXT, "MS-ASEMAIL ReplyTo R711", _NEW),
        Prop("Email:Subject", "subject", TEXT, "MS-ASEMAIL Subject", _NEW),
        Prop("Email:Importance", "importance", Enumeration(Importance), "MS-ASEMAIL Importance R483", _NEW),
        Prop("AirSyncBase:Attachments", "attachments", ATTACHMENT_CHANGES, "MS-ASAIRS Attachments", _NEW),
        Prop("AirSyncBase:Body", "body", BODY_ASKED, "MS-ASAIRS Body R105", _NEW),
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
