"""The device's commands on one collection of mail: read, flag, categories, delete, fetch (MS-ASCMD Commands)."""

from hashlib import sha256

from easd.eas.commands.sync import (
    AddResult,
    ChangeResult,
    ClientAdd,
    ClientChange,
    ClientCommand,
    ClientDelete,
    ClientFetch,
    CommandResult,
    DeleteResult,
    FetchResult,
    ItemData,
    SyncCollection,
)
from easd.eas.items.email import load_email_change
from easd.eas.schema import Malformed
from easd.eas.status import SyncStatus
from easd.model.folder import Folder, FolderType, ItemClass
from easd.service import ids, rendering
from easd.service.context import Context
from easd.service.ports import Writing
from easd.service.sync.sticky import Sticky
from easd.sync.apply import Commands
from easd.wbxml import Element, encode


class ClientChanges:
    """Applies the commands of one collection in their order; `results` are those that must be answered (R6234)."""

    def __init__(self, context: Context, box: Writing, folder: Folder, sticky: Sticky, commands: Commands) -> None:
        self._context, self._box, self._folder = context, box, folder
        self._sticky, self._commands = sticky, commands
        self.results: list[CommandResult] = []

    def apply(self, collection: SyncCollection) -> None:
        """Carry out all commands of the collection."""
        for command in collection.commands:
            result = self._one(command, as_move=collection.deletes_as_moves)
            if result is not None:
                self.results.append(result)

    def _one(self, command: ClientCommand, *, as_move: bool) -> CommandResult | None:
        match command:
            case ClientChange():
                return self._change(command)
            case ClientDelete():
                return self._delete(command, as_move=as_move)
            case ClientFetch():
                return self._fetch(command)
            case ClientAdd():
                # New items of this class come by delivery alone: MS-ASCMD R4440, the item cannot be taken.
                return AddResult(command.client_id, SyncStatus.CONVERSION_ERROR, class_=command.class_)

    def _change(self, command: ClientChange) -> ChangeResult | None:
        status = self._changed(command)
        return None if status == SyncStatus.SUCCESS else ChangeResult(command.server_id, status)

    def _changed(self, command: ClientChange) -> int:
        uid = ids.uid_in(self._folder.id, command.server_id)
        if uid is None:
            return SyncStatus.OBJECT_NOT_FOUND
        if self._folder.item_class is not ItemClass.EMAIL or not isinstance(command.data, Element):
            return SyncStatus.CONVERSION_ERROR
        try:
            change = load_email_change(command.data, self._context.version)
        except Malformed:
            return SyncStatus.CONVERSION_ERROR  # R4440
        verdict = self._commands.change(uid, _digest(command.data))
        if not verdict.action.writes:
            return verdict.action.status
        item = self._box.items(self._folder.id, [uid]).get(uid)
        if item is None:
            return SyncStatus.OBJECT_NOT_FOUND
        stored = self._box.update_mail(self._folder.id, uid, change.applied(item.content))
        self._commands.done(verdict, uid, stored.mod_seq)
        return SyncStatus.SUCCESS

    def _delete(self, command: ClientDelete, *, as_move: bool) -> DeleteResult | None:
        uid = ids.uid_in(self._folder.id, command.server_id)
        if uid is None:
            return DeleteResult(command.server_id, SyncStatus.OBJECT_NOT_FOUND)
        verdict = self._commands.delete(uid)
        if verdict.action.writes:
            self._commands.done(verdict, uid, self._remove(uid, as_move=as_move))
        if verdict.action.status != SyncStatus.SUCCESS:
            return DeleteResult(command.server_id, verdict.action.status)
        return None

    def _remove(self, uid: int, *, as_move: bool) -> int:
        """Delete, or move to Deleted Items (MS-ASCMD R2158-R2161); answers the tombstone's mod_seq."""
        if not as_move or self._folder.type is FolderType.DELETED_ITEMS:
            return self._box.remove(self._folder.id, uid)
        self._box.move(self._folder.id, uid, self._box.special(FolderType.DELETED_ITEMS).id)
        tombstone = self._box.collection(self._folder.id).entry(uid)
        if tombstone is None:
            raise LookupError(f"no tombstone of {self._folder.id}:{uid} after its move")
        return tombstone.mod_seq

    def _fetch(self, command: ClientFetch) -> FetchResult:
        self._commands.any = True
        uid = ids.uid_in(self._folder.id, command.server_id)
        item = self._box.items(self._folder.id, [uid]).get(uid) if uid is not None else None
        if item is None:
            return FetchResult(command.server_id, SyncStatus.OBJECT_NOT_FOUND)
        texts = rendering.texts_of(self._box, item)
        data = rendering.render(self._box, item, texts, self._sticky.options.body, self._context.version)
        return FetchResult(command.server_id, SyncStatus.SUCCESS, data)


def _digest(data: ItemData) -> str:
    return sha256(encode(data) if isinstance(data, Element) else data).hexdigest()[:16]
