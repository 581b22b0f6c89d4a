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
from easd.eas.status import FolderSyncStatus
from easd.model.folder import Folder, FolderType
from easd.service import partnership
from easd.service.context import Answer, Context
from easd.service.hierarchy import fault, keep, open_hierarchy
from easd.service.ports import Writing
from easd.sync.diff import Command, Kind, plan
from easd.sync.generations import How, commit, rest

_ALL = 2**31


def handle(context: Context, request: FolderSyncRequest) -> Answer:
    """Tell what has changed of the hierarchy since the key; with key 0, all of it."""
    try:
        with context.services.store.writing(context.mailbox_id) as box:
            response = _Exchange(context, box, request.sync_key).run()
        if request.sync_key == START:
            partnership.remember_versions(context)
        return Answer(RESPONSE.encode(response, context.version))
    except Exception as error:
        raise fault(error, FolderSyncStatus.CODE_UNKNOWN) from error


@dataclass(frozen=True, slots=True)
class _Exchange:
    context: Context
    box: Writing
    key: str

    def run(self) -> FolderSyncResponse:
        if self.box.shares and self.context.device.id:
            self.box.settle_mounts(self.context.device)
        view = self.box.hierarchy(self.context.device)
        opened = open_hierarchy(self.context, self.box, self.key)
        todo = plan(opened.base, view, 0, _ALL)
        if not todo.commands and opened.how is not How.NEW:
            state = rest(opened, todo)
            if state is not None:
                keep(self.context, self.box, state)
            return FolderSyncResponse(FolderSyncStatus.SUCCESS, self.key, FolderChanges.of())
        state = commit(opened, todo.take(_ALL).after, opened.base.receipts)
        keep(self.context, self.box, state)
        return FolderSyncResponse(FolderSyncStatus.SUCCESS, state.key, self._changes(todo.commands))

    def _changes(self, commands: tuple[Command, ...]) -> FolderChanges:
        """Each folder once, parents before their children."""
        folders = {folder.id: folder for folder in self.box.folders() if self._shown(folder)}
        folders |= {number: mount.folder for number, mount in self.box.mounts(self.context.device).items()}
        adds = [folders[c.uid] for c in commands if c.kind is Kind.ADD and c.uid in folders]
        updates = [folders[c.uid] for c in commands if c.kind is Kind.CHANGE and c.uid in folders]
        gone = tuple(FolderGone(str(c.uid)) for c in commands if c.kind in (Kind.DELETE, Kind.SOFT_DELETE))
        return FolderChanges.of(tuple(map(_entry, _parents_first(adds, folders))), tuple(map(_entry, updates)), gone)

    def _shown(self, folder: Folder) -> bool:
        """Whether the device's version knows the folder (MS-ASCNTC R2262)."""
        return self.context.dialect.recipient_cache or folder.type is not FolderType.RECIPIENT_INFORMATION


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
