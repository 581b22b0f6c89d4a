"""Stores that are encrypted, for tests."""

from pathlib import Path

from sqlalchemy import MetaData, Table, create_engine, select

from easd.custody.key_file import KeyFile
from easd.service.ports.master_keys import MasterKeys
from easd.store import SqlStore, open_database
from easd.store.encryption import Encryption
from easd.store.sealing.keys import Keys
from tests.support.stores import Clock


def key_file(folder: Path) -> KeyFile:
    """A file with one new master key."""
    made = KeyFile(folder / "master.key")
    made.add()
    return made


def encrypting(url: str, masters: MasterKeys, clock: Clock, *, on: bool = True) -> SqlStore:
    """A store of a migrated database that has these master keys."""
    database = open_database(url)
    database.keys = Keys(masters)
    store = SqlStore(database, clock=clock)
    if on:
        turn_on(store)
    return store


def turn_on(store: SqlStore) -> bool:
    """Encrypt what is new from now on; False if that is so already."""
    keys = Encryption(store)
    return keys.turn_on(keys.new_root())


def written(url: str, *tables: str) -> bytes:
    """All bytes and texts in these tables, as they lie in the database."""
    engine = create_engine(url)
    found = []
    with engine.connect() as connection:
        for name in tables:
            table = Table(name, MetaData(), autoload_with=connection)
            for row in connection.execute(select(table)):
                found += [value.encode() if isinstance(value, str) else bytes(value) for value in row if _plain(value)]
    engine.dispose()
    return b"\n".join(found)


def _plain(value: object) -> bool:
    return isinstance(value, str | bytes | memoryview)
