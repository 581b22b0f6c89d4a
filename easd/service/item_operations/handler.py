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
    MoveConversation,
    Operation,
    OperationResult,
    Results,
)
from easd.eas.headers import WBXML
from easd.eas.multipart import MULTIPART_TYPE, header
from easd.eas.status import EasError, ItemOperationsStatus
from easd.model.pieces import Pieces, joined
from easd.service import streaming
from easd.service.context import Answer, Context
from easd.service.faults import cause
from easd.service.item_operations.contents import Contents
from easd.service.item_operations.empty import empty
from easd.service.item_operations.fetch import fetch
from easd.service.item_operations.move import move_conversation
from easd.service.ports import Unavailable

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
    results = [result for operations in _runs(request.operations) for result in _results(context, operations, contents)]
    results.sort(key=lambda result: _GROUPS.index(type(result)))
    answer = ItemOperationsResponse(ItemOperationsStatus.SUCCESS, Results(tuple(results)))
    return _answer(RESPONSE.segments(answer, context.version), contents)


def _answer(document: list[bytes | object], contents: Contents) -> Answer:
    """Inline, or as multipart with the document before the parts."""
    written = [segment for segment in document if isinstance(segment, bytes | Pieces)]
    notes = tuple(contents.notes)
    if not contents.multipart:
        return streaming.answer(written, WBXML, notes)
    whole = joined(written)
    parts = [whole, *(joined([part]) for part in contents.parts)]
    before = header([part.size for part in parts])
    return streaming.answer([before, *written, *contents.parts], MULTIPART_TYPE, notes)


def _runs(operations: tuple[Operation, ...]) -> list[list[Operation]]:
    """The operations in their order; fetches that follow each other are together, and see one moment."""
    runs: list[list[Operation]] = []
    for operation in operations:
        if runs and isinstance(operation, Fetch) and isinstance(runs[-1][0], Fetch):
            runs[-1].append(operation)
        else:
            runs.append([operation])
    return runs


def _results(context: Context, operations: list[Operation], contents: Contents) -> list[OperationResult]:
    match operations[0]:
        case EmptyFolderContents() as emptying:
            return [empty(context, emptying, contents.notes)]
        case MoveConversation() as move:
            return [move_conversation(context, move, contents.notes)]
    try:
        with context.services.store.reading(context.mailbox_id) as box:
            return [fetch(context, box, one, contents) for one in operations if isinstance(one, Fetch)]
    except Unavailable as error:
        raise EasError(ItemOperationsStatus.SERVER_ERROR, cause(error)) from error  # R4155
