"""Header fields: splitting the block, and decoding texts, parameters, dates and message identifiers as they come in
real mail.
"""

import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote_to_bytes

from easd.mime.charset import decode

MAX_FIELDS: Final = 1000
MAX_BLOCK: Final = 256 * 1024
MAX_VALUE: Final = 64 * 1024

_BLOCK_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_FIELD_LATER = re.compile(rb"^[A-Za-z][!-9;-~]{0,100}:[ \t]", re.MULTILINE)
_LINE_END = re.compile(rb"\r?\n")
_FOLD = re.compile(r"[\t\r\n]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ENCODED_WORD = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t]+(?==\?[^?\s]{1,80}\?[bBqQ]\?)")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,998})>")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*(?:"((?:[^"\\]|\\.)*+)"?|([^;]*))', re.DOTALL)
_CONTINUED = re.compile(r"^(.+?)(?:\*(\d{1,3}))?(\*)?$")
_DATE_COMMENT = re.compile(r"\([^()]*\)")


class Headers:
    """The fields of one header block in order, names in lower case, values as raw bytes with their folding."""

    __slots__ = ("_first", "fields")

    def __init__(self, fields: list[tuple[str, bytes]]) -> None:
        self.fields = fields
        self._first: dict[str, bytes] = {}
        for name, value in fields:
            self._first.setdefault(name, value)

    @classmethod
    def parse(cls, raw: bytes, start: int, end: int, problems: list[str]) -> tuple["Headers", int]:
        """The header block that begins at `start`, and where the content after its blank line begins.

        A line that is no field is skipped where fields follow it, and is taken as the start of the content where none
        do, so that text below a forgotten blank line is not lost.
        """
        if raw.startswith((b"\n", b"\r\n"), start, end):
            return cls([]), raw.index(b"\n", start) + 1
        found = _BLOCK_END.search(raw, start, min(end, start + MAX_BLOCK))
        body = found.end() if found else end
        stop = found.start() if found else end
        if stop - start > MAX_BLOCK:
            problems.append(f"a header block is longer than {MAX_BLOCK} bytes")
            stop = body = _cut_at_line(raw, start, start + MAX_BLOCK)
        fields, content = _split(raw, start, stop, problems)
        return cls(fields), body if content is None else content

    def first(self, name: str) -> str:
        """The first field of that lower-case name as unfolded text (encoded words not decoded), or ""."""
        value = self._first.get(name)
        return "" if value is None else unfold(value)

    def text(self, name: str) -> str:
        """The first field of that name as display text: encoded words decoded, control characters gone; "" if
        absent.
        """
        return decode_words(self.first(name))

    def every(self, name: str) -> Iterable[str]:
        """All fields of that name, unfolded, in order."""
        return (unfold(value) for each, value in self.fields if each == name)

    def __contains__(self, name: str) -> bool:
        return name in self._first


def _cut_at_line(raw: bytes, start: int, stop: int) -> int:
    """The end of the last whole line before `stop` (or `stop` where there is none)."""
    line_end = raw.rfind(b"\n", start, stop)
    return stop if line_end < 0 else line_end + 1


def _split(raw: bytes, start: int, stop: int, problems: list[str]) -> tuple[list[tuple[str, bytes]], int | None]:
    """The fields of `raw[start:stop]`; and the offset of the first line of content, where the blank line was
    forgotten.
    """
    fields: list[tuple[str, bytes]] = []
    last_field: int | None = (
        None  # where the last line of the block that looks like a field begins: found once, if needed
    )
    at = start
    while at < stop:
        line_end = _field_end(raw, at, stop)
        name = _FIELD.match(raw, at, line_end)
        if name and len(fields) < MAX_FIELDS:
            fields.append((name[1].decode("ascii").lower(), raw[name.end() : min(line_end, name.end() + MAX_VALUE)]))
        elif name:
            problems.append(f"more than {MAX_FIELDS} header fields")
            return fields, None
        else:
            last_field = _last_field(raw, start, stop) if last_field is None else last_field
            mbox = at == start and raw.startswith((b"From ", b">From "), at)
            if not mbox and (not fields or last_field < line_end):
                problems.append("the header block is not ended by a blank line")
                return fields, at
            problems.append("a header line is no field")
        at = line_end
    return fields, None


def _field_end(raw: bytes, at: int, stop: int) -> int:
    """The end (after its line end) of the field that begins at `at`, with its folded lines."""
    while True:
        line_end = raw.find(b"\n", at, stop)
        if line_end < 0:
            return stop
        at = line_end + 1
        if raw[at : at + 1] not in (b" ", b"\t") or at >= stop:
            return at


def _last_field(raw: bytes, start: int, stop: int) -> int:
    last = -1
    for last_match in _FIELD_LATER.finditer(raw, start, stop):
        last = last_match.start()
    return last


def unfold(value: bytes) -> str:
    """A raw field value as one line of text. 8-bit bytes are read as UTF-8 or else windows-1252, as senders mean
    them.
    """
    text, _ = decode(value, None)
    return _FOLD.sub(" ", text.replace("\r\n", "").replace("\n", "")).strip()


def decode_words(text: str) -> str:
    """RFC 2047: encoded words become what they say; unknown charsets are rescued; broken words stay as they are.

    Adjacent words of one charset are joined before decoding, as senders split characters between words against the
    rule.
    """
    if "=?" not in text:
        return _CONTROL.sub("", text)
    pieces: list[str] = []
    pending: list[tuple[str, bytes]] = []
    at = 0
    text = _BETWEEN_WORDS.sub(r"\1", text)
    for word in _ENCODED_WORD.finditer(text):
        if word.start() > at:
            pieces.append(_joined(pending))
            pieces.append(text[at : word.start()])
            pending = []
        pending.append((word[1], _word_bytes(word[2], word[3])))
        at = word.end()
    pieces += (_joined(pending), text[at:])
    return _CONTROL.sub("", _FOLD.sub(" ", "".join(pieces))).strip()


def _joined(words: list[tuple[str, bytes]]) -> str:
    pieces: list[str] = []
    at = 0
    while at < len(words):
        charset = words[at][0]
        run = at
        while run < len(words) and words[run][0].lower() == charset.lower():
            run += 1
        stateful = charset.lower().startswith(("iso-2022", "hz", "utf-16"))
        chunks = [data for _, data in words[at:run]]
        pieces += [decode(chunk, charset)[0] for chunk in (chunks if stateful else [b"".join(chunks)])]
        at = run
    return "".join(pieces)


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    return lenient_base64(data)


_NOT_BASE64: Final = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


def lenient_base64(data: bytes) -> bytes:
    """Base64 as bytes: foreign characters are skipped, missing padding is supplied, a lonely last character is
    dropped.
    """
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        sound = data.translate(None, _NOT_BASE64)
        sound = sound[: len(sound) - (len(sound) % 4 == 1)]
        return binascii.a2b_base64(sound + b"=" * (-len(sound) % 4))


def parse_parameters(value: str) -> tuple[str, dict[str, str]]:
    """A field like Content-Type: its leading value in lower case, and its parameters by lower-case name.

    RFC 2231 continuations and charsets are resolved; encoded words in quoted strings, which many senders write, as
    well. Where a name comes twice the first one counts; the RFC 2231 form wins over the plain one.
    """
    if not value:
        return "", {}
    lead, separator, _ = value.partition(";")
    plain: dict[str, str] = {}
    extended: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAMETER.finditer(value, len(lead)) if separator else ():
        text = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3].strip()
        name = _CONTINUED.match(found[1].lower())
        if name and (name[2] or name[3]):
            extended.setdefault(name[1], []).append((int(name[2] or 0), bool(name[3]), text))
        else:
            plain.setdefault(found[1].lower(), decode_words(text))
    plain.update({name: _extended_value(sections) for name, sections in extended.items()})
    return _without_comment(lead), plain


def _without_comment(lead: str) -> str:
    return lead.partition("(")[0].strip().lower()


def _extended_value(sections: list[tuple[int, bool, str]]) -> str:
    """RFC 2231 sections 3 and 4: `charset'language'percent-encoded` pieces, in the order of their numbers."""
    sections.sort(key=lambda section: section[0])
    charset = ""
    data = b""
    for position, (_, encoded, text) in enumerate(sections):
        if encoded and position == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if encoded else text.encode("utf-8")
    return _CONTROL.sub("", decode(data, charset or None)[0])


def parse_date(value: str) -> datetime | None:
    """An RFC 5322 date as an aware UTC datetime; None where it cannot be understood. A missing zone is taken as UTC."""
    text = _DATE_COMMENT.sub(" ", value[:200]).strip()
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def message_ids(value: str, most: int = 200) -> tuple[str, ...]:
    """The message identifiers of a field, without angle brackets; the first and the last ones where there are more
    than `most`.
    """
    found = _MESSAGE_ID.findall(value)
    if not found and value and not re.search(r"[\s<>]", value.strip()):
        found = [value.strip()]
    return tuple(found if len(found) <= most else [found[0], *found[1 - most :]])
