"""Bodies and attachments as every class has them (MS-ASAIRS Body, BodyPart, Attachments)."""

from enum import IntEnum

from easd.eas.schema import (
    TEXT,
    TRUE_ONLY,
    Boolean,
    Enumeration,
    Integer,
    Kind,
    ListOf,
    Malformed,
    Prop,
    Schema,
    text_of,
)
from easd.eas.status import BodyPartStatus
from easd.eas.versions import V14_0, V14_1, V16_0, Version, since
from easd.model.body import Body
from easd.model.email import AttachmentMethod, BodyType
from easd.model.frozen import dataclass
from easd.wbxml import Element, Tag, Writer


class _Text:
    """Text kept as UTF-8 bytes; the writer leaves out NUL, which an inline string cannot hold.

    Bytes that are not UTF-8 (a MIME message with 8-bit parts of another charset) are written as opaque data, unchanged.
    """

    def load(self, element: Element, version: Version) -> bytes:
        content = element.content
        return content if isinstance(content, bytes) else text_of(element).encode()

    def dump(self, writer: Writer, tag: Tag, value: bytes, version: Version) -> None:
        if value.isascii() or _is_utf8(value):
            writer.utf8(tag, value)
        else:
            writer.opaque(tag, value)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


BODY_TEXT: Kind = _Text()


class _TextOrHtml(Enumeration):
    """A type of body that is neither RTF nor MIME."""

    def load(self, element: Element, version: Version) -> IntEnum:
        kind = super().load(element, version)
        if kind not in (BodyType.PLAIN, BodyType.HTML):
            raise Malformed(f"no type of an event's body: {int(kind)}")
        return kind


@dataclass(slots=True)
class BodyData:
    """Body, as on the wire. `part` is the number of the part that holds the data, in a multipart answer. `truncated`
    None: not said, which means no.
    """

    type: BodyType
    estimated_size: int | None = None
    truncated: bool | None = None
    data: bytes | None = None
    part: int | None = None
    preview: str | None = None


@dataclass(frozen=True, slots=True)
class BodyPartData:
    """BodyPart, as on the wire (14.1 and later)."""

    status: int
    type: BodyType
    estimated_size: int = 0
    truncated: bool = False
    data: bytes | None = None
    preview: str | None = None


@dataclass(frozen=True, slots=True)
class AttachmentData:
    """Attachment, as on the wire. `estimated_size` in bytes after decoding."""

    file_reference: str
    display_name: str | None = None
    method: AttachmentMethod = AttachmentMethod.NORMAL
    estimated_size: int = 0
    content_id: str | None = None
    content_location: str | None = None
    inline: bool = False
    client_id: str | None = None
    voice_seconds: int | None = None
    voice_order: int | None = None


_TYPE = Prop("AirSyncBase:Type", "type", Enumeration(BodyType), "MS-ASAIRS Type (Body) R113", required=True)
_TRUNCATED = Prop("AirSyncBase:Truncated", "truncated", TRUE_ONLY, "MS-ASAIRS Truncated (Body) R277")
_DATA = Prop("AirSyncBase:Data", "data", BODY_TEXT, "MS-ASAIRS Data (Body) R178")
_SIZE = Prop("AirSyncBase:EstimatedDataSize", "estimated_size", Integer(), "MS-ASAIRS EstimatedDataSize (Body) R202")
_PREVIEW = Prop("AirSyncBase:Preview", "preview", TEXT, "MS-ASAIRS Preview (Body) R250", since(V14_0))

_SAID = Prop("AirSyncBase:Truncated", "truncated", Boolean(), "MS-ASAIRS Truncated (Body) R277, MS-ASCMD R3387, R3409")

BODY: Schema[BodyData] = Schema(
    BodyData,
    (_TYPE, _SIZE, _SAID, _DATA, Prop("ItemOperations:Part", "part", Integer(), "MS-ASAIRS Part R117"), _PREVIEW),
)
"""MS-ASAIRS Body, in the order of R112."""

BODY_ASKED: Schema[BodyData] = Schema(BodyData, (_TYPE, _SIZE, _SAID, _DATA, _PREVIEW), ordered=True)
"""The same in a request: in this order (R112, R10038), and without Part (R245)."""

_EVENT_TYPE = Prop("AirSyncBase:Type", "type", _TextOrHtml(BodyType), "MS-ASAIRS R1400, R1401", required=True)
BODY_OF_EVENT_ASKED: Schema[BodyData] = Schema(BodyData, (_EVENT_TYPE, _SIZE, _SAID, _DATA, _PREVIEW), ordered=True)
"""The same of an event from 16.0 on, which is plain text or HTML."""

BODY_PART: Schema[BodyPartData] = Schema(
    BodyPartData,
    (
        Prop("AirSyncBase:Status", "status", Integer(), "MS-ASAIRS Status (BodyPart)", since(V14_1), required=True),
        _TYPE,
        _SIZE,
        _TRUNCATED,
        _DATA,
        _PREVIEW,
    ),
)
"""MS-ASAIRS BodyPart."""

ATTACHMENT: Schema[AttachmentData] = Schema(
    AttachmentData,
    (
        Prop("AirSyncBase:DisplayName", "display_name", TEXT, "MS-ASAIRS DisplayName (Attachment) R190"),
        Prop(
            "AirSyncBase:FileReference",
            "file_reference",
            TEXT,
            "MS-ASAIRS FileReference (Attachment) R211",
            required=True,
        ),
        Prop("AirSyncBase:ClientId", "client_id", TEXT, "MS-ASAIRS ClientId R1367", since(V16_0)),
        Prop("AirSyncBase:Method", "method", Enumeration(AttachmentMethod), "MS-ASAIRS Method (Attachment) R220"),
        Prop(
            "AirSyncBase:EstimatedDataSize",
            "estimated_size",
            Integer(),
            "MS-ASAIRS EstimatedDataSize (Attachment) R198",
        ),
        Prop("AirSyncBase:ContentId", "content_id", TEXT, "MS-ASAIRS ContentId (Attachment) R160"),
        Prop("AirSyncBase:ContentLocation", "content_location", TEXT, "MS-ASAIRS ContentLocation (Attachment) R166"),
        Prop("AirSyncBase:IsInline", "inline", TRUE_ONLY, "MS-ASAIRS IsInline (Attachment) R216"),
        Prop("Email2:UmAttDuration", "voice_seconds", Integer(), "MS-ASEMAIL UmAttDuration R799", since(V14_0)),
        Prop("Email2:UmAttOrder", "voice_order", Integer(), "MS-ASEMAIL UmAttOrder R805", since(V14_0)),
    ),
)
"""MS-ASAIRS Attachment (12.0 and later)."""

ATTACHMENTS: Kind = ListOf("AirSyncBase:Attachment", ATTACHMENT)


def body_data(body: Body, part: int | None = None) -> BodyData:
    """The wire's value of a body; with `part` the data is elsewhere, and left out (MS-ASAIRS R176), as it is where it
    was cut to nothing (MS-ASEMAIL R1057). Of a message as it stands it is always said whether it is whole (MS-ASCMD
    R3387, R3409).
    """
    return BodyData(
        type=body.type,
        estimated_size=body.estimated_size,
        truncated=True if body.truncated else False if body.type is BodyType.MIME else None,
        data=body.data if part is None and (body.data or not body.truncated) else None,
        part=part,
        preview=body.preview,
    )


def body_part_data(body: Body) -> BodyPartData:
    """The wire's value of a body that was asked for by BodyPartPreference."""
    return BodyPartData(
        status=BodyPartStatus.SUCCESS,
        type=body.type,
        estimated_size=body.estimated_size,
        truncated=body.truncated,
        data=body.data,
        preview=body.preview,
    )
