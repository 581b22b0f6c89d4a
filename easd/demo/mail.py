"""Reads the demonstration's mail: message files and the index that says whose they are, in which folder, and how old.

The index (`index.tsv`, UTF-8, columns separated by tabs, one header line) names one message a line:

- `file`: path of the message below the folder; one file may stand in several mailboxes
- `mailbox`: address of the owner
- `folder`: display name of one of a new mailbox's mail folders
- `age_minutes`: how long before loading the message was received
- `read`: yes or no; `flag`: cleared, active or complete; `categories`: names separated by semicolons, may be empty
- `features`, `shows`: what the message is there for; not read here
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath

from easd.model.email import FlagStatus
from easd.model.folder import CLASS_OF_FOLDER, DEFAULT_FOLDERS, FolderType

INDEX = "index.tsv"

COLUMNS = ("file", "mailbox", "folder", "age_minutes", "read", "flag", "categories", "features", "shows")

_FOLDERS = frozenset(
    name for name, kind in DEFAULT_FOLDERS if kind not in CLASS_OF_FOLDER and kind is not FolderType.OUTBOX
)
_FLAGS = {"cleared": FlagStatus.CLEARED, "active": FlagStatus.ACTIVE, "complete": FlagStatus.COMPLETE}
_READ = {"yes": True, "no": False}


class BrokenIndexError(ValueError):
    """The index cannot be used; the text names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class DemoMessage:
    """One message to load: its exact bytes, whose it is, and how its owner left it. `age` is before loading."""

    recipient: str
    folder_name: str
    raw: bytes
    age: timedelta
    read: bool
    flag: FlagStatus
    categories: tuple[str, ...]


def messages(folder: Path) -> Iterator[DemoMessage]:
    """The messages of a folder in the order of its index. The whole index is checked before the first one comes.

    Raises BrokenIndexError for an index that is missing, not UTF-8, or wrong in any line, and for a missing file.
    """
    for fields in _rows(folder / INDEX):
        yield DemoMessage(
            recipient=fields["mailbox"],
            folder_name=fields["folder"],
            raw=(folder / fields["file"]).read_bytes(),
            age=timedelta(minutes=int(fields["age_minutes"])),
            read=_READ[fields["read"]],
            flag=_FLAGS[fields["flag"]],
            categories=tuple(filter(None, fields["categories"].split(";"))),
        )


def _rows(index: Path) -> list[dict[str, str]]:
    try:
        first, *lines = index.read_text("utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenIndexError(f"{index}: cannot be read: {error}") from error
    if tuple(first.split("\t")) != COLUMNS:
        raise BrokenIndexError(f"{index}: line 1: the columns must be {', '.join(COLUMNS)}")
    seen: set[tuple[str, str]] = set()
    rows = []
    for number, line in enumerate(lines, 2):
        fields = line.split("\t")
        wrong = _wrong(fields, seen, index.parent)
        if wrong:
            raise BrokenIndexError(f"{index}: line {number}: {wrong}")
        rows.append(dict(zip(COLUMNS, fields, strict=True)))
    return rows


def _wrong(fields: list[str], seen: set[tuple[str, str]], folder: Path) -> str:
    """What is wrong with a line, or nothing. Notes its file and mailbox in `seen`."""
    if len(fields) != len(COLUMNS):
        return f"{len(fields)} columns where {len(COLUMNS)} are needed"
    file, mailbox, place, age, read, flag = fields[:6]
    if (file, mailbox) in seen:
        return f"{file} stands twice in the mailbox of {mailbox}"
    seen.add((file, mailbox))
    return _wrong_file(file, folder) or _wrong_state(mailbox, place, age, read, flag)


def _wrong_file(file: str, folder: Path) -> str:
    path = PurePosixPath(file)
    if not file or path.is_absolute() or ".." in path.parts or "\\" in file:
        return f"the file {file!r} is not a path below the index"
    return "" if (folder / path).is_file() else f"the file {file!r} does not exist"


def _wrong_state(mailbox: str, place: str, age: str, read: str, flag: str) -> str:
    local, at, domain = mailbox.partition("@")
    if not (local and at and domain):
        return f"the mailbox {mailbox!r} is not an address"
    if place not in _FOLDERS:
        return f"the folder {place!r} is none of {', '.join(sorted(_FOLDERS))}"
    if not (age.isascii() and age.isdigit() and len(age) <= 7):
        return f"age_minutes {age!r} is not a whole number of minutes of at most seven digits"
    if read not in _READ:
        return f"read {read!r} is neither yes nor no"
    return "" if flag in _FLAGS else f"flag {flag!r} is none of {', '.join(_FLAGS)}"
