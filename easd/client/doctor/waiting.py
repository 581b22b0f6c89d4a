"""How long a held request survives, and whether answers come piece by piece."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from easd.client.device import Device
from easd.client.doctor.finding import Finding, bad, good, note
from easd.client.doctor.proxies import Proxy, advice, known
from easd.client.errors import ClientError
from easd.eas.status import PingStatus
from easd.model.folder import FolderType

SLOW_PAGE = "/healthz/slow"
"""A page that begins its answer, and ends it PAUSE seconds later."""
PAUSE = 1.0
_AREA = "waiting"
_MARGIN = 5.0

Clock = Callable[[], float]


async def survival(device: Device, seconds: int, proxy: Proxy | None, clock: Clock = time.monotonic) -> Finding:
    """A Ping of so many seconds: it must end by the server's word, not sooner by that of somebody between."""
    what = f"a Ping of {seconds} s"
    try:
        await device.provision()
        await device.folder_sync()
        inbox = device.folder_of(FolderType.INBOX).server_id
        await device.sync_all(inbox)
    except ClientError as error:
        return bad(_AREA, what, f"could not begin: {error}", "sign in must work first")
    began = clock()
    try:
        told = await device.ping([inbox], seconds)
    except ClientError as error:
        return bad(_AREA, what, f"cut after {clock() - began:.0f} s: {error}", advice(proxy))
    lasted = clock() - began
    if told.status == PingStatus.NO_CHANGES and lasted >= seconds - _MARGIN:
        return good(_AREA, what, f"answered by the server after {lasted:.0f} s")
    if told.status == PingStatus.INVALID_HEARTBEAT:
        least_or_most = told.heartbeat_interval or 0
        return note(_AREA, what, f"the server allows {least_or_most} s", f"ask again with --hold {least_or_most}")
    return note(_AREA, what, f"ended after {lasted:.0f} s with status {int(told.status)}", "mail came, or ask again")


async def flow(
    url: str, transport: httpx.AsyncBaseTransport | None, proxy: Proxy | None, clock: Clock = time.monotonic
) -> Finding:
    """Whether the beginning of an answer comes before its end is there."""
    what = "answers come piece by piece"
    parts = urlsplit(url)
    async with httpx.AsyncClient(transport=transport, timeout=PAUSE + 10) as client:
        try:
            async with client.stream("GET", f"{parts.scheme}://{parts.netloc}{SLOW_PAGE}") as answer:
                if answer.status_code != httpx.codes.OK:
                    return note(_AREA, what, "not known: the server has no page for it", "")
                times = [clock() async for _ in answer.aiter_raw()]
                proxy = proxy or known(answer.headers)
        except httpx.HTTPError as error:
            return note(_AREA, what, f"not known: {type(error).__name__}", "")
    if len(times) > 1 and times[-1] - times[0] >= PAUSE / 2:
        return good(_AREA, what, f"the first piece came {times[-1] - times[0]:.1f} s before the last")
    return bad(_AREA, what, "the answer was held back until its end", advice(proxy, flowing=True))
