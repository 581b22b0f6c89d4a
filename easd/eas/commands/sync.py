"""Sync (MS-ASCMD Sync): commands of the client up, commands of the server down, one collection at a time."""

from easd.eas.commands.options import CLASS, ID, OPTIONS, Options
from easd.eas.schema import (
    BOOLEAN,
    FRAGMENT,
    PRESENCE,
    TAGS,
    TEXT,
    Choice,
    Document,
    Integer,
    ListOf,
    Prop,
    Schema,
    Text,
)
from easd.eas.versions import V12_1, V14_0, V16_0, since, until
from easd.model.frozen import dataclass
from easd.wbxml import Element, Tag

SYNC_KEY = Text(max_length=64)
STATUS = Integer(0, 65535)
START = "0"
"""The SyncKey that starts anew (MS-ASCMD SyncKey (Sync) R4598)."""

ItemData = bytes | Element
"""ApplicationData: to write, the bytes of its children encoded apart; as read, the element itself."""


@dataclass(frozen=True, slots=True)
class ClientAdd:
    """Add in a request. `class_` where the item is not of the collection's class (SMS); `send`: it is to be sent (16.0,
    Drafts).
    """

    client_id: str
    data: ItemData
    class_: str | None = None
    send: bool = False


@dataclass(frozen=True, slots=True)
class ClientChange:
    """Change in a request. `instance_id` names one occurrence by its original start (16.0); `data` may lack if there is
    `send`.
    """

    server_id: str
    data: ItemData | None = None
    class_: str | None = None
    instance_id: str | None = None
    send: bool = False


@dataclass(frozen=True, slots=True)
class ClientDelete:
    """Delete in a request, of an item or of one occurrence."""

    server_id: str
    class_: str | None = None
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class ClientFetch:
    """Fetch in a request: send this item whole."""

    server_id: str


ClientCommand = ClientAdd | ClientChange | ClientDelete | ClientFetch


@dataclass(frozen=True, slots=True)
class SyncCollection:
    """One Collection of a request.

    `get_changes` is None when absent; `supported` is None when absent, () for the empty element; `window_size` 0 and
    above 512 mean 512
    (R4768); `options` has at most one element a class.
    """

    sync_key: str
    collection_id: str
    class_: str | None = None
    supported: tuple[Tag, ...] | None = None
    deletes_as_moves: bool = True
    get_changes: bool | None = None
    window_size: int | None = None
    conversation_mode: bool | None = None
    options: tuple[Options, ...] = ()
    commands: tuple[ClientCommand, ...] = ()

    @property
    def wants_changes(self) -> bool:
        """Whether the server's changes are to be sent: absent is no for SyncKey 0, else yes (MS-ASCMD GetChanges R5555,
        R5556).
        """
        return self.sync_key != START if self.get_changes is None else self.get_changes


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """A Sync request. `collections` is None when the element is absent; `wait` in minutes, `heartbeat_interval` in
    seconds, unchecked.
    """

    collections: tuple[SyncCollection, ...] | None = None
    wait: int | None = None
    heartbeat_interval: int | None = None
    window_size: int | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ServerAdd:
    """Add in a response: an item that the device does not have."""

    server_id: str
    data: ItemData
    class_: str | None = None


@dataclass(frozen=True, slots=True)
class ServerChange:
    """Change in a response."""

    server_id: str
    data: ItemData
    class_: str | None = None


@dataclass(frozen=True, slots=True)
class ServerDelete:
    """Delete in a response."""

    server_id: str
    class_: str | None = None


@dataclass(frozen=True, slots=True)
class ServerSoftDelete:
    """SoftDelete in a response: the item is still there, but outside the filter."""

    server_id: str


ServerCommand = ServerAdd | ServerChange | ServerDelete | ServerSoftDelete


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of a client's Add; `server_id` where it succeeded; `data` are server-made properties (16.0: UID,
    attachments).
    """

    client_id: str
    status: int
    server_id: str | None = None
    class_: str | None = None
    data: ItemData | None = None


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """What became of a client's Change, if it failed (or 16.0 has `data` to tell)."""

    server_id: str
    status: int
    class_: str | None = None
    instance_id: str | None = None
    data: ItemData | None = None


@dataclass(frozen=True, slots=True)
class DeleteResult:
    """What became of a client's Delete, if it failed."""

    server_id: str
    status: int
    class_: str | None = None
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The item that was asked for, or why not."""

    server_id: str
    status: int
    data: ItemData | None = None


CommandResult = AddResult | ChangeResult | DeleteResult | FetchResult


@dataclass(frozen=True, slots=True)
class SyncCollectionResult:
    """One Collection of a response. `sync_key` is absent only where Exchange leaves it out with an error status."""

    collection_id: str
    status: int
    sync_key: str | None = None
    class_: str | None = None
    more_available: bool = False
    responses: tuple[CommandResult, ...] = ()
    commands: tuple[ServerCommand, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncResponse:
    """A Sync response: either `status` for the whole request (with `limit` for 14 and 15), or collections."""

    status: int | None = None
    limit: int | None = None
    collections: tuple[SyncCollectionResult, ...] = ()


_CLASS_14 = Prop("AirSync:Class", "class_", CLASS, "MS-ASCMD Class (Sync) R6293", since(V14_0))
_SERVER_ID = Prop("AirSync:ServerId", "server_id", ID, "MS-ASCMD ServerId (Sync)", required=True)
_INSTANCE_ID = Prop("AirSyncBase:InstanceId", "instance_id", TEXT, "MS-ASAIRS InstanceId", since(V16_0))
_SEND = Prop("Email2:Send", "send", PRESENCE, "MS-ASEMAIL Send R1386", since(V16_0))
_DATA = Prop("AirSync:ApplicationData", "data", FRAGMENT, "MS-ASCMD ApplicationData")
_REQUIRED_DATA = Prop("AirSync:ApplicationData", "data", FRAGMENT, "MS-ASCMD ApplicationData", required=True)
_STATUS = Prop("AirSync:Status", "status", STATUS, "MS-ASCMD Status (Sync)", required=True)
_CLIENT_ID = Prop("AirSync:ClientId", "client_id", ID, "MS-ASCMD ClientId (Sync)", required=True)

_CLIENT_ADD = Schema(ClientAdd, (_CLASS_14, _CLIENT_ID, _SEND, _REQUIRED_DATA))
_CLIENT_CHANGE = Schema(ClientChange, (_CLASS_14, _SERVER_ID, _INSTANCE_ID, _SEND, _DATA))
_CLIENT_DELETE = Schema(ClientDelete, (_CLASS_14, _SERVER_ID, _INSTANCE_ID))
_CLIENT_FETCH = Schema(ClientFetch, (_SERVER_ID,))

_CLIENT_COMMANDS = Choice(
    {
        "AirSync:Add": (ClientAdd, _CLIENT_ADD),
        "AirSync:Change": (ClientChange, _CLIENT_CHANGE),
        "AirSync:Delete": (ClientDelete, _CLIENT_DELETE),
        "AirSync:Fetch": (ClientFetch, _CLIENT_FETCH),
    }
)

_COLLECTION = Schema(
    SyncCollection,
    (
        Prop("AirSync:Class", "class_", CLASS, "MS-ASCMD Class (Sync) R6290, R6292", until(V12_1), anywhere=True),
        Prop("AirSync:SyncKey", "sync_key", SYNC_KEY, "MS-ASCMD SyncKey (Sync)", required=True),
        Prop("AirSync:CollectionId", "collection_id", ID, "MS-ASCMD CollectionId (Sync) R4545", required=True),
        Prop("AirSync:Supported", "supported", TAGS, "MS-ASCMD Supported R4542-R4544"),
        Prop("AirSync:DeletesAsMoves", "deletes_as_moves", BOOLEAN, "MS-ASCMD DeletesAsMoves R2160"),
        Prop("AirSync:GetChanges", "get_changes", BOOLEAN, "MS-ASCMD GetChanges R3127"),
        Prop("AirSync:WindowSize", "window_size", Integer(), "MS-ASCMD WindowSize R4768"),
        Prop(
            "AirSync:ConversationMode",
            "conversation_mode",
            BOOLEAN,
            "MS-ASCMD ConversationMode (Sync)",
            since(V14_0),
        ),
        Prop("AirSync:Options", "options", OPTIONS, "MS-ASCMD Options (Sync)", many=True),
        Prop("AirSync:Commands", "commands", _CLIENT_COMMANDS, "MS-ASCMD Commands"),
    ),
    ordered=True,  # MS-ASCMD R976, R4546; of Class nothing is said
)

REQUEST: Document[SyncRequest] = Document(
    "AirSync:Sync",
    Schema(
        SyncRequest,
        (
            Prop(
                "AirSync:Collections",
                "collections",
                ListOf("AirSync:Collection", _COLLECTION),
                "MS-ASCMD Collections (Sync)",
            ),
            Prop("AirSync:Wait", "wait", Integer(-(2**31), 2**31), "MS-ASCMD Wait", since(V12_1)),
            Prop(
                "AirSync:HeartbeatInterval",
                "heartbeat_interval",
                Integer(-(2**31), 2**31),
                "MS-ASCMD HeartbeatInterval (Sync)",
                since(V14_0),
            ),
            Prop("AirSync:WindowSize", "window_size", Integer(), "MS-ASCMD WindowSize R4773", since(V12_1)),
            Prop("AirSync:Partial", "partial", PRESENCE, "MS-ASCMD Partial", since(V12_1)),
        ),
    ),
)

_SERVER_ADD = Schema(ServerAdd, (_CLASS_14, _SERVER_ID, _REQUIRED_DATA))
_SERVER_CHANGE = Schema(ServerChange, (_CLASS_14, _SERVER_ID, _REQUIRED_DATA))
_SERVER_DELETE = Schema(ServerDelete, (_CLASS_14, _SERVER_ID))
_SERVER_SOFT_DELETE = Schema(ServerSoftDelete, (_SERVER_ID,))

_SERVER_COMMANDS = Choice(
    {
        "AirSync:Add": (ServerAdd, _SERVER_ADD),
        "AirSync:Change": (ServerChange, _SERVER_CHANGE),
        "AirSync:Delete": (ServerDelete, _SERVER_DELETE),
        "AirSync:SoftDelete": (ServerSoftDelete, _SERVER_SOFT_DELETE),
    }
)

_OWN_SERVER_ID = Prop("AirSync:ServerId", "server_id", TEXT, "MS-ASCMD ServerId (Sync)")
_DATA_16 = Prop("AirSync:ApplicationData", "data", FRAGMENT, "MS-ASCMD ApplicationData", since(V16_0))

_RESPONSES = Choice(
    {
        "AirSync:Add": (AddResult, Schema(AddResult, (_CLASS_14, _CLIENT_ID, _OWN_SERVER_ID, _STATUS, _DATA_16))),
        "AirSync:Change": (
            ChangeResult,
            Schema(ChangeResult, (_CLASS_14, _SERVER_ID, _INSTANCE_ID, _STATUS, _DATA_16)),
        ),
        "AirSync:Delete": (DeleteResult, Schema(DeleteResult, (_CLASS_14, _SERVER_ID, _INSTANCE_ID, _STATUS))),
        "AirSync:Fetch": (FetchResult, Schema(FetchResult, (_SERVER_ID, _STATUS, _DATA))),
    }
)

_COLLECTION_RESULT = Schema(
    SyncCollectionResult,
    (
        Prop("AirSync:Class", "class_", CLASS, "MS-ASCMD Class (Sync) R1327, R6292", until(V12_1)),
        Prop("AirSync:SyncKey", "sync_key", SYNC_KEY, "MS-ASCMD SyncKey (Sync)"),
        Prop("AirSync:CollectionId", "collection_id", ID, "MS-ASCMD CollectionId (Sync)", required=True),
        _STATUS,
        Prop("AirSync:MoreAvailable", "more_available", PRESENCE, "MS-ASCMD MoreAvailable"),
        Prop("AirSync:Responses", "responses", _RESPONSES, "MS-ASCMD Responses"),
        Prop("AirSync:Commands", "commands", _SERVER_COMMANDS, "MS-ASCMD Commands"),
    ),
)

RESPONSE: Document[SyncResponse] = Document(
    "AirSync:Sync",
    Schema(
        SyncResponse,
        (
            Prop("AirSync:Status", "status", STATUS, "MS-ASCMD Status (Sync)"),
            Prop("AirSync:Limit", "limit", Integer(), "MS-ASCMD Limit"),
            Prop(
                "AirSync:Collections",
                "collections",
                ListOf("AirSync:Collection", _COLLECTION_RESULT),
                "MS-ASCMD Collections (Sync)",
            ),
        ),
    ),
)
