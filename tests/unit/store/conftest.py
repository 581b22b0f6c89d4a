"""Each test runs on a store of its own, once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from easd.service.ports import Store
from easd.store import SqlStore, migrate, open_database
from tests.support.databases import Database
from tests.support.stores import Clock, folders, with_users


@pytest.fixture
def url(database: Database) -> str:
    """A database with the schema and nothing in it."""
    return database.filled(migrate)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[tuple[int, int]]:
    """What the store has notified."""
    return []


@pytest.fixture
def store(url: str, clock: Clock, told: list[tuple[int, int]]) -> Iterator[SqlStore]:
    made = SqlStore(open_database(url), lambda *news: told.append(news), clock)
    _: Store = made  # what the services ask for
    yield made
    made.close()


@dataclass
class Home:
    """Alice's mailbox."""

    store: SqlStore
    user_id: int
    mailbox: int
    inbox: int
    trash: int
    others: list[int] = field(default_factory=list)


@pytest.fixture
def home(store: SqlStore, told: list[tuple[int, int]]) -> Home:
    alice, bob = with_users(store, "alice", "bob")
    told.clear()
    inbox, trash = folders(store, alice.mailbox_id)
    return Home(store, alice.id, alice.mailbox_id, inbox, trash, [bob.mailbox_id])
