"""Messages out of Maildirs and mbox files, with when they came and what their owner did with them. Only reads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from easd.admin.refused import Refused
from easd.mime.headers import parse_date

LINE_MAX = 2**20
"""Bytes that are read of a line at a time; longer lines are put together again."""


@dataclass(frozen=True, slots=True)
class Found:
    """One message: where it lies, its bytes, the aware moment it came (None: unknown), and its state.

    `fault` says why there are no bytes: it cannot be read, or is larger than was allowed.
    """

    place: str
    raw: bytes
    received: datetime | None = None
    read: bool = False
    flagged: bool = False
    draft: bool = False
    fault: str = ""


def wire_form(raw: bytes) -> bytes:
    """The message as it travels: with CRLF line ends, where the file has the system's own and no CRLF at all."""
    return raw if b"\r\n" in raw else raw.replace(b"\n", b"\r\n")


# ---------------------------------------------------------------- Maildir


def maildir(folder: Path) -> list[Path]:
    """The message files of a Maildir, oldest name first. Refused if it is none."""
    if not (folder / "cur").is_dir() or not (folder / "new").is_dir():
        raise Refused(f"{folder} is no Maildir: it has no folders cur and new")
    found = [path for name in ("cur", "new") for path in (folder / name).iterdir() if not path.name.startswith(".")]
    return sorted((path for path in found if path.is_file()), key=lambda path: (_born(path.name), path.name))


def subfolders(folder: Path) -> list[str]:
    """The names of Maildir++ folders inside (`.Archive.2024`), which are Maildirs of their own."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".") and (path / "cur").is_dir())


def from_maildir(path: Path, size_max: int) -> Found:
    """One file. What is in `new`, or has no S among its flags, is unread; F is flagged, D a draft."""
    flags = set(re.split(r"[:!;]2,", path.name)[-1]) if re.search(r"[:!;]2,", path.name) else set()
    if path.parent.name == "new":
        flags = set()
    try:
        status = path.stat()
        raw = path.read_bytes() if status.st_size <= size_max else b""
    except OSError as error:
        return Found(str(path), b"", fault=error.strerror or str(error))
    fault = "" if status.st_size <= size_max else _too_large(status.st_size, size_max)
    received = datetime.fromtimestamp(_received_seconds(path.name, status.st_mtime), UTC)
    return Found(str(path), wire_form(raw), received, "S" in flags, "F" in flags, "D" in flags, fault)


def _born(name: str) -> int:
    number = re.match(r"\d{1,11}", name)
    return int(number[0]) if number else 0


def _received_seconds(name: str, modified: float) -> float:
    """Delivery agents keep the time in the file's own time and in its name; a copy can only make either later."""
    born = _born(name)
    return min(born, modified) if born else modified


def _too_large(size: int, size_max: int) -> str:
    return f"{size} bytes are more than the {size_max} of limits.message_bytes"


# ---------------------------------------------------------------- mbox

_BEGINNING = re.compile(rb"From .*\d:\d\d")
_FROM_LINE = re.compile(rb"From \S+\s+(.*)")
_QUOTED_FROM = re.compile(rb"^>+From ")
_MOZILLA_READ, _MOZILLA_FLAGGED = 0x0001, 0x0004


def from_mbox(file: IO[bytes], name: str, size_max: int) -> Iterator[Found]:
    """The messages of an mbox file in their order, one in memory at a time. Refused if it does not begin as one.

    A message begins with a line "From " that has a time in it, after an empty one; ">From " inside loses one ">"
    (mboxrd). `Status` and `X-Status` (R read, F flagged) or `X-Mozilla-Status` tell the state.
    """
    number, start, size, lines, blank = 0, b"", 0, list[bytes](), True
    for line in iter(lambda: file.readline(LINE_MAX), b""):
        if blank and _BEGINNING.match(line):
            if number:
                yield _mbox_message(f"{name}, message {number}", start, lines, size, size_max)
            number, start, size, lines, blank = number + 1, line, 0, [], False
            continue
        if not number and line.strip():
            raise Refused(f'{name} is no mbox file: it does not begin with a line "From " and a time')
        blank, size = line in (b"\n", b"\r\n"), size + len(line)
        if size <= size_max:
            lines.append(line[1:] if _QUOTED_FROM.match(line) else line)
    if number:
        yield _mbox_message(f"{name}, message {number}", start, lines, size, size_max)


def _mbox_message(place: str, start: bytes, lines: list[bytes], size: int, size_max: int) -> Found:
    if size > size_max:
        return Found(place, b"", fault=_too_large(size, size_max))
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines.pop()  # belongs to the next "From " line
    head = _head(lines)
    status = head.get("status", "") + head.get("x-status", "")
    mozilla = _hexadecimal(head.get("x-mozilla-status", ""))
    read = "R" in status or bool(mozilla & _MOZILLA_READ)
    flagged = "F" in status or bool(mozilla & _MOZILLA_FLAGGED)
    return Found(place, wire_form(b"".join(lines)), _from_line_date(start), read, flagged)


def _head(lines: list[bytes]) -> dict[str, str]:
    """The state headers of a message; the last of a name counts."""
    found = {}
    for line in lines:
        if not line.strip():
            break
        name, colon, value = line.partition(b":")
        if colon and name.lower() in (b"status", b"x-status", b"x-mozilla-status"):
            found[name.decode().lower()] = value.decode("latin-1").strip()
    return found


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0


def _from_line_date(line: bytes) -> datetime | None:
    """The moment in "From somebody@example.test Mon Nov 23 12:00:00 2026" (UTC unless it names a zone), if readable."""
    found = _FROM_LINE.match(line)
    return parse_date(found[1].decode("latin-1")) if found else None


def header_date(raw: bytes) -> datetime | None:
    """The moment of the newest Received header, else of Date: for messages of which nothing else is known."""
    head = re.split(rb"\r?\n\r?\n", raw[: 256 * 1024], maxsplit=1)[0]
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", head).splitlines()
    for name in (b"received:", b"date:"):
        for line in unfolded:
            if line[: len(name)].lower() == name:
                if moment := parse_date(line[len(name) :].rpartition(b";")[2].decode("latin-1")):
                    return moment
                break
    return None
