"""The databases that the tests run on are what their fixtures promise."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, text

from tests.support.postgres import PostgresServer

_REPOSITORY = Path(__file__).resolve().parents[2]

_STARTER = """
import sys
from tests.support.postgres import running_server
with running_server() as server:
    print(server.fresh(), flush=True)
    sys.stdin.read()
"""


def _prepare(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (n INTEGER)"))
        connection.execute(text("INSERT INTO kept VALUES (7)"))
    engine.dispose()


def _tables(engine: Engine) -> list[str]:
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_a_database_is_empty_and_usable(database_url: str) -> None:
    engine = create_engine(database_url)
    assert _tables(engine) == []
    _prepare(database_url)
    assert _tables(engine) == ["kept"]


def test_databases_are_apart(postgres_server: PostgresServer, postgres_url: str) -> None:
    _prepare(postgres_url)
    other = postgres_server.fresh()
    assert _tables(create_engine(other)) == []
    postgres_server.drop(other)


def test_preparation_runs_once_and_is_copied(postgres_server: PostgresServer) -> None:
    calls: list[str] = []

    def prepare(url: str) -> None:
        calls.append(url)
        _prepare(url)

    first, second = postgres_server.fresh(prepare), postgres_server.fresh(prepare)
    assert len(calls) == 1
    assert len({first, second, calls[0]}) == 3
    for url in (first, second):
        engine = create_engine(url)
        with engine.begin() as connection:
            assert connection.execute(text("SELECT n FROM kept")).scalar_one() == 7
        engine.dispose()
        postgres_server.drop(url)


def test_dropping_ends_open_connections(postgres_server: PostgresServer) -> None:
    url = postgres_server.fresh()
    connection = psycopg.connect(url.replace("+psycopg", ""))
    postgres_server.drop(url)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_server_ends_with_its_starter(end: signal.Signals, postgres_server: PostgresServer) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", _STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_REPOSITORY
    )
    assert starter.stdin is not None
    assert starter.stdout is not None
    url = make_url(starter.stdout.readline().strip())
    data = Path(str(url.query["host"]))
    server = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    starter.send_signal(end)
    starter.wait()
    starter.stdin.close()
    starter.stdout.close()
    assert psutil.wait_procs([server], timeout=30)[1] == []
    shutil.rmtree(data.parent)  # a killed process leaves its files
