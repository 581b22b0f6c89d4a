"""SQLite through the standard library: WAL, one writer at a time, readers never wait."""

import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from easd.store.database import Block, Database, Pool, Row, Session
from easd.store.errors import StoreMisused, StoreUnavailable
from easd.store.fairlock import FairLock
from easd.store.prepared import SQLITE, Prepared
from easd.store.processlock import ProcessLock

if TYPE_CHECKING:
    from easd.store.sealing.keys import Keys

_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = NORMAL",  # with WAL: a power cut may lose the last commits, never the consistency
    "PRAGMA cache_size = -8192",
    "PRAGMA temp_store = MEMORY",
)
_PAUSE = 0.005
_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}


def keep_a_log(connection: sqlite3.Connection, timeout: float) -> None:
    """Write ahead from now on. For `timeout` seconds it is tried again while others use the file: to change the mode
    SQLite needs the file for itself, and does not wait for it as it does for a transaction.
    """
    ends = time.monotonic() + timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
            time.sleep(_PAUSE)


def connect(path: str, timeout: float) -> sqlite3.Connection:
    """A connection in autocommit mode, for one thread at a time. StoreUnavailable if the file cannot be opened."""
    try:
        connection = sqlite3.connect(
            path, timeout=timeout, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        try:
            keep_a_log(connection, timeout)
            for pragma in _PRAGMAS:
                connection.execute(pragma).fetchall()
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        raise StoreUnavailable(f"SQLite file {path}: {error}") from error
    return connection


def _integers(values: Sequence[int]) -> str:
    return f"[{','.join(map(str, values))}]"


def translated(error: BaseException) -> StoreUnavailable | None:
    """The error to raise instead, where the database and not the statement is at fault."""
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(error, sqlite3.Error) and isinstance(code, int) and code & 0xFF in _UNAVAILABLE:
        return StoreUnavailable(f"SQLite: {error}")
    return None


class _Connection:
    """A raw connection with its session, made once."""

    __slots__ = ("raw", "session")

    def __init__(self, raw: sqlite3.Connection, keys: "Keys | None") -> None:
        self.raw = raw
        self.session = Session(raw.execute, SQLITE, _integers, raw.execute, keys)


class _Writer:
    """Who may write: one process, and in it one thread."""

    def __init__(self, path: str) -> None:
        self._threads = FairLock()
        self._processes = ProcessLock(path)

    def acquire(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds for the other threads, and as long for the other processes."""
        if not self._threads.acquire(timeout):
            return False
        came = False
        try:
            came = self._processes.acquire(timeout)
        finally:
            if not came:
                self._threads.release()
        return came

    def release(self) -> None:
        """Let the next one write."""
        self._processes.release()
        self._threads.release()

    def close(self) -> None:
        """Nobody writes any more."""
        self._processes.close()


class _Block(Block):
    __slots__ = ("_connection", "_database", "_lock", "session")

    def __init__(self, database: "SqliteDatabase", lock: _Writer | None) -> None:
        self._database = database
        self._lock = lock

    def __enter__(self) -> Self:
        if self._lock and not self._lock.acquire(self._database.timeout):
            raise StoreUnavailable(f"the SQLite file was busy for {self._database.timeout:g} seconds")
        try:
            self._begin()
        except BaseException:
            if self._lock:
                self._lock.release()
            raise
        return self

    def _begin(self) -> None:
        connection = self._database.pool.take()
        try:
            connection.raw.execute("BEGIN IMMEDIATE" if self._lock else "BEGIN")
        except sqlite3.Error as error:
            self._database.pool.discard(connection)
            raise translated(error) or error from error
        self._connection = connection
        self.session = connection.session
        self.session.lasting = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        lasting = error is None and self.session.lasting
        try:
            self._end(error)
        finally:
            if self._lock:
                self._lock.release()
        if lasting:  # others may write meanwhile
            self._database.settle_by_the_end()
        if error and (other := translated(error)):
            raise other from error

    def _end(self, error: BaseException | None) -> None:
        raw = self._connection.raw
        try:
            if error is None:
                raw.execute("COMMIT")
            elif raw.in_transaction:  # some faults (a full disk) have rolled back by themselves
                raw.execute("ROLLBACK")
        except sqlite3.Error as fault:
            with suppress(sqlite3.Error):
                raw.execute("ROLLBACK")
            self._database.pool.discard(self._connection)
            raise translated(fault) or fault from fault
        self._database.pool.give(self._connection)


class SqliteDatabase(Database):
    """One file. Other processes may use it at the same time; `timeout` (seconds) bounds every wait."""

    dialect = SQLITE

    def __init__(self, path: str, *, connections: int = 64, timeout: float = 20.0) -> None:
        if not path or path == ":memory:":
            raise StoreMisused(
                "SQLite needs a file (sqlite:////path/easd.db): a database in memory has one connection only"
            )
        super().__init__()
        self.path = path
        self.timeout = timeout
        self.pool = Pool(self._connect, lambda it: it.raw.close(), connections, timeout)
        self._writer = _Writer(path)
        self._watcher: sqlite3.Connection | None = None
        self._watching = threading.Lock()

    def _connect(self) -> _Connection:
        return _Connection(connect(self.path, self.timeout), self.keys)

    def _reads(self) -> Block:
        return _Block(self, None)

    def _writes(self) -> Block:
        return _Block(self, self._writer)

    def translated(self, error: BaseException) -> StoreUnavailable | None:
        return translated(error)

    def alone(self, session: Session) -> None:
        """Whoever writes is alone."""

    one_of_many = alone

    def _asks(self, statement: Prepared, **values: object) -> list[Row]:
        connection = self.pool.take()
        try:
            return connection.session.all(statement, **values)
        except sqlite3.Error as error:
            raise translated(error) or error from error
        finally:
            self.pool.give(connection)

    def version(self) -> int:
        """SQLite's `data_version`, as seen by a connection that never writes: commits of this process count too."""
        with self._watching:
            if self._watcher is None:
                self._watcher = connect(self.path, self.timeout)
            try:
                number: int = self._watcher.execute("PRAGMA data_version").fetchone()[0]
            except sqlite3.Error as error:
                raise translated(error) or error from error
        return number

    def settle(self) -> None:
        """Force the log to the disk. With `synchronous=NORMAL` a commit is in it, as far as others see it, but it
        goes to the disk only when it is merged into the database.
        """
        try:
            log = os.open(f"{self.path}-wal", os.O_RDONLY)
        except FileNotFoundError:
            return  # it has just been merged
        try:
            os.fsync(log)
        except OSError as error:
            raise StoreUnavailable(f"SQLite: {error}") from error
        finally:
            os.close(log)

    def close(self) -> None:
        self.pool.close()
        self._writer.close()
        with self._watching:
            if self._watcher:
                self._watcher.close()
                self._watcher = None
