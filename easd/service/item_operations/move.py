"""Move (MS-ASCMD Move (ItemOperations), MS-ASCON 3.2.5.3): a conversation goes to a folder, now and always.

To ignore a conversation is to move it to Deleted Items always (MS-ASCON R213). Devices hear of the moved messages by
Sync: a Delete in one folder, an Add in the other. Drafts stay: nobody has sent them yet, and their author is at work.
"""

from easd.eas.commands.item_operations import ConversationMoved, MoveConversation
from easd.eas.status import CommonStatus, EasError, ItemOperationsStatus
from easd.model.folder import Folder, FolderType, ItemClass
from easd.service import folders
from easd.service.context import Context
from easd.service.item_operations.contents import Refused
from easd.service.item_operations.steps import MOVES_AT_ONCE, in_steps
from easd.service.ports import Writing

_NO_TARGETS = (FolderType.OUTBOX, FolderType.DRAFTS)
"""MS-ASCON R175."""

_NO_SOURCES = (FolderType.SENT_ITEMS, FolderType.DRAFTS, FolderType.OUTBOX)
"""MS-ASCON R215: from all folders but Sent Items."""

_LONGEST_ID = 64


def move_conversation(context: Context, operation: MoveConversation, notes: list[str]) -> ConversationMoved:
    """Do one Move; whatever goes wrong is its status."""
    what = f"moving a conversation to {operation.target_folder_id[:40]}"
    try:
        if operation.options.move_always is None:
            raise Refused(ItemOperationsStatus.MOVE_ALWAYS_MISSING)  # MS-ASCMD R4171, R3475
        if operation.options.move_always:
            raise Refused(ItemOperationsStatus.PROTOCOL_ERROR)  # MS-ASCON R144
        if not 0 < len(operation.conversation_id) <= _LONGEST_ID:
            raise Refused(ItemOperationsStatus.PROTOCOL_ERROR)
        status = in_steps(context, lambda box: _step(box, operation), notes, what)
    except Refused as refusal:
        notes.append(f"{what}: {refusal}")
        return ConversationMoved(int(refusal.status), operation.conversation_id)
    return ConversationMoved(status, operation.conversation_id)


def _step(box: Writing, operation: MoveConversation) -> bool:
    """Set the rule, and move some messages; whether there are more. Refused for a folder that mail cannot go to."""
    target = _target(box, operation.target_folder_id)
    if not box.conversation(operation.conversation_id, (), 1):
        raise Refused(ItemOperationsStatus.NOT_FOUND)  # MS-ASCON R146
    box.always_move(operation.conversation_id, None if target.type is FolderType.INBOX else target.id)
    without = [folder.id for folder in box.folders() if folder.type in _NO_SOURCES or folder.id == target.id]
    found = box.conversation(operation.conversation_id, without, MOVES_AT_ONCE)
    for folder_id, uid in found:
        box.move(folder_id, uid, target.id)
    return len(found) == MOVES_AT_ONCE


def _target(box: Writing, folder_id: str) -> Folder:
    try:
        folder = folders.existing(box, folder_id)
    except EasError as error:
        raise Refused(ItemOperationsStatus.NOT_FOUND) from error  # MS-ASCON R317
    if folder.type is FolderType.RECIPIENT_INFORMATION:
        raise Refused(CommonStatus.INVALID_COMBINATION_OF_IDS)  # MS-ASCON R262
    if folder.item_class is not ItemClass.EMAIL or folder.type in _NO_TARGETS:
        raise Refused(ItemOperationsStatus.NOT_SUPPORTED)  # MS-ASCMD R4173, R4942; MS-ASCON R338
    return folder
