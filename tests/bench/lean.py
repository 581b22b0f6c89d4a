"""A device that costs next to nothing: HTTP/1.1 with keep-alive, prebuilt bytes out, the body's bytes back.

One request takes the client some 30 µs of processor time, so that a benchmark measures the server. It knows only what
our server sends: a status line, Content-Length, a body. Anything else is an error, never a guess.
"""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from easd.eas.headers import WBXML
from easd.eas.request import Command

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
TYPE = "bench"
"""The DeviceType of all devices."""

USER_AGENT = "easd-bench/1"


class Reply(NamedTuple):
    """An answer: HTTP status and body."""

    status: int
    body: bytes


class UnexpectedAnswer(Exception):
    """The server did not answer as the benchmark must be able to expect; the text says what came."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A device with what it sends in each request. `version` is the text of MS-ASProtocolVersion."""

    login: str
    password: str
    device_id: str
    version: str
    policy_key: int
    inbox: str

    def request(self, url: str, command: Command, body: bytes, content_type: str = WBXML) -> bytes:
        """A whole request."""
        return self.head(url, command, content_type) + framed(body)

    def head(self, url: str, command: Command, content_type: str = WBXML) -> bytes:
        """The beginning of a request, to which `framed(body)` is added."""
        query = f"Cmd={command.wire_name}&User={self.login}&DeviceId={self.device_id}&DeviceType={TYPE}"
        lines = [
            f"POST /Microsoft-Server-ActiveSync?{query} HTTP/1.1",
            *self._common(url),
            f"MS-ASProtocolVersion: {self.version}",
            f"X-MS-PolicyKey: {self.policy_key}",
            f"Content-Type: {content_type}",
            "Content-Length: ",
        ]
        return "\r\n".join(lines).encode()

    def options(self, url: str) -> bytes:
        """A whole OPTIONS request: the cheapest one that checks the password."""
        return "\r\n".join(["OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1", *self._common(url), "", ""]).encode()

    def _common(self, url: str) -> list[str]:
        credentials = b64encode(f"{self.login}:{self.password}".encode()).decode()
        return [f"Host: {urlsplit(url).netloc}", f"Authorization: Basic {credentials}", f"User-Agent: {USER_AGENT}"]


def framed(body: bytes) -> bytes:
    """The length, the end of the head, and the body."""
    return b"%d\r\n\r\n%b" % (len(body), body)


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Reply] | None = None
        self._buffer = bytearray()
        self._status = 0
        self._length: int | None = None

    @classmethod
    async def open(cls, url: str, source: str | None = None) -> "Connection":
        """A new connection; `source` is the own address to use, where one address has too few ports."""
        place = urlsplit(url)
        local = None if source is None else (source, 0)
        loop = asyncio.get_running_loop()
        assert place.hostname is not None
        assert place.port is not None
        _, connection = await loop.create_connection(cls, place.hostname, place.port, local_addr=local)
        return connection

    async def ask(self, request: bytes) -> Reply:
        """Send a request and wait for its answer. ConnectionError if the server hangs up; UnexpectedAnswer."""
        return await self.send(request)

    def send(self, request: bytes) -> "asyncio.Future[Reply]":
        """Send a request; the answer comes as a future."""
        if self._transport is None or self._waiter is not None:
            raise ConnectionError("the connection is closed or busy")
        self._waiter = self._loop.create_future()
        self._transport.write(request)
        return self._waiter

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(exc or ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._length is None:
            self._read_head()
        if self._length is not None and len(self._buffer) >= self._length:
            self._finish(self._length)

    def _read_head(self) -> None:
        end = self._buffer.find(_END)
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        at = head.find(_LENGTH)
        if at < 0 or not head.startswith(b"http/1.1 "):
            self._fail(f"an answer without a length: {head[:200]!r}")
            return
        self._status = int(head[9:12])
        self._length = int(head[at + len(_LENGTH) :].partition(b"\r")[0])
        del self._buffer[: end + len(_END)]

    def _finish(self, length: int) -> None:
        waiter = self._waiter
        if len(self._buffer) > length or waiter is None:
            self._fail("more came than one answer")
            return
        reply = Reply(self._status, bytes(self._buffer))
        self._buffer, self._length, self._waiter = bytearray(), None, None
        if not waiter.done():
            waiter.set_result(reply)

    def _fail(self, what: str) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(UnexpectedAnswer(what))
        self.close()


def good(reply: Reply) -> bytes:
    """The body of an answer 200. UnexpectedAnswer for another one."""
    if reply.status != 200:
        raise UnexpectedAnswer(f"HTTP {reply.status}: {reply.body[:200]!r}")
    return reply.body
