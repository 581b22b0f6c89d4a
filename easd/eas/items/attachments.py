"""Attachments as a device adds and deletes them, of drafts and of events (16.0 and later): MS-ASAIRS Add, Delete."""

from typing import Final

from easd.eas.schema import BASE64, PRESENCE, TEXT, Choice, Enumeration, Kind, Prop, Schema, Text
from easd.eas.versions import V16_0, since
from easd.model.email import AttachmentMethod
from easd.model.frozen import dataclass

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
ATTACHMENT_CHANGES: Kind = Choice(
    {"AirSyncBase:Add": (AttachmentAdd, _ADD), "AirSyncBase:Delete": (AttachmentDelete, _DELETE)}
)
