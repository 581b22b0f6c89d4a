"""FolderCreate, FolderUpdate and FolderDelete (MS-ASCMD): a device changes the hierarchy that it holds."""

from hashlib import sha256

from easd.eas.commands import folder_create, folder_delete, folder_update
from easd.eas.commands.folder_create import FolderCreateRequest, FolderCreateResponse
from easd.eas.commands.folder_delete import FolderDeleteRequest, FolderDeleteResponse
from easd.eas.commands.folder_update import FolderUpdateRequest, FolderUpdateResponse
from easd.eas.status import EasError, FolderSyncStatus
from easd.model.folder import USER_TYPES
from easd.service import folders, ids
from easd.service.context import Answer, Context
from easd.service.hierarchy import change_hierarchy, fault, open_hierarchy
from easd.service.item_operations.steps import DELETES_AT_ONCE
from easd.service.ports import Writing
from easd.sync.apply import Commands
from easd.sync.conflict import Action
from easd.sync.generations import How, Opened
from easd.sync.state import ABOVE_ALL, BELOW_ALL

_ANY_UID = 2**63 - 1


def create(context: Context, request: FolderCreateRequest) -> Answer:
    """Make a folder. EasError."""
    made: list[int] = []

    def work(box: Writing, _: Opened, commands: Commands) -> None:
        digest = _digest(request.parent_id, request.name, str(request.type))
        verdict = commands.add(digest, digest)
        if verdict.uid is not None:  # the answer was lost: the same folder again
            return made.append(verdict.uid)
        if _is_of_others(context, box, request.parent_id):
            raise EasError(FolderSyncStatus.SPECIAL_FOLDER, f"inside folder {request.parent_id}, which is shared")
        most = context.services.limits.folders_max
        folder = folders.create(box, request.parent_id, request.name, request.type, most)
        commands.done(verdict, folder.id, box.modseq)
        return made.append(folder.id)

    try:
        key = change_hierarchy(context, request.sync_key, work)
    except Exception as error:
        raise fault(error, FolderSyncStatus.CODE_UNKNOWN) from error  # MS-ASCMD R5771
    answer = FolderCreateResponse(FolderSyncStatus.SUCCESS, key, str(made[0]))  # R3903
    return Answer(folder_create.RESPONSE.encode(answer, context.version))


def update(context: Context, request: FolderUpdateRequest) -> Answer:
    """Rename or move a folder. EasError."""

    def work(box: Writing, _: Opened, commands: Commands) -> None:
        number = ids.folder_number(request.server_id) or 0
        verdict = commands.change(number, _digest(request.parent_id, request.name))
        if verdict.action is Action.REPEAT:
            return
        if _is_of_others(context, box, request.server_id):  # named and placed for this device: MS-ASCMD R4102
            raise EasError(FolderSyncStatus.FOLDER_EXISTS, f"folder {number} is shared by somebody else")
        if _is_of_others(context, box, request.parent_id):
            raise EasError(FolderSyncStatus.SPECIAL_FOLDER, f"inside folder {request.parent_id}, which is shared")
        before = box.modseq
        folders.update(box, request.server_id, request.parent_id, request.name)
        if box.modseq != before:
            commands.done(verdict, number, box.modseq)

    try:
        key = change_hierarchy(context, request.sync_key, work)
    except Exception as error:
        raise fault(error, FolderSyncStatus.UNKNOWN_ERROR) from error  # MS-ASCMD R5774: this command has no 12
    return Answer(folder_update.RESPONSE.encode(FolderUpdateResponse(FolderSyncStatus.SUCCESS, key), context.version))


def delete(context: Context, request: FolderDeleteRequest) -> Answer:
    """Delete a folder with all that is in it. EasError.

    The device is told of the folders inside it by its next FolderSync: it may not remove them itself. A big folder is
    emptied first, in steps, so that nobody else waits for long; should that end on the way, the next try goes on.
    """

    def work(box: Writing, opened: Opened, commands: Commands) -> None:
        number = ids.folder_named(box, request.server_id) or 0
        verdict = commands.delete(number)
        if verdict.action is Action.REMOVE:
            if _is_of_others(context, box, request.server_id):  # it would be gone for its owner: MS-ASCMD R4047
                raise EasError(FolderSyncStatus.SPECIAL_FOLDER, f"folder {number} is shared by somebody else")
            folders.remove(box, request.server_id)
            commands.done(verdict, number, box.modseq)
        elif opened.how is not How.RETRY or number not in opened.base.known:
            raise EasError(FolderSyncStatus.FOLDER_NOT_FOUND, f"no folder {request.server_id[:40]}")  # MS-ASCMD R4049

    try:
        while _clear_some(context, request):
            pass
        key = change_hierarchy(context, request.sync_key, work)
    except Exception as error:
        raise fault(error, FolderSyncStatus.UNKNOWN_ERROR) from error  # MS-ASCMD R5772: this command has no 12
    return Answer(folder_delete.RESPONSE.encode(FolderDeleteResponse(FolderSyncStatus.SUCCESS, key), context.version))


def _clear_some(context: Context, request: FolderDeleteRequest) -> bool:
    """Delete some items of a folder that is to go, and of those inside it; False where one transaction can do what is
    left, or nothing may be done.
    """
    with context.services.store.writing(context.mailbox_id) as box:
        opened = open_hierarchy(context, box, request.sync_key)
        number = ids.folder_number(request.server_id) or 0
        folder = box.folder(number)
        if opened.how is How.NEW or folder is None or folder.type not in USER_TYPES:
            return False
        doomed = [number, *(inner.id for inner in folders.inside(box.folders(), number))]
        held = {one: box.collection(one).count_before(ABOVE_ALL, BELOW_ALL) for one in doomed}
        if sum(held.values()) <= DELETES_AT_ONCE:
            return False
        room = DELETES_AT_ONCE
        for one in (one for one in doomed if held[one]):
            room -= box.clear(one, _ANY_UID, room) if room else 0
    return True


def _is_of_others(context: Context, box: Writing, folder_id: str) -> bool:
    """Whether the device is told of the folder because somebody else shares it."""
    return ids.folder_number(folder_id) in box.mounts(context.device)


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:16]
