"""A mailbox at any server that speaks Exchange ActiveSync, looked at as a device looks at it."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, TypeVar

import httpx

from easd.admin.refused import Refused
from easd.client.device import Device, Habits
from easd.client.errors import AuthenticationFailed, ClientError, HttpFailure, Unreachable, WipeRequested
from easd.client.mail import MailItem
from easd.eas.commands.item_operations import MAILBOX, Fetch, Fetched, FetchOptions
from easd.eas.commands.sync import START, ServerAdd
from easd.eas.items.body import AttachmentData
from easd.eas.schema import Malformed
from easd.eas.status import ItemOperationsStatus, SyncStatus
from easd.eas.versions import DIALECTS, V12_1, Version, since
from easd.mime.compose import NewAttachment
from easd.model.body import BodyPreference
from easd.model.email import AttachmentMethod, BodyType
from easd.model.folder import FolderType, ItemClass
from easd.wbxml import Element

_WINDOW: Final = 100
_ROUNDS: Final = 100_000
_WAIT_FIRST, _WAIT_MAX, _WAIT_TOTAL = 2.0, 60.0, 240.0
"""Seconds: how long a server that is busy, or away, is asked again."""
_BUSY: Final = frozenset({429, 502, 503, 504})
_FETCH_AT_ONCE: Final = 10
_MIME: Final = (BodyPreference(BodyType.MIME),)
_LIST: Final = (BodyPreference(BodyType.PLAIN, 1),)
"""Of messages in a list next to nothing is wanted: they are fetched whole afterwards."""
_WHOLE: Final = (BodyPreference(BodyType.HTML), BodyPreference(BodyType.PLAIN))
_ALL_MIME: Final = 2
_KNOWN_TYPES: Final = frozenset(FolderType)
_T = TypeVar("_T")


class NotGiven(Refused):
    """The server does not give this; it may well give everything else."""


@dataclass(frozen=True, slots=True)
class EasLogin:
    """Who logs in where. `version`: what to speak (None: the newest of both). `authority`: a PEM file to trust."""

    url: str
    user: str
    password: str = field(repr=False)
    version: Version | None = None
    device_type: str = "easd"
    authority: str = ""

    @property
    def account(self) -> str:
        """What the mailbox is noted as."""
        return f"eas://{self.user}@{httpx.URL(self.url).host}"

    @property
    def device_id(self) -> str:
        """The same in each run, so that the server has one device of ours and no more."""
        return f"EASDIMPORT{sha256(self.account.encode()).hexdigest()[:22].upper()}"


@dataclass(frozen=True, slots=True)
class EasFolder:
    """A folder there: its id, the names from the root on, and what it is for."""

    id: str
    path: tuple[str, ...]
    type: FolderType


class EasSource:
    """One connection. What goes wrong for good is Refused."""

    def __init__(
        self,
        login: EasLogin,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        trusted = ssl.create_default_context(cafile=login.authority) if login.authority else None
        if transport is None and trusted is not None:
            transport = httpx.AsyncHTTPTransport(verify=trusted)
        self.account = login.account
        self._device = Device(
            login.url,
            login.user,
            login.password,
            login.device_id,
            login.device_type,
            login.version,
            transport=transport,
            user_agent="easd-import/1.0",
        )

    async def close(self) -> None:
        """Give up the connection."""
        await self._device.session.close()

    async def version(self) -> Version:
        """What is spoken."""
        return await self._asked(self._device.session.version)

    async def folders(self) -> tuple[list[EasFolder], list[str]]:
        """All folders, and the names of those of which nobody knows what they hold. Refused before version 12.0, which
        cannot give messages as they are.
        """
        if not DIALECTS[await self.version()].item_operations:
            raise Refused("the server speaks no version from 12.0 on: messages cannot be had as they are")
        await self._asked(self._device.provision)
        await self._asked(self._device.folder_sync)
        known, unknown = [], []
        for entry in self._device.folders.values():
            path = self._path(entry.server_id)
            if entry.type in _KNOWN_TYPES:
                known.append(EasFolder(entry.server_id, path, FolderType(entry.type)))
            else:
                unknown.append("/".join(path))
        return known, unknown

    def _path(self, server_id: str) -> tuple[str, ...]:
        path: list[str] = []
        entry = self._device.folders.get(server_id)
        while entry is not None and len(path) <= len(self._device.folders):
            path.insert(0, entry.name)
            entry = self._device.folders.get(entry.parent_id)
        return tuple(path)

    async def items(self, folder: EasFolder, take: Callable[[str, Element], None]) -> None:
        """Hand out each item of the folder as it is now, id first. It is synchronised from the start, window by window;
        nothing of it is kept here.
        """
        mail = self._device.class_of(folder.id) is ItemClass.EMAIL
        self._device.habits = Habits(window_size=_WINDOW, preferences=_LIST if mail else _WHOLE)
        replica = self._device.replica[folder.id]
        replica.reset()
        for _ in range(_ROUNDS):
            starting = replica.sync_key == START
            result = await self._asked(lambda: self._device.sync(folder.id))
            if result is not None and result.status == SyncStatus.INVALID_SYNC_KEY:
                raise NotGiven("the server has lost the state of the folder: run the import again")
            for command in result.commands if result else ():
                element = replica.items.get(command.server_id)
                if isinstance(command, ServerAdd) and element is not None:  # else it has gone meanwhile
                    take(command.server_id, element)
                    replica.items[command.server_id] = Element(element.tag, [])
            if not starting and not replica.more_available:
                return
        raise NotGiven("the server has more to tell without end")

    async def messages(self, folder: EasFolder, ids: Sequence[str]) -> Mapping[str, bytes | str]:
        """Messages as they are, by id; of those that the server does not give, why."""
        found: dict[str, bytes | str] = {}
        for first in range(0, len(ids), _FETCH_AT_ONCE):
            some = ids[first : first + _FETCH_AT_ONCE]
            try:
                found |= await self._fetched(folder, some)
            except NotGiven as fault:
                if len(some) == 1:
                    found[some[0]] = str(fault)
                    continue
                for one in some:
                    found |= await self.messages(folder, [one])
        return found

    async def _fetched(self, folder: EasFolder, ids: Sequence[str]) -> Mapping[str, bytes | str]:
        version = await self.version()
        options = FetchOptions(body_preferences=_MIME, mime_support=_ALL_MIME)
        asked = [Fetch(MAILBOX, collection_id=folder.id, server_id=one, options=options) for one in ids]
        multipart = version in since(V12_1)
        results = await self._asked(lambda: self._device.item_operations(asked, multipart=multipart))
        return {one: _message(one, result, version) for one, result in zip(ids, results, strict=True)}

    async def file(self, attachment: AttachmentData) -> NewAttachment:
        """What an event has attached. NotGiven."""
        found = await self._asked(lambda: self._device.fetch_attachment(attachment.file_reference))
        if not isinstance(found.data, bytes):
            raise NotGiven(f"the attachment {attachment.display_name} comes without its bytes")
        embedded = attachment.method is AttachmentMethod.EMBEDDED_MESSAGE
        name, kind = attachment.display_name or "attachment", found.content_type or "application/octet-stream"
        return NewAttachment(name, found.data, kind, embedded=embedded)

    async def _asked(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        """The answer; a server that is away or busy is asked again for some minutes. NotGiven for what it answers with
        a failure, Refused where it answers nothing, or nothing to us.
        """
        waits = _waits()
        while True:
            try:
                return await ask()
            except (AuthenticationFailed, WipeRequested) as error:
                raise Refused(str(error)) from error
            except (Unreachable, HttpFailure) as error:
                told = error.retry_after if isinstance(error, HttpFailure) else None
                if isinstance(error, HttpFailure) and error.code not in _BUSY:
                    raise NotGiven(str(error)) from error
                wait = next(waits, None)
                if wait is None:
                    raise Refused(str(error)) from error
                await self._sleep(min(max(wait, told or 0.0), _WAIT_MAX))
            except ClientError as error:
                raise NotGiven(str(error)) from error


def _waits() -> Iterator[float]:
    waited, wait = 0.0, _WAIT_FIRST
    while waited < _WAIT_TOTAL:
        yield wait
        waited += wait
        wait = min(2 * wait, _WAIT_MAX)


def _message(server_id: str, result: object, version: Version) -> bytes | str:
    """The bytes of a fetched message, or why there are none."""
    if not isinstance(result, Fetched) or result.status != ItemOperationsStatus.SUCCESS:
        return f"the server answers status {getattr(result, 'status', 'nothing')}"
    if not isinstance(result.properties, Element):
        return "the server's answer holds no message"
    try:
        body = MailItem.of(server_id, result.properties, version).data.body
    except Malformed as fault:
        return f"the server's answer cannot be read: {fault}"
    if body is None or body.data is None or body.type is not BodyType.MIME:
        return "the server does not give it as MIME"
    return "the server gives a part of it alone" if body.truncated else body.data
