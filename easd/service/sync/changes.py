"""The device's commands on one collection: add, change, delete, fetch (MS-ASCMD Commands)."""

from collections.abc import Mapping
from dataclasses import replace
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
from easd.eas.schema import Malformed
from easd.eas.status import EasError, StatusCode, SyncStatus
from easd.model.discretion import is_private
from easd.model.folder import FolderType, ItemClass
from easd.model.item import StoredItem
from easd.model.short_message import CLASS as SHORT_MESSAGE
from easd.service import ids
from easd.service.classes.content_class import Edit
from easd.service.classes.registry import class_of
from easd.service.ports import MailboxFull, Unavailable
from easd.service.sending_limits import OverLimit
from easd.service.sync import read_only
from easd.service.sync.contents import Contents
from easd.service.sync.reply import Reply
from easd.sync.apply import Commands, Verdict
from easd.sync.conflict import Action
from easd.sync.ports import Change
from easd.wbxml import Element, encode

_CLASSES = frozenset({*(each.value for each in ItemClass), SHORT_MESSAGE})


class CommandFailed(Exception):
    """One command met a fault that nobody expected, and the transaction is spoilt.

    `place` is its number in the collection, `status` what it deserves when all is done again without it.
    """

    def __init__(self, place: int, status: StatusCode) -> None:
        super().__init__(f"command {place}: {status.words}")
        self.place = place
        self.status = status


class ClientChanges:
    """Applies the commands of one collection in their order; `results` are those that must be answered (R6234)."""

    def __init__(self, edit: Edit, commands: Commands, contents: Contents) -> None:
        self._edit, self._box, self._folder = edit, edit.box, edit.folder
        self._class = class_of(edit.folder)
        self._commands, self._contents = commands, contents
        # No answer tells the class of the collection (MS-ASCMD R942), nor one that there is not (R945).
        self._named = {None, *_CLASSES} - {edit.folder.item_class.value}
        self.results: list[CommandResult] = []

    def apply(self, collection: SyncCollection, failed: Mapping[int, StatusCode], reply: Reply) -> None:
        """Carry out all commands of the collection but those that have `failed` before. CommandFailed, Unavailable."""
        for place, command in enumerate(collection.commands):
            is_of_a_class = True
            if not isinstance(command, ClientFetch) and command.class_ not in self._named:
                is_of_a_class, command = command.class_ in _CLASSES, replace(command, class_=None)
            if place in failed:
                result: CommandResult | None = _refused(command, failed[place])
            elif not is_of_a_class:
                result = _refused(command, SyncStatus.CONVERSION_ERROR)  # MS-ASCMD R945, R4440
            else:
                result = self._guarded(place, command, reply, as_move=collection.deletes_as_moves)
            if result is not None:
                self.results.append(result)

    def _guarded(self, place: int, command: ClientCommand, reply: Reply, *, as_move: bool) -> CommandResult | None:
        """One bad command must not stop the others, again at every try of the device."""
        try:
            return self._one(command, reply, as_move=as_move)
        except Unavailable:
            raise
        except OverLimit as error:  # perhaps after the change whose invitations they are: it is undone
            reply.notes.append(f"{self._folder.id}: command {place}: {error}")
            raise CommandFailed(place, error.status) from error
        except EasError as error:
            reply.notes.append(f"{self._folder.id}: command {place}: {error}")
            return _refused(command, error.status)
        except Malformed as fault:
            reply.notes.append(f"{self._folder.id}: command {place}: {fault}")
            return _refused(command, SyncStatus.CONVERSION_ERROR)  # R4440
        except MailboxFull as error:
            raise CommandFailed(place, SyncStatus.CANNOT_COMPLETE) from error  # R4450
        except Exception as error:
            raise CommandFailed(place, SyncStatus.CONVERSION_ERROR) from error

    def _one(self, command: ClientCommand, reply: Reply, *, as_move: bool) -> CommandResult | None:
        if isinstance(command, ClientFetch):
            return self._fetch(command, reply)
        context = self._edit.context
        if (context.guest is not None or context.may_only_read) and self._may_only_read(command):
            reply.notes.append(f"{self._folder.id}: who asks may only read this of the mailbox of somebody else")
            return read_only.refuse(self._commands, self._folder.id, command, _digest(command))
        match command:
            case ClientAdd():
                return self._add(command)
            case ClientChange():
                return self._change(command)
            case ClientDelete(instance_id=None):
                return self._delete(command, as_move=as_move)
            case ClientDelete():
                return self._remove_occurrence(command)

    def _may_only_read(self, command: ClientAdd | ClientChange | ClientDelete) -> bool:
        """Whether the folder, or what the command is about, is not for the user to write."""
        context = self._edit.context
        if context.may_only_read or isinstance(command, ClientAdd) or not context.discreet:
            return context.may_only_read
        uid = ids.uid_in(self._folder.id, command.server_id)
        item = self._item(uid) if uid is not None else None
        return item is not None and is_private(item.content)

    def _add(self, command: ClientAdd) -> AddResult:
        """EasError, Malformed. The uid of a repeated Add is that of the item that it has made (R961)."""
        verdict = self._commands.add(command.client_id, _digest(command))
        item = self._item(verdict.uid) if verdict.uid is not None else None
        if verdict.action.writes:
            item = self._class.add(self._edit, command, item)
            self._done(verdict, item)
        uid = item.uid if item is not None else verdict.uid
        return AddResult(
            command.client_id,
            verdict.action.status,
            ids.server_id(self._folder.id, uid) if uid is not None else None,
            class_=command.class_,
            data=self._class.written(self._edit, command, item) if item is not None else None,
        )

    def _change(self, command: ClientChange) -> ChangeResult | None:
        """EasError, Malformed. A change that was made is answered only if there is something to tell of it."""
        verdict, item = self._verdict(command.server_id, _digest(command))
        if verdict.action.writes and item is not None:
            edit = self._edit if verdict.seen == self._edit.seen else replace(self._edit, seen=verdict.seen)
            item = self._class.change(edit, command, item)
            self._done(verdict, item)
        if verdict.action.status != SyncStatus.SUCCESS:
            return _refused_change(command, verdict.action.status)
        data = self._class.written(self._edit, command, item) if item is not None else None
        if data is None:
            return None
        return ChangeResult(command.server_id, SyncStatus.SUCCESS, command.class_, command.instance_id, data)

    def _remove_occurrence(self, command: ClientDelete) -> DeleteResult | None:
        """EasError. To take an occurrence out of a series is a change of the series."""
        verdict, item = self._verdict(command.server_id, _digest(command))
        if verdict.action.writes and item is not None:
            item = self._class.remove_occurrence(self._edit, command, item)
            self._done(verdict, item)
        status = verdict.action.status
        if status != SyncStatus.SUCCESS:
            return DeleteResult(command.server_id, status, command.class_, command.instance_id)
        return None

    def _verdict(self, server_id: str, digest: str) -> tuple[Verdict, StoredItem | None]:
        """What to do with a change of an item, and the item where it is there. EasError 8."""
        uid = ids.uid_in(self._folder.id, server_id)
        if uid is None:
            raise EasError(SyncStatus.OBJECT_NOT_FOUND, f"no item {server_id[:64]}")
        item = self._item(uid)
        there = Change(uid, item.mod_seq, item.sort_time) if item is not None else None
        verdict = self._commands.change(uid, digest, there)
        if verdict.action is Action.CONFLICT:
            self._commands.again(uid)  # to hear what others have changed does not undo what it wrote of its own
        if verdict.action.writes and item is None:
            raise EasError(SyncStatus.OBJECT_NOT_FOUND, f"no item {server_id}")
        return verdict, item

    def _done(self, verdict: Verdict, item: StoredItem) -> None:
        effects = self._edit.effects
        self._commands.done(verdict, item.uid, item.mod_seq, gone=item.uid in effects.gone)
        if item.uid in effects.again:
            self._commands.again(item.uid)

    def _item(self, uid: int) -> StoredItem | None:
        return self._box.items(self._folder.id, [uid]).get(uid)

    def _delete(self, command: ClientDelete, *, as_move: bool) -> DeleteResult | None:
        uid = ids.uid_in(self._folder.id, command.server_id)
        if uid is None:
            return DeleteResult(command.server_id, SyncStatus.OBJECT_NOT_FOUND, command.class_)
        verdict = self._commands.delete(uid)
        if verdict.action.writes:
            self._class.removing(self._edit, uid)
            self._commands.done(verdict, uid, self._remove(uid, as_move=as_move))
        if verdict.action.status != SyncStatus.SUCCESS:
            return DeleteResult(command.server_id, verdict.action.status, command.class_)
        return None

    def _remove(self, uid: int, *, as_move: bool) -> int:
        """Delete, or move to Deleted Items (MS-ASCMD R2158-R2161); answers the tombstone's mod_seq."""
        if (
            not as_move
            or self._folder.type is FolderType.DELETED_ITEMS
            or self._folder.item_class is not ItemClass.EMAIL
        ):
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
        data = self._contents.complete(item)
        reply.octets -= len(data)
        return FetchResult(command.server_id, SyncStatus.SUCCESS, data)


def _refused(command: ClientCommand, status: int) -> CommandResult:
    match command:
        case ClientAdd():
            return AddResult(command.client_id, status, class_=command.class_)
        case ClientChange():
            return _refused_change(command, status)
        case ClientDelete():
            return DeleteResult(command.server_id, status, command.class_, command.instance_id)
        case ClientFetch():
            return FetchResult(command.server_id, status)


def _refused_change(command: ClientChange, status: int) -> ChangeResult:
    return ChangeResult(command.server_id, status, command.class_, command.instance_id)


def _digest(command: ClientAdd | ClientChange | ClientDelete) -> str:
    """Stands for all that the command says beside the item that it is about."""
    if isinstance(command, ClientDelete):
        said = b"delete " + (command.instance_id or "").encode()
    elif isinstance(command, ClientChange):
        said = _encoded(command.data) + (command.instance_id or "").encode()
    else:
        said = _encoded(command.data)
    return sha256(said).hexdigest()[:16]


def _encoded(data: ItemData | None) -> bytes:
    return encode(data) if isinstance(data, Element) else data or b""
