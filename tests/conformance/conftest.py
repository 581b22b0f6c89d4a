"""The world of the conformance tests, and the versions that they go through."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from easd.eas.versions import SUPPORTED, Version
from tests.support import statuses
from tests.support.world import Phone, World, furnish


@pytest.fixture(scope="session")
def _furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished SQLite database, to be copied: much faster than to make one for each test."""
    path = tmp_path_factory.mktemp("world") / "furnished.db"
    furnish(f"sqlite:///{path}")
    return path


@pytest.fixture
def world(_furnished: Path, tmp_path: Path) -> Iterator[World]:
    """A world of the test's own, on SQLite."""
    shutil.copy(_furnished, tmp_path / "world.db")
    made = World(f"sqlite:///{tmp_path / 'world.db'}")
    yield made
    made.close()


@pytest.fixture
def any_world(database_url: str) -> Iterator[World]:
    """A world of the test's own, once on SQLite and once on PostgreSQL."""
    furnish(database_url)
    made = World(database_url)
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
