"""Devices that change a letter in each request, one request after another, as many at a time as there are devices.

Once with the server alone on its core, and once with a server process for each core and the devices dealt out to them,
as a balancer does it: how much a machine does is what all its cores do.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from easd.eas.request import Command
from easd.eas.versions import V16_1
from tests.bench import documents
from tests.bench.lean import Connection, Phone, framed, good
from tests.bench.processes import Remote
from tests.bench.progress import Progress
from tests.bench.results import Figure, Result, published
from tests.bench.site import KEY, Server, Site, serving, site
from tests.bench.sizes import Sizes
from tests.bench.times import milliseconds

TITLE = "Changes: each request toggles the read flag of a letter and uses the new key"
_DEVICES_EACH = 2
_PROCESSES = 2
_GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Served:
    """Wall seconds, and those of each request."""

    seconds: float
    requests: Sequence[float]


class _Devices:
    """The devices, in one process."""

    async def change(self, urls: Sequence[str], phones: Sequence[Phone], seconds: float) -> _Served:
        """Let every device go on for so long, each at the next of the URLs."""
        async with asyncio.timeout(seconds + _GRACE_SECONDS):
            places = [(urls[number % len(urls)], phone) for number, phone in enumerate(phones)]
            connections = [await Connection.open(url) for url, _ in places]
            for connection, (url, phone) in zip(connections, places, strict=True):
                good(await connection.ask(phone.options(url)))
            begun = time.perf_counter()
            jobs = [
                self._device(connection, url, phone, number, begun + seconds)
                for number, (connection, (url, phone)) in enumerate(zip(connections, places, strict=True))
            ]
            times = await asyncio.gather(*jobs)
            took = time.perf_counter() - begun
            for connection in connections:
                connection.close()
        return _Served(took, [one for device in times for one in device])

    async def _device(self, connection: Connection, url: str, phone: Phone, place: int, until: float) -> list[float]:
        times: list[float] = []
        head, key = phone.head(url, Command.SYNC), KEY
        server_id = f"{phone.inbox}:{place % _DEVICES_EACH + 1}"
        toggles = [documents.read_flag(phone, server_id, read=read) for read in (True, False)]
        while (begun := time.perf_counter()) < until:
            request = toggles[len(times) % 2].with_key(key)
            key = documents.Result(good(await connection.ask(head + framed(request)))).key
            times.append(time.perf_counter() - begun)
        return times


def run(sizes: Sizes, progress: Progress) -> Result:
    """Two devices of each user: each is also told of what the other has changed."""
    users = -(-sizes.changers // _DEVICES_EACH)
    with site(sizes.database) as place:
        alone = _measured(place, users, 1, sizes, progress)
    with site(sizes.database) as place:
        many = _measured(place, users, _PROCESSES, sizes, progress)
    peers = published(75, 75)  # of servers of many processes, on both cores
    figures = [
        Figure("requests, one process", alone.rate, "/s", True, peers=peers),
        Figure("one process: p50", milliseconds(alone.requests, 50), "ms"),
        Figure("one process: p99", milliseconds(alone.requests, 99), "ms"),
        Figure("one process: CPU a request", alone.cpu, "ms", peers=published(25, 25)),
        Figure("requests, two processes", many.rate, "/s", True, 1500, peers),
        Figure("two processes: p50", milliseconds(many.requests, 50), "ms"),
        Figure("two processes: p99", milliseconds(many.requests, 99), "ms"),
        Figure("two processes: CPU a request", many.cpu, "ms", peers=published(25, 25)),
    ]
    notes = [
        f"{users * _DEVICES_EACH} devices of {users} users",
        "Of two processes one shares its core with the clients",
    ]
    return Result("changes", TITLE, figures, notes)


@dataclass(frozen=True, slots=True)
class _Measured:
    """Requests a second, what each took (seconds) and cost the server (milliseconds)."""

    rate: float
    requests: Sequence[float]
    cpu: float


def _measured(place: Site, users: int, processes: int, sizes: Sizes, progress: Progress) -> _Measured:
    everybody = [place.user() for _ in range(users)]
    for user in everybody:
        place.fill(user, _DEVICES_EACH)
    phones = [phone for user in everybody for phone in place.phones(user, _DEVICES_EACH, V16_1)]
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(place, sizes)) for _ in range(processes)]
        devices = stack.enter_context(Remote(_Devices))
        urls = [server.url for server in servers]
        devices.call("change", urls, phones, 0.0, timeout=_GRACE_SECONDS)
        for number, server in enumerate(servers):
            server.pin(number)
        what = "a process" if processes == 1 else f"{processes} processes"
        progress.step(f"{len(phones)} devices change letters at {what} for {sizes.change_seconds:g} s")
        before = _cpu(servers)
        timeout = sizes.change_seconds + _GRACE_SECONDS
        served: _Served = devices.call("change", urls, phones, sizes.change_seconds, timeout=timeout)
        cpu = _cpu(servers) - before
    return _Measured(len(served.requests) / served.seconds, served.requests, cpu / len(served.requests) * 1000)


def _cpu(servers: Sequence[Server]) -> float:
    return sum(server.meter.cpu() for server in servers)
