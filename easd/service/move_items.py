"""MoveItems (MS-ASCMD MoveItems): each move is a transaction of its own.

The device learns of both ends by Sync: a Delete in one folder, an Add in the other (R289).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from easd.eas.commands.move_items import RESPONSE, Move, MoveItemsRequest, MoveItemsResponse, MoveResult
from easd.eas.status import CommonStatus, EasError, MoveItemsStatus, StatusCode
from easd.model.folder import FolderType
from easd.service import ids, shared_moves
from easd.service.context import Answer, Context
from easd.service.ports import Unavailable, Writing
from easd.service.shared_moves import note
from easd.sync.generations import arrived, departed

_MOST_MOVES = 1000
"""MS-ASCMD R5653."""


def handle(context: Context, request: MoveItemsRequest) -> Answer:
    """Move each item in the order of the request. EasError 103 for too many."""
    if len(request.moves) > _MOST_MOVES:
        raise EasError(CommonStatus.INVALID_XML, f"{len(request.moves)} moves, at most {_MOST_MOVES}")
    results = tuple(_move(context, move) for move in _one_target_each(request.moves))
    notes = tuple(_name(result.status) for result in results if result.status != MoveItemsStatus.SUCCESS)
    return Answer(RESPONSE.encode(MoveItemsResponse(responses=results), context.version), notes=notes)


def _one_target_each(moves: Iterable[Move]) -> Iterator[Move]:
    """The moves, of which a later one of an item to another folder has more than one target (R4222)."""
    goals = dict[str, str]()
    for move in moves:
        goal = goals.setdefault(move.source_id, move.target_folder_id)
        yield move if goal == move.target_folder_id else replace(move, further_targets=(goal,))


def _name(status: int) -> str:
    return (MoveItemsStatus if status < CommonStatus.INVALID_CONTENT else CommonStatus)(status).name


def _move(context: Context, move: Move) -> MoveResult:
    try:
        with context.services.store.writing(context.mailbox_id) as box:
            outcome = _moved(context, box, move)
        if outcome in (MoveItemsStatus.INVALID_SOURCE, MoveItemsStatus.INVALID_TARGET) and box.shares:
            outcome = shared_moves.moved(context, move) or outcome
    except Unavailable:
        outcome = MoveItemsStatus.LOCKED  # R4225; what was moved before is moved, so the others are answered
    if isinstance(outcome, StatusCode):
        return MoveResult(move.source_id, outcome)
    return MoveResult(move.source_id, MoveItemsStatus.SUCCESS, outcome)


def _moved(context: Context, box: Writing, move: Move) -> str | StatusCode:
    """The item's new ServerId, or why it was not moved."""
    if move.further_targets:
        return MoveItemsStatus.CANNOT_MOVE  # R4222
    source, target = ids.folder_named(box, move.source_folder_id), ids.folder_named(box, move.target_folder_id)
    folder = box.folder(source) if source is not None else None
    if folder is None or folder.type is FolderType.RECIPIENT_INFORMATION:
        return MoveItemsStatus.INVALID_SOURCE
    goal = box.folder(target) if target is not None else None
    cache = goal is not None and goal.type is FolderType.RECIPIENT_INFORMATION  # it is the server's own (R2038)
    if cache and context.dialect.common_status:
        return CommonStatus.INVALID_COMBINATION_OF_IDS  # R4821
    if goal is None or cache or goal.item_class is not folder.item_class:
        return MoveItemsStatus.INVALID_TARGET
    if goal.id == folder.id:
        return MoveItemsStatus.SAME_FOLDER
    uid = ids.uid_in(folder.id, move.source_id)
    if uid is None:
        return MoveItemsStatus.INVALID_SOURCE
    try:
        item = box.move(folder.id, uid, goal.id)
    except KeyError:
        return MoveItemsStatus.INVALID_SOURCE
    note(context, box, folder.id, lambda state: departed(state, uid))
    note(context, box, goal.id, lambda state: arrived(state, item.uid, item.mod_seq))
    return ids.server_id(goal.id, item.uid)
