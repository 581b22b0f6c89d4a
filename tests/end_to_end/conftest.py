"""What the tests of the whole share."""

import pytest

from tests.support.server import demo_users, prepared


@pytest.fixture
def people(database_url: str) -> str:
    """A database with alice, bob and carol."""
    demo_users(prepared(database_url))
    return database_url


@pytest.fixture
def sqlite_people(sqlite_url: str) -> str:
    """The same on SQLite alone: for what does not touch the database in its own way."""
    demo_users(prepared(sqlite_url))
    return sqlite_url
