"""How the content of one element is read and written. A kind is immutable and knows no tag of its own."""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, Protocol

from easd.eas.schema.malformed import Fault, Malformed
from easd.eas.versions import Version
from easd.model.frozen import dataclass
from easd.wbxml import NAMES, Element, Tag, Writer, tag

_TRUE_FALSE = {"1": True, "0": False}
DIGITS = tuple(b"%d" % number for number in range(256))
"""Small numbers as they are written."""


class Kind(Protocol):
    """Reads a value out of an element, and writes it as an element of that tag. `load` raises Malformed."""

    def load(self, element: Element, version: Version) -> Any: ...
    def dump(self, writer: Writer, tag: Tag, value: Any, version: Version) -> None: ...


def text_of(element: Element) -> str:
    """The character content of an element; the empty tag is the empty text; opaque data must be UTF-8. Malformed if it
    has children.
    """
    content = element.content
    if isinstance(content, str):
        return content
    if content is None or content == []:
        return ""
    if isinstance(content, bytes):
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise Malformed("not UTF-8") from None
    raise Malformed("holds elements where text is expected")


_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def clean(text: str) -> str:
    """The text without what no XML document can hold (MS-ASCNTC R4 and its like): another device that is told of it
    could not read the answer.
    """
    return _NO_TEXT.sub("", text) if _NO_TEXT.search(text) else text


@dataclass(frozen=True, slots=True)
class Text:
    """A string of at most `max_length` characters, without those that no XML document can hold."""

    max_length: int | None = None
    required: bool = False
    fault: Fault = Fault.STRUCTURE

    def load(self, element: Element, version: Version) -> str:
        text = clean(text_of(element))
        if self.max_length is not None and len(text) > self.max_length:
            raise Malformed(f"longer than {self.max_length} characters", fault=self.fault)
        if self.required and not text:
            raise Malformed("empty", fault=self.fault)
        return text

    def dump(self, writer: Writer, tag: Tag, value: str, version: Version) -> None:
        writer.text(tag, value)


def parse_integer(text: str) -> int:
    """The number that decimal ASCII digits, perhaps after a minus sign, say. Malformed otherwise, and for more than 20
    digits.
    """
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 20):
        raise Malformed(f"not a number: {text[:40]!r}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Integer:
    """A decimal number from `low` to `high`, both included."""

    low: int = 0
    high: int = 2**32 - 1

    def load(self, element: Element, version: Version) -> int:
        text = text_of(element).strip()
        number = parse_integer(text)
        if not self.low <= number <= self.high:
            raise Malformed(f"{number} is not in {self.low}..{self.high}")
        return number

    def dump(self, writer: Writer, tag: Tag, value: int, version: Version) -> None:
        writer.utf8(tag, DIGITS[value] if 0 <= value < 256 else b"%d" % value)


@dataclass(frozen=True, slots=True)
class OptionalInteger:
    """A number, or the empty tag for None. Its row needs `always`, so that None is written."""

    low: int = 0
    high: int = 2**32 - 1

    def load(self, element: Element, version: Version) -> int | None:
        return Integer(self.low, self.high).load(element, version) if text_of(element).strip() else None

    def dump(self, writer: Writer, tag: Tag, value: int | None, version: Version) -> None:
        if value is None:
            writer.empty(tag)
        else:
            writer.utf8(tag, DIGITS[value] if 0 <= value < 256 else b"%d" % value)


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A number that is a member of `members`."""

    members: type[IntEnum]

    def load(self, element: Element, version: Version) -> IntEnum:
        text = text_of(element).strip()
        try:
            return self.members(parse_integer(text))
        except ValueError:
            raise Malformed(f"not a value of {self.members.__name__}: {text[:40]!r}") from None

    def dump(self, writer: Writer, tag: Tag, value: int, version: Version) -> None:
        writer.utf8(tag, DIGITS[value] if 0 <= value < 256 else b"%d" % value)


@dataclass(frozen=True, slots=True)
class Boolean:
    """1 or 0. `empty` is what the empty tag means: 1 for the boolean of MS-ASDTYPE (R5, R6), which is `BOOLEAN`; None
    that it is a fault, as in an unsignedByte.
    """

    empty: bool | None = None

    def load(self, element: Element, version: Version) -> bool:
        text = text_of(element).strip()
        if not text and self.empty is not None:
            return self.empty
        try:
            return _TRUE_FALSE[text]
        except KeyError:
            raise Malformed(f"not a boolean: {text[:40]!r}") from None

    def dump(self, writer: Writer, tag: Tag, value: bool, version: Version) -> None:
        writer.utf8(tag, b"1" if value else b"0")


class _TrueOnly(Boolean):
    """MS-ASDTYPE boolean that is written only when it is 1; absent means 0."""

    def dump(self, writer: Writer, tag: Tag, value: bool, version: Version) -> None:
        if value:
            writer.text(tag, "1")


class _Presence:
    """An element that says something by being there; False is not written."""

    def load(self, element: Element, version: Version) -> bool:
        if element.content:
            raise Malformed("must be empty")
        return True

    def dump(self, writer: Writer, tag: Tag, value: bool, version: Version) -> None:
        if value:
            writer.empty(tag)


@dataclass(frozen=True, slots=True)
class _Date:
    """A moment in UTC. Both forms of MS-ASDTYPE are read, a dateTime without its zone too: what serializers write of a
    date that has none, and all dates are UTC (MS-ASDTYPE R15). The empty tag is None where `or_empty`, else a fault.
    """

    compact: bool = False
    or_empty: bool = False

    def load(self, element: Element, version: Version) -> datetime | None:
        text = text_of(element)
        if self.or_empty and not text:
            return None
        return parse_date(f"{text.strip()}Z" if _WITHOUT_ZONE.fullmatch(text.strip()) else text)

    def dump(self, writer: Writer, tag: Tag, value: datetime, version: Version) -> None:
        writer.text(tag, format_compact_date(value) if self.compact else format_date(value))


_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|[+-]\d\d:\d\d))?|\d{8}T\d{6}Z", re.ASCII)
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?", re.ASCII)
_END_OF_DAY = re.compile(r"T24(:00:00(?:\.0+)?)(?=Z|[+-])")
"""The hour 24 of a dateTime is midnight of the next day (MS-ASDTYPE R15: 00 - 24)."""


def parse_date(text: str) -> datetime:
    """The moment that a dateTime or Compact DateTime names (MS-ASDTYPE 2.3, 2.7.2), as an aware datetime in UTC.
    Malformed otherwise. Fractions may be shorter or longer than three digits, and the offset another than Z: what
    Exchange reads, there are clients that write.
    """
    text = text.strip()
    if _DATE.fullmatch(text):
        try:
            text, days = _END_OF_DAY.subn(r"T00\1", text)
            moment = datetime.fromisoformat(text) + timedelta(days=days)
            return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            pass
    raise Malformed(f"not a date: {text[:40]!r}", fault=Fault.DATE)


_SEPARATED = re.compile(r"\d{4}-\d\d-\d\dT.*", re.ASCII)


def parse_separated_date(text: str) -> datetime:
    """The same of a dateTime alone, with the separators that an InstanceId must have (MS-ASCMD R3194, R3200)."""
    if not _SEPARATED.fullmatch(text.strip()):
        raise Malformed(f"not a dateTime with separators: {text[:40]!r}", fault=Fault.DATE)
    return parse_date(text)


def format_date(moment: datetime) -> str:
    """MS-ASDTYPE 2.3: YYYY-MM-DDTHH:MM:SS.MSSZ, in UTC."""
    m = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    milliseconds = m.microsecond // 1000
    # Twice as fast as the forms that datetime offers; every item has a date.
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (m.year, m.month, m.day, m.hour, m.minute, m.second, milliseconds)  # noqa: UP031


def format_compact_date(moment: datetime) -> str:
    """MS-ASDTYPE 2.7.2: YYYYMMDDTHHMMSSZ, in UTC."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


class _Bytes:
    """Opaque data; text is taken as its UTF-8 form."""

    def load(self, element: Element, version: Version) -> bytes:
        content = element.content
        return content if isinstance(content, bytes) else text_of(element).encode()

    def dump(self, writer: Writer, tag: Tag, value: bytes, version: Version) -> None:
        writer.opaque(tag, value)


class _Utf8:
    """Text that is kept as UTF-8 bytes, written as an inline string."""

    def load(self, element: Element, version: Version) -> bytes:
        return text_of(element).encode()

    def dump(self, writer: Writer, tag: Tag, value: bytes, version: Version) -> None:
        writer.utf8(tag, value)


class _Fragment:
    """Content that another table knows. Read as the element itself.

    Written from bytes of child elements (a fragment that starts and ends on code page 0), or from an element, whose own
    tag does not count.
    """

    def load(self, element: Element, version: Version) -> Element:
        return element

    def dump(self, writer: Writer, tag: Tag, value: bytes | Element, version: Version) -> None:
        if isinstance(value, bytes):
            writer.start(tag)
            writer.raw(value)
            writer.end()
        else:
            writer.tree(Element(tag, value.content))


class _Base64:
    """Bytes as base64 text (MS-ASDTYPE byte array in its text form); line breaks are read over."""

    def load(self, element: Element, version: Version) -> bytes:
        content = element.content
        if isinstance(content, bytes):
            return content
        try:
            return b64decode("".join(text_of(element).split()), validate=True)
        except (binascii.Error, ValueError):
            raise Malformed("not base64") from None

    def dump(self, writer: Writer, tag: Tag, value: bytes, version: Version) -> None:
        writer.utf8(tag, b64encode(value))


class _Tags:
    """A container that only names elements; the value is the tuple of their tags, in order. The empty container is
    written for ().
    """

    def load(self, element: Element, version: Version) -> tuple[Tag, ...]:
        return tuple(child.tag for child in children_of(element))

    def dump(self, writer: Writer, tag: Tag, value: Sequence[Tag], version: Version) -> None:
        if not value:
            writer.empty(tag)
            return
        writer.start(tag)
        for name in value:
            writer.empty(name)
        writer.end()


class ListOf:
    """A container that holds any number of one element, each of one kind; the value is a tuple.

    For the empty tuple nothing is written, or the empty container if `keep_empty`. `parts` are the elements that it may
    hold.
    """

    def __init__(
        self, item: str, kind: Kind, *, at_least: int = 0, at_most: int | None = None, keep_empty: bool = False
    ) -> None:
        self._tag, self._kind = tag(item), kind
        self._at_least, self._at_most = at_least, at_most
        self._keep_empty = keep_empty
        self.parts: Mapping[Tag, Kind] = {self._tag: kind}

    def load(self, element: Element, version: Version) -> tuple[Any, ...]:
        values = tuple(self._item(child, version) for child in children_of(element))
        if len(values) < self._at_least:
            raise Malformed(f"fewer than {self._at_least} elements")
        if self._at_most is not None and len(values) > self._at_most:
            raise Malformed(f"more than {self._at_most} elements")
        return values

    def _item(self, child: Element, version: Version) -> Any:
        if child.tag != self._tag:
            raise Malformed(f"unexpected element {NAMES[child.tag]}")
        try:
            return self._kind.load(child, version)
        except Malformed as fault:
            raise fault.inside(local_name(child.tag)) from None

    def dump(self, writer: Writer, tag: Tag, value: Sequence[Any], version: Version) -> None:
        if value:
            writer.start(tag)
            for item in value:
                self._kind.dump(writer, self._tag, item, version)
            writer.end()
        elif self._keep_empty:
            writer.empty(tag)


class Choice:
    """A container of elements of several tags in any order; the value is a tuple of what the kinds load, in order.

    Writing picks the tag by the value's type, so each type stands for one tag. `parts` are the elements that it may
    hold.
    """

    def __init__(self, kinds: Mapping[str, tuple[type, Kind]]) -> None:
        self.parts: Mapping[Tag, Kind] = {tag(name): kind for name, (_, kind) in kinds.items()}
        self._by_type = {type_: (tag(name), kind) for name, (type_, kind) in kinds.items()}

    def load(self, element: Element, version: Version) -> tuple[Any, ...]:
        return tuple(self._item(child, version) for child in children_of(element))

    def _item(self, child: Element, version: Version) -> Any:
        kind = self.parts.get(child.tag)
        if kind is None:
            raise Malformed(f"unexpected element {NAMES[child.tag]}")
        try:
            return kind.load(child, version)
        except Malformed as fault:
            raise fault.inside(local_name(child.tag)) from None

    def dump(self, writer: Writer, tag: Tag, value: Sequence[Any], version: Version) -> None:
        if value:
            writer.start(tag)
            for item in value:
                item_tag, kind = self._by_type[type(item)]
                kind.dump(writer, item_tag, item, version)
            writer.end()


def children_of(element: Element) -> list[Element]:
    """The child elements; none for an empty element. Malformed if the element holds text or opaque data."""
    content = element.content
    if isinstance(content, list):
        return content
    if not content:
        return []
    raise Malformed("holds text where elements are expected")


def local_name(tag: Tag) -> str:
    """The element's name without its namespace."""
    return NAMES[tag].partition(":")[2]


TEXT = Text()
BOOLEAN = Boolean(empty=True)
PRESENCE: Kind = _Presence()
TRUE_ONLY: Kind = _TrueOnly(empty=True)
DATE: Kind = _Date()
DATE_OR_EMPTY: Kind = _Date(or_empty=True)
COMPACT_DATE: Kind = _Date(compact=True)
BYTES: Kind = _Bytes()
UTF8: Kind = _Utf8()
FRAGMENT: Kind = _Fragment()
BASE64: Kind = _Base64()
TAGS: Kind = _Tags()
