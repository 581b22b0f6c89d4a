"""ItemOperations Fetch (MS-ASCMD ItemOperations): a message, or an attachment, inline or as a part of a multipart
answer.

Each operation has its own status (R194): what is wrong with one does not spoil the others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from easd.eas.commands.item_operations import (
    MAILBOX,
    RESPONSE,
    ByteRange,
    ConversationMoved,
    Emptied,
    EmptyFolderContents,
    Fetch,
    Fetched,
    FileProperties,
    ItemOperationsRequest,
    ItemOperationsResponse,
    Operation,
    OperationResult,
    Results,
)
from easd.eas.multipart import MULTIPART_TYPE, pack
from easd.eas.status import CommonStatus, EasError, ItemOperationsStatus, StatusCode
from easd.mime.parts import NoSuchPart, Part, part
from easd.model.body import Body, BodyPreference, BodyWishes
from easd.model.email import BodyType, EmailTexts
from easd.model.folder import Folder
from easd.model.item import StoredItem
from easd.service import ids, rendering
from easd.service.context import Answer, Context
from easd.service.faults import cause
from easd.service.ports import BytesLost, Reading, Unavailable
from easd.wbxml import Element, Tag, Writer, decode, tag

_MOST_OPERATIONS = 100
"""MS-ASCMD R7489."""
_GROUPS = (ConversationMoved, Emptied, Fetched)
"""The order of the answers: one kind of operation after the other, as the schema of the response has them."""
_BODY = tag("AirSyncBase:Body")
_PROPERTIES = tag("ItemOperations:Properties")


class _Refused(Exception):
    """One fetch that fails with this status."""

    def __init__(self, status: StatusCode) -> None:
        super().__init__(status.words)
        self.status = status


@dataclass(slots=True)
class _Data:
    """The contents of one answer: how many bytes may still come, and, in a multipart answer, the parts that hold them;
    part 0 is the document (MS-ASCMD R236).
    """

    multipart: bool
    room: int
    parts: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def next_part(self) -> int | None:
        """The number of the part that `take` makes next, None in an inline answer."""
        return len(self.parts) + 1 if self.multipart else None

    def take(self, data: bytes) -> None:
        """The last step of an operation, so that a failure leaves nothing behind. _Refused where it is too much."""
        if len(data) > self.room:
            raise _Refused(ItemOperationsStatus.TOO_LARGE)
        self.room -= len(data)
        if self.multipart:
            self.parts.append(data)


def handle(context: Context, request: ItemOperationsRequest) -> Answer:
    """Do all operations in their order (R193), and answer inline or as multipart as the request line asks."""
    if not request.operations:
        raise EasError(ItemOperationsStatus.PROTOCOL_ERROR, "no operation")
    if len(request.operations) > _MOST_OPERATIONS:
        raise EasError(ItemOperationsStatus.TOO_LARGE, f"{len(request.operations)} operations")  # R7490
    data = _Data(context.request.accept_multipart, context.services.limits.attachment_bytes_max)
    try:
        with context.services.store.reading(context.mailbox_id) as box:
            results = [_result(context, box, operation, data) for operation in request.operations]
    except Unavailable as error:
        raise EasError(ItemOperationsStatus.SERVER_ERROR, cause(error)) from error  # R4155
    results.sort(key=lambda result: _GROUPS.index(type(result)))
    answer = ItemOperationsResponse(ItemOperationsStatus.SUCCESS, Results(tuple(results)))
    document, notes = RESPONSE.encode(answer, context.version), tuple(data.notes)
    if data.multipart:
        return Answer(pack([document, *data.parts]), MULTIPART_TYPE, notes=notes)
    return Answer(document, notes=notes)


def _result(context: Context, box: Reading, operation: Operation, data: _Data) -> OperationResult:
    if isinstance(operation, EmptyFolderContents):
        return Emptied(ItemOperationsStatus.NOT_SUPPORTED, operation.collection_id)
    if not isinstance(operation, Fetch):
        wrong = not operation.options.move_always  # R4171
        status = ItemOperationsStatus.MOVE_ALWAYS_MISSING if wrong else ItemOperationsStatus.NOT_SUPPORTED
        return ConversationMoved(status, operation.conversation_id)
    asked = Fetched(
        ItemOperationsStatus.SUCCESS,
        operation.collection_id,
        operation.server_id,
        operation.long_id,
        link_id=operation.link_id,
        file_reference=operation.file_reference,
    )
    try:
        return _source(operation)(context, box, operation, asked, data)
    except Unavailable:
        raise
    except BytesLost as lost:
        data.notes.append(f"{_name(operation)}: {lost}")
        return replace(asked, status=ItemOperationsStatus.IO_FAILURE)  # R4164
    except _Refused as refusal:
        data.notes.append(f"{_name(operation)}: {refusal}")
        return replace(asked, status=refusal.status)
    except Exception as error:  # noqa: BLE001 - what is wrong with one item must not cost the others
        file = operation.file_reference is not None
        status = ItemOperationsStatus.INVALID_ATTACHMENT if file else ItemOperationsStatus.CONVERSION_FAILED
        data.notes.append(f"{_name(operation)}: {status.words}: {cause(error)}")
        return replace(asked, status=status)


def _name(fetch: Fetch) -> str:
    """What is to be fetched, for the log."""
    return fetch.file_reference or fetch.server_id or fetch.store


_Source = Callable[[Context, Reading, Fetch, Fetched, _Data], Fetched]


def _source(fetch: Fetch) -> _Source:
    """Where the fetch looks: store names are compared without case."""
    store = fetch.store.replace(" ", "").lower()
    if store != MAILBOX.lower():
        raise _Refused(ItemOperationsStatus.UNKNOWN_STORE)  # R4161; there are no document libraries here
    if fetch.file_reference is not None:
        return _attachment
    if fetch.server_id is not None and fetch.collection_id is not None:
        return _item
    if fetch.long_id is not None:
        raise _Refused(ItemOperationsStatus.NOT_FOUND)  # no search of this server has given one
    raise _Refused(ItemOperationsStatus.PROTOCOL_ERROR)


def _item(context: Context, box: Reading, fetch: Fetch, asked: Fetched, data: _Data) -> Fetched:
    folder, item = _find_item(box, fetch)
    texts, schema = rendering.texts_of(box, item), fetch.options.schema
    wanted = not schema or _BODY in schema
    body = rendering.body_of(box, item, texts, fetch.options.body) if wanted else None
    body_part = _body_part(box, item, texts, fetch.options.body_part_preferences)
    content = body.data if body is not None else None
    part = data.next_part if content is not None else None
    encoded = rendering.encoded(item, body, context.version, part=part, body_part=body_part)
    properties = _chosen(encoded, schema) if schema else encoded
    if content is not None:
        data.take(content)
    return replace(asked, class_=folder.item_class.value, properties=properties)


def _body_part(
    box: Reading, item: StoredItem, texts: EmailTexts, preferences: tuple[BodyPreference, ...]
) -> Body | None:
    """The body beside the body that conversation views ask for: HTML only (MS-ASAIRS R120, MS-ASCMD R5410)."""
    if not preferences:
        return None
    if any(preference.type is not BodyType.HTML for preference in preferences):
        raise _Refused(CommonStatus.BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED)
    return rendering.body_of(box, item, texts, BodyWishes(preferences))


def _chosen(properties: bytes, schema: tuple[Tag, ...]) -> Element:
    """Those of the properties that the Schema names (MS-ASCMD R3875)."""
    writer = Writer()
    writer.start(_PROPERTIES)
    writer.raw(properties)
    writer.end()
    return Element(_PROPERTIES, [child for child in decode(writer.document()).children if child.tag in schema])


def _find_item(box: Reading, fetch: Fetch) -> tuple[Folder, StoredItem]:
    folder_id = ids.folder_number(fetch.collection_id or "")
    folder = box.folder(folder_id) if folder_id is not None else None
    uid = ids.uid_in(folder.id, fetch.server_id or "") if folder is not None else None
    item = box.items(folder.id, [uid]).get(uid) if folder is not None and uid is not None else None
    if folder is None or item is None:
        raise _Refused(ItemOperationsStatus.NOT_FOUND)  # R4158: the object was not found
    return folder, item


def _attachment(context: Context, box: Reading, fetch: Fetch, asked: Fetched, data: _Data) -> Fetched:
    """The file, or the range of it; Range and Total are said only to who asked for a range."""
    policy = context.services.policy.document
    if policy is not None and not policy.attachments_enabled:
        raise _Refused(ItemOperationsStatus.ACCESS_DENIED)  # MS-ASPROV AttachmentsEnabled; R4167
    found = _find_attachment(box, fetch.file_reference or "")
    if policy is not None and policy.max_attachment_size is not None and len(found.data) > policy.max_attachment_size:
        raise _Refused(ItemOperationsStatus.TOO_LARGE)  # MS-ASPROV MaxAttachmentSize; R4163
    content, properties = found.data, FileProperties(content_type=found.content_type)
    if fetch.options.range is not None:
        content, sent = _cut(found.data, fetch.options.range)
        properties = replace(properties, range=sent, total=len(found.data))
    part = data.next_part
    data.take(content)
    return replace(asked, properties=replace(properties, part=part, data=content if part is None else None))


def _find_attachment(box: Reading, reference: str) -> Part:
    place = ids.attachment_place(reference)
    item = box.items(place[0], [place[1]]).get(place[1]) if place is not None else None
    if place is None or item is None or item.blob_id is None:
        raise _Refused(ItemOperationsStatus.INVALID_ATTACHMENT)
    if all(attachment.part != place[2] for attachment in item.content.attachments):
        raise _Refused(ItemOperationsStatus.INVALID_ATTACHMENT)
    try:
        return part(box.blob(item.blob_id), place[2])
    except NoSuchPart:
        raise _Refused(ItemOperationsStatus.INVALID_ATTACHMENT) from None


def _cut(data: bytes, asked: ByteRange) -> tuple[bytes, ByteRange]:
    """The bytes of the range, as far as there are any, and the range that was really cut (R3713, R3715)."""
    if not data:
        raise _Refused(ItemOperationsStatus.EMPTY_FILE)  # R4162; fetched whole it is no fault to be empty
    if asked.first >= len(data):
        raise _Refused(ItemOperationsStatus.INVALID_RANGE)
    last = min(asked.last, len(data) - 1)
    return data[asked.first : last + 1], ByteRange(asked.first, last)
