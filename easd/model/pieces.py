"""Bytes that come piece by piece, because the whole may be too large to hold."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator

from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Pieces:
    """`size` bytes in all. Each call of `begin` makes them from the start; to take a piece may read from a database."""

    size: int
    begin: Callable[[], Iterator[bytes]]

    def base64(self) -> "Pieces":
        """The same as base64 text, without line ends."""
        return Pieces((self.size + 2) // 3 * 4, lambda: _base64(self.begin()))


def _base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        data = rest + piece if rest else piece
        whole = len(data) - len(data) % 3
        rest = data[whole:]
        if whole:
            yield b64encode(memoryview(data)[:whole])
    if rest:
        yield b64encode(rest)


def joined(content: Iterable[bytes | Pieces]) -> Pieces:
    """All of it, one after the other."""
    parts = tuple(content)
    size = sum(len(part) if isinstance(part, bytes) else part.size for part in parts)
    return Pieces(size, lambda: _all(parts))


def _all(parts: Iterable[bytes | Pieces]) -> Iterator[bytes]:
    for part in parts:
        if isinstance(part, bytes):
            yield part
        else:
            yield from part.begin()
