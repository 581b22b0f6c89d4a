"""FolderCreate (MS-ASCMD FolderCreate): a new folder."""

from easd.eas.commands.folder_sync import STATUS, SYNC_KEY
from easd.eas.commands.options import ID
from easd.eas.schema import Document, Integer, Prop, Schema, Text
from easd.model.frozen import dataclass

FOLDER_NAME = Text(max_length=256, required=True)
"""MS-ASCMD R2194: 1 to 256 characters."""


@dataclass(frozen=True, slots=True)
class FolderCreateRequest:
    """A FolderCreate request. `parent_id` "0" is the root (MS-ASCMD R3619); `type` is a FolderType, not checked yet."""

    sync_key: str
    parent_id: str
    name: str
    type: int


@dataclass(frozen=True, slots=True)
class FolderCreateResponse:
    """A FolderCreate response; with an error status it holds nothing else (MS-ASCMD R3904, R4570)."""

    status: int
    sync_key: str | None = None
    server_id: str | None = None


REQUEST: Document[FolderCreateRequest] = Document(
    "FolderHierarchy:FolderCreate",
    Schema(
        FolderCreateRequest,
        (
            Prop("FolderHierarchy:SyncKey", "sync_key", SYNC_KEY, "MS-ASCMD SyncKey (FolderCreate)", required=True),
            Prop("FolderHierarchy:ParentId", "parent_id", ID, "MS-ASCMD ParentId (FolderCreate)", required=True),
            Prop("FolderHierarchy:DisplayName", "name", FOLDER_NAME, "MS-ASCMD DisplayName", required=True),
            Prop("FolderHierarchy:Type", "type", Integer(0, 255), "MS-ASCMD Type (FolderCreate)", required=True),
        ),
    ),
)

RESPONSE: Document[FolderCreateResponse] = Document(
    "FolderHierarchy:FolderCreate",
    Schema(
        FolderCreateResponse,
        (
            Prop("FolderHierarchy:Status", "status", STATUS, "MS-ASCMD Status (FolderCreate)", required=True),
            Prop("FolderHierarchy:SyncKey", "sync_key", SYNC_KEY, "MS-ASCMD SyncKey (FolderCreate)"),
            Prop("FolderHierarchy:ServerId", "server_id", ID, "MS-ASCMD ServerId (FolderCreate)"),
        ),
    ),
)
