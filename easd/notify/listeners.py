"""Where news of other processes comes from: PostgreSQL's LISTEN, or SQLite's data_version.

Both are coroutines that run until they are cancelled. They know the hub, and the database through small callables.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager

import psycopg
import structlog
from psycopg import sql

from easd.notify.hub import Hub

ReadAll = Callable[[Iterable[int]], Mapping[int, int]]
"""The counters of these mailboxes; may block."""

_log = structlog.get_logger("easd.notify")


def one_by_one(read: Callable[[int], int]) -> ReadAll:
    """A `ReadAll` out of a function for one mailbox."""
    return lambda mailboxes: {mailbox_id: read(mailbox_id) for mailbox_id in mailboxes}


def decode(payload: str) -> tuple[int, int] | None:
    """Mailbox and modseq of a payload "<mailbox id>:<modseq>"; None if it is none of ours."""
    mailbox_id, colon, modseq = payload.partition(":")
    if not (colon and mailbox_id.isdecimal() and modseq.isdecimal()):
        return None
    return int(mailbox_id), int(modseq)


async def listen_postgresql(
    hub: Hub,
    url: str,
    read_all: ReadAll,
    *,
    channel: str,
    pause: Callable[[int], Awaitable[None]] | None = None,
) -> None:
    """Pass notifications on to the hub. After each new connection all waiters are checked: pokes were lost meanwhile.

    `url` is a libpq URL or an SQLAlchemy one; `pause(attempt)` waits before attempt 1, 2, ... after a failure.
    """
    pause = pause or _back_off
    attempt = 0
    while True:
        try:
            async with _connection(url, channel) as connection:
                attempt = 0
                await hub.recheck(read_all)
                await _forward(hub, connection.notifies())
        except Exception as error:  # noqa: BLE001 - a database that is away must not end the listening
            _log.warning("listen_interrupted", error=type(error).__name__, attempt=attempt)
        attempt += 1
        await pause(attempt)


@asynccontextmanager
async def _connection(url: str, channel: str) -> "AsyncIterator[psycopg.AsyncConnection]":
    """A connection of its own that listens. Keepalives find out in a minute when the other side has gone silently."""
    connection = await psycopg.AsyncConnection.connect(
        url.replace("postgresql+psycopg://", "postgresql://", 1),
        autocommit=True,
        application_name="easd listen",
        connect_timeout=10,
        keepalives_idle=30,
        keepalives_interval=10,
        keepalives_count=3,
    )
    async with connection:
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield connection


async def _forward(hub: Hub, notifications: AsyncIterator[psycopg.Notify]) -> None:
    async for notification in notifications:
        change = decode(notification.payload)
        if change is None:
            _log.warning("notification_not_understood", channel=notification.channel)
        else:
            hub.poke(*change)


async def _back_off(attempt: int) -> None:
    """Half a second, doubling up to half a minute."""
    await asyncio.sleep(min(0.25 * 2**attempt, 30.0))


async def watch_sqlite(
    hub: Hub,
    version: Callable[[], int | None],
    read_all: ReadAll,
    executor: Executor,
    *,
    pause: Callable[[], Awaitable[None]],
) -> None:
    """While somebody waits, look again and again whether the database has changed, and then read the counters.

    `version()` is `PRAGMA data_version` on a connection of its own: another number after each commit by anybody else.
    `pause()` is the time between two looks.
    """
    loop = asyncio.get_running_loop()
    seen: int | None = None
    while True:
        await hub.somebody_waits()
        try:
            now = await loop.run_in_executor(executor, version)
            if now != seen:
                await hub.recheck(read_all)
            seen = now
        except Exception as error:  # noqa: BLE001 - a database that is away must not end the watch
            _log.warning("watch_interrupted", error=type(error).__name__)
        await pause()
