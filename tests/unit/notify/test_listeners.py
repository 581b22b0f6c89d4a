"""News of other processes, from the databases themselves."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from easd.notify.hub import Hub, Waiter, Wake
from easd.notify.listeners import decode, listen_postgresql, one_by_one, watch_sqlite

WAIT = 30.0
CHANNEL = "easd_test"


@pytest.mark.parametrize(
    "payload, change", [("12:345", (12, 345)), ("", None), ("12", None), ("a:1", None), ("1:b", None), ("1:-2", None)]
)
def test_a_payload_is_a_mailbox_and_its_counter(payload: str, change: tuple[int, int] | None) -> None:
    assert decode(payload) == change


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


class Steps:
    """A pause that lasts until the test grants the next step."""

    def __init__(self) -> None:
        self.reached = asyncio.Semaphore(0)
        self.granted = asyncio.Semaphore(0)

    async def pause(self, _attempt: int = 0) -> None:
        self.reached.release()
        await self.granted.acquire()

    async def next(self) -> None:
        """Let it go on, until it pauses again."""
        self.granted.release()
        await self.pausing()

    async def pausing(self) -> None:
        async with asyncio.timeout(WAIT):
            await self.reached.acquire()


def _wait(hub: Hub, mailbox_id: int) -> "asyncio.Task[Wake]":
    return asyncio.ensure_future(hub.wait(Waiter(), mailbox_id, 0, asyncio.get_running_loop().time() + WAIT))


# ---------------------------------------------------------------- SQLite


class Database:
    """A SQLite file with the counter of one mailbox, seen by two connections."""

    def __init__(self, path: Path) -> None:
        self._other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._other.execute("CREATE TABLE mailbox (modseq INTEGER)")
        self._other.execute("INSERT INTO mailbox VALUES (0)")
        self._own = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.looks = 0
        self.away = False

    def version(self) -> int:
        self.looks += 1
        if self.away:
            raise sqlite3.OperationalError("away")
        number: int = self._own.execute("PRAGMA data_version").fetchone()[0]
        return number

    def modseq(self, mailbox_id: int) -> int:
        number: int = self._own.execute("SELECT modseq FROM mailbox").fetchone()[0]
        return number

    def change(self) -> None:
        self._other.execute("UPDATE mailbox SET modseq = modseq + 1")

    def close(self) -> None:
        self._own.close()
        self._other.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "easd.db")
    yield database
    database.close()


@pytest.fixture
async def steps() -> Steps:
    return Steps()


@pytest.fixture
async def watched(database: Database, executor: ThreadPoolExecutor, steps: Steps) -> AsyncIterator[Hub]:
    """A hub whose database is watched."""
    hub = Hub(database.modseq, executor)
    watch = asyncio.ensure_future(
        watch_sqlite(hub, database.version, one_by_one(database.modseq), executor, pause=steps.pause)
    )
    yield hub
    watch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watch


async def test_sqlite_is_looked_at_only_while_somebody_waits(
    watched: Hub, database: Database, steps: Steps, executor: ThreadPoolExecutor
) -> None:
    waiting = _wait(watched, 1)
    await steps.pausing()
    assert database.looks == 1
    database.change()
    await steps.next()
    assert await waiting is Wake.CHANGED
    looks = database.looks
    steps.granted.release()
    for _ in range(5):  # turns in which the watch could look, through the same threads
        await asyncio.get_running_loop().run_in_executor(executor, int)
    assert database.looks == looks


async def test_sqlite_without_changes_is_not_read(watched: Hub, database: Database, steps: Steps) -> None:
    waiting = _wait(watched, 1)
    await steps.pausing()
    for _ in range(3):
        await steps.next()
    assert not waiting.done()
    assert database.looks == 4
    watched.close()
    assert await waiting is Wake.CLOSED


async def test_the_watch_survives_a_database_that_is_away(watched: Hub, database: Database, steps: Steps) -> None:
    waiting = _wait(watched, 1)
    await steps.pausing()
    database.away = True
    await steps.next()
    database.away = False
    database.change()
    await steps.next()
    assert await waiting is Wake.CHANGED


# ---------------------------------------------------------------- PostgreSQL


def _notify(url: str, payload: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))


def _end_listeners(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'easd listen' AND datname = current_database()"
        )


@pytest.mark.postgresql
async def test_postgresql_notifications_wake_and_a_lost_connection_is_made_anew(
    postgres_url: str, executor: ThreadPoolExecutor, steps: Steps
) -> None:
    counters = {1: 0, 2: 0, 3: 0}
    connected = asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()

    def read_all(mailboxes: object) -> dict[int, int]:
        loop.call_soon_threadsafe(connected.release)
        return counters

    hub = Hub(counters.__getitem__, executor)
    other = _wait(hub, 3)
    await hub.somebody_waits()
    listening = asyncio.ensure_future(
        listen_postgresql(hub, postgres_url, read_all, channel=CHANNEL, pause=steps.pause)
    )
    async with asyncio.timeout(WAIT):
        await connected.acquire()
    first = _wait(hub, 1)
    await asyncio.to_thread(_notify, postgres_url, "nonsense")
    await asyncio.to_thread(_notify, postgres_url, "1:1")
    assert await first is Wake.CHANGED

    second = _wait(hub, 2)
    await asyncio.to_thread(_end_listeners, postgres_url)
    await steps.pausing()
    counters[2] = 1  # a change of which no notification comes
    steps.granted.release()
    assert await second is Wake.CHANGED
    assert not other.done()

    hub.close()
    await other
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening


async def test_a_database_that_cannot_be_reached_is_tried_again(executor: ThreadPoolExecutor, steps: Steps) -> None:
    hub = Hub(lambda mailbox_id: 0, executor)
    url = "postgresql://nobody@127.0.0.1:1/none"
    listening = asyncio.ensure_future(
        listen_postgresql(hub, url, lambda mailboxes: {}, channel=CHANNEL, pause=steps.pause)
    )
    await steps.pausing()
    await steps.next()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
