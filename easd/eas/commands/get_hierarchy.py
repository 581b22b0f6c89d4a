"""GetHierarchy (MS-ASCMD GetHierarchy, until 12.1): the folders of mail, without a key. The request has no body."""

from easd.eas.commands.folder_sync import FolderEntry
from easd.eas.commands.options import ID
from easd.eas.schema import TEXT, Document, Integer, Prop, Schema
from easd.eas.versions import V12_1, until
from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class GetHierarchyResponse:
    """All folders of mail; `type` of each is 1 to 6 (R7388)."""

    folders: tuple[FolderEntry, ...] = ()


_OLD = until(V12_1)
_FOLDER = Schema(
    FolderEntry,
    (
        Prop("FolderHierarchy:DisplayName", "name", TEXT, "MS-ASCMD DisplayName (GetHierarchy) R6452", _OLD, True),
        Prop("FolderHierarchy:ServerId", "server_id", ID, "MS-ASCMD ServerId (GetHierarchy) R6041", _OLD, True),
        Prop("FolderHierarchy:Type", "type", Integer(1, 6), "MS-ASCMD Type (GetHierarchy) R7382", _OLD, True),
        Prop("FolderHierarchy:ParentId", "parent_id", ID, "MS-ASCMD ParentId (GetHierarchy) R6926", _OLD, True),
    ),
)

RESPONSE: Document[GetHierarchyResponse] = Document(
    "FolderHierarchy:Folders",
    Schema(
        GetHierarchyResponse,
        (Prop("FolderHierarchy:Folder", "folders", _FOLDER, "MS-ASCMD Folder (GetHierarchy) R6567", _OLD, many=True),),
    ),
)
"""The root is Folders, not the name of the command (R6045-R6047)."""
