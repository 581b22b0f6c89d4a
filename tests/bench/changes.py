"""Devices that change a letter in each request, one request after another, as many at a time as there are devices."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from easd.eas.request import Command
from easd.eas.versions import V16_1
from tests.bench import documents
from tests.bench.lean import Connection, Phone, framed, good
from tests.bench.processes import Remote
from tests.bench.progress import Progress
from tests.bench.results import Figure, Result, published
from tests.bench.site import KEY, serving, site
from tests.bench.sizes import Sizes
from tests.bench.times import milliseconds

TITLE = "Changes: each request toggles the read flag of a letter and uses the new key"
_DEVICES_EACH = 2
_GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Served:
    """Wall seconds, and those of each request."""

    seconds: float
    requests: Sequence[float]


class _Devices:
    """The devices, in one process."""

    async def change(self, url: str, phones: Sequence[Phone], seconds: float) -> _Served:
        """Let every device go on for so long."""
        async with asyncio.timeout(seconds + _GRACE_SECONDS):
            connections = [await Connection.open(url) for _ in phones]
            for connection, phone in zip(connections, phones, strict=True):
                good(await connection.ask(phone.options(url)))
            begun = time.perf_counter()
            jobs = [
                self._device(connection, url, phone, place, begun + seconds)
                for place, (connection, phone) in enumerate(zip(connections, phones, strict=True))
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
    with site(sizes.database) as place:
        users = [place.user() for _ in range(-(-sizes.changers // _DEVICES_EACH))]
        for user in users:
            place.fill(user, _DEVICES_EACH)
        phones = [phone for user in users for phone in place.phones(user, _DEVICES_EACH, V16_1)]
        with serving(place, sizes) as server, Remote(_Devices) as devices:
            devices.call("change", server.url, phones, 0.0, timeout=_GRACE_SECONDS)
            server.pin()
            progress.step(f"{len(phones)} devices change letters for {sizes.change_seconds:g} s")
            before = server.meter.cpu()
            asked = (server.url, phones, sizes.change_seconds)
            served: _Served = devices.call("change", *asked, timeout=sizes.change_seconds + _GRACE_SECONDS)
            cpu = server.meter.cpu() - before
    count = len(served.requests)
    figures = [
        Figure("requests", count / served.seconds, "/s", True, 1500, published(75, 75)),
        Figure("p50", milliseconds(served.requests, 50), "ms"),
        Figure("p99", milliseconds(served.requests, 99), "ms"),
        Figure("server CPU a request", cpu / count * 1000, "ms", peers=published(25, 25)),
    ]
    return Result("changes", TITLE, figures, [f"{len(phones)} devices of {len(users)} users"])
