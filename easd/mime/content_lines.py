"""The lines of vCards and calendars (RFC 6350, RFC 5545; vCard 2.1 and 3.0), read leniently and written strictly."""

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from easd.mime.charset import decode

MAX_CARDS: Final = 100_000
MAX_LINES: Final = 2_000
"""Properties that one card may have; more are left out."""
MAX_LINE: Final = 1024 * 1024

_NAME = re.compile(r"(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)")
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)(?:=((?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*))?')
_BARE_ENCODINGS: Final = frozenset({"QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT"})
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_FOLD: Final = 75


@dataclass(frozen=True, slots=True)
class Line:
    """One property: `name` in capitals, the group before it ("item1"), its parameters in capitals, its value still
    escaped, and `text`: the line as it was written, unfolded.
    """

    name: str
    value: str
    text: str
    group: str = ""
    parameters: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def types(self) -> frozenset[str]:
        """The TYPE values, in capitals; a bare parameter of 2.1 is one."""
        return frozenset(value.upper() for value in self.parameters.get("TYPE", ()))

    @property
    def plain(self) -> str:
        """The value as one text."""
        return unescaped(self.value)

    def parts(self, separator: str = ";") -> list[str]:
        """The value's components, unescaped."""
        return [unescaped(part) for part in split(self.value, separator)]


def cards(data: bytes) -> Iterator[list[Line]]:
    """The cards of a file, each as its lines between BEGIN and END. What stands outside a card is passed over."""
    card: list[Line] | None = None
    count = 0
    for line in map(line_of, unfolded(data)):
        if line is None:
            continue
        if line.name == "BEGIN" and line.plain.strip().upper() == "VCARD":
            card = []
        elif line.name == "END" and card is not None:
            yield card
            card, count = None, count + 1
            if count >= MAX_CARDS:
                return
        elif card is not None and len(card) < MAX_LINES:
            card.append(line)


def unfolded(data: bytes) -> Iterator[bytes]:
    """Lines put together again: by white space at the start of the next one, and in 2.1 by "=" at the end of one whose
    value is quoted-printable.
    """
    pending: list[bytes] = []
    quoted = False
    for raw in data.splitlines():
        if pending and (quoted or raw[:1] in (b" ", b"\t")):
            pending.append(raw if quoted else raw[1:])
        else:
            if pending:
                yield b"".join(pending)[:MAX_LINE]
            pending = [raw]
            quoted = False
        quoted = _ends_soft(pending, raw, quoted)
        if quoted:
            pending[-1] = pending[-1][:-1]
    if pending:
        yield b"".join(pending)[:MAX_LINE]


def _ends_soft(pending: Sequence[bytes], raw: bytes, quoted: bool) -> bool:
    head = pending[0].partition(b":")[0].upper()
    return raw.endswith(b"=") and (quoted or b"QUOTED-PRINTABLE" in head)


def line_of(raw: bytes) -> Line | None:
    """An unfolded line as a property; None if it is none."""
    text, _ = decode(raw, "utf-8")
    name = _NAME.match(text)
    if name is None:
        return None
    found: dict[str, list[str]] = {}
    place = name.end()
    while parameter := _PARAMETER.match(text, place):
        key, values = _parameter(parameter[1].upper(), parameter[2])
        found.setdefault(key, []).extend(values)
        place = parameter.end()
    if text[place : place + 1] != ":":
        return None
    parameters = {key: tuple(values) for key, values in found.items()}
    value = _decoded(text[place + 1 :], parameters)
    return Line(name[2].upper(), value, text, name[1] or "", parameters)


def _parameter(key: str, values: str | None) -> tuple[str, list[str]]:
    if values is not None:
        return key, [value.strip('"') for value in split(values, ",", quotes=True)]
    return ("ENCODING" if key in _BARE_ENCODINGS else "TYPE"), [key]


def _decoded(value: str, parameters: dict[str, tuple[str, ...]]) -> str:
    """The value without the quoted-printable of 2.1. Its line ends become those of the newer forms."""
    if "QUOTED-PRINTABLE" not in {encoding.upper() for encoding in parameters.get("ENCODING", ())}:
        return value
    raw = binascii.a2b_qp(value.encode("utf-8", "surrogateescape"))
    text, _ = decode(raw, next(iter(parameters.get("CHARSET", ())), "utf-8"))
    return text.replace("\r\n", "\n").replace("\n", "\\n")


def split(value: str, separator: str, *, quotes: bool = False) -> list[str]:
    """The parts between separators that are not escaped (nor, in parameters, quoted)."""
    parts, part, inside, escaped = list[str](), list[str](), False, False
    for letter in value:
        if quotes and letter == '"':
            inside = not inside
        if letter == separator and not escaped and not inside:
            parts.append("".join(part))
            part = []
            continue
        escaped = letter == "\\" and not escaped
        part.append(letter)
    return [*parts, "".join(part)]


def unescaped(value: str) -> str:
    """Text as people read it."""
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def escaped(text: str) -> str:
    """Text as a value: RFC 6350 section 3.4."""
    text = text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def folded(line: str) -> str:
    """The line in pieces of at most 75 bytes, none of which cuts a character (RFC 6350 section 3.2)."""
    pieces, piece, size = list[str](), list[str](), 0
    for letter in line:
        width = len(letter.encode("utf-8", "replace"))
        if size + width > _FOLD:
            pieces.append("".join(piece))
            piece, size = [" "], 1
        piece.append(letter)
        size += width
    return "\r\n".join([*pieces, "".join(piece)])
