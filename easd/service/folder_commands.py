"""FolderCreate, FolderUpdate and FolderDelete (MS-ASCMD): a device changes the hierarchy that it holds."""

from hashlib import sha256

from easd.eas.commands import folder_create, folder_delete, folder_update
from easd.eas.commands.folder_create import FolderCreateRequest, FolderCreateResponse
from easd.eas.commands.folder_delete import FolderDeleteRequest, FolderDeleteResponse
from easd.eas.commands.folder_update import FolderUpdateRequest, FolderUpdateResponse
from easd.eas.status import EasError, FolderSyncStatus
from easd.service import folders, ids
from easd.service.context import Answer, Context
from easd.service.hierarchy import change_hierarchy, fault
from easd.service.ports import Writing
from easd.sync.apply import Commands
from easd.sync.conflict import Action
from easd.sync.generations import How, Opened


def create(context: Context, request: FolderCreateRequest) -> Answer:
    """Make a folder. EasError."""
    made: list[int] = []

    def work(box: Writing, _: Opened, commands: Commands) -> None:
        digest = _digest(request.parent_id, request.name, str(request.type))
        verdict = commands.add(digest, digest)
        if verdict.uid is not None:  # the answer was lost: the same folder again
            return made.append(verdict.uid)
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

    The device is told of the folders inside it by its next FolderSync: it may not remove them itself.
    """

    def work(box: Writing, opened: Opened, commands: Commands) -> None:
        number = ids.folder_number(request.server_id) or 0
        verdict = commands.delete(number)
        if verdict.action is Action.REMOVE:
            folders.remove(box, request.server_id)
            commands.done(verdict, number, box.modseq)
        elif opened.how is not How.RETRY or number not in opened.base.known:
            raise EasError(FolderSyncStatus.FOLDER_NOT_FOUND, f"no folder {request.server_id[:40]}")  # MS-ASCMD R4049

    try:
        key = change_hierarchy(context, request.sync_key, work)
    except Exception as error:
        raise fault(error, FolderSyncStatus.UNKNOWN_ERROR) from error  # MS-ASCMD R5772: this command has no 12
    return Answer(folder_delete.RESPONSE.encode(FolderDeleteResponse(FolderSyncStatus.SUCCESS, key), context.version))


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:16]
