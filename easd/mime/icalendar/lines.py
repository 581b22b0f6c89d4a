"""iCalendar (RFC 5545) as components of lines, within bounds."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from easd.mime.content_lines import Line, folded, line_of, unescaped, unfolded

MAX_LINES: Final = 20_000
"""Lines of one event with all its exceptions, or of one task or entry; more are left out."""
MAX_DEPTH: Final = 4
MAX_VALUE: Final = 256 * 1024
"""Characters of a text that are read."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_CARET: Final = re.compile(r"\^([n^'])")
_CARETS: Final = {"n": "\n", "^": "^", "'": '"'}
_EDGE: Final = re.compile(rb"(BEGIN|END):\s*([A-Za-z0-9-]{1,64})\s*", re.IGNORECASE)


class CalendarFault(Exception):
    """A calendar text that cannot be understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Component:
    """What stands between BEGIN and END: its name in capitals, its own properties, the components inside."""

    name: str
    lines: list[Line] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        """The first property of that name."""
        return next((line for line in self.lines if line.name == name), None)

    def all(self, name: str) -> list[Line]:
        """The properties of that name."""
        return [line for line in self.lines if line.name == name]

    def text(self, name: str) -> str:
        """The first property of that name as text; "" where there is none."""
        line = self.first(name)
        return "" if line is None else text_of(line)

    def inside(self, name: str) -> list["Component"]:
        """The components of that name directly inside."""
        return [part for part in self.parts if part.name == name]

    def texts(self) -> Iterator[str]:
        """All of it as lines, as they were written."""
        yield f"BEGIN:{self.name}"
        for line in self.lines:
            yield line.text
        for part in self.parts:
            yield from part.texts()
        yield f"END:{self.name}"


@dataclass(frozen=True, slots=True)
class Section:
    """A component that stands directly in a calendar, not read yet: its lines with BEGIN and END, unfolded, and its
    UID as written.
    """

    name: str
    lines: list[bytes]
    uid: bytes


def sections(data: bytes) -> Iterator[Section | Line]:
    """The properties of the calendars in a file, and the components in them, in their order. A component that is not
    closed ends with the calendar.
    """
    inside: list[bytes] = []
    lines: list[bytes] = []
    uid = b""
    for raw in unfolded(data.removeprefix(b"\xef\xbb\xbf")):
        edge = _EDGE.fullmatch(raw)
        name = edge[2].upper() if edge else b""
        if name == b"VCALENDAR":
            if inside:
                yield Section(inside[0].decode(), lines, uid)
            inside, lines, uid = [], [], b""
        elif edge is None and not inside:
            if (line := line_of(raw)) is not None:
                yield line
        else:
            if edge is not None and edge[1].upper() == b"BEGIN":
                inside.append(name)
            if len(inside) == 1 and raw[:3].upper() == b"UID":
                uid = raw
            if len(lines) < MAX_LINES:
                lines.append(raw)
            if edge is not None and edge[1].upper() == b"END" and name in inside:
                first = inside[0]
                del inside[inside.index(name) :]
                if not inside:
                    yield Section(first.decode(), lines, uid)
                    lines, uid = [], b""
    if inside:
        yield Section(inside[0].decode(), lines, uid)


def component_of(lines: Iterable[bytes], name: str = "") -> Component:
    """The component that lines make; those of `name` may come without BEGIN and END. CalendarFault for none, and for
    one that holds components too many levels deep.
    """
    root = Component("")
    open_: list[Component] = [root, Component(name)] if name else [root]
    root.parts.extend(open_[1:])
    for raw in lines:
        line = line_of(raw)
        if line is None:
            continue
        if line.name == "BEGIN":
            if len(open_) > MAX_DEPTH:
                raise CalendarFault("components inside of components, too many levels deep")
            made = Component(line.value.strip().upper())
            open_[-1].parts.append(made)
            open_.append(made)
        elif line.name == "END":
            while len(open_) > 1 and open_.pop().name != line.value.strip().upper():
                pass
        else:
            open_[-1].lines.append(line)
    if not root.parts:
        raise CalendarFault("there is no component")
    return root.parts[0]


def text_of(line: Line) -> str:
    """The value as text that any document can hold."""
    return clean(unescaped(line.value[:MAX_VALUE]))


def clean(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return _CONTROL.sub("", text)


def parameter(line: Line, name: str) -> str:
    """The first value of a parameter, decoded (RFC 6868); "" where there is none."""
    return clean(_CARET.sub(lambda found: _CARETS[found[1]], next(iter(line.parameters.get(name, ())), "")))


def parameters(**values: str | None) -> str:
    """Parameters as they stand behind a property's name, those without a value left out (RFC 6868)."""
    return "".join(f";{key.replace('_', '-')}={_quoted(value)}" for key, value in values.items() if value)


def _quoted(value: str) -> str:
    value = clean(value).replace("^", "^^").replace("\r\n", "\n").replace("\r", "\n")
    value = value.replace("\n", "^n").replace('"', "^'").replace("\t", " ")
    return f'"{value}"' if any(letter in value for letter in ":;,") else value


def document(lines: Iterable[str]) -> bytes:
    """Lines as bytes: folded, with CRLF line ends."""
    return "".join(f"{folded(line)}\r\n" for line in lines).encode("utf-8", "replace")
