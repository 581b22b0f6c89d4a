"""Devices that wait: what a held Ping costs, and how soon one hears of a letter that somebody sends."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from easd.eas.request import Command
from tests.bench import documents
from tests.bench.lean import Connection, Phone, Reply, UnexpectedAnswer, good
from tests.bench.processes import Remote, file_limit
from tests.bench.progress import Progress
from tests.bench.results import Figure, Result, published
from tests.bench.site import Server, Site, serving, site
from tests.bench.sizes import Sizes
from tests.bench.times import milliseconds

TITLE = "Held Pings, and the time from SendMail to the answer of each Ping of the recipient"
_HEARTBEAT = 3540
_CHANGES = 2
_PER_CLIENT = 5000
_BATCH = 100
_PAUSE = 0.01
_CALL_SECONDS = 120.0
_FILES_RESERVED = 400
"""Files of a server that are no connections, and room for the requests beside the Pings."""

Moments = dict[str, list[float]]


class _Waiting:
    """Some of the devices, in one process with an address of its own: an address has 28,000 ports."""

    def __init__(self, url: str, source: str | None) -> None:
        self._url = url
        self._source = source
        self._held: list[tuple[Connection, asyncio.Future[Reply]]] = []
        self._woken: Moments = {}

    async def log_in(self, phones: Sequence[Phone]) -> None:
        """Let the server check the password of each."""
        connection = await Connection.open(self._url, self._source)
        for phone in phones:
            good(await connection.ask(phone.options(self._url)))
        connection.close()

    async def hold(self, phones: Sequence[Phone]) -> None:
        """Send a Ping of each; the answers are for later."""
        opened = await asyncio.gather(*(Connection.open(self._url, self._source) for _ in phones))
        for connection, phone in zip(opened, phones, strict=True):
            body = documents.ping_inbox(phone, _HEARTBEAT)
            answer = connection.send(phone.request(self._url, Command.PING, body))
            answer.add_done_callback(lambda done, login=phone.login: self._answered(login, done))  # type: ignore[misc]
            self._held.append((connection, answer))

    def _answered(self, login: str, answer: "asyncio.Future[Reply]") -> None:
        now = time.monotonic()
        if answer.cancelled() or answer.exception() is not None:
            return
        if documents.ping_status(good(answer.result())) == _CHANGES:
            self._woken.setdefault(login, []).append(now)

    async def woken(self) -> Moments:
        """The moments at which Pings were answered, by login."""
        return self._woken

    async def hang_up(self) -> None:
        """Close all connections."""
        for connection, answer in self._held:
            answer.cancel()
            connection.close()


class _Sender:
    """Somebody who sends a letter now and then."""

    async def send(self, url: str, phone: Phone, recipients: Sequence[str], seconds: float) -> dict[str, float]:
        """One letter to each, spread over so many seconds; the moment at which each was sent."""
        connection = await Connection.open(url)
        good(await connection.ask(phone.options(url)))
        sent = {}
        for number, recipient in enumerate(recipients):
            body = documents.mail_to(phone, recipient, number)
            sent[recipient] = time.monotonic()
            if good(await connection.ask(phone.request(url, Command.SEND_MAIL, body))):
                raise UnexpectedAnswer("SendMail failed")
            await asyncio.sleep(seconds / len(recipients))
        connection.close()
        return sent


@dataclass(frozen=True, slots=True)
class _Crowd:
    """The devices of one size of the experiment, and the clients that they are spread over."""

    phones: Sequence[Phone]
    clients: Sequence[Remote]

    def shares(self, size: int) -> Iterator[tuple[Remote, Sequence[Phone]]]:
        """All devices in portions of `size`, the clients in turn."""
        for place, start in enumerate(range(0, len(self.phones), size)):
            yield self.clients[place % len(self.clients)], self.phones[start : start + size]


def run(sizes: Sizes, progress: Progress) -> Result:
    """Each number of Pings with a server of its own."""
    most = file_limit() - _FILES_RESERVED
    figures: list[Figure] = []
    notes: list[str] = []
    for wanted in sizes.pings:
        number = min(wanted, most)
        if number < wanted:
            notes.append(f"{number:,} instead of {wanted:,}: a process may open {file_limit():,} files here")
        figures += _measured(number, sizes, progress)
    return Result("pings", TITLE, figures, notes)


def _measured(number: int, sizes: Sizes, progress: Progress) -> list[Figure]:
    with site(sizes.database) as place:
        phones, sender = _people(place, number, sizes, progress)
        with serving(place, sizes) as server, _crowd(server, phones) as crowd:
            _log_in(crowd, phones[:: sizes.devices_each], progress)
            server.pin()
            before = server.meter.memory()
            _hold(server, crowd, progress)
            each = (server.meter.memory() - before) / number
            idle = _idle(server, sizes.idle_seconds)
            waits = _deliver(server, crowd, sender, sizes)
    return _figures(number, each, idle, waits)


def _people(place: Site, number: int, sizes: Sizes, progress: Progress) -> tuple[list[Phone], Phone]:
    """The devices of all users, and the sender."""
    count = -(-number // sizes.devices_each)
    users = progress.each(f"{count:,} users with their devices", range(count), count)
    phones = [phone for _ in users for phone in place.phones(place.user(), sizes.devices_each)]
    return phones[:number], place.phones(place.user(), 1)[0]


@contextmanager
def _crowd(server: Server, phones: Sequence[Phone]) -> Iterator[_Crowd]:
    count = max(2, -(-len(phones) // _PER_CLIENT))
    with ExitStack() as stack:
        clients = [stack.enter_context(Remote(_Waiting, server.url, _source(place))) for place in range(count)]
        yield _Crowd(phones, clients)
        for client in clients:
            client.call("hang_up", timeout=_CALL_SECONDS)


def _source(place: int) -> str | None:
    """An address of the loopback network for each client; other systems than Linux have one alone."""
    return f"127.0.0.{place + 2}" if hasattr(time, "CLOCK_BOOTTIME") else None


def _log_in(crowd: _Crowd, phones: Sequence[Phone], progress: Progress) -> None:
    """A password takes some 20 ms of a core to check; two at a time."""
    portions = _Crowd(phones, crowd.clients[:2])
    with progress.bar("passwords checked", len(phones)) as done:
        for some in _pairs(portions.shares(10)):
            for client, share in some:
                client.start("log_in", share)
            for client, share in some:
                client.result(_CALL_SECONDS)
                done(len(share))


def _pairs(shares: Iterator[tuple[Remote, Sequence[Phone]]]) -> Iterator[list[tuple[Remote, Sequence[Phone]]]]:
    for first in shares:
        second = next(shares, None)
        yield [first] if second is None else [first, second]


def _hold(server: Server, crowd: _Crowd, progress: Progress) -> None:
    """All devices send their Ping, a hundred at a time."""
    held = 0
    with progress.bar("Pings held", len(crowd.phones)) as done:
        for client, share in crowd.shares(_BATCH):
            client.call("hold", share, timeout=_CALL_SECONDS)
            held += len(share)
            _await_held(server, held)
            done(len(share))


def _await_held(server: Server, number: int) -> None:
    """Return when the server holds so many. TimeoutError if it does not come to that."""
    deadline = time.monotonic() + _CALL_SECONDS
    while server.figure("easd_holds") < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the server holds {server.figure('easd_holds'):.0f} requests, not {number}")
        time.sleep(_PAUSE)


def _idle(server: Server, seconds: float) -> float:
    """Percent of a core while nothing happens."""
    before, begun = server.meter.cpu(), time.monotonic()
    time.sleep(seconds)
    return (server.meter.cpu() - before) / (time.monotonic() - begun) * 100


def _deliver(server: Server, crowd: _Crowd, sender: Phone, sizes: Sizes) -> list[float]:
    """Letters to different users, so that nobody has to ask again; the seconds to the answer of each of their Pings."""
    logins = list(dict.fromkeys(phone.login for phone in crowd.phones))
    chosen = logins[:: max(1, len(logins) // sizes.deliveries)][: sizes.deliveries]
    expected = sum(phone.login in set(chosen) for phone in crowd.phones)
    with Remote(_Sender) as remote:
        timeout = sizes.delivery_seconds + _CALL_SECONDS
        sent = remote.call("send", server.url, sender, chosen, sizes.delivery_seconds, timeout=timeout)
    _await_woken(server, len(crowd.phones) - expected)
    waits = [
        moment - sent[login]
        for client in crowd.clients
        for login, moments in client.call("woken", timeout=_CALL_SECONDS).items()
        for moment in moments
    ]
    if len(waits) != expected:
        raise UnexpectedAnswer(f"{len(waits)} Pings told of a letter, not {expected}")
    return waits


def _await_woken(server: Server, left: int) -> None:
    deadline = time.monotonic() + _CALL_SECONDS
    while server.figure("easd_holds") > left and time.monotonic() < deadline:
        time.sleep(_PAUSE)


def _figures(number: int, each: float, idle: float, waits: Sequence[float]) -> list[Figure]:
    name = f"{number:,} held"
    p50, p99 = milliseconds(waits, 50), milliseconds(waits, 99)
    return [
        Figure(f"{name}: server memory each", each / 1024, "KiB", aim=25, peers=published(13 * 1024, 3.6 * 1024)),
        Figure(f"{name}: server CPU while idle", idle, "% of a core"),
        Figure(f"{name}: letter to answer, p50", p50, "ms", peers=published(14_000, 17_000)),
        Figure(f"{name}: letter to answer, p99", p99, "ms", aim=50),
        Figure(f"{name}: letter to answer, longest", max(waits) * 1000, "ms"),
    ]
