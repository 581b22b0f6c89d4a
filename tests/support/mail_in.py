"""Mail as it comes in: the doors of a world, each on a port of its own, and clients that know no mercy."""

import asyncio
import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from easd.http.workers import BusyError
from easd.model.account import User
from easd.model.verdict import Verdict
from easd.service.incoming.refusing import Refused
from easd.service.ports import Unavailable
from easd.smtp.content import Room
from easd.smtp.crowd import Bounds, Crowd
from easd.smtp.desk import Desk, Stranger, Verify, Way
from easd.smtp.listening import Listeners, opened
from tests.support.world import World

HOST = "mx.example.test"


@dataclass(frozen=True, slots=True)
class Port:
    """A door on which somebody may knock."""

    number: int
    room: Room
    desk: Desk

    def smtp(self) -> smtplib.SMTP:
        """The standard library's client."""
        return smtplib.SMTP("127.0.0.1", self.number, local_hostname="client.elsewhere.test", timeout=20)

    def lmtp(self) -> smtplib.LMTP:
        """The same for LMTP."""
        return smtplib.LMTP("127.0.0.1", self.number, local_hostname="client.elsewhere.test", timeout=20)

    def line(self) -> "Line":
        """A client that says exactly what it is told to."""
        return Line(socket.create_connection(("127.0.0.1", self.number), timeout=20))


class Line:
    """A connection by hand."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._file = connection.makefile("rb")

    def reply(self) -> str:
        """The next whole reply; empty where the server has hung up."""
        lines: list[str] = []
        while line := self._file.readline().decode():
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    def say(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def ask(self, text: str) -> str:
        """A command, and its reply."""
        self.say(text.encode() + b"\r\n")
        return self.reply()

    def hello(self, verb: str = "EHLO") -> str:
        """The greeting, and what the server can do."""
        assert self.reply().startswith("220 ")
        return self.ask(f"{verb} client.elsewhere.test")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()


async def unchecked(_stranger: Stranger, _raw: bytes) -> Verdict:
    """Nobody looks."""
    return Verdict()


async def nobody(_header: str, _address: str) -> User:
    """Nobody signs in."""
    raise Refused(535, "5.7.8", "these credentials do not count")


@contextlib.contextmanager
def mail_in(
    world: World,
    way: Way = Way.SMTP,
    *,
    bounds: Bounds | None = None,
    memory: int = 2**28,
    verify: Verify = unchecked,
    sign_in: Callable[[str, str], Awaitable[User]] = nobody,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Port]:
    """One door of the world, served by a loop in a thread of its own as long as the block runs."""
    bounds = bounds or Bounds()
    crowd = Crowd(bounds.connections, bounds.connections_per_address)
    room = Room(memory)
    busy = (Unavailable, BusyError)
    desk = Desk(HOST, "example.test", world.services, asyncio.to_thread, sign_in, verify, bounds, room, crowd, busy)
    doors = opened({way: "127.0.0.1:0"})
    with doors[0].listening, _running(Listeners(desk, doors, tls).run):
        yield Port(doors[0].address[1], room, desk)


@contextlib.contextmanager
def _running(work: Callable[[], Awaitable[Any]]) -> Iterator[None]:
    """The work in a loop of a thread, cancelled at the end; what it raises otherwise fails the test."""
    begun, tasks, faults = threading.Event(), list[asyncio.Task[Any]](), list[BaseException]()

    async def main() -> None:
        tasks.append(asyncio.ensure_future(work()))
        asyncio.get_running_loop().call_soon(begun.set)
        with contextlib.suppress(asyncio.CancelledError):
            await tasks[0]

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - the test's thread raises it
            faults.append(error)
            begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        if tasks and not tasks[0].done():
            tasks[0].get_loop().call_soon_threadsafe(tasks[0].cancel)
        thread.join()
    assert not faults, faults
