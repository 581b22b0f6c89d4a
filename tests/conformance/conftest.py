"""The world of the conformance tests, and the versions that they go through."""

from collections.abc import Iterator

import pytest

from easd.eas.versions import SUPPORTED, Version
from tests.support import statuses
from tests.support.databases import Database, copied
from tests.support.world import Phone, World, furnish


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """A world of the test's own, on SQLite."""
    made = World(copied(sqlite_url, furnish))
    yield made
    made.close()


@pytest.fixture
def any_world(database: Database) -> Iterator[World]:
    """A world of the test's own, once on SQLite and once on PostgreSQL."""
    made = World(database.filled(furnish))
    yield made
    made.close()


@pytest.fixture(params=SUPPORTED, ids=lambda version: version.text)
def version(request: pytest.FixtureRequest) -> Version:
    """Each version that is spoken."""
    spoken: Version = request.param
    return spoken


@pytest.fixture
def phone(world: World) -> Phone:
    """Alice's phone, of the newest version."""
    return world.phone()


@pytest.fixture
def inbox(phone: Phone) -> str:
    """The ServerId of her Inbox."""
    return phone.folder()


@pytest.fixture(autouse=True)
def _promised_statuses(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the table of statuses says of a test is true: it was answered with them."""
    statuses.taken()
    yield
    answered = statuses.taken()
    request.node.user_properties.append(("statuses", sorted(answered)))
    missing = statuses.promised().get(request.node.nodeid, set()) - answered
    assert not missing, f"tests/conformance/statuses.toml says that this test provokes {missing}"
