"""A well-behaved device: it keeps its keys, restarts when told to, and holds exactly what the server sent."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import httpx

from easd.client.errors import ClientError, ProtocolViolation, StatusFailure
from easd.client.hierarchy import FolderOperations
from easd.client.mail import MailItem
from easd.client.operations import Operations
from easd.client.replica import CollectionReplica, Replica
from easd.client.session import ServerOptions, Session
from easd.client.transport import Identity, TraceEntry
from easd.eas.commands.folder_sync import (
    REQUEST as FOLDER_SYNC_REQUEST,
    RESPONSE as FOLDER_SYNC_RESPONSE,
    FolderChanges,
    FolderEntry,
    FolderSyncRequest,
    FolderSyncResponse,
)
from easd.eas.commands.options import Options
from easd.eas.commands.sync import (
    REQUEST as SYNC_REQUEST,
    RESPONSE as SYNC_RESPONSE,
    START,
    ClientChange,
    ClientCommand,
    ClientDelete,
    ClientFetch,
    FetchResult,
    SyncCollection,
    SyncCollectionResult,
    SyncRequest,
    SyncResponse,
)
from easd.eas.items.email import EmailChange, dump_email_change
from easd.eas.request import Command
from easd.eas.status import FolderSyncStatus, SyncStatus
from easd.eas.versions import DIALECTS, Version
from easd.model.body import BodyPreference
from easd.model.device import DeviceInformation
from easd.model.email import BodyType, Flag
from easd.model.folder import FolderType, ItemClass
from easd.model.short_message import CLASS as SHORT_MESSAGE
from easd.wbxml import tag

_HEARTBEAT = tag("AirSync:HeartbeatInterval")
_ROUNDS = 10_000
"""Answers with MoreAvailable after which a server is taken to go round in circles."""

DEFAULT_PREFERENCES = (BodyPreference(BodyType.HTML, 200_000), BodyPreference(BodyType.PLAIN, 200_000))


@dataclass(frozen=True, slots=True)
class Habits:
    """How a device synchronises mail: window, filter (0: everything), MIMESupport and body preferences;
    `short_messages`: also SMS, from 14.0 on.
    """

    window_size: int = 100
    filter_type: int = 0
    mime_support: int = 0
    preferences: tuple[BodyPreference, ...] = DEFAULT_PREFERENCES
    conflict: int | None = None
    short_messages: bool = False


class Device(FolderOperations, Operations):
    """One device of one user.

    `folders` is the hierarchy by ServerId, `replica` the items. Every method raises the errors of
    `easd.client.errors`; a `StatusFailure` carries the status in words.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        device_id: str = "EASD0000000000000000000000000001",
        device_type: str = "easd",
        version: Version | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        base64: bool = False,
        user_agent: str = "easd-client/1.0",
        information: DeviceInformation | None = None,
        habits: Habits | None = None,
        trace: Callable[[TraceEntry], None] | None = None,
    ) -> None:
        self.session = Session(
            url,
            Identity(user, password, device_id, device_type, user_agent),
            version=version,
            transport=transport,
            base64=base64,
            information=information,
            trace=trace,
        )
        self.habits = habits or Habits()
        self.folders: dict[str, FolderEntry] = {}
        self.folder_key = START
        self.replica = Replica()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def options(self) -> ServerOptions:
        """What the server speaks."""
        return await self.session.options()

    async def provision(self) -> None:
        """Get the policy and acknowledge it; `session.policy` and `session.policy_key` hold the outcome."""
        await self.session.provision()

    # ---------------------------------------------------------------- folders

    async def folder_sync(self) -> FolderChanges:
        """Take over the changes of the hierarchy; starts again from 0 where the server asks for it (Status 9)."""
        response = await self._folder_sync()
        if response.status == FolderSyncStatus.INVALID_SYNC_KEY and self.folder_key != START:
            self.folder_key = START
            response = await self._folder_sync()
        if response.status != FolderSyncStatus.SUCCESS:
            raise StatusFailure("FolderSync", response.status, FolderSyncStatus)
        if response.sync_key is None or response.sync_key == START:
            raise ProtocolViolation(f"FolderSync: no usable SyncKey in a successful answer: {response.sync_key!r}")
        if self.folder_key == START:
            self.folders.clear()
        self.folder_key = response.sync_key
        return self._take_folders(response.changes or FolderChanges())

    async def _folder_sync(self) -> FolderSyncResponse:
        return await self.session.command(
            Command.FOLDER_SYNC, FOLDER_SYNC_REQUEST, FOLDER_SYNC_RESPONSE, FolderSyncRequest(self.folder_key)
        )

    def _take_folders(self, changes: FolderChanges) -> FolderChanges:
        for folder in changes.adds:
            if folder.server_id in self.folders:
                raise ProtocolViolation(f"FolderSync: Add of folder {folder.server_id}, which is held already")
            self.folders[folder.server_id] = folder
        for folder in changes.updates:
            self._require_folder("Update", folder.server_id)
            self.folders[folder.server_id] = folder
        for gone in changes.deletes:
            self._require_folder("Delete", gone.server_id)
            del self.folders[gone.server_id]
            self.replica.collections.pop(gone.server_id, None)
        return changes

    def _require_folder(self, what: str, server_id: str) -> None:
        if server_id not in self.folders:
            raise ProtocolViolation(f"FolderSync: {what} of folder {server_id}, which is not held")

    def folder_of(self, type_: FolderType) -> FolderEntry:
        """The first folder of that type. ClientError if there is none (or none yet: `folder_sync` first)."""
        for folder in self.folders.values():
            if folder.type == type_:
                return folder
        raise ClientError(f"there is no folder of type {type_.name}")

    # ---------------------------------------------------------------- items

    async def sync_request(self, request: SyncRequest, *, apply: bool = True) -> SyncResponse | None:
        """Send a Sync request as it is, and take over the answer; None is the empty answer: nothing has changed.

        `apply` False throws the answer away, as if the connection had broken before it came. Raises StatusFailure for
        a status of the whole request.
        """
        held = float(request.heartbeat_interval or 0) + 60.0 * (request.wait or 0)
        response = await self.session.command_or_nothing(Command.SYNC, SYNC_REQUEST, SYNC_RESPONSE, request, held=held)
        if response is None or not apply:
            return response
        if response.status is not None and response.status != SyncStatus.SUCCESS:
            raise StatusFailure("Sync", response.status, SyncStatus)
        asked = {collection.collection_id: collection for collection in request.collections or ()}
        for result in response.collections:
            self._take(asked, result, partial=request.partial or request.collections is None)
        return response

    def _take(self, asked: dict[str, SyncCollection], result: SyncCollectionResult, *, partial: bool) -> None:
        collection = asked.get(result.collection_id)
        held = self.replica[result.collection_id]
        if collection is not None:
            held.apply(collection.sync_key, collection.commands, result)
        elif partial:
            held.apply(held.sync_key, (), result)
        else:
            raise ProtocolViolation(f"Sync: an answer for collection {result.collection_id}, which was not asked for")

    async def collection(
        self,
        collection_id: str,
        commands: Sequence[ClientCommand] = (),
        *,
        window_size: int | None = None,
        get_changes: bool | None = None,
        deletes_as_moves: bool = True,
    ) -> SyncCollection:
        """The Collection of a request in which this device asks for a collection now, with its habits."""
        held = self.replica[collection_id]
        version = await self.session.version()
        class_ = self.class_of(collection_id)
        starting = held.sync_key == START
        return SyncCollection(
            sync_key=held.sync_key,
            collection_id=collection_id,
            class_=class_ if DIALECTS[version].class_in_collection else None,
            deletes_as_moves=deletes_as_moves,
            get_changes=None if starting else get_changes,
            window_size=None if starting else window_size or self.habits.window_size,
            options=() if starting else self._wishes(class_),
            commands=tuple(commands),
        )

    def _wishes(self, class_: ItemClass) -> tuple[Options, ...]:
        mail = class_ is ItemClass.EMAIL
        own = Options(
            filter_type=self.habits.filter_type if class_ is not ItemClass.CONTACTS else None,
            conflict=self.habits.conflict,
            mime_support=self.habits.mime_support if mail else None,
            body_preferences=self.habits.preferences,
        )
        if not (mail and self.habits.short_messages):
            return (own,)
        return replace(own, class_=class_.value), Options(class_=SHORT_MESSAGE, filter_type=self.habits.filter_type)

    async def sync(
        self,
        collection_id: str,
        commands: Sequence[ClientCommand] = (),
        *,
        window_size: int | None = None,
        get_changes: bool | None = None,
        deletes_as_moves: bool = True,
        heartbeat: int | None = None,
        apply: bool = True,
    ) -> SyncCollectionResult | None:
        """One Sync of one collection; None for the empty answer. With `heartbeat` (seconds) the server may wait.

        With Status 3 the replica is reset: the next Sync starts again from 0 (R4427). Any other status of the
        collection raises StatusFailure. Statuses of single commands are in the result.
        """
        collection = await self.collection(
            collection_id, commands, window_size=window_size, get_changes=get_changes, deletes_as_moves=deletes_as_moves
        )
        request = self._waiting(SyncRequest((collection,)), heartbeat, await self.session.version())
        response = await self.sync_request(request, apply=apply)
        if response is None:
            return None
        for result in response.collections:
            if apply and result.status not in (SyncStatus.SUCCESS, SyncStatus.INVALID_SYNC_KEY):
                raise StatusFailure(f"Sync of {collection_id}", result.status, SyncStatus)
            return result
        return None

    def _waiting(self, request: SyncRequest, seconds: int | None, version: Version) -> SyncRequest:
        """HeartbeatInterval where the version has it, else Wait, in whole minutes."""
        if seconds is None:
            return request
        if SYNC_REQUEST.schema.knows(_HEARTBEAT, version):
            return replace(request, heartbeat_interval=seconds)
        return replace(request, wait=max(seconds // 60, 1))

    async def sync_all(self, collection_id: str) -> CollectionReplica:
        """Synchronise until there is no MoreAvailable; starts again from 0 (once) if the server asks for it."""
        held = self.replica[collection_id]
        restarts = 0
        for _ in range(_ROUNDS):
            starting = held.sync_key == START
            result = await self.sync(collection_id)
            if result is not None and result.status == SyncStatus.INVALID_SYNC_KEY:
                restarts += 1
                if restarts > 1:
                    raise StatusFailure(f"Sync of {collection_id}", result.status, SyncStatus)
            elif not starting and not held.more_available:
                return held
        raise ProtocolViolation(f"collection {collection_id}: MoreAvailable without end")

    async def mail(self, collection_id: str) -> list[MailItem]:
        """The messages that the device holds of a collection, newest first."""
        version = await self.session.version()
        held = self.replica[collection_id].items.items()
        items = [MailItem.of(server_id, element, version) for server_id, element in held]
        return sorted(items, key=lambda item: (item.received is not None, item.received), reverse=True)

    async def change(self, collection_id: str, server_id: str, change: EmailChange) -> SyncCollectionResult | None:
        """Change the state of a message."""
        data = dump_email_change(change, await self.session.version())
        return await self.sync(collection_id, [ClientChange(server_id, data)])

    async def mark_read(self, collection_id: str, server_id: str, read: bool = True) -> SyncCollectionResult | None:
        """Mark a message as read, or not."""
        return await self.change(collection_id, server_id, EmailChange(read=read))

    async def flag(self, collection_id: str, server_id: str, flag: Flag) -> SyncCollectionResult | None:
        """Set a flag; one with status CLEARED removes it."""
        return await self.change(collection_id, server_id, EmailChange(flag=flag))

    async def categorize(
        self, collection_id: str, server_id: str, categories: tuple[str, ...]
    ) -> SyncCollectionResult | None:
        """Set the categories; the empty tuple removes all."""
        return await self.change(collection_id, server_id, EmailChange(categories=categories))

    async def delete(
        self, collection_id: str, server_ids: Iterable[str], *, permanently: bool = False
    ) -> SyncCollectionResult | None:
        """Delete messages: into Deleted Items, or for good."""
        commands = [ClientDelete(server_id) for server_id in server_ids]
        return await self.sync(collection_id, commands, deletes_as_moves=not permanently)

    async def fetch(self, collection_id: str, server_ids: Iterable[str]) -> tuple[FetchResult, ...]:
        """Fetch messages whole by Sync (MS-ASCMD Fetch (Sync)), without other changes."""
        commands = [ClientFetch(server_id) for server_id in server_ids]
        result = await self.sync(collection_id, commands, get_changes=False)
        return tuple(one for one in (result.responses if result else ()) if isinstance(one, FetchResult))
