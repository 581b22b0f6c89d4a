"""MeetingResponse (MS-ASCMD MeetingResponse): the answers of those who are invited."""

from enum import IntEnum

from easd.eas.commands.options import ID
from easd.eas.items.body import BODY_ASKED, BodyData
from easd.eas.schema import TEXT, Document, Integer, Prop, Schema, Text
from easd.eas.versions import V16_0, V16_1, since
from easd.model.frozen import dataclass


class UserResponse(IntEnum):
    """MS-ASCMD UserResponse."""

    ACCEPTED = 1
    TENTATIVE = 2
    DECLINED = 3


@dataclass(frozen=True, slots=True)
class SendResponse:
    """The mail to the organizer (16.0 and later), with a text and (16.1) another time; times as they were sent."""

    body: BodyData | None = None
    proposed_start: str | None = None
    proposed_end: str | None = None


@dataclass(frozen=True, slots=True)
class MeetingAnswer:
    """One Request: the meeting by folder and item, or by the LongId of a search; `instance_id` names one occurrence.
    No mail is sent without `send` (MS-ASCMD R7113).
    """

    response: int
    folder_id: str | None = None
    request_id: str | None = None
    long_id: str | None = None
    instance_id: str | None = None
    send: SendResponse | None = None


@dataclass(frozen=True, slots=True)
class MeetingResponseRequest:
    """A MeetingResponse request."""

    answers: tuple[MeetingAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class MeetingResult:
    """What became of one Request. `calendar_id` is the ServerId of the event, unless it was declined (R830, R837)."""

    status: int
    request_id: str | None = None
    calendar_id: str | None = None
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class MeetingResponseResponse:
    """A MeetingResponse response: one entry a Request."""

    results: tuple[MeetingResult, ...] = ()


_SEND = Schema(
    SendResponse,
    (
        Prop("AirSyncBase:Body", "body", BODY_ASKED, "MS-ASAIRS Body R1331"),
        Prop("MeetingResponse:ProposedStartTime", "proposed_start", TEXT, "MS-ASCMD ProposedStartTime", since(V16_1)),
        Prop("MeetingResponse:ProposedEndTime", "proposed_end", TEXT, "MS-ASCMD ProposedEndTime", since(V16_1)),
    ),
)

_ANSWER = Schema(
    MeetingAnswer,
    (
        Prop(
            "MeetingResponse:UserResponse",
            "response",
            Integer(0, 255),
            "MS-ASCMD UserResponse R4721",
            required=True,
        ),
        Prop("MeetingResponse:CollectionId", "folder_id", ID, "MS-ASCMD CollectionId (MeetingResponse) R996"),
        Prop("MeetingResponse:RequestId", "request_id", ID, "MS-ASCMD RequestId R3806"),
        Prop("Search:LongId", "long_id", Text(256, required=True), "MS-ASCMD LongId (MeetingResponse) R5560"),
        Prop("MeetingResponse:InstanceId", "instance_id", TEXT, "MS-ASCMD InstanceId (MeetingResponse) R3188"),
        Prop("MeetingResponse:SendResponse", "send", _SEND, "MS-ASCMD SendResponse R7112", since(V16_0)),
    ),
)

REQUEST: Document[MeetingResponseRequest] = Document(
    "MeetingResponse:MeetingResponse",
    Schema(
        MeetingResponseRequest,
        (
            Prop(
                "MeetingResponse:Request",
                "answers",
                _ANSWER,
                "MS-ASCMD Request (MeetingResponse) R3800",
                many=True,
                required=True,
            ),
        ),
    ),
)

_RESULT = Schema(
    MeetingResult,
    (
        Prop("MeetingResponse:RequestId", "request_id", ID, "MS-ASCMD RequestId R5374"),
        Prop(
            "MeetingResponse:Status",
            "status",
            Integer(0, 65535),
            "MS-ASCMD Status (MeetingResponse) R4175",
            required=True,
        ),
        Prop("MeetingResponse:CalendarId", "calendar_id", ID, "MS-ASCMD CalendarId R830"),
        Prop("MeetingResponse:InstanceId", "instance_id", TEXT, "MS-ASCMD InstanceId (MeetingResponse) R6708"),
    ),
)

RESPONSE: Document[MeetingResponseResponse] = Document(
    "MeetingResponse:MeetingResponse",
    Schema(
        MeetingResponseResponse,
        (Prop("MeetingResponse:Result", "results", _RESULT, "MS-ASCMD Result (MeetingResponse) R3840", many=True),),
    ),
)
