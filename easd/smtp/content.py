"""Reading the content of a message, which ends with a line of one dot and with nothing else (RFC 5321 section 4.1.1.4).

Only CRLF, a dot and CRLF end it: a bare LF or CR is content like any other, so that nobody hides a second message
behind one that another server has read otherwise. Memory for all that is being read has a bound of its own.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from easd.service.incoming.refusing import Refused

_END: Final = b"\r\n.\r\n"
_BEFORE: Final = b"\r\n"
"""What stands before the content: the end of the line with DATA."""


class Room:
    """Bytes that all messages which are being read may take at the same time."""

    def __init__(self, most: int) -> None:
        self._free = most

    @contextmanager
    def taken(self) -> Iterator["Share"]:
        """What one message takes, until the end of the block."""
        share = Share(self)
        try:
            yield share
        finally:
            self._free += share.bytes
            share.bytes = 0

    def take(self, count: int) -> bool:
        """Whether there was so much room."""
        if count > self._free:
            return False
        self._free -= count
        return True

    @property
    def free(self) -> int:
        """How much is left."""
        return self._free


class Share:
    """What one message has taken."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.bytes = 0

    def grow(self, count: int) -> bool:
        """Whether there was room for so much more."""
        if not self._room.take(count):
            return False
        self.bytes += count
        return True


async def read_content(reader: asyncio.StreamReader, share: Share, most: int) -> bytes:
    """The content without its end, and without the dots that lines have got for the sake of transport.

    Whatever is too large is read to its end all the same, for the client hears nothing before; then Refused.
    IncompleteReadError if the connection ends.
    """
    pieces: list[bytes] = []
    refused: Refused | None = None
    size = 0
    async for piece in _pieces(reader):
        size += len(piece)
        if refused is None:
            refused = _objection(share, len(piece), size, most)
            pieces.append(piece)
        if refused is not None:
            pieces.clear()
    if refused is not None:
        raise refused
    whole = b"".join((_BEFORE, *pieces))
    pieces.clear()
    return whole.replace(b"\r\n.", b"\r\n")[len(_BEFORE) : -len(_BEFORE)]


def _objection(share: Share, count: int, size: int, most: int) -> Refused | None:
    if size > most + len(_END):
        return Refused(552, "5.3.4", f"a message has at most {most} bytes here")
    if not share.grow(2 * count):  # it is joined before it is let go
        return Refused(452, "4.3.1", "there is no room for a message now")
    return None


class _pieces:  # noqa: N801 - reads as the generator that it is, and needs no closing
    """The content with its end, in pieces of no more than the reader's limit."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._tail = _BEFORE
        self._over = False

    def __aiter__(self) -> "_pieces":
        return self

    async def __anext__(self) -> bytes:
        if self._over:
            raise StopAsyncIteration
        piece = await self._next()
        self._tail = (self._tail + piece)[-len(_END) :]
        self._over = self._tail == _END
        return piece

    async def _next(self) -> bytes:
        """As many bytes as belong to the content for certain."""
        if begun := next((n for n in range(len(_END) - 1, 0, -1) if self._tail.endswith(_END[:n])), 0):
            return await self._reader.readexactly(len(_END) - begun)
        try:
            return await self._reader.readuntil(_END)
        except asyncio.LimitOverrunError as overrun:
            return await self._reader.readexactly(overrun.consumed)
