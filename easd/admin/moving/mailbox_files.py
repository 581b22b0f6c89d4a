"""A mailbox as files that hold all of it: what `easd export mailbox` writes for other programs, and beside it what
Maildirs, vCards and iCalendar have no place for.

`mailbox.json` names the folders with their types and files, and when the owner is away. `states.jsonl` in each Maildir
names its messages, with all that their owner did with them; a message that is not named there was deleted, or moved,
since an earlier export. Contacts, events, tasks and notes stand in a `.jsonl` beside their `.vcf` or `.ics`, as they
are kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from easd.admin.exporting import ExportTally, MailboxExport, Progress, message_name, written_whole
from easd.admin.items import items_in
from easd.admin.moving.describing import path_of
from easd.admin.office import Office
from easd.admin.refused import Refused
from easd.model.absence import Absence
from easd.model.account import User
from easd.model.contact import Contact
from easd.model.content import Content
from easd.model.email import Email
from easd.model.event import Event
from easd.model.folder import CLASS_OF_FOLDER, Folder, FolderType, ItemClass
from easd.model.item import StoredItem
from easd.model.note import Note
from easd.model.task import Task
from easd.service.mailbox_contents import paths

MAILBOX: Final = "mailbox.json"
STATES: Final = "states.jsonl"
ITEMS: Final = ".jsonl"
FORMAT: Final = 1
_PLACES: Final = {
    ItemClass.EMAIL: "mail",
    ItemClass.CONTACTS: "contacts",
    ItemClass.CALENDAR: "calendars",
    ItemClass.TASKS: "tasks",
    ItemClass.NOTES: "notes",
}
_T = TypeVar("_T")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A folder: the names from the root on, what it is for, and where its items lie in the export."""

    path: tuple[str, ...]
    type: FolderType
    place: str

    @property
    def item_class(self) -> ItemClass:
        """The class of the folder's items."""
        return CLASS_OF_FOLDER.get(self.type, ItemClass.EMAIL)


@dataclass(frozen=True, slots=True)
class MailboxFile:
    """What `mailbox.json` says. `id` is the owner's identifier where the export was made."""

    format: int
    id: str
    folders: tuple[FolderFile, ...]
    absence: Absence = field(default_factory=Absence)


@dataclass(frozen=True, slots=True)
class State:
    """A message of a Maildir: the name of its file without flags, and what is kept of it."""

    name: str
    email: Email


@dataclass(frozen=True, slots=True)
class _Item:
    """An item that is no message; `raw` are the bytes that hold its files."""

    name: str
    content: Any
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class KeptItem:
    """The same, with its content."""

    name: str
    content: Content
    raw: bytes | None = None


_mailbox_file = msgspec.json.Decoder(MailboxFile)
_state = msgspec.json.Decoder(State)
_item = msgspec.json.Decoder(_Item)
_CONTENT: Final[dict[ItemClass, type[Content]]] = {
    ItemClass.CONTACTS: Contact,
    ItemClass.CALENDAR: Event,
    ItemClass.TASKS: Task,
    ItemClass.NOTES: Note,
}


# ---------------------------------------------------------------- out


def write_mailbox(office: Office, user: User, target: Path, progress: Progress) -> ExportTally:
    """All of a mailbox. Run again, messages that lie there already are not written again."""
    tally = MailboxExport(office, user, target, mbox=False).run(progress)
    with office.store.reading(user.mailbox_id) as box:
        there, absence = list(box.folders()), box.absence()
    kept = [folder for folder in there if folder.type is not FolderType.RECIPIENT_INFORMATION]
    found = []
    for folder, path in paths(kept):
        place = Path(_PLACES[folder.item_class]) / path
        found.append(FolderFile(path_of(there, folder.id), folder.type, place.as_posix()))
        written_whole(_details(target, found[-1]), _lines(office, user, folder))
    public_id = office.desk.means.organisations.identity(user.id).public_id
    document = _encode(MailboxFile(FORMAT, public_id, tuple(found), absence))
    written_whole(target / MAILBOX, [msgspec.json.format(document, indent=1), b"\n"])
    return tally


def _details(target: Path, folder: FolderFile) -> Path:
    place = target / folder.place
    return place / STATES if folder.item_class is ItemClass.EMAIL else place.with_name(place.name + ITEMS)


def _lines(office: Office, user: User, folder: Folder) -> Iterator[bytes]:
    for item in items_in(office, user, folder):
        if isinstance(item.content, Email):
            yield _encode(State(message_name(folder, item), item.content)) + b"\n"
        else:
            raw = _raw(office, user, item)
            yield _encode(KeptItem(f"{folder.id}_{item.uid}", item.content, raw)) + b"\n"


def _raw(office: Office, user: User, item: StoredItem) -> bytes | None:
    if item.blob_id is None:
        return None
    with office.store.reading(user.mailbox_id) as box:
        return box.blob(item.blob_id)


# ---------------------------------------------------------------- in


def read_mailbox(source: Path) -> MailboxFile:
    """What an export says of a mailbox. Refused for what is none, or of a newer form."""
    file = source / MAILBOX
    found = _read(_mailbox_file, file.read_bytes(), str(file))
    if found.format > FORMAT:
        raise Refused(f"{file} was written by a newer easd: form {found.format}, not {FORMAT}")
    return found


def read_states(source: Path, folder: FolderFile) -> Iterator[State]:
    """The messages of a folder. Refused for a line that is none."""
    for line, where in _lines_of(_details(source, folder)):
        yield _read(_state, line, where)


def read_items(source: Path, folder: FolderFile) -> Iterator[KeptItem]:
    """The items of a folder that holds no mail. Refused for a line that is none."""
    kind = _CONTENT[folder.item_class]
    for line, where in _lines_of(_details(source, folder)):
        one = _read(_item, line, where)
        try:
            content = msgspec.convert(one.content, kind)
        except msgspec.MsgspecError as error:
            raise Refused(f"{where}: {error}") from error
        yield KeptItem(one.name, content, one.raw)


def _lines_of(file: Path) -> Iterator[tuple[bytes, str]]:
    with file.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            yield line, f"{file}, line {number}"


def _read(decoder: "msgspec.json.Decoder[_T]", data: bytes, where: str) -> _T:
    try:
        return decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise Refused(f"{where}: {error}") from error
