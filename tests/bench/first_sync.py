"""A new device takes a whole mailbox: letters a second, and what they cost the server."""

import asyncio
import time
from dataclasses import dataclass
from itertools import chain, starmap

from easd.eas.commands.options import Options
from easd.eas.request import Command
from easd.eas.versions import V14_1, V16_1
from easd.model.email import BodyType
from easd.service.delivery import new_mail
from tests.bench import documents
from tests.bench.lean import Connection, Phone, UnexpectedAnswer, framed, good
from tests.bench.mails import letters
from tests.bench.processes import Remote
from tests.bench.progress import Progress
from tests.bench.results import Figure, Result, published
from tests.bench.site import Server, serving, site
from tests.bench.sizes import Sizes

TITLE = "First sync of a mailbox, one device, 100 letters an answer"
_WINDOW = 100
_SECONDS = 300.0
_FORMS = ((V16_1, BodyType.HTML), (V14_1, BodyType.PLAIN))


@dataclass(frozen=True, slots=True)
class _Taken:
    """Wall seconds, letters, bytes of answers, answers."""

    seconds: float
    items: int
    size: int
    answers: int


class _Device:
    """The device, in its own process."""

    async def take(self, url: str, phone: Phone, wishes: Options) -> _Taken:
        """Sync from nothing until there is no more. UnexpectedAnswer if a letter comes twice."""
        async with asyncio.timeout(_SECONDS):
            connection = await Connection.open(url)
            good(await connection.ask(phone.options(url)))
            begun = time.perf_counter()
            bodies = await self._bodies(connection, url, phone, wishes)
            seconds = time.perf_counter() - begun
            connection.close()
        items = [item for body in bodies for item in documents.added(body)]
        if len(items) != len(set(items)):
            raise UnexpectedAnswer("a letter came twice")
        return _Taken(seconds, len(items), sum(map(len, bodies)), len(bodies))

    async def _bodies(self, connection: Connection, url: str, phone: Phone, wishes: Options) -> list[bytes]:
        head = phone.head(url, Command.SYNC)
        request = documents.sync_of(phone, window=_WINDOW, wishes=wishes)
        start = documents.sync_of(phone).with_key(b"0")
        result = documents.Result(good(await connection.ask(head + framed(start))))
        bodies, more = [], True
        while more:
            body = good(await connection.ask(head + framed(request.with_key(result.key))))
            bodies.append(body)
            result = documents.Result(body)
            more = result.more
        return bodies


def run(sizes: Sizes, progress: Progress) -> Result:
    """Measure each version with its form of bodies."""
    with site(sizes.database) as place:
        user = place.user()
        written = list(progress.each("letters written", letters(sizes.mails), sizes.mails))
        begun = time.perf_counter()
        place.load(user, progress.each("letters extracted and stored", starmap(new_mail, written), sizes.mails))
        stored = Figure("extracted and stored", sizes.mails / (time.perf_counter() - begun), "/s", True)
        warm = place.user()
        place.load(warm, starmap(new_mail, written[:_WINDOW]))
        phones = {version: place.new_phone(user, f"first{version}", version) for version, _ in _FORMS}
        with serving(place, sizes) as server, Remote(_Device) as device:
            server.pin()
            for version, form in _FORMS:  # so that nothing is loaded or compiled while it counts
                phone = place.new_phone(warm, f"warm{version}", version)
                _measured(server, device, phone, form, min(_WINDOW, sizes.mails))
            measured = [_measured(server, device, phones[version], form, sizes.mails) for version, form in _FORMS]
    return Result("first-sync", TITLE, [*chain.from_iterable(measured), stored])


def _measured(server: Server, device: Remote, phone: Phone, form: BodyType, expected: int) -> list[Figure]:
    before = server.meter.cpu()
    taken: _Taken = device.call("take", server.url, phone, documents.options(form), timeout=_SECONDS)
    cpu = server.meter.cpu() - before
    if taken.items != expected:
        raise UnexpectedAnswer(f"{taken.items} letters came, {expected} are there")
    name = f"{phone.version} {form.name.lower()}"
    return [
        Figure(f"{name}: letters", taken.items / taken.seconds, "/s", True, 2000, published(40, 200)),
        Figure(f"{name}: server CPU for 1,000", cpu / taken.items * 1000, "s", False, 0.3, published(5, 5)),
        Figure(f"{name}: bytes", taken.size / 1e6, "MB"),
        Figure(f"{name}: bytes a second", taken.size / taken.seconds / 1e6, "MB/s", True),
    ]
