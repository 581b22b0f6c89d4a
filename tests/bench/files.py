"""Large files: what it costs the server's memory to give and to take them."""

import asyncio
import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from urllib.parse import urlsplit

from easd.eas.commands import item_operations, send_mail
from easd.eas.commands.item_operations import MAILBOX, Fetch, ItemOperationsRequest
from easd.eas.commands.send_mail import SendMailRequest
from easd.eas.request import Command
from easd.eas.versions import V16_1
from easd.service.delivery import new_mail
from tests.bench.lean import Phone, UnexpectedAnswer
from tests.bench.processes import Meter, Remote
from tests.bench.progress import Progress
from tests.bench.results import Figure, Result
from tests.bench.site import serving, site
from tests.bench.sizes import Sizes

TITLE = "Large files: fetched by several clients at once, and sent"
_SECONDS = 120.0
_MB = 2**20
_READ = 2**16


class _Clients:
    """Those who fetch and send, in one process. Answers are counted and thrown away."""

    async def exchange(self, url: str, requests: Sequence[bytes]) -> float:
        """All requests at once; answers seconds until the last answer is complete."""
        begun = time.perf_counter()
        async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as group:
            for request in requests:
                group.create_task(_one(url, request))
        return time.perf_counter() - begun


async def _one(url: str, request: bytes) -> None:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise UnexpectedAnswer(head.decode("latin-1"))
    left = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
    while left:
        piece = await reader.read(_READ)
        if not piece:
            raise UnexpectedAnswer(f"{left} bytes are missing")
        left -= len(piece)
    writer.close()


class _Watch:
    """The most memory that a process has while this is open, beyond what it had before."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._before = self._most = meter.memory()

    @property
    def most(self) -> float:
        """In MB."""
        return (self._most - self._before) / _MB

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.002):
            self._most = max(self._most, self._meter.memory())


def _letter(sender: str, to: str, data: bytes) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, "The film"
    made.set_content("Here it is.\r\n")
    made.add_attachment(data, maintype="video", subtype="mp4", filename="film.mp4")
    return made.as_bytes()


def _fetch(phone: Phone, url: str, *, multipart: bool) -> bytes:
    asked = ItemOperationsRequest((Fetch(MAILBOX, file_reference=f"{phone.inbox}:1:2"),))
    request = phone.request(url, Command.ITEM_OPERATIONS, item_operations.REQUEST.encode(asked, V16_1))
    return request.replace(b"\r\n", b"\r\nMS-ASAcceptMultiPart: T\r\n", 1) if multipart else request


def run(sizes: Sizes, progress: Progress) -> Result:
    """One file in the mailbox, fetched by several devices of its owner, and sent to him once more."""
    data = os.urandom(sizes.file_bytes)
    with site(sizes.database) as place:
        user = place.user()
        raw = _letter(user.address, user.address, data)
        place.load(user, [new_mail(raw, datetime.now(UTC))])
        phones = place.phones(user, sizes.fetchers, V16_1)
        with serving(place, sizes) as server, Remote(_Clients) as clients:
            figures = []
            for name, multipart in (("inline", False), ("multipart", True)):
                requests = [_fetch(phone, server.url, multipart=multipart) for phone in phones]
                progress.step(f"{len(requests)} devices fetch a file of {len(data) / _MB:.1f} MB, {name}")
                clients.call("exchange", server.url, requests[:1], timeout=_SECONDS)
                with _Watch(server.meter) as watch:
                    took = clients.call("exchange", server.url, requests, timeout=_SECONDS)
                aim = max(len(requests) * len(data) / _MB / 5, 30)
                figures += [
                    Figure(f"{name}: memory of all fetches", watch.most, "MB", aim=aim),
                    Figure(f"{name}: sent", len(requests) * len(data) / _MB / took, "MB/s", more=True),
                ]
            body = send_mail.REQUEST.encode(SendMailRequest("film", raw), V16_1)
            progress.step(f"a message of {len(raw) / _MB:.1f} MB is sent")
            with _Watch(server.meter) as watch:
                request = phones[0].request(server.url, Command.SEND_MAIL, body)
                took = clients.call("exchange", server.url, [request], timeout=_SECONDS)
            figures += [
                Figure("memory of sending one", watch.most, "MB"),
                Figure("sending one", took * 1000, "ms"),
            ]
    return Result("files", TITLE, figures, [f"{len(phones)} devices, a file of {len(data) / _MB:.1f} MB"])
