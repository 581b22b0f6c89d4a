"""TNEF (winmail.dat, MS-OXTNEF): what Outlook sends to those who read Rich Text. Its files, and whether it holds RTF.

Only where each file lies is read; nothing is copied. A stream that is damaged anywhere is none.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from easd.mime.content import safe_name, type_of_name

TYPES: Final = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
MAX_FILES: Final = 200
_MAX_ATTRIBUTES: Final = 10_000
_MAX_VALUES: Final = 10_000
_SIGNATURE: Final = 0x223E9F78

# MS-OXTNEF 2.1.3.3: the attributes that say something here.
_CODE_PAGE, _MESSAGE_PROPERTIES = 0x00069007, 0x00069003
_NEW_FILE, _TITLE, _CONTENT, _FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005

# MS-OXPROPS: the properties that do.
_NATIVE_BODY, _COMPRESSED_RTF, _HTML = 0x1016, 0x1009, 0x1013
_METHOD, _OBJECT, _LONG_NAME, _DISPLAY_NAME, _MIME_TAG, _CONTENT_ID = 0x3705, 0x3701, 0x3707, 0x3001, 0x370E, 0x3712
_OLE: Final = 6
"""Of _METHOD."""
_RTF: Final = 2
"""Of _NATIVE_BODY."""
_TYPE_OLE: Final = 2
"""Of what begins a file."""
_INTERFACE: Final = 16
"""Bytes of the identifier that stands before an object."""

# MS-OXCDATA 2.11.1: sizes of property types, with the padding to 4 bytes.
_FIXED: Final = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE: Final = frozenset((0x0D, 0x1E, 0x1F, 0x102))
_STRING8, _UNICODE, _LONG = 0x1E, 0x1F, 3
_MANY, _NAMED = 0x1000, 0x8000


@dataclass(slots=True)
class File:
    """A file of the stream: where its content begins in it, and how many bytes it has. `ole`: an embedded object."""

    name: str = ""
    content_type: str = ""
    start: int = 0
    size: int = 0
    content_id: str | None = None
    ole: bool = False


@dataclass(slots=True)
class Stream:
    """What a stream holds; `rtf`: its text was written as RTF, and not as HTML."""

    files: list[File] = field(default_factory=list)
    rtf: bool = False


class _Damaged(Exception):
    """The bytes are no TNEF."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A property, or an attribute, from `start` to before `end`."""

    kind: int
    start: int
    end: int


def read(data: bytes) -> Stream | None:
    """What the stream holds; None for one that is damaged."""
    try:
        return _Reader(data).stream()
    except (_Damaged, struct.error):
        return None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._code_page = "cp1252"

    def stream(self) -> Stream:
        found = Stream()
        for attribute in self._attributes():
            if attribute.kind == _CODE_PAGE:
                self._code_page = f"cp{self._unpack('<I', attribute.start)}"
            elif attribute.kind == _MESSAGE_PROPERTIES:
                found.rtf = _is_rtf(dict(self._properties(attribute)), self._long)
            elif attribute.kind == _NEW_FILE and len(found.files) < MAX_FILES:
                found.files.append(File(ole=self._unpack("<H", attribute.start) == _TYPE_OLE))
            elif found.files:
                self._describe(found.files[-1], attribute)
        found.files = [_named(number, file) for number, file in enumerate(found.files, 1) if file.size or file.name]
        return found

    def _attributes(self) -> Iterator[_Value]:
        """Each attribute: its level, its identifier, its length, its content, a checksum."""
        if self._unpack("<I", 0) != _SIGNATURE:
            raise _Damaged
        at = 6
        for _ in range(_MAX_ATTRIBUTES):
            if at >= len(self._data):
                return
            _, kind, length = struct.unpack_from("<BII", self._data, at)
            value = _Value(kind, at + 9, at + 9 + length)
            at = value.end + 2
            if at > len(self._data):
                raise _Damaged
            yield value
        raise _Damaged

    def _describe(self, file: File, attribute: _Value) -> None:
        if attribute.kind == _TITLE:
            file.name = file.name or self._text(_Value(_STRING8, attribute.start, attribute.end))
        elif attribute.kind == _CONTENT and not file.size:
            file.start, file.size = attribute.start, attribute.end - attribute.start
        elif attribute.kind == _FILE_PROPERTIES:
            properties = dict(self._properties(attribute))
            texts = {name: self._text(properties[name]) for name in _TEXTS if name in properties}
            file.name = texts.get(_LONG_NAME) or file.name or texts.get(_DISPLAY_NAME, "")
            file.content_type = _matching(_MEDIA_TYPE, texts.get(_MIME_TAG, "").lower()) or ""
            file.content_id = _matching(_PRINTABLE, texts.get(_CONTENT_ID, "").strip("<> "))
            if _METHOD in properties:
                file.ole = self._long(properties[_METHOD]) == _OLE
            held = properties.get(_OBJECT)
            if held is not None and held.end - held.start >= _INTERFACE:
                file.start, file.size = held.start + _INTERFACE, held.end - held.start - _INTERFACE

    def _properties(self, attribute: _Value) -> Iterator[tuple[int, _Value]]:
        """MS-OXTNEF 2.1.3.4: how many there are, and each with its type and its values, of which the first counts."""
        at = attribute.start + 4
        for _ in range(min(self._unpack("<I", attribute.start), _MAX_VALUES)):
            kind, name = struct.unpack_from("<HH", self._data, at)
            at += 4
            if name & _NAMED:
                at = self._behind_name(at)
            first, at = self._values(kind, at)
            if at > attribute.end:
                raise _Damaged
            yield name, first

    def _behind_name(self, at: int) -> int:
        """Behind the GUID of a named property, and its number or its text."""
        by_text = self._unpack("<I", at + 16)
        length = self._unpack("<I", at + 20) if by_text else 0
        return at + 24 + _padded(length)

    def _values(self, kind: int, at: int) -> tuple[_Value, int]:
        base = kind & ~_MANY
        count = 1
        if base in _VARIABLE or kind & _MANY:
            count, at = self._unpack("<I", at), at + 4
        if count > _MAX_VALUES or (base not in _VARIABLE and base not in _FIXED):
            raise _Damaged
        first = _Value(base, at, at)
        for number in range(count):
            length = _FIXED.get(base, 0)
            if base in _VARIABLE:
                length, at = self._unpack("<I", at), at + 4
            if number == 0:
                first = _Value(base, at, at + length)
            at += _padded(length)
            if at > len(self._data):
                raise _Damaged
        return first, at

    def _text(self, value: _Value) -> str:
        raw = self._data[value.start : value.end]
        try:
            text = raw.decode("utf-16-le" if value.kind == _UNICODE else self._code_page, "replace")
        except LookupError:  # a code page that nobody knows
            text = raw.decode("cp1252", "replace")
        return text.partition("\0")[0]

    def _long(self, value: _Value) -> int:
        return int(self._unpack("<I", value.start)) if value.kind == _LONG else 0

    def _unpack(self, form: str, at: int) -> Any:
        return struct.unpack_from(form, self._data, at)[0]


_TEXTS: Final = (_LONG_NAME, _DISPLAY_NAME, _MIME_TAG, _CONTENT_ID)
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][\w.+-]{0,99}/[\w.+-]{1,99}", re.ASCII)
_PRINTABLE: Final = re.compile(r"[!-~]{1,998}")


def _matching(form: re.Pattern[str], text: str) -> str | None:
    return text if form.fullmatch(text) else None


def _is_rtf(properties: dict[int, _Value], number: Any) -> bool:
    if _NATIVE_BODY in properties:
        return bool(number(properties[_NATIVE_BODY]) == _RTF)
    return _COMPRESSED_RTF in properties and _HTML not in properties


def _named(number: int, file: File) -> File:
    file.name = safe_name(file.name) or f"ATT{number:05d}.dat"
    file.content_type = file.content_type or type_of_name(file.name)
    return file


def _padded(length: int) -> int:
    return length + -length % 4
