"""Messages in a form that SMTP carries (RFC 5321 section 4.5.3.1, RFC 6152): lines of at most 998 bytes with CRLF at
their ends, and for a server that takes no others ASCII characters alone.

What fits stays as it is. Of other messages those parts are encoded anew that need it, each as a whole; what somebody
has signed is left alone, for it would be signed no more.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator
from typing import Final

from easd.mime.content import decoded
from easd.mime.scan import Node, scan

LINE_MAX: Final = 998
"""Bytes in a line, without its end."""

_LINE_ENDS: Final = re.compile(rb"\r\n|\n|\r")
_BINARY: Final = re.compile(rb"content-transfer-encoding:\s*binary", re.IGNORECASE)
_ENCODING: Final = re.compile(
    rb"^content-transfer-encoding[ \t]*:[^\n]*\n(?:[ \t]+\S[^\n]*\n)*", re.IGNORECASE | re.MULTILINE
)
_ENCODED: Final = ("base64", "quoted-printable")
_NESTED: Final = 5
_EMBEDDED: Final = ("message/rfc822", "message/global")


class Unfit(ValueError):
    """A signed part holds characters that the way does not carry, and cannot be written in another form."""


def fitted(raw: bytes, *, eight_bit: bool) -> bytes:
    """The message as SMTP carries it. `eight_bit`: the server takes characters beyond ASCII (8BITMIME). Unfit for what
    cannot be sent to one that does not.
    """
    return lines_ended(_fitted(raw, eight_bit=eight_bit, depth=0))


def lines_ended(raw: bytes) -> bytes:
    """CRLF at the end of every line, the last one too."""
    if not raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n"):
        raw = _LINE_ENDS.sub(b"\r\n", raw)
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def is_fit(raw: bytes, *, eight_bit: bool) -> bool:
    """Whether nothing but line ends has to be changed."""
    return (eight_bit or raw.isascii()) and b"\0" not in raw and not _has_long_line(raw) and not _is_binary(raw)


def _is_binary(raw: bytes) -> bool:
    return b"binary" in raw.lower() and _BINARY.search(raw) is not None


def _has_long_line(raw: bytes) -> bool:
    lines = raw.split(b"\n")
    return max(map(len, lines)) > LINE_MAX and any(len(line.removesuffix(b"\r")) > LINE_MAX for line in lines)


def _fitted(raw: bytes, *, eight_bit: bool, depth: int) -> bytes:
    if is_fit(raw, eight_bit=eight_bit) or depth > _NESTED:
        return raw
    pieces, at = list[bytes](), 0
    for start, end, piece in _changes(raw, scan(raw).root, eight_bit=eight_bit, depth=depth):
        pieces += (raw[at:start], piece)
        at = end
    return b"".join((*pieces, raw[at:]))


def _changes(raw: bytes, node: Node, *, eight_bit: bool, depth: int) -> Iterator[tuple[int, int, bytes]]:
    """Where something else is to be put, in order: from, to, and what."""
    if node.content_type == "multipart/signed":
        if not eight_bit and not raw[node.body : node.end].isascii():
            raise Unfit("a signed part holds characters beyond ASCII, which the other server does not take")
        return
    if node.children:
        encoding = b"8bit" if eight_bit else b"7bit"
        if _named(node) in ("8bit", "binary"):
            yield node.start, node.body, _with_encoding(raw[node.start : node.body], encoding)
        for child in node.children:
            yield from _changes(raw, child, eight_bit=eight_bit, depth=depth)
    elif not is_fit(raw[node.start : node.end], eight_bit=eight_bit):
        yield node.start, node.end, _leaf(raw, node, eight_bit=eight_bit, depth=depth)


def _named(node: Node) -> str:
    return node.headers.first("content-transfer-encoding").strip().lower()


def _leaf(raw: bytes, node: Node, *, eight_bit: bool, depth: int) -> bytes:
    head, body = raw[node.start : node.body], raw[node.body : node.end]
    if node.content_type in _EMBEDDED and _named(node) not in _ENCODED:  # RFC 2046 section 5.2.1 forbids to encode it
        inner = _fitted(body, eight_bit=eight_bit, depth=depth + 1)
        return _with_encoding(head, b"7bit" if inner.isascii() else b"8bit") + inner
    if is_fit(body, eight_bit=eight_bit) and _named(node) != "binary":
        return head + body  # it is the header that does not fit
    content = decoded(raw, node) if _named(node) in _ENCODED else body
    if node.content_type.startswith("text/"):
        quoted = b2a_qp(_LINE_ENDS.sub(b"\r\n", content), istext=True)
        return _with_encoding(head, b"quoted-printable") + quoted
    return _with_encoding(head, b"base64") + encodebytes(content).replace(b"\n", b"\r\n").removesuffix(b"\r\n")


def _with_encoding(head: bytes, encoding: bytes) -> bytes:
    """A header block, with its blank line, that names this encoding."""
    made = b"Content-Transfer-Encoding: %s\r\n%s" % (encoding, _ENCODING.sub(b"", head))
    return made if made.endswith((b"\n\r\n", b"\n\n")) else made + b"\r\n"
