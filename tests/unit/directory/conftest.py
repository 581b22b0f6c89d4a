"""A directory on a store of its own."""

from collections.abc import Iterator

import pytest

from easd.directory import LocalDirectory
from easd.service.ports import Directory
from easd.store import Administration, SqlAccounts, SqlStore, migrate, open_store
from tests.support.databases import Database
from tests.support.stores import with_users


@pytest.fixture
def store(database: Database) -> Iterator[SqlStore]:
    made = open_store(database.filled(migrate))
    with_users(made, "alice", "bob")
    yield made
    made.close()


@pytest.fixture
def admin(store: SqlStore) -> Administration:
    return Administration(store)


@pytest.fixture
def directory(store: SqlStore) -> LocalDirectory:
    made = LocalDirectory(SqlAccounts(store.database))
    _: Directory = made  # what the services ask for
    return made
