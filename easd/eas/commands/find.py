"""Find (MS-ASCMD Find, 16.1): find messages of the mailbox, with a preview, or people of the GAL."""

from datetime import datetime

from easd.eas.commands.gal import GAL_ROWS, Picture, PictureOptions, picture_options
from easd.eas.commands.options import CLASS, ID
from easd.eas.schema import BOOLEAN, DATE, PRESENCE, TEXT, Document, Enumeration, Integer, Prop, Schema, Text
from easd.model.email import Importance
from easd.model.frozen import dataclass

MAILBOX = "Mailbox"


@dataclass(frozen=True, slots=True)
class FindQuery:
    """What to find in the mailbox: `free_text` is KQL, `collection_id` a folder (None: all)."""

    free_text: str | None = None
    class_: str | None = None
    collection_id: str | None = None


@dataclass(frozen=True, slots=True)
class FindOptions:
    """What is wanted of the results. `range` is as it came ("0-99")."""

    range: str | None = None
    deep_traversal: bool = False
    picture: PictureOptions | None = None


@dataclass(frozen=True, slots=True)
class MailBoxCriterion:
    """A search in the mailbox."""

    query: FindQuery
    options: FindOptions = FindOptions()


@dataclass(frozen=True, slots=True)
class GalCriterion:
    """A search in the GAL, for the beginnings of words."""

    query: str
    options: FindOptions = FindOptions()


@dataclass(frozen=True, slots=True)
class ExecuteSearch:
    """One of the two."""

    mailbox: MailBoxCriterion | None = None
    gal: GalCriterion | None = None


@dataclass(frozen=True, slots=True)
class FindRequest:
    """A Find request. `search_id` names the search for the client's further pages (R70981808)."""

    search_id: str
    execute: ExecuteSearch


@dataclass(frozen=True, slots=True)
class FindProperties:
    """What is told of a message, or of an entry of the GAL."""

    subject: str | None = None
    date_received: datetime | None = None
    display_to: str | None = None
    display_cc: str | None = None
    display_bcc: str | None = None
    importance: Importance | None = None
    read: bool | None = None
    is_draft: bool | None = None
    preview: str | None = None
    has_attachments: bool | None = None
    from_: str | None = None
    display_name: str | None = None
    phone: str | None = None
    office: str | None = None
    title: str | None = None
    company: str | None = None
    alias: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    home_phone: str | None = None
    mobile_phone: str | None = None
    email_address: str | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class FindResult:
    """One match; a message has its ids."""

    properties: FindProperties
    class_: str | None = None
    server_id: str | None = None
    collection_id: str | None = None


@dataclass(frozen=True, slots=True)
class FindResults:
    """What was found: `range` ("0-9") are the numbers of the results here, of `total`."""

    status: int
    results: tuple[FindResult, ...] = ()
    range: str | None = None
    total: int | None = None
    store: str | None = None


@dataclass(frozen=True, slots=True)
class FindResponse:
    """A Find response. `response` is absent where `status` says that nothing was searched, unless it says why, too."""

    status: int
    response: FindResults | None = None


_QUERY = Schema(
    FindQuery,
    (
        Prop("AirSync:Class", "class_", CLASS, "MS-ASCMD Class (Find)"),
        Prop("AirSync:CollectionId", "collection_id", ID, "MS-ASCMD CollectionId (Find)"),
        Prop("Find:FreeText", "free_text", TEXT, "MS-ASCMD FreeText (Find)"),
    ),
)

_OPTIONS = Schema(
    FindOptions,
    (
        Prop("Find:Range", "range", TEXT, "MS-ASCMD Range (Find)"),
        Prop("Find:DeepTraversal", "deep_traversal", PRESENCE, "MS-ASCMD DeepTraversal (Find)"),
        Prop("Find:Picture", "picture", picture_options("Find"), "MS-ASCMD Picture (Find)"),
    ),
)

_MAILBOX = Schema(
    MailBoxCriterion,
    (
        Prop("Find:Query", "query", _QUERY, "MS-ASCMD Query (Find)", required=True),
        Prop("Find:Options", "options", _OPTIONS, "MS-ASCMD Options (Find)"),
    ),
)

_GAL = Schema(
    GalCriterion,
    (
        Prop("Find:Query", "query", TEXT, "MS-ASCMD Query (Find)", required=True),
        Prop("Find:Options", "options", _OPTIONS, "MS-ASCMD Options (Find)"),
    ),
)

_EXECUTE = Schema(
    ExecuteSearch,
    (
        Prop("Find:MailBoxSearchCriterion", "mailbox", _MAILBOX, "MS-ASCMD MailBoxSearchCriterion"),
        Prop("Find:GalSearchCriterion", "gal", _GAL, "MS-ASCMD GALSearchCriterion"),
    ),
)

REQUEST: Document[FindRequest] = Document(
    "Find:Find",
    Schema(
        FindRequest,
        (
            Prop("Find:SearchId", "search_id", Text(256), "MS-ASCMD SearchId", required=True),
            Prop("Find:ExecuteSearch", "execute", _EXECUTE, "MS-ASCMD ExecuteSearch", required=True),
        ),
    ),
)

_PROPERTIES = Schema(
    FindProperties,
    (
        Prop("Email:Subject", "subject", TEXT, "MS-ASEMAIL Subject"),
        Prop("Email:DateReceived", "date_received", DATE, "MS-ASEMAIL DateReceived"),
        Prop("Email:DisplayTo", "display_to", TEXT, "MS-ASEMAIL DisplayTo"),
        Prop("Find:DisplayCc", "display_cc", TEXT, "MS-ASCMD DisplayCc R6439100715"),
        Prop("Find:DisplayBcc", "display_bcc", TEXT, "MS-ASCMD DisplayBcc R6439100702"),
        Prop("Email:Importance", "importance", Enumeration(Importance), "MS-ASEMAIL Importance"),
        Prop("Email:Read", "read", BOOLEAN, "MS-ASEMAIL Read"),
        Prop("Email2:IsDraft", "is_draft", BOOLEAN, "MS-ASEMAIL IsDraft"),
        Prop("Find:Preview", "preview", TEXT, "MS-ASCMD Preview R6978101702"),
        Prop("Find:HasAttachments", "has_attachments", BOOLEAN, "MS-ASCMD HasAttachments R6685101601"),
        Prop("Email:From", "from_", TEXT, "MS-ASEMAIL From"),
        *GAL_ROWS,
    ),
)

_RESULT = Schema(
    FindResult,
    (
        Prop("AirSync:Class", "class_", CLASS, "MS-ASCMD Class (Find) R9010602"),
        Prop("AirSync:ServerId", "server_id", ID, "MS-ASCMD ServerId (Find) R38971801"),
        Prop("AirSync:CollectionId", "collection_id", ID, "MS-ASCMD CollectionId (Find) R9820602"),
        Prop("Find:Properties", "properties", _PROPERTIES, "MS-ASCMD Properties (Find) R36841701", required=True),
    ),
)

_STATUS = Prop("Find:Status", "status", Integer(0, 65535), "MS-ASCMD Status (Find)", required=True)

_RESULTS = Schema(
    FindResults,
    (
        Prop("ItemOperations:Store", "store", TEXT, "MS-ASCMD Store (Find) R45251801"),
        _STATUS,
        Prop("Find:Result", "results", _RESULT, "MS-ASCMD Result (Find)", many=True),
        Prop("Find:Range", "range", TEXT, "MS-ASCMD Range (Find)"),
        Prop("Find:Total", "total", Integer(), "MS-ASCMD Total (Find)"),
    ),
)

RESPONSE: Document[FindResponse] = Document(
    "Find:Find",
    Schema(FindResponse, (_STATUS, Prop("Find:Response", "response", _RESULTS, "MS-ASCMD Response (Find)"))),
)
