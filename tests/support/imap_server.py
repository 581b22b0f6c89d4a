"""An IMAP server that others wrote (pymap), in this process on a port of its own, whose connections can be cut."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

from imapclient import IMAPClient
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer, IMAPService
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

PASSWORD = "open sesame"
WHEN = datetime(2020, 5, 17, 8, 30, tzinfo=UTC)


class _Cut:
    """A StreamWriter that breaks off after so many bytes; None: it does not."""

    def __init__(self, writer: asyncio.StreamWriter, left: int | None) -> None:
        self._writer, self._left = writer, left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def write(self, data: bytes) -> None:
        if self._left is not None and self._left < len(data):
            self._writer.write(bytes(data)[: self._left])
            self._writer.close()
            return
        if self._left is not None:
            self._left -= len(data)
        self._writer.write(data)


class ImapServer:
    """The server as a test sees it. `cut_after`: bytes after which it breaks the next connection off."""

    def __init__(self, users: Iterable[str]) -> None:
        self._users = tuple(users)
        self._loop = asyncio.new_event_loop()
        self._ready = Event()
        self._backend: Any = None
        self._done = asyncio.Event()
        self.port = 0
        self.cut_after: int | None = None
        self._thread = Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(20)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        backend, config = await DictBackend.init(_arguments(), hash_context=Cleartext())
        config.apply_context()
        self._backend = backend
        known = backend.login.users_dict
        for name in self._users:
            known[name] = UserMetadata(config, name, password=known["somebody"].password)
        imap = IMAPServer(backend.login, config)

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            config.apply_context()
            left, self.cut_after = self.cut_after, None
            await imap(reader, _Cut(writer, left), _Peer())  # type: ignore[arg-type]

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._done.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    def forget(self, user: str) -> None:
        """Make the user's mailbox anew and empty: the same names, other UIDVALIDITY."""
        self._backend.config.set_cache.pop(user, None)

    @contextmanager
    def client(self, user: str) -> Iterator[Any]:
        """A client of the user, for what a test puts there."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False)
        client.normalise_times = False
        client.login(user, PASSWORD)
        try:
            yield client
        finally:
            client.logout()


class _Peer:
    """What pymap logs of a connection."""

    unique_id = b"test"

    def __getattr__(self, name: str) -> None:
        return None


def _arguments() -> Namespace:
    parser = ArgumentParser()
    IMAPService.add_arguments(parser)
    DictBackend.add_subparser("dict", parser.add_subparsers())
    asked = ["--no-tls", "dict", "--demo-user", "somebody", "--demo-password", PASSWORD]
    return Namespace(**vars(parser.parse_args(asked)), debug=False, passlib_cfg=None)


@contextmanager
def imap_server(*users: str) -> Iterator[ImapServer]:
    """A server with these users, all with PASSWORD."""
    server = ImapServer(users)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def message(number: int, size: int = 0) -> bytes:
    """A message with CRLF line ends, of at least so many bytes."""
    head = (
        f"From: Ann <ann@elsewhere.test>\r\nTo: alice@example.test\r\nSubject: Message {number}\r\n"
        f"Message-ID: <{number}@elsewhere.test>\r\nDate: Sun, 17 May 2020 08:29:00 +0000\r\n\r\n"
    )
    body = f"Text of {number}, with trailing blanks   \r\n"
    return (head + body + ("y" * 70 + "\r\n") * (size // 72)).encode()
