"""ItemOperations: the operations of a request one after the other.

Each operation has its own status (R194): what is wrong with one does not spoil the others.
"""

from easd.eas.commands.item_operations import (
    RESPONSE,
    ConversationMoved,
    Emptied,
    EmptyFolderContents,
    Fetch,
    Fetched,
    ItemOperationsRequest,
    ItemOperationsResponse,
    Operation,
    OperationResult,
    Results,
)
from easd.eas.multipart import MULTIPART_TYPE, pack
from easd.eas.status import EasError, ItemOperationsStatus
from easd.service.context import Answer, Context
from easd.service.faults import cause
from easd.service.item_operations.contents import Contents
from easd.service.item_operations.fetch import fetch
from easd.service.ports import Reading, Unavailable

_MOST_OPERATIONS = 100
"""MS-ASCMD R7489."""
_GROUPS = (ConversationMoved, Emptied, Fetched)
"""The order of the answers: one kind of operation after the other, as the schema of the response has them."""


def handle(context: Context, request: ItemOperationsRequest) -> Answer:
    """Do all operations in their order (R193), and answer inline or as multipart as the request line asks."""
    if not request.operations:
        raise EasError(ItemOperationsStatus.PROTOCOL_ERROR, "no operation")
    if len(request.operations) > _MOST_OPERATIONS:
        raise EasError(ItemOperationsStatus.TOO_LARGE, f"{len(request.operations)} operations")  # R7490
    contents = Contents(context.request.accept_multipart, context.services.limits.attachment_bytes_max)
    try:
        with context.services.store.reading(context.mailbox_id) as box:
            results = [_result(context, box, operation, contents) for operation in request.operations]
    except Unavailable as error:
        raise EasError(ItemOperationsStatus.SERVER_ERROR, cause(error)) from error  # R4155
    results.sort(key=lambda result: _GROUPS.index(type(result)))
    answer = ItemOperationsResponse(ItemOperationsStatus.SUCCESS, Results(tuple(results)))
    document, notes = RESPONSE.encode(answer, context.version), tuple(contents.notes)
    if contents.multipart:
        return Answer(pack([document, *contents.parts]), MULTIPART_TYPE, notes=notes)
    return Answer(document, notes=notes)


def _result(context: Context, box: Reading, operation: Operation, contents: Contents) -> OperationResult:
    if isinstance(operation, EmptyFolderContents):
        return Emptied(ItemOperationsStatus.NOT_SUPPORTED, operation.collection_id)
    if not isinstance(operation, Fetch):
        wrong = not operation.options.move_always  # R4171
        status = ItemOperationsStatus.MOVE_ALWAYS_MISSING if wrong else ItemOperationsStatus.NOT_SUPPORTED
        return ConversationMoved(status, operation.conversation_id)
    return fetch(context, box, operation, contents)
