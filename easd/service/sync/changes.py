"""The device's commands on one collection of mail: read, flag, categories, delete, fetch (MS-ASCMD Commands)."""

from collections.abc import Mapping
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
from easd.service import ids
from easd.service.context import Context
from easd.service.ports import MailboxFull, Unavailable, Writing
from easd.service.sync.contents import Contents
from easd.service.sync.reply import Reply
from easd.sync.apply import Commands
from easd.wbxml import Element, encode


class CommandFailed(Exception):
    """One command met a fault that nobody expected, and the transaction is spoilt.

    `place` is its number in the collection, `status` what it deserves when all is done again without it.
    """

    def __init__(self, place: int, status: SyncStatus) -> None:
        super().__init__(f"command {place}: {status.words}")
        self.place = place
        self.status = status


class ClientChanges:
    """Applies the commands of one collection in their order; `results` are those that must be answered (R6234)."""

    def __init__(self, context: Context, box: Writing, folder: Folder, commands: Commands, contents: Contents) -> None:
        self._context, self._box, self._folder = context, box, folder
        self._commands, self._contents = commands, contents
        self.results: list[CommandResult] = []

    def apply(self, collection: SyncCollection, failed: Mapping[int, SyncStatus], reply: Reply) -> None:
        """Carry out all commands of the collection but those that have `failed` before. CommandFailed, Unavailable."""
        for place, command in enumerate(collection.commands):
            if place in failed:
                result: CommandResult | None = _refused(command, failed[place])
            else:
                result = self._guarded(place, command, reply, as_move=collection.deletes_as_moves)
            if result is not None:
                self.results.append(result)

    def _guarded(self, place: int, command: ClientCommand, reply: Reply, *, as_move: bool) -> CommandResult | None:
        """One bad command must not stop the others, again at every try of the device."""
        try:
            if isinstance(command, ClientFetch):
                return self._fetch(command, reply)
            return self._one(command, as_move=as_move)
        except Unavailable:
            raise
        except MailboxFull as error:
            raise CommandFailed(place, SyncStatus.CANNOT_COMPLETE) from error  # R4450
        except Exception as error:
            raise CommandFailed(place, SyncStatus.CONVERSION_ERROR) from error

    def _one(
        self, command: ClientChange | ClientDelete | ClientAdd, *, as_move: bool
    ) -> ChangeResult | DeleteResult | AddResult | None:
        match command:
            case ClientChange():
                return self._change(command)
            case ClientDelete():
                return self._delete(command, as_move=as_move)
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
        if command.instance_id is not None:
            return SyncStatus.PROTOCOL_ERROR  # R4431: mail has no occurrences
        try:
            change = load_email_change(command.data, self._context.version)
        except Malformed:
            return SyncStatus.CONVERSION_ERROR  # R4440
        item = self._box.items(self._folder.id, [uid]).get(uid)
        if change.more and item is not None and item.content.is_draft:
            return SyncStatus.CONVERSION_ERROR  # the new text of a draft must not be taken for its state, and be lost
        verdict = self._commands.change(uid, _digest(command.data))
        if not verdict.action.writes:
            return verdict.action.status
        if item is None:
            return SyncStatus.OBJECT_NOT_FOUND
        stored = self._box.update_mail(self._folder.id, uid, change.applied(item.content))
        self._commands.done(verdict, uid, stored.mod_seq)
        return SyncStatus.SUCCESS

    def _delete(self, command: ClientDelete, *, as_move: bool) -> DeleteResult | None:
        uid = ids.uid_in(self._folder.id, command.server_id)
        if uid is None:
            return DeleteResult(command.server_id, SyncStatus.OBJECT_NOT_FOUND)
        if command.instance_id is not None:
            return DeleteResult(command.server_id, SyncStatus.PROTOCOL_ERROR)  # R4431: mail has no occurrences
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

    def _fetch(self, command: ClientFetch, reply: Reply) -> FetchResult:
        uid = ids.uid_in(self._folder.id, command.server_id)
        item = self._box.items(self._folder.id, [uid]).get(uid) if uid is not None else None
        if item is None:
            return FetchResult(command.server_id, SyncStatus.OBJECT_NOT_FOUND)  # R4447
        if reply.octets <= 0:
            return FetchResult(command.server_id, SyncStatus.SERVER_ERROR)  # the answer is full: to be asked for again
        data = self._contents.whole(item, None)
        reply.octets -= len(data)
        return FetchResult(command.server_id, SyncStatus.SUCCESS, data)


def _refused(command: ClientCommand, status: SyncStatus) -> CommandResult:
    match command:
        case ClientAdd():
            return AddResult(command.client_id, status, class_=command.class_)
        case ClientChange():
            return ChangeResult(command.server_id, status)
        case ClientDelete():
            return DeleteResult(command.server_id, status)
        case ClientFetch():
            return FetchResult(command.server_id, status)


def _digest(data: ItemData) -> str:
    return sha256(encode(data) if isinstance(data, Element) else data).hexdigest()[:16]
