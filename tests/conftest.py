"""What every test may ask for: the databases to run on, and the Hypothesis profiles."""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import places
from tests.support.databases import Database
from tests.support.postgres import PostgresMissingError, PostgresServer, running_server
from tests.support.slapd import Slapd, SlapdMissingError, running_slapd

places.settle()

# `ci` repeats the same examples in every run, so that a failure is a change of ours; `thorough` looks for new ones.
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=100, print_blob=True)
settings.register_profile(
    "thorough", deadline=None, max_examples=2000, stateful_step_count=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


class _Postgres:
    """The session's server, started when the first test asks; where there is none, the reason, found out once."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._server: PostgresServer | None = None
        self._missing: str | None = None

    def server(self) -> PostgresServer:
        if self._server is None and self._missing is None:
            try:
                self._server = self._stack.enter_context(running_server())
            except PostgresMissingError as missing:
                self._missing = str(missing)
        if self._server is None:
            pytest.skip(f"no PostgreSQL: {self._missing}")
        return self._server

    def stop(self) -> None:
        self._stack.close()


@pytest.fixture(scope="session")
def _postgres() -> Iterator[_Postgres]:
    postgres = _Postgres()
    yield postgres
    postgres.stop()


@pytest.fixture
def postgres_server(_postgres: _Postgres) -> PostgresServer:
    """The running PostgreSQL of this test process; the test is left out where there is none."""
    return _postgres.server()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database of the test's own: `postgresql+psycopg://...`."""
    url = postgres_server.fresh()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def slapd() -> Iterator[Slapd]:
    """The running OpenLDAP of this test process; the test is left out where there is none. `office()` is its own."""
    try:
        with running_slapd() as running:
            yield running
    except SlapdMissingError as missing:
        pytest.skip(f"no slapd: {missing}")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database file of the test's own, not yet made: `sqlite:///...`."""
    return f"sqlite:///{tmp_path / 'easd.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the test's own, empty or filled; the test runs once on SQLite and once on PostgreSQL."""
    server = None if request.param == "sqlite" else request.getfixturevalue("postgres_server")
    made = Database(tmp_path / "easd.db", server)
    yield made
    made.drop()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def shared_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The same for all tests of a module together, which must then not mind what others leave behind."""
    server = None if request.param == "sqlite" else request.getfixturevalue("_postgres").server()
    made = Database(tmp_path_factory.mktemp("database") / "easd.db", server)
    yield made
    made.drop()


@pytest.fixture
def database_url(database: Database) -> str:
    """The URL of it; it is empty unless another fixture has filled it."""
    return database.empty()


def pytest_collection_finish() -> None:
    """Twenty thousand tests stay in memory until the end: a collection need not look through them again and again."""
    gc.collect()
    gc.freeze()
