"""Search (MS-ASCMD Search): find items of the mailbox, people of the GAL, documents of a library."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from easd.eas.commands.gal import PictureOptions, picture_options
from easd.eas.commands.options import BODY_OPTIONS, ID
from easd.eas.schema import (
    BYTES,
    FRAGMENT,
    PRESENCE,
    TEXT,
    Choice,
    Document,
    Integer,
    Kind,
    Prop,
    Schema,
    Text,
    text_of,
)
from easd.eas.versions import V14_1, Version, since
from easd.model.body import BodyPreference, BodyWishes
from easd.model.frozen import dataclass
from easd.wbxml import NAMES, Element, Tag, Writer

MAILBOX, GAL, DOCUMENT_LIBRARY = "Mailbox", "GAL", "DocumentLibrary"


@dataclass(frozen=True, slots=True)
class FreeText:
    """Words to look for."""

    text: str


@dataclass(frozen=True, slots=True)
class OfItem:
    """An element of an item, which no query can hold (MS-ASEMAIL R68, MS-ASTASK R364, MS-ASCAL R499, MS-ASCNTC R451,
    MS-ASNOTE R76).
    """

    element: str


@dataclass(frozen=True, slots=True)
class OfClass:
    """Items of a class."""

    name: str


@dataclass(frozen=True, slots=True)
class InCollection:
    """Items of a folder; "0" is all of them."""

    collection_id: str


@dataclass(frozen=True, slots=True)
class InConversation:
    """Items of a conversation (14.0 and later)."""

    conversation_id: bytes


@dataclass(frozen=True, slots=True)
class GreaterThan:
    """Items received after `value`, a date as it came."""

    value: str
    date_received: bool = True


@dataclass(frozen=True, slots=True)
class LessThan:
    """Items received before `value`, a date as it came."""

    value: str
    date_received: bool = True


@dataclass(frozen=True, slots=True)
class EqualTo:
    """The document or folder at a link."""

    link_id: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class And:
    """What all parts stand for."""

    parts: "tuple[Part, ...]" = ()


@dataclass(frozen=True, slots=True)
class Or:
    """What one of the parts stands for."""

    parts: "tuple[Part, ...]" = ()


Part = FreeText | OfClass | OfItem | InCollection | InConversation | GreaterThan | LessThan | EqualTo | And | Or


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What is wanted of the results. `range` is as it came ("0-99"); user name and password are for libraries."""

    range: str | None = None
    user_name: str | None = None
    password: str | None = field(default=None, repr=False)
    deep_traversal: bool = False
    rebuild_results: bool = False
    mime_support: int | None = None
    body_preferences: tuple[BodyPreference, ...] = ()
    body_part_preferences: tuple[BodyPreference, ...] = ()
    rights_management: bool = False
    picture: PictureOptions | None = None

    @property
    def body(self) -> BodyWishes:
        """What is asked of bodies."""
        return BodyWishes(self.body_preferences, self.mime_support or 0, part_preferences=self.body_part_preferences)


@dataclass(frozen=True, slots=True)
class SearchStore:
    """Where to search and for what: a text in the GAL, else parts."""

    name: str
    query: str | tuple[Part, ...]
    options: SearchOptions = SearchOptions()


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A Search request. There is one store; more are undefined (MS-ASCMD R4533)."""

    stores: tuple[SearchStore, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One match. To write: encoded children of Properties. As read: the element. None of all is the empty Result."""

    class_: str | None = None
    long_id: str | None = None
    collection_id: str | None = None
    properties: bytes | Element | None = None


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What was found: `range` ("0-9") are the numbers of the results here, of `total`."""

    status: int
    results: tuple[SearchResult, ...] = ()
    range: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """The container of the store."""

    store: StoreResult


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """A Search response. `response` is absent where `status` says that nothing was searched."""

    status: int
    response: Response | None = None


class _Of:
    """A part that holds one value: reads and writes it as its kind."""

    def __init__(self, type_: type, kind: Kind) -> None:
        self._type, self._kind = type_, kind

    def load(self, element: Element, version: Version) -> object:
        return self._type(self._kind.load(element, version))

    def dump(self, writer: Writer, tag: Tag, value: object, version: Version) -> None:
        [held] = (getattr(value, name) for name in value.__slots__)  # type: ignore[attr-defined]
        self._kind.dump(writer, tag, held, version)


class _Nested:
    """And, Or: a container of parts."""

    def __init__(self, type_: type[And] | type[Or]) -> None:
        self._type = type_

    @property
    def parts(self) -> Mapping[Tag, Kind]:
        return _PARTS.parts

    def load(self, element: Element, version: Version) -> And | Or:
        return self._type(_PARTS.load(element, version))

    def dump(self, writer: Writer, tag: Tag, value: And | Or, version: Version) -> None:
        _PARTS.dump(writer, tag, value.parts, version)


def _comparison(type_: type) -> Kind:
    return Schema(
        type_,
        (
            Prop("Email:DateReceived", "date_received", PRESENCE, "MS-ASCMD GreaterThan R1773", required=True),
            Prop("Search:Value", "value", Text(1024), "MS-ASCMD Value", required=True, after="date_received"),  # R3141
        ),
    )


_EQUAL_TO = Schema(
    EqualTo,
    (
        Prop("DocumentLibrary:LinkId", "link_id", TEXT, "MS-ASCMD LinkId, MS-ASDOC R81"),
        Prop("Search:Value", "value", Text(1024), "MS-ASCMD Value"),
    ),
)


_CLASSES = frozenset({"Email", "Email2", "Contacts", "Contacts2", "Calendar", "Tasks", "Notes", "AirSyncBase"})


class _Parts(Choice):
    """The parts of a query. An element of an item among them has an answer of its own."""

    def _item(self, child: Element, version: Version) -> Any:
        name = NAMES[child.tag]
        if child.tag not in self.parts and name.partition(":")[0] in _CLASSES:
            return OfItem(name)
        return super()._item(child, version)


_PARTS = _Parts(
    {
        "Search:And": (And, _Nested(And)),
        "Search:Or": (Or, _Nested(Or)),
        "Search:FreeText": (FreeText, _Of(FreeText, TEXT)),
        "AirSync:Class": (OfClass, _Of(OfClass, Text(64))),
        "AirSync:CollectionId": (InCollection, _Of(InCollection, ID)),
        "Search:ConversationId": (InConversation, _Of(InConversation, BYTES)),
        "Search:GreaterThan": (GreaterThan, _comparison(GreaterThan)),
        "Search:LessThan": (LessThan, _comparison(LessThan)),
        "Search:EqualTo": (EqualTo, _EQUAL_TO),
    }
)


class _Query:
    """MS-ASCMD Query (Search): parts, or a text."""

    parts = _PARTS.parts

    def load(self, element: Element, version: Version) -> str | tuple[Part, ...]:
        return _PARTS.load(element, version) if element.children else text_of(element)

    def dump(self, writer: Writer, tag: Tag, value: str | tuple[Part, ...], version: Version) -> None:
        if isinstance(value, str):
            writer.text(tag, value)
        else:
            _PARTS.dump(writer, tag, value, version)


_OPTIONS = Schema(
    SearchOptions,
    (
        Prop(
            "AirSync:MIMESupport",
            "mime_support",
            Integer(0, 2),
            "MS-ASCMD MIMESupport (Search) R3374",
            last_counts=True,
        ),
        *BODY_OPTIONS,
        Prop("Search:Range", "range", TEXT, "MS-ASCMD Range (Search)", last_counts=True),
        Prop("Search:UserName", "user_name", Text(100), "MS-ASCMD UserName (Search) R4719"),
        Prop("Search:Password", "password", Text(100), "MS-ASCMD Password (Search) R3656"),
        Prop("Search:DeepTraversal", "deep_traversal", PRESENCE, "MS-ASCMD DeepTraversal (Search)", last_counts=True),
        Prop("Search:RebuildResults", "rebuild_results", PRESENCE, "MS-ASCMD RebuildResults", last_counts=True),
        Prop("Search:Picture", "picture", picture_options("Search"), "MS-ASCMD Picture (Search) R6973", since(V14_1)),
    ),
)

_STORE = Schema(
    SearchStore,
    (
        Prop("Search:Name", "name", Text(256, required=True), "MS-ASCMD Name (Search) R3488", required=True),
        Prop("Search:Query", "query", _Query(), "MS-ASCMD Query (Search)", required=True),
        Prop("Search:Options", "options", _OPTIONS, "MS-ASCMD Options (Search)"),
    ),
)

REQUEST: Document[SearchRequest] = Document(
    "Search:Search",
    Schema(
        SearchRequest,
        (Prop("Search:Store", "stores", _STORE, "MS-ASCMD Store (Search) R4530", many=True, required=True),),
    ),
)

_STATUS = Prop("Search:Status", "status", Integer(0, 65535), "MS-ASCMD Status (Search)", required=True)

_RESULT = Schema(
    SearchResult,
    (
        Prop("AirSync:Class", "class_", TEXT, "MS-ASCMD Class (Search) R5849"),
        Prop("Search:LongId", "long_id", Text(256), "MS-ASCMD LongId (Search)"),
        Prop("AirSync:CollectionId", "collection_id", ID, "MS-ASCMD CollectionId (Search)"),
        Prop("Search:Properties", "properties", FRAGMENT, "MS-ASCMD Properties (Search)"),
    ),
)

_FOUND = Schema(
    StoreResult,
    (
        _STATUS,
        Prop("Search:Result", "results", _RESULT, "MS-ASCMD Result (Search)", many=True),
        Prop("Search:Range", "range", TEXT, "MS-ASCMD Range (Search)"),
        Prop("Search:Total", "total", Integer(), "MS-ASCMD Total (Search)"),
    ),
)

_RESPONSE = Schema(Response, (Prop("Search:Store", "store", _FOUND, "MS-ASCMD Store (Search) R4531", required=True),))

RESPONSE: Document[SearchResponse] = Document(
    "Search:Search",
    Schema(SearchResponse, (_STATUS, Prop("Search:Response", "response", _RESPONSE, "MS-ASCMD Response (Search)"))),
)
