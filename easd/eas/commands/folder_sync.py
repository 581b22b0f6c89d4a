"""FolderSync (MS-ASCMD FolderSync): the hierarchy of folders."""

from easd.eas.commands.options import ID
from easd.eas.schema import TEXT, Document, Integer, Prop, Schema
from easd.model.frozen import dataclass

SYNC_KEY = TEXT
"""However long: what is no key has a status of its own (MS-ASCMD R4032, R4060, R4083, R4120)."""
STATUS = Integer(0, 65535)
ROOT = "0"
"""The ParentId of folders at the top (MS-ASCMD ParentId (FolderSync))."""


@dataclass(frozen=True, slots=True)
class FolderSyncRequest:
    """A FolderSync request."""

    sync_key: str


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """One folder in Add or Update. `type` is a FolderType, as a plain number because a device may meet one it does not
    know.
    """

    server_id: str
    parent_id: str
    name: str
    type: int


@dataclass(frozen=True, slots=True)
class FolderGone:
    """One folder in Delete."""

    server_id: str


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """Changes: `count` is the number of the others (MS-ASCMD Count)."""

    count: int = 0
    updates: tuple[FolderEntry, ...] = ()
    deletes: tuple[FolderGone, ...] = ()
    adds: tuple[FolderEntry, ...] = ()

    @classmethod
    def of(
        cls,
        adds: tuple[FolderEntry, ...] = (),
        updates: tuple[FolderEntry, ...] = (),
        deletes: tuple[FolderGone, ...] = (),
    ) -> "FolderChanges":
        """Changes with their count."""
        return cls(len(adds) + len(updates) + len(deletes), updates, deletes, adds)


@dataclass(frozen=True, slots=True)
class FolderSyncResponse:
    """A FolderSync response; with an error status it holds nothing else."""

    status: int
    sync_key: str | None = None
    changes: FolderChanges | None = None


REQUEST: Document[FolderSyncRequest] = Document(
    "FolderHierarchy:FolderSync",
    Schema(
        FolderSyncRequest,
        (Prop("FolderHierarchy:SyncKey", "sync_key", SYNC_KEY, "MS-ASCMD SyncKey (FolderSync)", required=True),),
    ),
)

_SERVER_ID = Prop("FolderHierarchy:ServerId", "server_id", ID, "MS-ASCMD ServerId (FolderSync)", required=True)

_ENTRY = Schema(
    FolderEntry,
    (
        _SERVER_ID,
        Prop("FolderHierarchy:ParentId", "parent_id", ID, "MS-ASCMD ParentId (FolderSync)", required=True),
        Prop("FolderHierarchy:DisplayName", "name", TEXT, "MS-ASCMD DisplayName (FolderSync)", required=True),
        Prop("FolderHierarchy:Type", "type", Integer(0, 255), "MS-ASCMD Type (FolderSync)", required=True),
    ),
)

_CHANGES = Schema(
    FolderChanges,
    (
        Prop("FolderHierarchy:Count", "count", Integer(), "MS-ASCMD Count"),
        Prop("FolderHierarchy:Update", "updates", _ENTRY, "MS-ASCMD Update", many=True),
        Prop(
            "FolderHierarchy:Delete",
            "deletes",
            Schema(FolderGone, (_SERVER_ID,)),
            "MS-ASCMD Delete (FolderSync)",
            many=True,
        ),
        Prop("FolderHierarchy:Add", "adds", _ENTRY, "MS-ASCMD Add (FolderSync)", many=True),
    ),
)

RESPONSE: Document[FolderSyncResponse] = Document(
    "FolderHierarchy:FolderSync",
    Schema(
        FolderSyncResponse,
        (
            Prop("FolderHierarchy:Status", "status", STATUS, "MS-ASCMD Status (FolderSync)", required=True),
            Prop("FolderHierarchy:SyncKey", "sync_key", SYNC_KEY, "MS-ASCMD SyncKey (FolderSync)"),
            Prop("FolderHierarchy:Changes", "changes", _CHANGES, "MS-ASCMD Changes"),
        ),
    ),
)
