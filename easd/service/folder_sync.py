"""FolderSync (MS-ASCMD FolderSync): the hierarchy, synchronised by the same engine as the folders' contents.

SyncKey 0 sends all folders (R119) and leaves the states of their contents alone: a device that asks for the hierarchy
anew must not lose its mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from easd.eas.commands.folder_sync import (
    RESPONSE,
    ROOT,
    FolderChanges,
    FolderEntry,
    FolderGone,
    FolderSyncRequest,
    FolderSyncResponse,
)
from easd.eas.commands.sync import START
from easd.eas.status import EasError, FolderSyncStatus
from easd.model.folder import Folder
from easd.service import partnership
from easd.service.context import Answer, Context
from easd.service.faults import cause
from easd.service.ports import HIERARCHY, SyncRow, Unavailable, Writing
from easd.sync.diff import Command, Kind, plan
from easd.sync.generations import How, Opened, begin, commit, rest
from easd.sync.state import CorruptState, StaleKey, decode, encode

_ALL = 2**31


def handle(context: Context, request: FolderSyncRequest) -> Answer:
    """Tell what has changed of the hierarchy since the key; with key 0, all of it."""
    try:
        with context.services.store.writing(context.mailbox_id) as box:
            response = _Exchange(context, box, request.sync_key).run()
        if request.sync_key == START:
            partnership.remember_versions(context)
        return Answer(RESPONSE.encode(response, context.version))
    except EasError:
        raise
    except Exception as error:
        raise EasError(_status(error), cause(error)) from error


def _status(error: Exception) -> FolderSyncStatus:
    """What a fault of the server is called: it will pass, the store contradicts itself, or nobody knows."""
    if isinstance(error, Unavailable):
        return FolderSyncStatus.SERVER_ERROR  # MS-ASCMD R4076
    return FolderSyncStatus.CODE_UNKNOWN if isinstance(error, LookupError) else FolderSyncStatus.UNKNOWN_ERROR  # R5773


@dataclass(frozen=True, slots=True)
class _Exchange:
    context: Context
    box: Writing
    key: str

    def run(self) -> FolderSyncResponse:
        view = self.box.collection(HIERARCHY)
        opened = self._begin()
        todo = plan(opened.base, view, 0, _ALL)
        if not todo.commands and opened.how is not How.NEW:
            state = rest(opened, todo)
            if state is not None:
                self._save(encode(state))
            return FolderSyncResponse(FolderSyncStatus.SUCCESS, self.key, FolderChanges.of())
        state = commit(opened, todo.take(_ALL).after)
        self._save(encode(state))
        return FolderSyncResponse(FolderSyncStatus.SUCCESS, state.key, self._changes(todo.commands))

    def _begin(self) -> Opened:
        row = self.box.sync_row(self.context.device.id, HIERARCHY)
        try:
            state = decode(row.state) if row is not None else None
        except CorruptState as error:
            if self.key != START:
                raise EasError(FolderSyncStatus.INVALID_SYNC_KEY, str(error)) from None  # MS-ASCMD R5441
            state = None
        try:
            return begin(state, self.key, self.box.collection(HIERARCHY), lambda: self.context.services.number(31))
        except StaleKey as error:
            raise EasError(FolderSyncStatus.INVALID_SYNC_KEY, f"{error}: {self.key}") from None  # R4083

    def _save(self, state: bytes) -> None:
        if self.context.device.id:
            self.box.save_sync_row(self.context.device.id, HIERARCHY, SyncRow(state, b""))

    def _changes(self, commands: tuple[Command, ...]) -> FolderChanges:
        """Each folder once, parents before their children."""
        folders = {folder.id: folder for folder in self.box.folders()}
        adds = [folders[c.uid] for c in commands if c.kind is Kind.ADD]
        updates = [folders[c.uid] for c in commands if c.kind is Kind.CHANGE]
        gone = tuple(FolderGone(str(c.uid)) for c in commands if c.kind in (Kind.DELETE, Kind.SOFT_DELETE))
        return FolderChanges.of(tuple(map(_entry, _parents_first(adds, folders))), tuple(map(_entry, updates)), gone)


def _parents_first(adds: list[Folder], folders: Mapping[int, Folder]) -> list[Folder]:
    def depth(folder: Folder) -> int:
        steps = 0
        while (parent := folders.get(folder.parent_id)) is not None and steps < len(folders):
            folder, steps = parent, steps + 1
        return steps

    return sorted(adds, key=lambda folder: (depth(folder), folder.id))


def _entry(folder: Folder) -> FolderEntry:
    parent = str(folder.parent_id) if folder.parent_id else ROOT
    return FolderEntry(str(folder.id), parent, folder.name, folder.type)
