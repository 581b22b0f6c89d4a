"""Bodies of requests and answers: bounded in size and time, packed and unpacked."""

import asyncio
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from typing import Any, TypeAlias

from easd.service.context import Answer, HttpError

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

GZIP_FROM = 256
"""Answers shorter than this have little to gain. A first FolderSync of 400 bytes becomes half as long, and testers of
MS-ASHTTP R197 ask for it packed.
"""
_GZIP_LEVEL = 4

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_GZIP_WANTED = re.compile(r"(?:^|,)\s*(?:gzip|x-gzip|\*)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?(?=,|$)", re.IGNORECASE)


class ClientGoneError(Exception):
    """The client has disconnected: there is nobody to answer."""


async def read_body(receive: Receive, content_length: str, limit: int, seconds: float) -> bytes:
    """The whole body. HttpError 413 if it is larger than `limit` bytes, 408 if it takes longer than `seconds`."""
    if content_length.isdecimal() and int(content_length) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            return await _all(receive, limit)
    except TimeoutError:
        raise HttpError(408, "the body came too slowly") from None


async def _all(receive: Receive, limit: int) -> bytes:
    message = await _next(receive)
    if not message.get("more_body", False):  # as nearly always
        return _bounded(message.get("body", b""), limit)
    gathered = BytesIO()  # one copy: to join pieces at the end would make two
    while True:
        gathered.write(_bounded(message.get("body", b""), limit - gathered.tell(), limit))
        if not message.get("more_body", False):
            return gathered.getvalue()
        message = await _next(receive)


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return message


def _bounded(piece: bytes, room: int, limit: int | None = None) -> bytes:
    """The piece, if there is room for it. HttpError 413, which names the limit of the whole."""
    if len(piece) > room:
        raise _too_large(room if limit is None else limit)
    return piece


def _too_large(limit: int) -> HttpError:
    return HttpError(413, f"the body has more than {limit} bytes")


async def gone(receive: Receive) -> None:
    """Returns when the client has disconnected: what is still to come after the body is the end of the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def swallow(receive: Receive, limit: int, seconds: float) -> None:
    """Read on for a while what will not be used: a connection that closes on unread data loses the answer."""
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while size < limit:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                size += len(message.get("body", b""))
    except TimeoutError:
        return


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its Content-Encoding. HttpError 413 for more than `limit` bytes, 400 if it is damaged, 415."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise HttpError(415, "an unknown Content-Encoding", {"Accept-Encoding": "gzip"})
    inflater = zlib.decompressobj(wbits=31)
    try:
        content = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise HttpError(400, "the body is not gzip") from None
    if len(content) > limit:
        raise _too_large(limit)
    if not inflater.eof or inflater.unused_data:
        raise HttpError(400, "the gzip body ends too early or too late")
    return content


def gzip_wanted(accept_encoding: str) -> bool:
    """Whether Accept-Encoding allows gzip (RFC 9110 12.5.3)."""
    return any(_quality(match[1]) > 0 for match in _GZIP_WANTED.finditer(accept_encoding[:256]))


def _quality(text: str | None) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def packed(answer: Answer) -> Answer:
    """The answer in gzip, where that makes it shorter (MS-ASHTTP R197, R214). One that comes in pieces is nearly always
    a file that is packed already, and its length must be known before its first byte.
    """
    if answer.more is not None or len(answer.body) < GZIP_FROM or "Content-Encoding" in answer.headers:
        return answer
    body = zlib.compress(answer.body, _GZIP_LEVEL, wbits=31)
    if len(body) >= len(answer.body):
        return answer
    return replace(answer, body=body, headers={**answer.headers, "Content-Encoding": "gzip"})


def head(answer: Answer, own: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer: its own, ours, and those that go with its body (MS-ASHTTP R199, R212, R216)."""
    headers = {**own, **answer.headers, "Content-Length": str(answer.size)}
    if answer.size:
        headers["Content-Type"] = answer.content_type
    challenges = headers.pop("WWW-Authenticate", "")
    lines = [_line(name, value) for name, value in headers.items()]
    return lines + [_line("WWW-Authenticate", one) for one in challenges.splitlines()]


@lru_cache(maxsize=256)
def _name(name: str) -> bytes:
    return name.lower().encode("ascii")


def _line(name: str, value: str) -> tuple[bytes, bytes]:
    return _name(name), _header_value(value)


def _header_value(text: str) -> bytes:
    """A header is one line, whatever it was made of."""
    return (text if text.isprintable() else _CONTROL.sub(" ", text)).encode("iso-8859-1", "replace")
