"""The doors by which mail comes in: sockets, and the clients behind them."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping, Sequence
from functools import partial

from easd.model.frozen import dataclass
from easd.smtp.client import Client, LocalClient
from easd.smtp.desk import Desk, Way

_BACKLOG = 256


@dataclass(frozen=True, slots=True)
class Door:
    """A way in, and the socket that listens there."""

    way: Way
    listening: socket.socket

    @property
    def address(self) -> tuple[str, int]:
        """Where it is: host and port."""
        host, port, *_ = self.listening.getsockname()
        return host, port


def place(text: str) -> tuple[str, int]:
    """Host and port of `host:port`; IPv6 in brackets; no host: every address. ValueError for all else."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535 or (":" in host and not host.startswith("[")):
        raise ValueError(f"{text!r} is not a host, a colon and a port")
    return host.strip("[]"), int(port)


def opened(places: Mapping[Way, str]) -> Sequence[Door]:
    """The doors of those ways that have a place. OSError if an address or port cannot be had: then none is open."""
    with contextlib.ExitStack() as stack:
        doors = [Door(way, stack.enter_context(_listen(*place(text)))) for way, text in places.items() if text]
        stack.pop_all()
    return doors


def _listen(host: str, port: int) -> socket.socket:
    wide = host in ("", "::")
    family = socket.AF_INET6 if ":" in host or (wide and socket.has_dualstack_ipv6()) else socket.AF_INET
    both = wide and family is socket.AF_INET6
    return socket.create_server((host, port), family=family, backlog=_BACKLOG, dualstack_ipv6=both)


class Listeners:
    """Serves the doors."""

    def __init__(self, desk: Desk, doors: Sequence[Door], tls: ssl.SSLContext | None) -> None:
        self._desk, self._doors, self._tls = desk, doors, tls
        self._clients: set[Client] = set()

    async def run(self) -> None:
        """Until it is cancelled; then every client hears that the server stops."""
        servers = await asyncio.gather(*map(self._serve, self._doors))
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            for server in servers:
                server.close()
            await asyncio.gather(*(client.shut() for client in list(self._clients)), return_exceptions=True)

    async def _serve(self, door: Door) -> asyncio.Server:
        loop, at_once = asyncio.get_running_loop(), self._tls if door.way is Way.SUBMISSIONS else None
        seconds = self._desk.bounds.command_seconds if at_once is not None else None
        factory = partial(self._client, door.way)
        return await loop.create_server(factory, sock=door.listening, ssl=at_once, ssl_handshake_timeout=seconds)

    def _client(self, way: Way) -> Client:
        made = (LocalClient if way is Way.LMTP else Client)(self._desk, way, self._tls)
        made.gone = partial(self._clients.discard, made)
        self._clients.add(made)
        return made
