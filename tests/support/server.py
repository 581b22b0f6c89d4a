"""The whole server for tests: in a process of its own, or as an ASGI application in this one; with people."""

import functools
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import httpx

from easd.admin.office import Office, establish, open_office
from easd.config import Settings, load
from easd.directory import hash_password
from easd.main.composition import Application, compose
from easd.model.account import User
from easd.model.item import StoredItem
from easd.service.delivery import deliver
from easd.store import migrate
from tests.support import forking
from tests.support.databases import copied

ORGANISATION = "Example"
DOMAIN = "example.test"
NAMES = {"alice": "Alice Archer", "bob": "Bob Brandt", "carol": "Carol Castellano"}
PASSWORD = "correct horse"

_REPOSITORY = Path(__file__).resolve().parents[2]
_START_SECONDS = 30.0
_STOP_SECONDS = 30.0
_CALM = {"debug", "info"}
_COMPLAINT = re.compile(r"Traceback|Warning:|\[(?:warning|error) ")


class Clock:
    """The time of day as a test sets it."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> None:
        """`hours=2`, `days=30` and the like."""
        self.now += timedelta(**time)


# ---------------------------------------------------------------- databases and people


def prepared(url: str) -> str:
    """Give an empty database this program's schema; answers the URL."""
    if url.startswith("sqlite:"):
        return copied(url, migrate)
    migrate(url)
    return url


def inhabit(url: str) -> None:
    """Give an empty database the schema, and alice, bob and carol."""
    migrate(url)
    demo_users(url)


def settings_of(url: str, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a test: this database, the example's domain, and `environ` as variables of ours."""
    return load(None, variables(url, environ))


def variables(url: str, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The same as variables, for a process."""
    own = {
        "EASD_DATABASE_URL": url,
        "EASD_DATABASE_DATA_DIR": str(Path(tempfile.gettempdir()) / "easd-tests"),
        "EASD_DATABASE_POLL_MILLISECONDS": "20",
        "EASD_METRICS_PORT": "0",
        "EASD_ORGANISATION_DEFAULT_DOMAIN": DOMAIN,
    }
    return {**own, **(environ or {})}


@contextmanager
def office(url: str) -> Iterator[Office]:
    """The store as an administrator has it."""
    with open_office(settings_of(url)) as opened:
        yield opened


def demo_users(url: str) -> dict[str, User]:
    """Make alice, bob and carol with PASSWORD in a prepared database; the users by name."""
    with office(url) as opened:
        establish(opened, ORGANISATION, DOMAIN)
        hashed = _password_hash()
        create = opened.accounts.create_user
        return {name: create(f"{name}@{DOMAIN}", full, hashed) for name, full in NAMES.items()}


@functools.cache
def _password_hash() -> str:
    return hash_password(PASSWORD)


# ---------------------------------------------------------------- in this process


@contextmanager
def in_process_app(
    url: str, clock: Callable[[], datetime] | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[Application]:
    """The application on a prepared database, as `easd serve` puts it together, without sockets and background tasks.

    Talk to it through `httpx.ASGITransport(app=application.asgi)`. What is delivered through `application.store` wakes
    held requests; changes by other processes are not heard of.
    """
    application = compose(settings_of(url, environ), clock)
    try:
        yield application
    finally:
        application.close()


# ---------------------------------------------------------------- in its own process


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server process. `certificate` is the PEM file to trust, None where it speaks plain HTTP."""

    process: "subprocess.Popen[bytes] | forking.Forked"
    database_url: str
    url: str
    certificate: Path | None
    environ: Mapping[str, str]
    log_file: Path

    def deliver(self, recipient: str, raw: bytes, received: datetime | None = None) -> StoredItem:
        """A message into somebody's Inbox, written by this process: the server hears of it through the database."""
        with office(self.database_url) as opened:
            user = opened.user(recipient)
            return deliver(opened.store, user, raw, received or datetime.now(UTC))

    def run(self, *arguments: str, standard_input: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run `easd` with the server's settings, in one more process, to its end."""
        return run_easd(*arguments, environ=self.environ, standard_input=standard_input)

    def log(self) -> list[dict[str, object]]:
        """The lines that the server has written until now, as far as they are JSON."""
        return [json.loads(line) for line in self._lines() if line.startswith("{")]

    def get(self, path: str) -> httpx.Response:
        """A page of the server."""
        with _client(self.certificate) as client:
            return client.get(self.url + path)

    def wait_until_held(self) -> None:
        """Return as soon as the server holds a request. AssertionError if it does not come to that."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if "easd_holds 1.0" in self.get("/metrics").text.splitlines():
                return
        raise AssertionError("no request is held")

    def stop(self) -> None:
        """SIGTERM, and wait. AssertionError unless the server ends with 0, having complained of nothing."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(_STOP_SECONDS)
        complaints: list[object] = [line for line in self.log() if line["level"] not in _CALM]
        complaints += [line for line in self._lines() if _COMPLAINT.search(line)]
        assert (code, complaints) == (0, []), self.log_file.read_text()

    def _lines(self) -> list[str]:
        return self.log_file.read_text().splitlines()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def running_server(
    url: str, *, tls: bool = False, environ: Mapping[str, str] | None = None, fresh: bool = False
) -> Iterator[RunningServer]:
    """`easd serve` in a process of its own on a free port; the block begins when it is ready.

    `url` is a database, empty or prepared; `environ` are further variables of ours; `fresh` starts `python -m easd` as
    people do, where the process itself counts, and not a fork of one that has imported all. At the end of the block
    the server is stopped, and must end as `RunningServer.stop` says; where the block fails, it is just ended.
    """
    with tempfile.TemporaryDirectory(prefix="easd-server-") as temporary:
        port, certificate = free_port(), None
        own = {"EASD_SERVER_PORT": str(port)}
        if tls:
            from tests.support.certificates import self_signed  # needs a library that benchmarks do without

            certificate, key = self_signed(Path(temporary), "127.0.0.1")
            own |= {"EASD_SERVER_TLS_CERT": str(certificate), "EASD_SERVER_TLS_KEY": str(key)}
        address = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        given = variables(url, {**own, **(environ or {})})
        with _running(["serve"], given, url, address, Path(temporary) / "log", certificate, fresh=fresh) as server:
            yield server


def launched(url: str, port: int, log_file: Path, environ: Mapping[str, str] | None = None) -> RunningServer:
    """`easd serve` on this port, ready; it adds to `log_file`. Whoever asks for it has to end it."""
    log_file.touch()
    given = variables(url, {"EASD_SERVER_PORT": str(port), **(environ or {})})
    start = forking.start if forking.POSSIBLE else _started
    process = start(["serve"], _environment(given), log_file)
    server = RunningServer(process, url, f"http://127.0.0.1:{port}", None, given, log_file)
    _await_ready(server)
    return server


@contextmanager
def running_demo(data: Path, environ: Mapping[str, str] | None = None) -> Iterator[RunningServer]:
    """`python -m easd demo` on a free port, likewise. Its log is for people: what it says is for the test to judge."""
    port = str(free_port())
    arguments = ["demo", "--data", str(data), "--host", "127.0.0.1", "--port", port]
    url = f"sqlite:///{data / 'easd.db'}"
    with _running(
        arguments, environ or {}, url, f"http://127.0.0.1:{port}", data.with_suffix(".log"), None, fresh=True
    ) as server:
        yield server


@contextmanager
def _running(
    arguments: list[str],
    environ: Mapping[str, str],
    database_url: str,
    address: str,
    log_file: Path,
    certificate: Path | None,
    *,
    fresh: bool,
) -> Iterator[RunningServer]:
    log_file.touch()
    start = forking.start if forking.POSSIBLE and not fresh else _started
    process = start(arguments, _environment(environ), log_file)
    with RunningServer(process, database_url, address, certificate, environ, log_file) as server:
        _await_ready(server)
        yield server
        if server.process.poll() is None:
            server.stop()


def _started(arguments: Sequence[str], environ: Mapping[str, str], log_file: Path) -> "subprocess.Popen[bytes]":
    with log_file.open("ab") as log:
        return subprocess.Popen(_command(*arguments), env=environ, stderr=log, stdin=subprocess.DEVNULL)


def run_easd(
    *arguments: str, environ: Mapping[str, str] | None = None, standard_input: bytes = b""
) -> "subprocess.CompletedProcess[bytes]":
    """Run `easd` in a process to its end; `environ` are its variables of ours, it inherits none."""
    given = _environment(environ or {})
    if not forking.POSSIBLE:
        return subprocess.run(_command(*arguments), env=given, input=standard_input, capture_output=True, check=False)
    with tempfile.TemporaryDirectory(prefix="easd-run-") as temporary:
        source, output, log = (Path(temporary) / name for name in ("source", "output", "log"))
        source.write_bytes(standard_input)
        for file in (output, log):
            file.touch()
        process = forking.start(arguments, given, log, source, output)
        return subprocess.CompletedProcess(process.args, process.wait(), output.read_bytes(), log.read_bytes())


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "easd", *arguments]


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("EASD_")}
    return {**others, "PYTHONPATH": str(_REPOSITORY), **own}


def _await_ready(server: RunningServer) -> None:
    """Return when the server says that it is ready; RuntimeError with its log if it ends or stays silent."""
    deadline = time.monotonic() + _START_SECONDS
    with _client(server.certificate) as client:
        while time.monotonic() < deadline and not _ended_within(server.process, 0.02):
            try:
                if client.get(f"{server.url}/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                continue
    raise RuntimeError(f"the server did not start: {server.log_file.read_text()}")


def _client(certificate: Path | None) -> httpx.Client:
    verify = True if certificate is None else ssl.create_default_context(cafile=certificate)
    return httpx.Client(verify=verify, trust_env=False)


def _ended_within(process: "subprocess.Popen[bytes] | forking.Forked", seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
