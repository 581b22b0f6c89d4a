"""Transfer encodings, undone piece by piece: a large part is never held as a whole."""

import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, Protocol

from easd.mime.scan import Node
from easd.model.email import Place, TransferEncoding

PIECE: Final = 2**18
"""Bytes of a message that are read at a time."""

Read = Callable[[int, int], bytes]
"""`read(start, length)`: those bytes of a message."""

_NAMES: Final = {
    "base64": TransferEncoding.BASE64,
    "quoted-printable": TransferEncoding.QUOTED_PRINTABLE,
    "x-uuencode": TransferEncoding.UUENCODE, "uuencode": TransferEncoding.UUENCODE,
    "x-uue": TransferEncoding.UUENCODE, "uue": TransferEncoding.UUENCODE,
}  # fmt: skip
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FOREIGN: Final = bytes(set(range(256)) - set(_ALPHABET + b"="))
_UU_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)


class _Decoder(Protocol):
    def feed(self, data: bytes) -> bytes:
        """What can be said once these bytes have come."""

    def finish(self) -> bytes:
        """What is left at the end."""


class _Identity:
    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


class _Base64:
    """Foreign characters are skipped, padding ends it, missing padding is supplied, a lonely last character dropped."""

    def __init__(self) -> None:
        self._quad = b""
        self._pads = 0
        self._over = False

    def feed(self, data: bytes) -> bytes:
        if self._over:
            return b""
        runs = data.translate(None, _FOREIGN).split(b"=")
        decoded = [self._run(runs[0])]
        for run in runs[1:]:
            if self._pad():
                break
            decoded.append(self._run(run))
        return decoded[0] if len(decoded) == 1 else b"".join(decoded)

    def finish(self) -> bytes:
        rest, self._quad = self._quad, b""
        return binascii.a2b_base64(rest + b"=" * (4 - len(rest))) if len(rest) > 1 else b""

    def _run(self, run: bytes) -> bytes:
        if not run:
            return b""
        self._pads = 0
        characters = self._quad + run if self._quad else run
        whole = len(characters) - len(characters) % 4
        self._quad = characters[whole:]
        return binascii.a2b_base64(memoryview(characters)[:whole])

    def _pad(self) -> bool:
        if len(self._quad) >= 2:
            self._pads += 1
            self._over = len(self._quad) + self._pads >= 4
        return self._over


class _QuotedPrintable:
    """Cut behind line ends, where no escape is open."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        data = self._rest + data
        end = data.rfind(b"\n") + 1 or _between_escapes(data)
        self._rest = data[end:]
        return binascii.a2b_qp(data[:end])

    def finish(self) -> bytes:
        return binascii.a2b_qp(self._rest)


def _between_escapes(line: bytes) -> int:
    """Where an endless line may be cut: behind two characters that open no escape (0: nowhere yet)."""
    if b"=\r" in line:
        return 0
    end = len(line)
    while end >= 2 and b"=" in line[end - 2 : end]:
        end -= 1
    return end if end >= 2 else 0


class _Uuencode:
    """Lines behind the "begin" until "end"; those that break the rules are left out."""

    def __init__(self) -> None:
        self._rest = b""
        self._over = False

    def feed(self, data: bytes) -> bytes:
        data = self._rest + data
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        return self._lines(data[:end])

    def finish(self) -> bytes:
        return self._lines(self._rest)

    def _lines(self, data: bytes) -> bytes:
        decoded: list[bytes] = []
        for line in () if self._over else data.splitlines():
            if line.rstrip() == b"end":
                self._over = True
                break
            decoded.append(_uu_line(line))
        return b"".join(decoded)


def _uu_line(line: bytes) -> bytes:
    length = ((line[0] - 32) & 63) if line else 0
    try:
        return binascii.a2b_uu(line[: 1 + (length + 2) // 3 * 4]) if length else b""
    except binascii.Error:
        return b""


_DECODERS: Final[dict[TransferEncoding, Callable[[], _Decoder]]] = {
    TransferEncoding.NONE: _Identity,
    TransferEncoding.BASE64: _Base64,
    TransferEncoding.QUOTED_PRINTABLE: _QuotedPrintable,
    TransferEncoding.UUENCODE: _Uuencode,
}


def place_of(raw: bytes, node: Node) -> Place:
    """Where the content of a part lies, and how it is to be read. What is not uuencoded though it says so is plain."""
    name = node.headers.first("content-transfer-encoding").partition(";")[0].strip().strip("\"'").lower()
    encoding = _NAMES.get(name, TransferEncoding.NONE)
    if encoding is TransferEncoding.UUENCODE:
        begin = _UU_BEGIN.search(raw, node.body, node.end)
        return Place(begin.end(), node.end, encoding) if begin else Place(node.body, node.end)
    return Place(node.body, node.end, encoding)


def measured(raw: bytes, place: Place) -> tuple[Place, int]:
    """The place with the form of its lines, and how many bytes it holds, decoded."""
    size = _size(raw, place)
    if place.encoding is not TransferEncoding.BASE64:
        return place, size
    width, stride = _form(raw, place)
    whole = place.start + (place.end - place.start) // stride * stride if stride else place.start
    # Foreign characters and padding in the lines would make them shorter than they look.
    even = raw.find(b"=", place.start, whole) < 0 and _ends_alike(raw, place.start, whole, width, stride)
    if even and size == _bytes_in(whole - place.start, width, stride) + _size(raw, replace(place, start=whole)):
        return replace(place, width=width, stride=stride), size
    return place, size


def _size(raw: bytes, place: Place) -> int:
    if place.encoding is TransferEncoding.NONE:
        return place.end - place.start
    return sum(map(len, decode(place, lambda start, length: raw[start : start + length])))


def _form(raw: bytes, place: Place) -> tuple[int, int]:
    """Characters of the first line, and its bytes with the line end; (0, 0) where no byte can be found by them."""
    stride = raw.find(b"\n", place.start, place.end) + 1 - place.start
    width = stride - (2 if raw[place.start + stride - 2 : place.start + stride] == b"\r\n" else 1)
    return (width, stride) if width > 0 and width % 4 == 0 else (0, 0)


def _ends_alike(raw: bytes, start: int, end: int, width: int, stride: int) -> bool:
    """Whether each line of a width ends where the first does."""
    columns = (raw[start + at : end : stride] for at in range(width, stride))
    return stride > 0 and all(column.count(column[:1]) == len(column) for column in columns)


def _bytes_in(length: int, width: int, stride: int) -> int:
    """How many bytes are encoded in whole lines."""
    return length // stride * (width // 4 * 3)


def decode(place: Place, read: Read, skip: int = 0) -> Iterator[bytes]:
    """The content from its byte `skip` on, in pieces. `skip` may be any number that is not negative."""
    start, skip = _near(place, place.offset + skip)
    decoder = _DECODERS[place.encoding]()
    for at in range(start, place.end, PIECE):
        piece = decoder.feed(read(at, min(PIECE, place.end - at)))
        if piece[skip:]:
            yield piece[skip:] if skip else piece
        skip = max(skip - len(piece), 0)
    if rest := decoder.finish()[skip:]:
        yield rest


def _near(place: Place, skip: int) -> tuple[int, int]:
    """Where to begin to read, and how much to skip still."""
    if place.encoding is TransferEncoding.NONE:
        return min(place.start + skip, place.end), 0
    if place.stride:
        lines = min(skip // (place.width // 4 * 3), (place.end - place.start) // place.stride)
        return place.start + lines * place.stride, skip - lines * (place.width // 4 * 3)
    return place.start, skip


def cut(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The first `size` bytes; no more pieces are asked for than these need."""
    while size > 0 and (piece := next(pieces, None)) is not None:
        yield piece[:size]
        size -= len(piece)
