"""SendMail, SmartReply and SmartForward as documents (MS-ASCMD SendMail, SmartReply, SmartForward; 14.0 and later)."""

from easd.eas.commands.options import ID
from easd.eas.items.body import BODY_ASKED, BodyData
from easd.eas.schema import BYTES, PRESENCE, TEXT, Document, Integer, ListOf, Prop, Schema, Text
from easd.eas.versions import V14_0, V14_1, V16_0, since
from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Forwardee:
    """One person to forward a meeting to (16.0)."""

    email: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The message that is answered or forwarded: folder and item, or a LongId of a search; `instance_id` names one
    occurrence.
    """

    folder_id: str | None = None
    item_id: str | None = None
    long_id: str | None = None
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class SendMailRequest:
    """A SendMail request. `mime` is the RFC 5322 message; `client_id` is the same when the request is repeated (Status
    118).
    """

    client_id: str
    mime: bytes
    account_id: str | None = None
    save_in_sent: bool = False
    template_id: str | None = None


@dataclass(frozen=True, slots=True)
class SmartRequest:
    """A SmartReply or SmartForward request: a SendMail with its source. `replace_mime`: the message holds the whole
    text already. A meeting may be forwarded to `forwardees` with the text of `body`, without a message (16.0).
    """

    client_id: str
    source: Source
    mime: bytes = b""
    account_id: str | None = None
    save_in_sent: bool = False
    replace_mime: bool = False
    template_id: str | None = None
    forwardees: tuple[Forwardee, ...] = ()
    body: BodyData | None = None


@dataclass(frozen=True, slots=True)
class SendMailResponse:
    """The document that says why nothing was sent; success is an empty body."""

    status: int


_SINCE = since(V14_0)
_CLIENT_ID = Prop(
    "ComposeMail:ClientId", "client_id", Text(40, required=True), "MS-ASCMD ClientId (SendMail)", _SINCE, required=True
)
_ACCOUNT_ID = Prop("ComposeMail:AccountId", "account_id", TEXT, "MS-ASCMD AccountId (SendMail)", since(V14_1))
_SAVE = Prop("ComposeMail:SaveInSentItems", "save_in_sent", PRESENCE, "MS-ASCMD SaveInSentItems", _SINCE)
_TEMPLATE = Prop(
    "RightsManagement:TemplateID", "template_id", Text(required=True), "MS-ASRM TemplateID R3071", since(V14_1)
)
_MIME = Prop("ComposeMail:Mime", "mime", BYTES, "MS-ASCMD Mime", _SINCE, required=True)

_SOURCE = Schema(
    Source,
    (
        Prop("ComposeMail:FolderId", "folder_id", ID, "MS-ASCMD FolderId"),
        Prop("ComposeMail:ItemId", "item_id", ID, "MS-ASCMD ItemId"),
        Prop("ComposeMail:LongId", "long_id", Text(256, required=True), "MS-ASCMD LongId (SmartReply)"),
        Prop("ComposeMail:InstanceId", "instance_id", TEXT, "MS-ASCMD InstanceId (SmartReply)"),
    ),
)

_FORWARDEE = Schema(
    Forwardee,
    (
        Prop("ComposeMail:Name", "name", TEXT, "MS-ASCMD Name (SmartForward)"),
        Prop("ComposeMail:Email", "email", Text(required=True), "MS-ASCMD Email", required=True),
    ),
)

_SMART = (
    _CLIENT_ID,
    Prop("ComposeMail:Source", "source", _SOURCE, "MS-ASCMD Source", _SINCE, required=True),
    _ACCOUNT_ID,
    _SAVE,
    Prop("ComposeMail:ReplaceMime", "replace_mime", PRESENCE, "MS-ASCMD ReplaceMime", _SINCE),
    Prop("ComposeMail:Mime", "mime", BYTES, "MS-ASCMD Mime", _SINCE),
    _TEMPLATE,
)
_FORWARD = (
    *_SMART,
    Prop(
        "ComposeMail:Forwardees",
        "forwardees",
        ListOf("ComposeMail:Forwardee", _FORWARDEE, at_least=1),
        "MS-ASCMD Forwardees R6650",
        since(V16_0),
    ),
    Prop("AirSyncBase:Body", "body", BODY_ASKED, "MS-ASAIRS Body R1332, R1333, R1000954", since(V16_0)),
)

REQUEST: Document[SendMailRequest] = Document(
    "ComposeMail:SendMail", Schema(SendMailRequest, (_CLIENT_ID, _ACCOUNT_ID, _SAVE, _MIME, _TEMPLATE))
)
REPLY_REQUEST: Document[SmartRequest] = Document("ComposeMail:SmartReply", Schema(SmartRequest, _SMART))
FORWARD_REQUEST: Document[SmartRequest] = Document("ComposeMail:SmartForward", Schema(SmartRequest, _FORWARD))

_RESPONSE = Schema(
    SendMailResponse,
    (Prop("ComposeMail:Status", "status", Integer(0, 65535), "MS-ASCMD Status (SendMail)", _SINCE, required=True),),
)

RESPONSE: Document[SendMailResponse] = Document("ComposeMail:SendMail", _RESPONSE)
REPLY_RESPONSE: Document[SendMailResponse] = Document("ComposeMail:SmartReply", _RESPONSE)
FORWARD_RESPONSE: Document[SendMailResponse] = Document("ComposeMail:SmartForward", _RESPONSE)
