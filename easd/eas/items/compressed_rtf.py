"""Compressed RTF (MS-OXRTFCP), in which devices of 2.5 write notes: a window of 4096 bytes, filled in advance."""

from collections.abc import Iterator
from typing import Final

from easd.eas.schema import Malformed

_HEADER: Final = 16
_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
_WINDOW: Final = 4096
_BEGINNING: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def expanded(data: bytes, most: int) -> bytes:
    """The document, of at most `most` bytes. Malformed for what is no compressed RTF, or too much of it. The checksum
    is not looked at.
    """
    kind, raw_size = data[8:12], int.from_bytes(data[4:8], "little")
    if len(data) < _HEADER or kind not in (_COMPRESSED, _PLAIN):
        raise Malformed("no compressed RTF")
    if raw_size > most:
        raise Malformed(f"{raw_size} bytes of RTF")
    content = data[_HEADER:]
    return content[:raw_size] if kind == _PLAIN else _expanded(content, raw_size)


def _expanded(content: bytes, raw_size: int) -> bytes:
    """Each byte of flags is followed by eight tokens: one byte as it is, or two that name a place and a length."""
    window, at = bytearray(_BEGINNING.ljust(_WINDOW, b"\0")), len(_BEGINNING)
    found = bytearray()
    for token in _tokens(content):
        piece = token
        if len(token) == 2:
            place, length = token[0] << 4 | token[1] >> 4, (token[1] & 0x0F) + 2
            if place == at % _WINDOW:
                break  # the end
            piece = _copied(window, place, length, at)
        for octet in piece:
            window[at % _WINDOW] = octet
            at += 1
        found += piece
        if len(found) >= raw_size:
            break
    return bytes(found[:raw_size])


def _tokens(content: bytes) -> Iterator[bytes]:
    read = 0
    while read < len(content):
        flags, read = content[read], read + 1
        for bit in range(8):
            length = 2 if flags >> bit & 1 else 1
            token = content[read : read + length]
            if len(token) < length:
                return
            read += length
            yield token


def _copied(window: bytearray, place: int, length: int, at: int) -> bytes:
    """What stands there; it may run into what is just being written."""
    distance = (at - place) % _WINDOW or _WINDOW
    seen = bytes(window[(place + step) % _WINDOW] for step in range(min(length, distance)))
    return (seen * (length // len(seen) + 1))[:length]
