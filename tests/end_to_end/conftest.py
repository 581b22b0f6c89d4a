"""What the tests of the whole share."""

import pytest

from tests.support.databases import Database, copied
from tests.support.server import inhabit


@pytest.fixture
def people(database: Database) -> str:
    """The test's `database_url`, with alice, bob and carol."""
    return database.filled(inhabit)


@pytest.fixture
def sqlite_people(sqlite_url: str) -> str:
    """The same on SQLite alone: for what does not touch the database in its own way."""
    return copied(sqlite_url, inhabit)
