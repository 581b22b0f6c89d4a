"""PostgreSQL through psycopg 3: snapshots for readers, a mailbox's row as its writers' lock, prepared statements."""

from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg.types.numeric import Int8BinaryDumper
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL

from easd.store.database import Block, Database, Pool, Row, Session
from easd.store.errors import StoreUnavailable
from easd.store.prepared import POSTGRESQL, Prepared

if TYPE_CHECKING:
    from easd.store.sealing.keys import Keys

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
# Bounds for a lost client or a lock held too long (ms); a URL's own `options` come after these and win.
_SETTINGS = "-c lock_timeout=20000 -c statement_timeout=60000 -c idle_in_transaction_session_timeout=120000"
_PREPARED_MAX = 500
_SEVERAL_MAILBOXES = 0x65617364
"""The advisory lock of whoever locks several mailboxes."""


def translated(error: BaseException) -> StoreUnavailable | None:
    """The error to raise instead, where the database and not the statement is at fault."""
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreUnavailable(f"PostgreSQL: {error}")
    return None


class _Connection:
    """A raw connection in autocommit mode with one cursor and its session, made once."""

    __slots__ = ("_cursor", "raw", "session")

    def __init__(self, raw: psycopg.Connection[Row], keys: "Keys | None") -> None:
        self.raw = raw
        self._cursor = raw.cursor(binary=True)
        self.session = Session(self._run, POSTGRESQL, list, self.order, keys)

    def _run(self, text: str, values: Mapping[str, Any]) -> psycopg.Cursor[Row]:
        return self._cursor.execute(text, values)

    def order(self, command: str) -> None:
        """Run a command without values."""
        self._cursor.execute(command, prepare=False)


class _Block(Block):
    __slots__ = ("_begin", "_connection", "_database", "session")

    def __init__(self, database: "PostgresDatabase", begin: str) -> None:
        self._database = database
        self._begin = begin

    def __enter__(self) -> Self:
        self._connection = self._database.begin(self._begin)
        self.session = self._connection.session
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._connection.order("ROLLBACK" if error else "COMMIT")
        except psycopg.Error as fault:
            self._database.drop(self._connection)
            raise translated(fault) or fault from fault
        self._database.pool.give(self._connection)
        if error and (other := translated(error)):
            raise other from error


class PostgresDatabase(Database):
    """One database of a server. `timeout` (seconds) bounds the wait for a connection."""

    dialect = POSTGRESQL

    def __init__(self, url: URL, *, connections: int = 32, timeout: float = 20.0) -> None:
        super().__init__()
        _, arguments = PGDialect_psycopg().create_connect_args(url)  # type: ignore[no-untyped-call]
        arguments["options"] = f"{_SETTINGS} {arguments.get('options', '')}"
        self.connect_arguments: Mapping[str, Any] = {"connect_timeout": 10, "application_name": "easd"} | arguments
        self.pool = Pool(self._connect, lambda it: it.raw.close(), connections, timeout)

    def _reads(self) -> Block:
        return _Block(self, _READ)

    def _writes(self) -> Block:
        return _Block(self, _WRITE)

    def translated(self, error: BaseException) -> StoreUnavailable | None:
        return translated(error)

    def alone(self, session: Session) -> None:
        session.order(f"SELECT pg_advisory_xact_lock({_SEVERAL_MAILBOXES})")

    def one_of_many(self, session: Session) -> None:
        session.order(f"SELECT pg_advisory_xact_lock_shared({_SEVERAL_MAILBOXES})")

    def settle(self) -> None:
        """A commit is on the disk already."""

    def _asks(self, statement: Prepared, **values: object) -> list[Row]:
        for last in (False, True):
            connection = self.pool.take()
            try:
                rows = connection.session.all(statement, **values)
            except psycopg.Error as error:
                self._after(connection)
                if last or not connection.raw.closed:
                    raise translated(error) or error from error
            except BaseException:  # nobody knows what state it is in
                self.drop(connection)
                raise
            else:
                self.pool.give(connection)
                return rows
        raise AssertionError("the last round answers or raises")

    def begin(self, command: str) -> _Connection:
        """A connection with a transaction begun; once anew where the idle connection had been cut meanwhile."""
        for last in (False, True):
            connection = self.pool.take()
            try:
                connection.order(command)
            except psycopg.Error as error:
                self.drop(connection)
                if last or not connection.raw.closed:
                    raise translated(error) or error from error
            else:
                return connection
        raise AssertionError("the last round answers or raises")

    def drop(self, connection: _Connection) -> None:
        """The connection failed: it goes, and the idle ones with it, for the server was probably restarted."""
        with suppress(psycopg.Error):
            self.pool.discard(connection)
        self.pool.clear()

    def version(self) -> None:
        """NOTIFY tells."""

    def close(self) -> None:
        self.pool.close()

    def _after(self, connection: _Connection) -> None:
        if connection.raw.closed:
            self.drop(connection)
        else:
            self.pool.give(connection)

    def _connect(self) -> _Connection:
        try:
            raw: psycopg.Connection[Row] = psycopg.connect(**self.connect_arguments, autocommit=True)
        except psycopg.Error as error:
            raise translated(error) or error from error
        raw.prepare_threshold = 0
        raw.prepared_max = _PREPARED_MAX
        # All integers are 64-bit columns: one parameter type makes one prepared statement, whatever the value.
        raw.adapters.register_dumper(int, Int8BinaryDumper)
        return _Connection(raw, self.keys)
