"""ItemOperations (MS-ASCMD ItemOperations): fetch items and attachments, empty a folder, move a conversation."""

from dataclasses import field, replace
from datetime import datetime
from itertools import chain

from easd.eas.commands.options import BODY_OPTIONS, ID
from easd.eas.schema import (
    BASE64,
    BYTES,
    DATE,
    FRAGMENT,
    PRESENCE,
    TAGS,
    TEXT,
    Document,
    Integer,
    Kind,
    Malformed,
    Prop,
    Schema,
    Text,
    children_of,
    text_of,
)
from easd.eas.versions import EVERY, V14_0, V14_1, Version, Versions, since
from easd.model.body import BodyPreference, BodyWishes
from easd.model.frozen import dataclass
from easd.model.pieces import Pieces
from easd.wbxml import Element, Tag, Writer, tag

MAILBOX = "Mailbox"
DOCUMENT_LIBRARY = "DocumentLibrary"


@dataclass(frozen=True, slots=True)
class ByteRange:
    """MS-ASCMD Range (ItemOperations): the bytes from `first` to `last`, both included, counted from 0. A device may
    send one that ends before it starts: that is a fault of one fetch, not of the document (R4160).
    """

    first: int
    last: int


class _Range:
    """As in "0-9": two numbers of at most nine digits each."""

    def load(self, element: Element, version: Version) -> ByteRange:
        first, dash, last = text_of(element).strip().partition("-")
        if not (dash and all(n.isascii() and n.isdecimal() and len(n) <= 9 for n in (first, last))):
            raise Malformed("not a range")
        return ByteRange(int(first), int(last))

    def dump(self, writer: Writer, tag: Tag, value: ByteRange, version: Version) -> None:
        writer.text(tag, f"{value.first}-{value.last}")


RANGE: Kind = _Range()


class _Data:
    """Base64 (MS-ASCMD R234); of a large file it stays a gap in the document."""

    def load(self, element: Element, version: Version) -> bytes:
        content: bytes = BASE64.load(element, version)
        return content

    def dump(self, writer: Writer, tag: Tag, value: bytes | Pieces, version: Version) -> None:
        if isinstance(value, Pieces):
            writer.gap(tag, value.base64())
        else:
            BASE64.dump(writer, tag, value, version)


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """Options of a Fetch. `schemas` are the tags of wanted properties, perhaps in several elements (R2540); user name
    and password are for document libraries.
    """

    schemas: tuple[tuple[Tag, ...], ...] = ()
    range: ByteRange | None = None
    user_name: str | None = None
    password: str | None = field(default=None, repr=False)
    mime_support: int | None = None
    body_preferences: tuple[BodyPreference, ...] = ()
    body_part_preferences: tuple[BodyPreference, ...] = ()
    rights_management: bool = False

    @property
    def schema(self) -> frozenset[Tag]:
        """The wanted properties; none: all."""
        return frozenset(chain.from_iterable(self.schemas))

    @property
    def body(self) -> BodyWishes:
        """What is asked of bodies."""
        return BodyWishes(self.body_preferences, self.mime_support or 0)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One Fetch: an item by folder and ServerId or by LongId, an attachment by FileReference, a document by LinkId."""

    store: str
    collection_id: str | None = None
    server_id: str | None = None
    long_id: str | None = None
    file_reference: str | None = None
    link_id: str | None = None
    options: FetchOptions = FetchOptions()
    remove_rights_management: bool = False


@dataclass(frozen=True, slots=True)
class EmptyOptions:
    """Options of an EmptyFolderContents."""

    delete_sub_folders: bool = False


@dataclass(frozen=True, slots=True)
class EmptyFolderContents:
    """Delete all that a folder holds."""

    collection_id: str
    options: EmptyOptions = EmptyOptions()


@dataclass(frozen=True, slots=True)
class MoveOptions:
    """Options of a Move: `move_always` for messages of the conversation still to come, too (None: absent). It is an
    empty element: what a device says in it is kept to be refused.
    """

    move_always: str | None = None


@dataclass(frozen=True, slots=True)
class MoveConversation:
    """Move a conversation to a folder (14.0 and later)."""

    conversation_id: bytes
    target_folder_id: str
    options: MoveOptions = MoveOptions()


Operation = Fetch | EmptyFolderContents | MoveConversation


@dataclass(frozen=True, slots=True)
class ItemOperationsRequest:
    """An ItemOperations request: what to do, in the order in which it is to be done (MS-ASCMD R193)."""

    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class FileProperties:
    """Properties of an attachment or document: its bytes inline (`data`; Pieces of a large one, when it is written) or
    the number of the part that holds them (multipart).

    `range` is what was sent of `total` bytes; both only where a range was asked for.
    """

    range: ByteRange | None = None
    total: int | None = None
    content_type: str | None = None
    data: bytes | Pieces | None = None
    part: int | None = None
    version: datetime | None = None


ItemProperties = bytes | Element | FileProperties
"""To write: an item's encoded children, or a file. As read: an item's element, or a file."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a Fetch; the ids are those of the request."""

    status: int
    collection_id: str | None = None
    server_id: str | None = None
    long_id: str | None = None
    class_: str | None = None
    link_id: str | None = None
    file_reference: str | None = None
    properties: ItemProperties | None = None


@dataclass(frozen=True, slots=True)
class Emptied:
    """What became of an EmptyFolderContents."""

    status: int
    collection_id: str


@dataclass(frozen=True, slots=True)
class ConversationMoved:
    """What became of a Move."""

    status: int
    conversation_id: bytes = b""


OperationResult = Fetched | Emptied | ConversationMoved


@dataclass(frozen=True, slots=True)
class Results:
    """Response: one entry an operation, in their order."""

    results: tuple[OperationResult, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemOperationsResponse:
    """An ItemOperations response. `response` is absent where `status` says that nothing was done."""

    status: int
    response: Results | None = None


_COLLECTION_ID = Prop("AirSync:CollectionId", "collection_id", ID, "MS-ASCMD CollectionId (ItemOperations)")
_SERVER_ID = Prop("AirSync:ServerId", "server_id", Text(64), "MS-ASCMD ServerId (ItemOperations)")
_LONG_ID = Prop("Search:LongId", "long_id", Text(256, required=True), "MS-ASCMD LongId (ItemOperations)")
_FILE = Prop("AirSyncBase:FileReference", "file_reference", Text(1024), "MS-ASAIRS FileReference (Fetch) R214")
_LINK_ID = Prop("DocumentLibrary:LinkId", "link_id", Text(2048), "MS-ASCMD LinkId")
_STATUS = Prop("ItemOperations:Status", "status", Integer(0, 65535), "MS-ASCMD Status (ItemOperations)", required=True)
_CONVERSATION_ID = Prop(
    "ItemOperations:ConversationId", "conversation_id", BYTES, "MS-ASCMD ConversationId (ItemOperations)", required=True
)

_FETCH_OPTIONS = Schema(
    FetchOptions,
    (
        Prop("ItemOperations:Schema", "schemas", TAGS, "MS-ASCMD Schema", many=True),
        Prop("ItemOperations:Range", "range", RANGE, "MS-ASCMD Range (ItemOperations)"),
        Prop("ItemOperations:UserName", "user_name", Text(100), "MS-ASCMD UserName (ItemOperations)"),
        Prop("ItemOperations:Password", "password", Text(256), "MS-ASCMD Password (ItemOperations)"),
        Prop("AirSync:MIMESupport", "mime_support", Integer(0, 2), "MS-ASCMD MIMESupport (ItemOperations)"),
        *BODY_OPTIONS,
    ),
)


class _Fetch(Schema[Fetch]):
    """Refuses options of an attachment other than Range (MS-ASCMD R3547, R767, R3573, R3717)."""

    def load(self, element: Element, version: Version) -> Fetch:
        fetch = super().load(element, version)
        if fetch.file_reference is not None and replace(fetch.options, range=None) != FetchOptions():
            raise Malformed("Options of an attachment other than Range")
        return fetch


_FETCH = _Fetch(
    Fetch,
    (
        Prop(
            "ItemOperations:Store", "store", Text(256, required=True), "MS-ASCMD Store (ItemOperations)", required=True
        ),
        _LINK_ID,
        _LONG_ID,
        _COLLECTION_ID,
        _SERVER_ID,
        _FILE,
        Prop("ItemOperations:Options", "options", _FETCH_OPTIONS, "MS-ASCMD Options (ItemOperations)"),
        Prop(
            "RightsManagement:RemoveRightsManagementProtection",
            "remove_rights_management",
            PRESENCE,
            "MS-ASRM RemoveRightsManagementProtection",
            since(V14_1),
        ),
    ),
)

_EMPTY_OPTIONS = Schema(
    EmptyOptions,
    (Prop("ItemOperations:DeleteSubFolders", "delete_sub_folders", PRESENCE, "MS-ASCMD DeleteSubFolders"),),
)

_EMPTIED_ID = Prop("AirSync:CollectionId", "collection_id", ID, "MS-ASCMD CollectionId (ItemOperations)", required=True)

_EMPTY = Schema(
    EmptyFolderContents,
    (
        _EMPTIED_ID,
        Prop("ItemOperations:Options", "options", _EMPTY_OPTIONS, "MS-ASCMD Options (ItemOperations)"),
    ),
)

_MOVE_OPTIONS = Schema(
    MoveOptions, (Prop("ItemOperations:MoveAlways", "move_always", Text(64), "MS-ASCMD MoveAlways"),)
)

_MOVE = Schema(
    MoveConversation,
    (
        _CONVERSATION_ID,
        Prop("ItemOperations:DstFldId", "target_folder_id", ID, "MS-ASCMD DstFldId (ItemOperations)", required=True),
        Prop("ItemOperations:Options", "options", _MOVE_OPTIONS, "MS-ASCMD Options (ItemOperations)"),
    ),
)


def _asked(name: str, type_: type, kind: Kind, versions: Versions = EVERY) -> Prop:
    return Prop(f"ItemOperations:{name}", "operations", kind, f"MS-ASCMD {name}", versions, many=True, holds=type_)


def _answered(name: str, type_: type, kind: Kind, versions: Versions = EVERY) -> Prop:
    return Prop(f"ItemOperations:{name}", "results", kind, f"MS-ASCMD {name}", versions, many=True, holds=type_)


REQUEST: Document[ItemOperationsRequest] = Document(
    "ItemOperations:ItemOperations",
    Schema(
        ItemOperationsRequest,
        (
            _asked("Fetch", Fetch, _FETCH),
            _asked("EmptyFolderContents", EmptyFolderContents, _EMPTY),
            _asked("Move", MoveConversation, _MOVE, since(V14_0)),
        ),
    ),
)

FILE_PROPERTIES = Schema(
    FileProperties,
    (
        Prop("ItemOperations:Range", "range", RANGE, "MS-ASCMD Range (ItemOperations)"),
        Prop("ItemOperations:Total", "total", Integer(), "MS-ASCMD Total (ItemOperations)"),
        Prop("AirSyncBase:ContentType", "content_type", TEXT, "MS-ASAIRS ContentType (Properties)"),
        Prop("ItemOperations:Data", "data", _Data(), "MS-ASCMD Data (ItemOperations)"),
        Prop("ItemOperations:Part", "part", Integer(), "MS-ASCMD Part"),
        Prop("ItemOperations:Version", "version", DATE, "MS-ASCMD Version"),
    ),
)
"""MS-ASCMD Properties (ItemOperations) of an attachment or a document."""
_FILE_TAGS = frozenset(tag(prop.tag) for prop in FILE_PROPERTIES.props)


class _Properties:
    """MS-ASCMD Properties (ItemOperations): an item, or a file."""

    def load(self, element: Element, version: Version) -> Element | FileProperties:
        children = children_of(element)
        if children and all(child.tag in _FILE_TAGS for child in children):
            return FILE_PROPERTIES.load(element, version)
        return element

    def dump(self, writer: Writer, tag: Tag, value: ItemProperties, version: Version) -> None:
        if isinstance(value, FileProperties):
            FILE_PROPERTIES.dump(writer, tag, value, version)
        else:
            FRAGMENT.dump(writer, tag, value, version)


_FETCHED = Schema(
    Fetched,
    (
        _STATUS,
        _COLLECTION_ID,
        _SERVER_ID,
        _LONG_ID,
        Prop("AirSync:Class", "class_", TEXT, "MS-ASCMD Class (ItemOperations)"),
        _LINK_ID,
        _FILE,
        Prop("ItemOperations:Properties", "properties", _Properties(), "MS-ASCMD Properties (ItemOperations)"),
    ),
)

_RESULTS = Schema(
    Results,
    (
        _answered("Move", ConversationMoved, Schema(ConversationMoved, (_STATUS, _CONVERSATION_ID)), since(V14_0)),
        _answered("EmptyFolderContents", Emptied, Schema(Emptied, (_STATUS, _EMPTIED_ID))),
        _answered("Fetch", Fetched, _FETCHED),
    ),
)

RESPONSE: Document[ItemOperationsResponse] = Document(
    "ItemOperations:ItemOperations",
    Schema(
        ItemOperationsResponse,
        (
            _STATUS,
            Prop("ItemOperations:Response", "response", _RESULTS, "MS-ASCMD Response (ItemOperations)"),
        ),
    ),
)
