"""A bad network, and servers that die: each request of a device meets a fault that is drawn from numbers of its own."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx

from tests.support.server import RunningServer, free_port, launched

_MOMENT = 0.03
"""Seconds within which a server dies after a request has gone to it: before it, in the middle, or after the commit."""
_LATE = 0.4
"""How likely something that was held up comes before the next request."""


class Mortal:
    """`easd serve` on one port, which dies by SIGKILL and is started again, at most `lives` times."""

    def __init__(self, url: str, folder: Path, environ: Mapping[str, str] | None = None, lives: int = 3) -> None:
        self.port = free_port()
        self._url, self._environ, self._lives = url, environ, lives
        self._log = folder / f"server-{self.port}.log"
        self._turn = asyncio.Lock()
        self._rebirth: asyncio.Future[None] | None = None
        self.running = self._started()

    @property
    def address(self) -> str:
        return self.running.url

    async def die(self) -> None:
        """Returns when it is ready again."""
        if self._turn.locked() or self._lives < 1:
            return
        self._rebirth = asyncio.ensure_future(self._die())
        await asyncio.shield(self._rebirth)  # it comes back even if nobody waits for it any longer

    async def _die(self) -> None:
        async with self._turn:
            self._lives -= 1
            await asyncio.to_thread(self._end)
            self.running = await asyncio.to_thread(self._started)

    async def alive(self) -> None:
        """Returns when it is not being started."""
        async with self._turn:
            return

    async def close(self) -> None:
        """For good."""
        if self._rebirth is not None:
            await asyncio.wait([self._rebirth])
        self._end()

    def _end(self) -> None:
        self.running.process.kill()
        self.running.process.wait()

    def holds(self) -> int:
        """How many requests it holds now."""
        lines = self.running.get("/metrics").text.splitlines()
        return sum(int(float(line.split()[1])) for line in lines if line.startswith("easd_holds "))

    def complaints(self) -> list[str]:
        """What it has logged that is no information, in all its lives."""
        return [str(line) for line in self.running.log() if line["level"] not in ("debug", "info")]

    def _started(self) -> RunningServer:
        return launched(self._url, self.port, self._log, self._environ)


@dataclass
class Weather(httpx.AsyncBaseTransport):
    """The way of one device to any of the servers. `bad`: how many of its requests meet a fault, from 0 to 1."""

    servers: list[Mortal]
    chance: Random
    bad: float = 0.0
    _late: list[httpx.Request] = field(default_factory=list)
    _inner: httpx.AsyncHTTPTransport = field(default_factory=httpx.AsyncHTTPTransport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        server = self.chance.choice(self.servers)
        await server.alive()
        request = await _to(request, server)
        faults = (self._lost, self._hung_up, self._cut, self._twice, self._held_up, self._fatal)
        # Who waits is not disturbed, but gives up when its owner has something else to do.
        if self.chance.random() >= self.bad or "Cmd=Ping" in str(request.url):
            return await self._through(request)
        if self._late and self.chance.random() < _LATE:
            await _say(_written(await _to(self._late.pop(), server)), server)
        return await self.chance.choice(faults)(request, server)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _through(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        return response

    async def _lost(self, request: httpx.Request, _server: Mortal) -> httpx.Response:
        await self._through(request)
        raise httpx.ReadError("the answer is lost")

    async def _hung_up(self, request: httpx.Request, server: Mortal) -> httpx.Response:
        await _say(_written(request), server)
        raise httpx.ReadError("nobody waited for the answer")

    async def _cut(self, request: httpx.Request, server: Mortal) -> httpx.Response:
        whole = _written(request)
        await _say(whole[: self.chance.randrange(1, len(whole))], server)
        raise httpx.WriteError("cut in the middle")

    async def _twice(self, request: httpx.Request, _server: Mortal) -> httpx.Response:
        """At the same time, to any two of the servers; one of the answers counts."""
        other = await _to(request, self.chance.choice(self.servers))
        both = await asyncio.gather(self._through(request), self._through(other), return_exceptions=True)
        chosen = self.chance.choice(both)
        if isinstance(chosen, BaseException):
            raise chosen
        return chosen

    async def _held_up(self, request: httpx.Request, _server: Mortal) -> httpx.Response:
        """It comes after what is asked later."""
        self._late.append(request)
        raise httpx.ReadError("it is on its way")

    async def _fatal(self, request: httpx.Request, server: Mortal) -> httpx.Response:
        asked = asyncio.gather(self._through(request), return_exceptions=True)  # its error is nobody's
        await asyncio.wait([asked], timeout=self.chance.random() * _MOMENT)
        await server.die()
        await asked
        raise httpx.ReadError("the server died")


async def _to(request: httpx.Request, server: Mortal) -> httpx.Request:
    """The same request to one of the servers."""
    url = request.url.copy_with(port=server.port)
    headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
    content = await request.aread()
    return httpx.Request(request.method, url, headers=headers, content=content, extensions=request.extensions)


def _written(request: httpx.Request) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [name + b": " + value for name, value in request.headers.raw]
    return b"\r\n".join([*lines, b"", b""]) + request.content


async def _say(raw: bytes, server: Mortal) -> None:
    """Send bytes and hang up."""
    with suppress(OSError):  # it may be dying just now
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(raw)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
