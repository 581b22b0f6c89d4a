"""A small application behind the edge: people in a dictionary, counters in another, and one function that answers."""

import base64
import socket
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import structlog

from easd.config import Settings
from easd.eas.request import Command, EasRequest
from easd.http.gateway import Gateway, gateway
from easd.http.server import Server, listen, server
from easd.model.account import Principal, User
from easd.service.context import Answer, Hold, Services
from easd.service.ports import Directory, Store

EAS = "/Microsoft-Server-ActiveSync"
COMMANDS = (Command.SYNC, Command.SEND_MAIL, Command.FOLDER_SYNC, Command.PING)
WAIT = 30.0
"""No wait of a test should ever take this long."""


def basic(login: str, password: str, charset: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode(charset)).decode()


class People:
    """A directory of people whose passwords are kept as they are."""

    def __init__(self) -> None:
        self._passwords: dict[str, str] = {}
        self._people: dict[str, Principal] = {}
        self.checks: list[str] = []
        """The logins of all password checks there were."""
        self.gate = threading.Event()
        """Password checks wait until this is set."""
        self.gate.set()
        self.lasts: float | None = None
        """Seconds for which a check counts."""

    def add(self, address: str, password: str) -> Principal:
        number = len(self._people) + 1
        principal = Principal(User(number, number * 10, address, address.title()), 1)
        self._people[address] = principal
        self._passwords[address] = password
        return principal

    def change(self, address: str, password: str | None = None, *, enabled: bool = True) -> None:
        old = self._people[address]
        user = replace(old.user, enabled=enabled)
        self._people[address] = Principal(user, old.credential_version + 1)
        if password is not None:
            self._passwords[address] = password

    def authenticate(self, login: str, password: str) -> Principal | None:
        self.checks.append(login)
        assert self.gate.wait(WAIT)
        principal = self._people.get(login)
        if principal is None or not principal.user.enabled or self._passwords[login] != password:
            return None
        return replace(principal, lasts=self.lasts)

    def current(self, user_id: int) -> Principal | None:
        for principal in self._people.values():
            if principal.user.id == user_id and principal.user.enabled:
                return principal
        return None


class Counters:
    """The counters of mailboxes, which is all of a store that the edge sees."""

    def __init__(self) -> None:
        self._modseqs: dict[int, int] = {}
        self.poke: Callable[[int, int], None] = lambda mailbox_id, modseq: None

    def modseq(self, mailbox_id: int) -> int:
        return self._modseqs.get(mailbox_id, 0)

    def change(self, mailbox_id: int, *, poke: bool = True) -> None:
        self._modseqs[mailbox_id] = self.modseq(mailbox_id) + 1
        if poke:
            self.poke(mailbox_id, self._modseqs[mailbox_id])


@dataclass
class SmallApplication:
    """What the services are to the edge. `held` is released once for each time a request begins to be held."""

    people: People = field(default_factory=People)
    counters: Counters = field(default_factory=Counters)
    held: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    asked_again: list[bool] = field(default_factory=list)
    seen: list[tuple[EasRequest, bytes]] = field(default_factory=list)
    hold_seconds: float = WAIT
    hold_until: int = 1
    """Held requests answer when the counter has reached this."""
    answers: dict[Command, Answer | Exception] = field(default_factory=dict)
    dispatch_of: dict[Command, Callable[[int], Answer | Hold]] = field(default_factory=dict)
    """What commands do, by mailbox."""
    gate: threading.Semaphore | None = None
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def services(self) -> Services:
        return Services(
            store=cast("Store", self.counters),
            directory=cast("Directory", self.people),
            clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            number=lambda bits: 1,
        )

    def dispatch(self, services: Services, principal: Principal, request: EasRequest, body: bytes) -> Answer | Hold:
        self.seen.append((request, body))
        if self.gate is not None:
            self.entered.release()
            assert self.gate.acquire(timeout=WAIT)
        answer = self.answers.get(request.command)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        if request.command in self.dispatch_of:
            return self.dispatch_of[request.command](principal.user.mailbox_id)
        if request.command is Command.PING:
            return self._hold(principal.user.mailbox_id)
        return Answer(b"%s: %s" % (request.command.wire_name.encode(), body), notes=("done",))

    def _hold(self, mailbox_id: int) -> Hold:
        since = self.counters.modseq(mailbox_id)
        self.held.release()

        def again(changed: bool) -> Answer | Hold:
            self.asked_again.append(changed)
            if changed and self.counters.modseq(mailbox_id) < self.hold_until:
                return self._hold(mailbox_id)
            return Answer(b"changed" if changed else b"nothing")

        return Hold(mailbox_id, since, self.hold_seconds, again)

    @contextmanager
    def blocked(self) -> Iterator[threading.Semaphore]:
        """Requests stay inside the services until this ends; the semaphore tells when one has come in."""
        gate = self.gate = threading.Semaphore(0)
        try:
            yield self.entered
        finally:
            gate.release(1000)

    def wait_for_hold(self) -> None:
        """Until one more request is being held."""
        assert self.held.acquire(timeout=WAIT)


class Lines:
    """The log lines of requests, as they are written."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self.all: list[dict[str, Any]] = []

    def __call__(self, _logger: object, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        with self._news:
            if line.get("event") == "request":
                self.all.append(dict(line))
                self._news.notify_all()
        raise structlog.DropEvent

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], times: int = 1) -> dict[str, Any]:
        """The first line that is wanted, as soon as there are so many of them."""
        with self._news:
            assert self._news.wait_for(lambda: sum(map(wanted, self.all)) >= times, WAIT)
            return next(filter(wanted, self.all))


@dataclass
class Live:
    """A running server, and a client that is logged in as ann."""

    app: SmallApplication
    gateway: Gateway
    server: Server
    thread: threading.Thread
    port: int
    client: httpx.Client
    lines: Lines

    def post(self, command: str = "FolderSync", **options: object) -> httpx.Response:
        query = f"Cmd={command}&User=ann&DeviceId=dev1&DeviceType=SP"
        return self.send("POST", query, **options)

    def send(self, method: str, query: str, **options: object) -> httpx.Response:
        return self.client.request(method, f"{EAS}?{query}", **options)  # type: ignore[arg-type]

    def figure(self, name: str, **labels: str) -> float:
        return self.gateway.figures.registry.get_sample_value(name, labels) or 0.0

    def stop(self) -> None:
        self.server.should_exit = True

    def written(self, command: str) -> bytes:
        """A request without body, for a connection without an HTTP client."""
        return (
            f"POST {EAS}?Cmd={command}&User=ann&DeviceId=dev1&DeviceType=SP HTTP/1.1\r\nHost: x\r\n"
            f"Content-Length: 0\r\nMS-ASProtocolVersion: 14.1\r\n"
            f"Authorization: {self.client.headers['authorization']}\r\n\r\n"
        ).encode()

    def raw(self) -> socket.socket:
        """A connection without an HTTP client."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=WAIT)


@contextmanager
def running(app: SmallApplication, settings: Settings, **options: object) -> Iterator[Live]:
    """The application behind the real edge on a real server, in a thread of its own, on a free port."""
    app.people.add("ann", "secret-of-ann")
    made = gateway(settings, app.services(), app.dispatch, COMMANDS, **options)  # type: ignore[arg-type]
    app.counters.poke = made.hub.poke
    lines = Lines()
    structlog.configure(processors=[lines], cache_logger_on_first_use=False)
    started = threading.Event()
    listening = listen(settings.server)
    serving = server(made.app, settings.server, made.hub.close, started.set)
    thread = threading.Thread(target=serving.run, args=([listening],))
    thread.start()
    try:
        assert started.wait(WAIT)
        port: int = listening.getsockname()[1]
        headers = {"Authorization": basic("ann", "secret-of-ann"), "MS-ASProtocolVersion": "14.1"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=WAIT) as client:
            yield Live(app, made, serving, thread, port, client, lines)
    finally:
        serving.should_exit = True
        thread.join(WAIT)
        made.close()
        structlog.reset_defaults()
        assert not thread.is_alive()
