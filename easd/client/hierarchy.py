"""A device makes, changes and deletes folders, and keeps its own list of them in step."""

from dataclasses import replace

from easd.client.errors import ProtocolViolation, StatusFailure
from easd.client.replica import Replica
from easd.client.session import Session
from easd.eas.commands import folder_create, folder_delete, folder_update
from easd.eas.commands.folder_create import FolderCreateRequest
from easd.eas.commands.folder_delete import FolderDeleteRequest
from easd.eas.commands.folder_sync import ROOT, FolderEntry
from easd.eas.commands.folder_update import FolderUpdateRequest
from easd.eas.commands.sync import START
from easd.eas.request import Command
from easd.eas.status import FolderSyncStatus
from easd.model.folder import FolderType


class FolderOperations:
    """FolderCreate, FolderUpdate and FolderDelete. `folders` and `folder_key` are what the device holds; every method
    raises StatusFailure for any status but success, and has changed nothing then.
    """

    session: Session
    folders: dict[str, FolderEntry]
    folder_key: str
    replica: Replica

    async def create_folder(
        self, name: str, parent_id: str = ROOT, type_: FolderType = FolderType.USER_MAIL
    ) -> FolderEntry:
        """Make a folder."""
        request = FolderCreateRequest(self.folder_key, parent_id, name, type_)
        told = await self.session.command(Command.FOLDER_CREATE, folder_create.REQUEST, folder_create.RESPONSE, request)
        self._done("FolderCreate", told.status, told.sync_key)
        if told.server_id is None or told.server_id in self.folders:
            raise ProtocolViolation(f"FolderCreate: no new ServerId in a successful answer: {told.server_id!r}")
        made = FolderEntry(told.server_id, parent_id, name, type_)
        self.folders[made.server_id] = made
        return made

    async def update_folder(self, server_id: str, name: str, parent_id: str = ROOT) -> FolderEntry:
        """Give a folder another name, or another parent."""
        request = FolderUpdateRequest(self.folder_key, server_id, parent_id, name)
        told = await self.session.command(Command.FOLDER_UPDATE, folder_update.REQUEST, folder_update.RESPONSE, request)
        self._done("FolderUpdate", told.status, told.sync_key)
        self.folders[server_id] = replace(self.folders[server_id], parent_id=parent_id, name=name)
        return self.folders[server_id]

    async def delete_folder(self, server_id: str) -> None:
        """Delete a folder; the server tells of those inside it at the next `folder_sync`."""
        request = FolderDeleteRequest(self.folder_key, server_id)
        told = await self.session.command(Command.FOLDER_DELETE, folder_delete.REQUEST, folder_delete.RESPONSE, request)
        self._done("FolderDelete", told.status, told.sync_key)
        self.folders.pop(server_id, None)
        self.replica.collections.pop(server_id, None)

    def _done(self, command: str, status: int, key: str | None) -> None:
        if status != FolderSyncStatus.SUCCESS:
            raise StatusFailure(command, status, FolderSyncStatus)
        if key in (None, START, self.folder_key):
            raise ProtocolViolation(f"{command}: no fresh SyncKey in a successful answer: {key!r}")
        self.folder_key = key or START
