"""Reading and packing bodies, step by step."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from easd.http.body import ClientGoneError, gzip_wanted, packed, read_body, swallow, unpacked
from easd.service.context import Answer, HttpError

_GONE = {"type": "http.disconnect"}


def _part(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def _receive(*messages: dict[str, Any]) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Gives the messages one after the other, and then nothing more."""
    coming = list(messages)

    async def receive() -> dict[str, Any]:
        if not coming:
            await asyncio.Event().wait()
        return coming.pop(0)

    return receive


async def test_a_body_comes_in_parts() -> None:
    assert await read_body(_receive(_part(b"ab"), _part(b""), _part(b"c", more=False)), "3", 3, 30) == b"abc"


async def test_a_client_that_goes_in_the_middle_of_its_body() -> None:
    with pytest.raises(ClientGoneError):
        await read_body(_receive(_part(b"ab"), _GONE), "3", 10, 30)


@pytest.mark.parametrize(
    "length, parts, status",
    [("4", [], 413), ("", [b"ab", b"cd"], 413), ("²", [b"abcd"], 413), ("3", [b"ab"], 408)],
)
async def test_bodies_that_are_refused(length: str, parts: list[bytes], status: int) -> None:
    with pytest.raises(HttpError) as caught:
        await read_body(_receive(*map(_part, parts)), length, 3, 0.01)
    assert caught.value.status == status


@pytest.mark.parametrize(
    "messages",
    [[_part(b"x" * 10)] * 3, [_part(b"x", more=False)], [_GONE], [_part(b"x")]],
    ids=["too much", "its end", "gone", "too slow"],
)
async def test_what_is_not_wanted_is_read_for_a_while(messages: list[dict[str, Any]]) -> None:
    await swallow(_receive(*messages), 20, 0.01)


@pytest.mark.parametrize(
    "header, wanted",
    [
        ("gzip", True),
        ("GZIP", True),
        ("br, x-gzip;q=0.5", True),
        ("deflate, * ; q=0.1", True),
        ("gzip;q=0.0", False),
        ("gzip;q=.", False),
        ("gzipped", False),
        ("br", False),
        ("", False),
    ],
)
def test_who_accepts_gzip(header: str, wanted: bool) -> None:
    assert gzip_wanted(header) is wanted


@given(st.text(max_size=300))
def test_any_accept_encoding_is_yes_or_no(header: str) -> None:
    assert gzip_wanted(header) in (True, False)


@given(st.binary(min_size=256, max_size=4000) | st.integers(256, 9000).map(bytes))
def test_what_is_packed_unpacks_to_the_same_and_is_shorter(body: bytes) -> None:
    answer = packed(Answer(body))
    encoding = answer.headers.get("Content-Encoding", "")
    assert unpacked(answer.body, encoding, len(body)) == body
    assert (len(answer.body) < len(body)) is bool(encoding)


def test_what_cannot_be_shorter_stays_as_it_is() -> None:
    noise = Answer(random.Random(1).randbytes(2000))
    assert packed(noise) is noise
    done = Answer(bytes(2000), headers={"Content-Encoding": "gzip"})
    assert packed(done) is done
