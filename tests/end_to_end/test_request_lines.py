"""What strangers ask of the endpoint first: request lines, versions and encodings, over the whole application."""

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest

from easd.wbxml import Element, encode, tag
from tests.support.server import PASSWORD, demo_users, in_process_app, prepared

_EAS = "/Microsoft-Server-ActiveSync"
_LINE = f"{_EAS}?Cmd=FolderSync&User=alice&DeviceId=D1&DeviceType=Phone"
_HEADERS = {"MS-ASProtocolVersion": "14.1", "Content-Type": "application/vnd.ms-sync.wbxml"}
_FIRST = encode(Element(tag("FolderHierarchy:FolderSync"), [Element(tag("FolderHierarchy:SyncKey"), "0")]))


@pytest.fixture
async def client(sqlite_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Alice's program, signed in, which asks for nothing by itself."""
    url = prepared(sqlite_url)
    demo_users(url)
    with in_process_app(url) as application:
        transport = httpx.ASGITransport(application.asgi)
        signed_in = httpx.BasicAuth("alice@example.test", PASSWORD)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", auth=signed_in) as client:
            client.headers.pop("Accept-Encoding")
            yield client


async def test_the_first_hierarchy_is_packed_for_who_asks_and_for_nobody_else_R197_R214_R215_R412(
    client: httpx.AsyncClient,
) -> None:
    plain = await client.post(_LINE, content=_FIRST, headers=_HEADERS)
    assert plain.status_code == 200
    assert "content-encoding" not in plain.headers
    request = client.build_request("POST", _LINE, content=_FIRST, headers={**_HEADERS, "Accept-Encoding": "gzip"})
    packed = await client.send(request, stream=True)
    raw = b"".join([piece async for piece in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip"
    assert len(raw) == int(packed.headers["content-length"]) < len(plain.content)
    assert len(gzip.decompress(raw)) == pytest.approx(len(plain.content), abs=9)  # keys differ in length


@pytest.mark.parametrize("version", ["191", "19.1", "13.0", "16.2", "abc", ""])
async def test_a_version_that_is_not_spoken_is_400_each_time_R176_R177_R188(
    client: httpx.AsyncClient, version: str
) -> None:
    headers = {**_HEADERS, "MS-ASProtocolVersion": version}
    answers = [await client.post(_LINE, content=_FIRST, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 400]


async def test_a_version_1_0_device_is_told_505_R7560(client: httpx.AsyncClient) -> None:
    answer = await client.post(_LINE, content=_FIRST, headers={**_HEADERS, "MS-ASProtocolVersion": "1.0"})
    assert answer.status_code == 505


async def test_a_command_that_does_not_exist_is_501_R186_R465(client: httpx.AsyncClient) -> None:
    answer = await client.post(_LINE.replace("FolderSync", "NotExist"), content=_FIRST, headers=_HEADERS)
    assert answer.status_code == 501
