"""FolderDelete (MS-ASCMD FolderDelete): a folder goes, with all that is in it."""

from easd.eas.commands.folder_sync import STATUS, SYNC_KEY
from easd.eas.commands.options import ID
from easd.eas.schema import Document, Prop, Schema
from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class FolderDeleteRequest:
    """A FolderDelete request."""

    sync_key: str
    server_id: str


@dataclass(frozen=True, slots=True)
class FolderDeleteResponse:
    """A FolderDelete response; with an error status it holds nothing else (MS-ASCMD R5785)."""

    status: int
    sync_key: str | None = None


REQUEST: Document[FolderDeleteRequest] = Document(
    "FolderHierarchy:FolderDelete",
    Schema(
        FolderDeleteRequest,
        (
            Prop("FolderHierarchy:SyncKey", "sync_key", SYNC_KEY, "MS-ASCMD SyncKey (FolderDelete)", required=True),
            Prop("FolderHierarchy:ServerId", "server_id", ID, "MS-ASCMD ServerId (FolderDelete)", required=True),
        ),
    ),
)

RESPONSE: Document[FolderDeleteResponse] = Document(
    "FolderHierarchy:FolderDelete",
    Schema(
        FolderDeleteResponse,
        (
            Prop("FolderHierarchy:Status", "status", STATUS, "MS-ASCMD Status (FolderDelete)", required=True),
            Prop("FolderHierarchy:SyncKey", "sync_key", SYNC_KEY, "MS-ASCMD SyncKey (FolderDelete)"),
        ),
    ),
)
