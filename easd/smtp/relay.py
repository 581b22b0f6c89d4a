"""Consignments to other servers: the relay of the settings, or the servers of each domain. Connections are kept for a
moment, for the next message to the same server.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException

from easd.config_outgoing import Relay as RelaySettings
from easd.model.outgoing import Action, Outcome
from easd.service.outgoing.carrying import Consignment
from easd.smtp.exchangers import Exchangers, NoMail, NotKnown
from easd.smtp.transaction import Prepare, everybody, transact

_ANSWER_FACTOR: Final = 10
"""How many times as long as for other answers is waited for the one to a message (RFC 5321 section 4.5.3.2)."""

_MESSAGES_MAX: Final = 100
"""Messages on one connection."""

Fault = (SMTPException, OSError, TimeoutError, ssl.SSLError)
"""What goes wrong with a connection."""


@dataclass(frozen=True, slots=True)
class Way:
    """How to reach a server. `starttls`: True demands it, None takes it where it is offered."""

    host: str
    port: int
    implicit: bool = False
    starttls: bool | None = None


@dataclass(slots=True)
class _Kept:
    """A connection that waits for the next message, or serves one."""

    client: SMTP
    way: Way
    messages: int = 0
    expiry: asyncio.TimerHandle | None = None


class Relay:
    """The way out. `by_domain`: consignments are to be for one domain each."""

    def __init__(self, settings: RelaySettings, hostname: str, exchangers: Exchangers | None = None) -> None:
        """`hostname` is what this server calls itself."""
        self._settings, self._hostname = settings, hostname
        self._exchangers = exchangers
        self._tls = _tls(settings)
        self._idle: dict[Way, list[_Kept]] = {}
        self._goodbyes: set[asyncio.Task[None]] = set()

    @property
    def by_domain(self) -> bool:
        return self._settings.direct

    async def carry(self, consignment: Consignment, prepare: Prepare) -> list[Outcome]:
        """Send it; what has become of each recipient's copy. Never raises what the network can cause."""
        try:
            ways = await self._ways(consignment.domain)
        except NoMail as error:
            return everybody(consignment, Outcome("", str(error), error.status))
        except NotKnown as error:
            return everybody(consignment, Outcome("", str(error), "4.4.3", Action.DELAYED))
        trouble = Outcome("", "there is no server to ask", "4.4.1", Action.DELAYED)
        for way in ways:
            try:
                kept = await self._connected(way)
            except Fault as error:
                trouble = _no_connection(way, error)
                continue
            return await self._carry(kept, consignment, prepare)
        return everybody(consignment, trouble)

    async def close(self) -> None:
        """Say goodbye on all connections."""
        for kept in [kept for idle in self._idle.values() for kept in idle]:
            self._part(kept)
        self._idle.clear()
        if self._goodbyes:
            await asyncio.wait(self._goodbyes, timeout=2)

    # ------------------------------------------------------------ steps

    async def _ways(self, domain: str) -> Sequence[Way]:
        settings = self._settings
        if not settings.direct:
            implicit = settings.tls == "implicit"
            port = settings.port or (465 if implicit else 587)
            return [Way(settings.host, port, implicit, settings.tls == "starttls")]
        if self._exchangers is None:
            self._exchangers = Exchangers()
        return [Way(host, settings.port or 25) for host in await self._exchangers.of(domain)]

    async def _carry(self, kept: _Kept, consignment: Consignment, prepare: Prepare) -> list[Outcome]:
        seconds = self._settings.seconds * _ANSWER_FACTOR
        try:
            outcomes = await transact(kept.client, consignment, prepare, kept.way.host, seconds)
        except Fault as error:
            kept.client.close()
            return everybody(consignment, _broken_off(kept.way, error))
        except BaseException:
            kept.client.close()
            raise
        self._keep(kept)
        return outcomes

    async def _connected(self, way: Way) -> _Kept:
        while idle := self._idle.get(way):
            kept = idle.pop()
            if kept.expiry is not None:
                kept.expiry.cancel()
            with contextlib.suppress(*Fault):  # the other server may have closed it meanwhile
                await kept.client.rset()
                return kept
            kept.client.close()
        return _Kept(await self._new(way), way)

    async def _new(self, way: Way) -> SMTP:
        settings = self._settings
        client = SMTP(
            hostname=way.host,
            port=way.port,
            username=(settings.username or None) if settings.host else None,
            password=_password(settings) if settings.host and settings.username else None,
            local_hostname=self._hostname,
            timeout=settings.seconds,
            use_tls=way.implicit,
            start_tls=way.starttls,
            tls_context=self._tls,
        )
        try:
            await client.connect()
            await client.ehlo()
        except BaseException:
            client.close()
            raise
        return client

    # ------------------------------------------------------------ connections

    def _keep(self, kept: _Kept) -> None:
        kept.messages += 1
        if not kept.client.is_connected or kept.messages >= _MESSAGES_MAX or not self._settings.idle_seconds:
            self._part(kept)
            return
        self._idle.setdefault(kept.way, []).append(kept)
        loop = asyncio.get_running_loop()
        kept.expiry = loop.call_later(self._settings.idle_seconds, self._expire, kept)

    def _expire(self, kept: _Kept) -> None:
        idle = self._idle.get(kept.way, [])
        if kept in idle:
            idle.remove(kept)
            self._part(kept)
        if not idle:
            self._idle.pop(kept.way, None)

    def _part(self, kept: _Kept) -> None:
        if kept.expiry is not None:
            kept.expiry.cancel()
        task = asyncio.ensure_future(_goodbye(kept.client))
        self._goodbyes.add(task)
        task.add_done_callback(self._goodbyes.discard)


async def _goodbye(client: SMTP) -> None:
    with contextlib.suppress(*Fault):
        if client.is_connected:
            await client.quit(timeout=2)
    client.close()


def _tls(settings: RelaySettings) -> ssl.SSLContext | None:
    if settings.tls == "none" and not settings.direct:
        return None
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    if settings.direct:  # nobody says whose certificate it should be: any TLS is better than none (RFC 7435)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _password(settings: RelaySettings) -> str:
    """Read at each connection, so that a new one in the file counts at once."""
    if settings.password_file:
        return Path(settings.password_file).read_text(encoding="utf-8").strip()
    return settings.password


# ------------------------------------------------------------ outcomes


def _no_connection(way: Way, error: Exception) -> Outcome:
    """Always for now: what is wrong with the way to a server is no fault of a message."""
    if isinstance(error, SMTPAuthenticationError):
        reason, status = "the relay does not let this server in", "4.7.8"
    elif isinstance(error, SMTPResponseException):
        reason, status = "the other server takes no mail at the moment", "4.3.2"
    elif isinstance(error, SMTPException) and "STARTTLS" in str(error):
        reason, status = "the relay offers no TLS, without which nothing is sent", "4.7.4"
    else:
        reason, status = f"{way.host} port {way.port} cannot be reached ({_word(error)})", "4.4.1"
    said = f"{error.code} {' '.join(error.message.split())}" if isinstance(error, SMTPResponseException) else ""
    return Outcome("", reason, status, Action.DELAYED, diagnostic=said, remote=way.host)


def _broken_off(way: Way, error: Exception) -> Outcome:
    return Outcome("", f"the connection broke off ({_word(error)})", "4.4.2", Action.DELAYED, remote=way.host)


def _word(error: Exception) -> str:
    return str(error) or type(error).__name__
