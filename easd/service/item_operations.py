"""ItemOperations Fetch (MS-ASCMD ItemOperations): a message, or an attachment, inline or as a part of a multipart
answer.

Each operation has its own status (R194) and is done in the order of the request (R193).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from easd.eas.commands.item_operations import (
    DOCUMENT_LIBRARY,
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
from easd.eas.status import EasError, ItemOperationsStatus
from easd.mime.parts import NoSuchPart, Part, part
from easd.model.folder import Folder
from easd.model.item import StoredItem
from easd.service import ids, rendering
from easd.service.context import Answer, Context
from easd.service.ports import Reading


class _Refused(Exception):
    """One fetch that fails with this status."""

    def __init__(self, status: ItemOperationsStatus) -> None:
        super().__init__(status.name)
        self.status = status


@dataclass(slots=True)
class _Parts:
    """The binary parts of a multipart answer; part 0 is the document (MS-ASCMD R236)."""

    wanted: bool
    held: list[bytes] = field(default_factory=list)

    def add(self, data: bytes) -> int:
        self.held.append(data)
        return len(self.held)


def handle(context: Context, request: ItemOperationsRequest) -> Answer:
    """Do all operations, and answer inline or as multipart as the request line asks."""
    if not request.operations:
        raise EasError(ItemOperationsStatus.PROTOCOL_ERROR, "no operation")
    parts = _Parts(context.request.accept_multipart)
    with context.services.store.reading(context.mailbox_id) as box:
        results = tuple(_result(context, box, operation, parts) for operation in request.operations)
    document = RESPONSE.encode(ItemOperationsResponse(ItemOperationsStatus.SUCCESS, Results(results)), context.version)
    notes = tuple(ItemOperationsStatus(r.status).name for r in results if r.status != ItemOperationsStatus.SUCCESS)
    if parts.wanted:
        return Answer(pack([document, *parts.held]), MULTIPART_TYPE, notes=notes)
    return Answer(document, notes=notes)


def _result(context: Context, box: Reading, operation: Operation, parts: _Parts) -> OperationResult:
    if isinstance(operation, EmptyFolderContents):
        return Emptied(ItemOperationsStatus.NOT_SUPPORTED, operation.collection_id)
    if not isinstance(operation, Fetch):
        return ConversationMoved(ItemOperationsStatus.NOT_SUPPORTED, operation.conversation_id)
    asked = Fetched(
        ItemOperationsStatus.SUCCESS,
        operation.collection_id,
        operation.server_id,
        operation.long_id,
        link_id=operation.link_id,
        file_reference=operation.file_reference,
    )
    try:
        return _source(operation)(context, box, operation, asked, parts)
    except _Refused as refusal:
        return replace(asked, status=refusal.status)


_Source = Callable[[Context, Reading, Fetch, Fetched, _Parts], Fetched]


def _source(fetch: Fetch) -> _Source:
    """Where the fetch looks: store names are compared without case."""
    store = fetch.store.replace(" ", "").lower()
    if store == DOCUMENT_LIBRARY.lower():
        raise _Refused(ItemOperationsStatus.NOT_FOUND)
    if store != MAILBOX.lower():
        raise _Refused(ItemOperationsStatus.UNKNOWN_STORE)
    if fetch.file_reference is not None:
        return _attachment
    if fetch.server_id is not None and fetch.collection_id is not None:
        return _item
    raise _Refused(ItemOperationsStatus.PROTOCOL_ERROR)


def _item(context: Context, box: Reading, fetch: Fetch, asked: Fetched, parts: _Parts) -> Fetched:
    folder, item = _find_item(box, fetch)
    texts = rendering.texts_of(box, item)
    body = rendering.body_of(box, item, texts, fetch.options.body)
    number = parts.add(body.data) if body is not None and body.data is not None and parts.wanted else None
    data = rendering.encoded(item, body, context.version, part=number)
    return replace(asked, class_=folder.item_class.value, properties=data)


def _find_item(box: Reading, fetch: Fetch) -> tuple[Folder, StoredItem]:
    folder_id = ids.folder_number(fetch.collection_id or "")
    folder = box.folder(folder_id) if folder_id is not None else None
    uid = ids.uid_in(folder.id, fetch.server_id or "") if folder is not None else None
    item = box.items(folder.id, [uid]).get(uid) if folder is not None and uid is not None else None
    if folder is None or item is None:
        raise _Refused(ItemOperationsStatus.NOT_FOUND)  # R4158: the object was not found
    return folder, item


def _attachment(context: Context, box: Reading, fetch: Fetch, asked: Fetched, parts: _Parts) -> Fetched:
    found = _find_attachment(box, fetch.file_reference or "")
    if len(found.data) > context.services.limits.attachment_bytes_max:
        raise _Refused(ItemOperationsStatus.TOO_LARGE)
    data, sent, total = found.data, None, None
    if fetch.options.range is not None:
        data, sent = _cut(found.data, fetch.options.range)
        total = len(found.data)
    properties = FileProperties(sent, total, found.content_type)
    if parts.wanted:
        return replace(asked, properties=replace(properties, part=parts.add(data)))
    return replace(asked, properties=replace(properties, data=data))


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
    if asked.first >= len(data):
        raise _Refused(ItemOperationsStatus.INVALID_RANGE)
    last = min(asked.last, len(data) - 1)
    return data[asked.first : last + 1], ByteRange(asked.first, last)
