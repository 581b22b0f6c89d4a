"""Bring a database to the schema of this program, from whatever is there (Alembic)."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from easd.store.errors import StoreMisused, StoreUnavailable
from easd.store.opening import parsed
from easd.store.sqlite import keep_a_log

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).with_name("migrations")
_WAIT = 60
"""Seconds for which others may migrate."""
_LOCK = 0x65617364  # "easd": PostgreSQL's advisory lock of everybody who migrates


def migrate(url: str) -> None:
    """Upgrade to the newest schema, in one transaction, under a lock: one process does it, the others wait.

    StoreUnavailable if the database cannot be reached, StoreMisused if a newer program has made it.
    """
    with _connection(url) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _revision(connection) != newest_revision():
            _upgrade(connection)


def schema_is_current(url: str) -> bool:
    """Whether the database has the schema of this program. StoreUnavailable if it cannot be reached."""
    made = parsed(url)
    if made.drivername == "sqlite" and made.database and not Path(made.database).exists():
        return False  # to look is not to make one
    with _connection(url, "BEGIN") as connection:
        return _revision(connection) == newest_revision()


@cache
def newest_revision() -> str:
    """The revision that this program's migrations lead to, such as "0030".

    Read off the names of their files: every start of a command asks, and Alembic would run each file to know it.
    """
    return max(file.name[1:5] for file in (_SCRIPTS / "versions").glob("v[0-9]*.py"))


def _revision(connection: Connection) -> str | None:
    """The revision that the database has; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # only here: to load Alembic takes longer than most commands run
    from alembic.util import CommandError

    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreMisused(f"the database has a schema that this version does not know: {error}") from error


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _connection(url: str, begin: str = "BEGIN IMMEDIATE") -> Iterator[Connection]:
    """A transaction, which under SQLite begins with this: commands that only look must not lock the writers out."""
    engine = _engine(parsed(url), begin)
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise StoreUnavailable(f"the database cannot be used: {error.orig}") from error
    finally:
        engine.dispose()


def _engine(url: URL, begin: str) -> Engine:
    engine = create_engine(url, poolclass=NullPool)
    if url.drivername == "sqlite":
        if not url.database or url.database == ":memory:":
            raise StoreMisused("SQLite needs a file (sqlite:////path/easd.db)")
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _sqlite_connected(connection: object, _record: object) -> None:
    """The driver's own transactions would commit before each CREATE TABLE."""
    from sqlite3 import Connection as Raw

    assert isinstance(connection, Raw)
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {_WAIT * 1000}")
    keep_a_log(connection, _WAIT)
