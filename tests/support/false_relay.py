"""A server that takes mail for others (aiosmtpd, on a real port), and refuses what a test wants it to refuse."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from easd.config_outgoing import Relay as RelaySettings

Answer = Callable[["Letter"], str | None]


@dataclass(frozen=True, slots=True)
class Letter:
    """What one transaction has brought. `options`: the parameters of MAIL; `wishes`: those of RCPT, by address."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    options: tuple[str, ...] = ()
    wishes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    helo: str = ""
    user: str = ""


class FalseRelay:
    """What it has taken is in `letters`. `refused`: replies to RCPT, by address; `at_data`: the reply to a message;
    `connections`: how many were made.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, password: str = "", extensions: frozenset[str]) -> None:
        self.letters: list[Letter] = []
        self.refused: dict[str, str] = {}
        self.at_mail: str | None = None
        self.at_data: Answer = lambda _letter: None
        self.before_data: Callable[[], Awaitable[object]] | None = None
        self.connections = 0
        self.port = 0
        self._tls, self._password, self._extensions = tls, password, extensions
        self._came = threading.Condition()

    def settings(self, **more: Any) -> RelaySettings:
        """The settings that lead to it."""
        return RelaySettings(**{"host": "127.0.0.1", "port": self.port, "tls": "none", "seconds": 5, **more})

    def wait_for(self, count: int, seconds: float = 20) -> list[Letter]:
        """The letters, as soon as there are so many."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.letters) >= count, seconds), f"{len(self.letters)} letters came"
            return list(self.letters)

    # ------------------------------------------------------------ what aiosmtpd calls

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        known = {"8BITMIME", "SMTPUTF8", "SIZE"}
        kept = [line for line in responses if line[4:].split(" ")[0] not in known - self._extensions]
        return [kept[0], *(["250-DSN"] if "DSN" in self._extensions else []), *kept[1:]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail:
            return self.at_mail
        envelope.mail_from, envelope.mail_options = address, list(options)
        return "250 2.1.0 go on"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.refused.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 go on"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        assert isinstance(server, _Server)
        if self.before_data is not None:
            await self.before_data()
        user: Any = session.auth_data
        letter = Letter(
            "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from),
            tuple(envelope.rcpt_tos),
            envelope.content,
            (*envelope.mail_options, *server.of_mail),
            server.wishes,
            session.host_name or "",
            user.decode() if isinstance(user, bytes) else "",
        )
        if reply := self.at_data(letter):
            return reply
        with self._came:
            self.letters.append(letter)
            self._came.notify_all()
        return "250 2.0.0 taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == self._password.encode(), handled=False, auth_data=data.login)

    def protocol(self) -> SMTP:
        """One connection."""
        self.connections += 1
        return _Server(
            self,
            hostname="relay.test",
            ident="false relay",
            enable_SMTPUTF8="SMTPUTF8" in self._extensions,
            decode_data=False,
            tls_context=self._tls,
            require_starttls=self._tls is not None,
            authenticator=self.authenticate if self._password else None,
            auth_required=bool(self._password),
            auth_require_tls=self._tls is not None,
            data_size_limit=1_000_000,
        )


class _Server(SMTP):
    """aiosmtpd knows no DSN: its parameters are taken off before it sees them, and kept."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.of_mail: tuple[str, ...] = ()
        self.wishes: dict[str, tuple[str, ...]] = {}

    async def smtp_MAIL(self, arg: str | None) -> None:
        found, rest = _taken_off(arg, ("RET=", "ENVID="))
        self.of_mail, self.wishes = tuple(found), {}
        await super().smtp_MAIL(rest)

    async def smtp_RCPT(self, arg: str | None) -> None:
        found, rest = _taken_off(arg, ("NOTIFY=", "ORCPT="))
        self.wishes[rest.partition("<")[2].partition(">")[0]] = tuple(found)
        await super().smtp_RCPT(rest)


def _taken_off(arg: str | None, names: tuple[str, ...]) -> tuple[list[str], str]:
    words = (arg or "").split(" ")
    return [word for word in words if word.startswith(names)], " ".join(w for w in words if not w.startswith(names))


ALL = frozenset({"8BITMIME", "SMTPUTF8", "SIZE", "DSN"})


@contextlib.contextmanager
def false_relay(
    *, tls: ssl.SSLContext | None = None, password: str = "", extensions: frozenset[str] = ALL
) -> Iterator[FalseRelay]:
    """One that listens on 127.0.0.1, in a thread of its own."""
    relay = FalseRelay(tls=tls, password=password, extensions=extensions)
    listening = socket.create_server(("127.0.0.1", 0))
    relay.port = listening.getsockname()[1]
    stop: list[Callable[[], object]] = []
    started = threading.Event()

    async def serve() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(over.set))
        server = await loop.create_server(relay.protocol, sock=listening)
        started.set()
        await over.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(10)
    try:
        yield relay
    finally:
        stop[0]()
        thread.join()
