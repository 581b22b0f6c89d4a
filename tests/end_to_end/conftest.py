"""What the tests of the whole share."""

import pytest

from tests.support.postgres import PostgresServer
from tests.support.server import copied, inhabit


@pytest.fixture
def people(request: pytest.FixtureRequest, database_url: str) -> str:
    """A database with alice, bob and carol."""
    if database_url.startswith("sqlite:"):
        return copied(database_url, inhabit)
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.replace(database_url, inhabit)


@pytest.fixture
def sqlite_people(sqlite_url: str) -> str:
    """The same on SQLite alone: for what does not touch the database in its own way."""
    return copied(sqlite_url, inhabit)
