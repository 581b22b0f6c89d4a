"""The Basic Encoding Rules as LDAP uses them (RFC 4511 5.1): definite lengths, tags of one byte."""

from collections.abc import Iterator
from typing import Final

INTEGER: Final = 0x02
OCTETS: Final = 0x04
ENUMERATED: Final = 0x0A
SEQUENCE: Final = 0x30
_BOOLEAN: Final = 0x01
_LONG: Final = 0x80
_LENGTH_BYTES_MAX: Final = 4
_INTEGER_BYTES_MAX: Final = 8
_WIDE_TAG: Final = 0x1F


class Malformed(ValueError):
    """Bytes that are no LDAP message."""


def element(tag: int, *contents: bytes) -> bytes:
    """One element with these contents, one after the other."""
    content = b"".join(contents)
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(raw))) + raw + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """A number that is not negative."""
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value: bytes, tag: int = OCTETS) -> bytes:
    return element(tag, value)


def boolean(value: bool, tag: int = _BOOLEAN) -> bytes:
    return element(tag, b"\xff" if value else b"\x00")


def number(content: bytes) -> int:
    """The value of an INTEGER or ENUMERATED. Malformed for an empty or a huge one."""
    if not 1 <= len(content) <= _INTEGER_BYTES_MAX:
        raise Malformed("a number of a strange size")
    return int.from_bytes(content, "big", signed=True)


def elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element. Malformed where one is longer than what is there."""
    at = 0
    while at < len(content):
        head = header(content[at : at + 2 + _LENGTH_BYTES_MAX])
        if head is None or at + sum(head) > len(content):
            raise Malformed("an element is longer than what it is in")
        start = at + head[0]
        yield content[at], content[start : start + head[1]]
        at = start + head[1]


def header(start: bytes) -> tuple[int, int] | None:
    """How long an element's head and its content are; None if more bytes are needed to know."""
    if len(start) < 2:
        return None
    if start[0] & _WIDE_TAG == _WIDE_TAG:
        raise Malformed("a tag of several bytes")
    first = start[1]
    if first < _LONG:
        return 2, first
    count = first & ~_LONG
    if not 1 <= count <= _LENGTH_BYTES_MAX:
        raise Malformed("a length of a strange size")
    if len(start) < 2 + count:
        return None
    return 2 + count, int.from_bytes(start[2 : 2 + count], "big")
