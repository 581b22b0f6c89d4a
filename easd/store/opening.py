"""From a URL to a database: `sqlite:////path/easd.db`, `postgresql://…` or `postgresql+psycopg://…`."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from easd.service.ports.master_keys import MasterKeys
from easd.store.database import Database
from easd.store.errors import StoreMisused
from easd.store.sqlite import SqliteDatabase
from easd.store.store import Notify, SqlStore

_FORMS = "sqlite:////path/easd.db, postgresql://user@host/name or postgresql+psycopg://user@host/name"


def parsed(url: str) -> URL:
    """The URL with its full driver name. StoreMisused (without the password) for one that names no database of ours."""
    try:
        made = make_url(url)
    except ArgumentError:
        raise StoreMisused(f"the database URL cannot be read; expected {_FORMS}") from None
    if made.get_backend_name() == "sqlite":
        return made.set(drivername="sqlite")
    if made.drivername in ("postgresql", "postgresql+psycopg"):
        return made.set(drivername="postgresql+psycopg")
    raise StoreMisused(f"there is no store for {made.drivername} databases; expected {_FORMS}")


def open_database(url: str) -> Database:
    """The database behind a URL; connections are made as they are needed."""
    made = parsed(url)
    if made.drivername == "sqlite":
        return SqliteDatabase(made.database or "")
    from easd.store.postgresql import PostgresDatabase  # the driver takes 60 ms to load: only where it is used

    return PostgresDatabase(made)


def open_store(
    url: str,
    notify: Notify | None = None,
    quota: int | None = None,
    masters: MasterKeys | None = None,
    *,
    index_bodies: bool = True,
) -> SqlStore:
    """The store of a migrated database (`easd.store.migrate`). StoreMisused for a bad URL. `quota`: the bytes that a
    mailbox may hold; `masters` open the keys of what is encrypted (None: nothing may be); without `index_bodies` the
    words of bodies are not in the search index then.
    """
    database = open_database(url)
    if masters is not None:
        from easd.store.sealing.keys import Keys

        database.keys = Keys(masters, index_bodies=index_bodies)
    return SqlStore(database, notify, quota=quota)
