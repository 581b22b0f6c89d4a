"""Answers on their way to a client, each checked against the schemas where these are present."""

import httpx

from easd.eas.headers import WBXML
from easd.eas.multipart import MULTIPART_TYPE, unpack
from easd.wbxml import decode
from tests.support.xsd import validate


def check(content_type: str, body: bytes) -> None:
    """AssertionError for an answer of ours that the schemas do not allow."""
    if content_type == MULTIPART_TYPE:
        body = unpack(body)[0]
    elif content_type != WBXML:
        return
    if body:
        assert validate(decode(body)) == []


class CheckedTransport(httpx.AsyncBaseTransport):
    """Another transport, whose answers are checked; by default one over TCP."""

    def __init__(self, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._inner = inner or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        body = await response.aread()  # type: ignore[attr-defined,unused-ignore]
        check(response.headers.get("content-type", ""), body)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()
