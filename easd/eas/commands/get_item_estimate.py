"""GetItemEstimate (MS-ASCMD GetItemEstimate): how many items a Sync would send."""

from easd.eas.commands.options import CLASS, ESTIMATE_OPTIONS, FILTER_MAX, ID, Options
from easd.eas.schema import BOOLEAN, TEXT, Document, Integer, ListOf, Prop, Schema
from easd.eas.versions import V12_1, V14_0, since, until
from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class EstimateCollection:
    """One Collection of a request. Until 12.1 class and filter stand in the collection; from 14.0 in `options`. That
    `sync_key` must be there, and be one (R4142), is the handler's to say: from 14.0 it is the fault of one collection.
    """

    sync_key: str | None = None
    collection_id: str = ""
    class_: str | None = None
    filter_type: int | None = None
    conversation_mode: bool | None = None
    options: tuple[Options, ...] = ()


@dataclass(frozen=True, slots=True)
class GetItemEstimateRequest:
    """A GetItemEstimate request."""

    collections: tuple[EstimateCollection, ...]


@dataclass(frozen=True, slots=True)
class Estimated:
    """Collection in a response. `estimate` is absent with an error status."""

    collection_id: str
    estimate: int | None = None
    class_: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Response: what is said of one collection of the request."""

    status: int
    collection: Estimated | None = None


@dataclass(frozen=True, slots=True)
class GetItemEstimateResponse:
    """A GetItemEstimate response: one entry a collection, and a `status` where the whole request fails."""

    status: int | None = None
    responses: tuple[Estimate, ...] = ()


_COLLECTION = Schema(
    EstimateCollection,
    (
        Prop("GetItemEstimate:Class", "class_", CLASS, "MS-ASCMD Class (GetItemEstimate) R6260, R6262", until(V12_1)),
        Prop("AirSync:SyncKey", "sync_key", TEXT, "MS-ASCMD SyncKey (GetItemEstimate)"),
        Prop(
            "GetItemEstimate:CollectionId",
            "collection_id",
            ID,
            "MS-ASCMD CollectionId (GetItemEstimate)",
            required=True,
        ),
        Prop(
            "AirSync:ConversationMode",
            "conversation_mode",
            BOOLEAN,
            "MS-ASCMD ConversationMode (GetItemEstimate)",
            since(V14_0),
        ),
        Prop(
            "AirSync:FilterType",
            "filter_type",
            Integer(0, FILTER_MAX),
            "MS-ASCMD FilterType (GetItemEstimate) R2963",
            until(V12_1),
        ),
        Prop(
            "AirSync:Options",
            "options",
            ESTIMATE_OPTIONS,
            "MS-ASCMD Options (GetItemEstimate) R6882",
            since(V14_0),
            many=True,
        ),
    ),
)

REQUEST: Document[GetItemEstimateRequest] = Document(
    "GetItemEstimate:GetItemEstimate",
    Schema(
        GetItemEstimateRequest,
        (
            Prop(
                "GetItemEstimate:Collections",
                "collections",
                ListOf("GetItemEstimate:Collection", _COLLECTION, at_least=1),
                "MS-ASCMD Collections (GetItemEstimate)",
                required=True,
            ),
        ),
    ),
)

_ESTIMATED = Schema(
    Estimated,
    (
        Prop("GetItemEstimate:Class", "class_", CLASS, "MS-ASCMD Collection (GetItemEstimate) R1356", until(V12_1)),
        Prop(
            "GetItemEstimate:CollectionId",
            "collection_id",
            ID,
            "MS-ASCMD CollectionId (GetItemEstimate)",
            required=True,
        ),
        Prop("GetItemEstimate:Estimate", "estimate", Integer(), "MS-ASCMD Estimate"),
    ),
)

_STATUS = Prop("GetItemEstimate:Status", "status", Integer(0, 65535), "MS-ASCMD Status (GetItemEstimate)")

_ESTIMATE = Schema(
    Estimate,
    (
        Prop("GetItemEstimate:Status", "status", Integer(0, 65535), "MS-ASCMD Status (GetItemEstimate)", required=True),
        Prop("GetItemEstimate:Collection", "collection", _ESTIMATED, "MS-ASCMD Collection (GetItemEstimate)"),
    ),
)

RESPONSE: Document[GetItemEstimateResponse] = Document(
    "GetItemEstimate:GetItemEstimate",
    Schema(
        GetItemEstimateResponse,
        (
            _STATUS,
            Prop("GetItemEstimate:Response", "responses", _ESTIMATE, "MS-ASCMD Response (GetItemEstimate)", many=True),
        ),
    ),
)
