"""FolderUpdate (MS-ASCMD FolderUpdate): a folder gets another name or another parent."""

from easd.eas.commands.folder_create import FOLDER_NAME
from easd.eas.commands.folder_sync import STATUS, SYNC_KEY
from easd.eas.commands.options import ID
from easd.eas.schema import Document, Prop, Schema
from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class FolderUpdateRequest:
    """A FolderUpdate request: what the folder's parent ("0": the root) and name are to be."""

    sync_key: str
    server_id: str
    parent_id: str
    name: str


@dataclass(frozen=True, slots=True)
class FolderUpdateResponse:
    """A FolderUpdate response; with an error status it holds nothing else (MS-ASCMD R5786)."""

    status: int
    sync_key: str | None = None


REQUEST: Document[FolderUpdateRequest] = Document(
    "FolderHierarchy:FolderUpdate",
    Schema(
        FolderUpdateRequest,
        (
            Prop("FolderHierarchy:SyncKey", "sync_key", SYNC_KEY, "MS-ASCMD SyncKey (FolderUpdate)", required=True),
            Prop("FolderHierarchy:ServerId", "server_id", ID, "MS-ASCMD ServerId (FolderUpdate)", required=True),
            Prop("FolderHierarchy:ParentId", "parent_id", ID, "MS-ASCMD ParentId (FolderUpdate)", required=True),
            Prop("FolderHierarchy:DisplayName", "name", FOLDER_NAME, "MS-ASCMD DisplayName", required=True),
        ),
    ),
)

RESPONSE: Document[FolderUpdateResponse] = Document(
    "FolderHierarchy:FolderUpdate",
    Schema(
        FolderUpdateResponse,
        (
            Prop("FolderHierarchy:Status", "status", STATUS, "MS-ASCMD Status (FolderUpdate)", required=True),
            Prop("FolderHierarchy:SyncKey", "sync_key", SYNC_KEY, "MS-ASCMD SyncKey (FolderUpdate)"),
        ),
    ),
)
