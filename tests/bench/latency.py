"""How long a request takes that has nothing or one letter to tell, in mailboxes of any size."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from easd.eas.request import Command
from easd.model.account import User
from easd.model.email import BodyType
from easd.service.delivery import deliver
from easd.store import open_store
from tests.bench import documents
from tests.bench.lean import Connection, Phone, UnexpectedAnswer, framed, good
from tests.bench.processes import Remote
from tests.bench.progress import Progress
from tests.bench.results import Figure, Result, published
from tests.bench.site import KEY, serving, site
from tests.bench.sizes import Sizes
from tests.bench.times import milliseconds

TITLE = "Latency of quiet requests, one at a time, by size of the mailbox"
EMPTY, FOLDERS, ARRIVAL = "empty Sync", "FolderSync", "Sync with one new letter"
_SECONDS = 300.0
_AIM = 3.0
_FLAT = 1.5
_WARM = 20
_PEERS = {100: published(83, 24), 1000: published(89, 137)}  # measured with 50 and 2,000 letters
_LETTER = b"From: bench@example.test\r\nSubject: New\r\nMessage-ID: <%d@bench.test>\r\n\r\nSomething new.\r\n"

Times = Mapping[str, Sequence[float]]


class _Device:
    """A device that knows all that is there; and who writes to it, straight into the store."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    async def measure(self, url: str, phone: Phone, user: User, requests: int, arrivals: int) -> Times:
        """Seconds of each request, by kind."""
        async with asyncio.timeout(_SECONDS):
            connection = await Connection.open(url)
            good(await connection.ask(phone.options(url)))
            sync = phone.head(url, Command.SYNC)
            empty = sync + framed(documents.sync_of(phone).with_key(KEY))
            folders = phone.request(url, Command.FOLDER_SYNC, documents.hierarchy(phone, KEY.decode()))
            await self._repeat(connection, empty, _WARM)
            times = {
                EMPTY: await self._repeat(connection, empty, requests, b""),
                FOLDERS: await self._repeat(connection, folders, requests),
                ARRIVAL: await self._arrivals(connection, sync, phone, user, arrivals),
            }
            connection.close()
        return times

    async def _repeat(
        self, connection: Connection, request: bytes, count: int, expected: bytes | None = None
    ) -> list[float]:
        times = []
        for _ in range(count):
            begun = time.perf_counter()
            body = good(await connection.ask(request))
            times.append(time.perf_counter() - begun)
            if expected is not None and body != expected:
                raise UnexpectedAnswer(f"there was something to tell: {body[:200]!r}")
        return times

    async def _arrivals(self, connection: Connection, head: bytes, phone: Phone, user: User, count: int) -> list[float]:
        times, key, request = [], KEY, documents.sync_of(phone)
        store = open_store(self._database_url)
        for number in range(count):
            deliver(store, user, _LETTER % number, datetime.now(UTC))
            whole = head + framed(request.with_key(key))
            begun = time.perf_counter()
            body = good(await connection.ask(whole))
            times.append(time.perf_counter() - begun)
            if len(documents.added(body)) != 1:
                raise UnexpectedAnswer(f"not one new letter: {body[:200]!r}")
            key = documents.Result(body).key
        store.close()
        return times


def run(sizes: Sizes, progress: Progress) -> Result:
    """Fill a mailbox of each size, and measure in each."""
    with site(sizes.database) as place:
        users = {size: place.user() for size in sizes.mailboxes}
        for size, user in users.items():
            progress.step(f"filling a mailbox with {size:,} letters")
            place.fill(user, size)
        phones = {size: place.phones(user, 1, wishes=_WISHES)[0] for size, user in users.items()}
        with serving(place, sizes) as server, Remote(_Device, place.url) as device:
            server.pin()
            times: dict[int, Times] = {}
            for size, user in users.items():
                asked = (server.url, phones[size], user, sizes.requests, sizes.arrivals)
                times[size] = device.call("measure", *asked, timeout=_SECONDS)
    return Result("latency", TITLE, _figures(times), ["SOGo and Z-Push: with 50 and with 2,000 letters"])


_WISHES = documents.options(BodyType.HTML)


def _figures(times: Mapping[int, Times]) -> list[Figure]:
    figures = []
    for kind in (EMPTY, FOLDERS, ARRIVAL):
        by_size = {size: times[size][kind] for size in times}
        for size, seconds in by_size.items():
            peers = _PEERS.get(size, {}) if kind == EMPTY else {}
            name = f"{kind}, {size:,}"
            figures += [
                Figure(f"{name}: p50", milliseconds(seconds, 50), "ms", aim=_AIM, peers=peers),
                Figure(f"{name}: p95", milliseconds(seconds, 95), "ms"),
            ]
        smallest, *_, largest = (milliseconds(seconds, 50) for seconds in by_size.values())
        figures.append(Figure(f"{kind}: largest to smallest mailbox", largest / smallest, "times", aim=_FLAT))
    return figures
