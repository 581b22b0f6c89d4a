"""Mailboxes out into files that other programs read: mail as Maildir or mbox, contacts as vCards, the rest as
iCalendar.

An export can be stopped and begun again: a message that lies there already is not written again, and other files are
whole or as they were before. What has been deleted from the mailbox since stays where it lies.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Final

from easd.admin.cards import export_contacts
from easd.admin.items import items_in, own_uid
from easd.admin.office import Office
from easd.admin.refused import Refused
from easd.mime.icalendar.files import with_files
from easd.mime.icalendar.tasks import written_note, written_task
from easd.mime.icalendar.write import Written, calendar_text, written_event
from easd.model.account import User
from easd.model.email import Email, FlagStatus
from easd.model.event import Event
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.item import StoredItem
from easd.model.note import Note
from easd.model.task import Task
from easd.service.mailbox_contents import paths
from easd.service.ports import BytesLost

_FLAGS: Final = "!" if os.name == "nt" else ":"
"""What stands before the flags in the name of a Maildir's file; NTFS has no colons."""
_REPLIED, _FORWARDED = (1, 2), 3
"""MS-ASEMAIL LastVerbExecuted."""
_FROM: Final = re.compile(rb"^(>*From )", re.MULTILINE)

Progress = Callable[[int], None]
"""Hears how many items are done."""


@dataclass(slots=True)
class ExportTally:
    """What an export has written, by class. `present` are messages that lay there already; `lost` those whose bytes are
    gone.
    """

    written: Counter[ItemClass] = field(default_factory=Counter)
    present: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.written.total() + self.present


# ---------------------------------------------------------------- calendars


def export_calendar(office: Office, user: User, folder: Folder, progress: Progress) -> bytes:
    """The events, tasks or notes of a folder as one calendar."""
    return calendar_text(_written(office, user, folder, progress), name=folder.name)


def _written(office: Office, user: User, folder: Folder, progress: Progress) -> Iterator[Written]:
    for number, item in enumerate(items_in(office, user, folder), 1):
        content = item.content
        if isinstance(content, Event):
            yield _written_event(office, user, item, content)
        elif isinstance(content, Task):
            yield written_task(content, own_uid(user, item))
        elif isinstance(content, Note):
            yield written_note(content, own_uid(user, item))
        progress(number)


def _written_event(office: Office, user: User, item: StoredItem, event: Event) -> Written:
    if item.blob_id is None or not event.files:
        return written_event(event)
    return with_files(event, _blob(office, user, item.blob_id))


def _blob(office: Office, user: User, blob_id: int) -> bytes:
    with office.store.reading(user.mailbox_id) as box:
        return box.blob(blob_id)


# ---------------------------------------------------------------- whole mailboxes


class MailboxExport:
    """One export of a mailbox into a folder of the file system."""

    def __init__(self, office: Office, user: User, target: Path, *, mbox: bool) -> None:
        self._office, self._user, self._target, self._mbox = office, user, target, mbox
        self.tally = ExportTally()

    def run(self, progress: Progress) -> ExportTally:
        """Write all folders but the recipient information cache, which is made anew. Refused where the target is no
        folder.
        """
        if self._target.exists() and not self._target.is_dir():
            raise Refused(f"{self._target} is no folder")
        with self._office.store.reading(self._user.mailbox_id) as box:
            folders = [folder for folder in box.folders() if folder.type is not FolderType.RECIPIENT_INFORMATION]
        for folder, path in paths(folders):
            self._folder(folder, path, progress)
            progress(self.tally.done)
        return self.tally

    def _folder(self, folder: Folder, path: PurePath, progress: Progress) -> None:
        if folder.item_class is ItemClass.EMAIL:
            place = self._target / "mail" / path
            self._mbox_file(folder, place, progress) if self._mbox else self._maildir(folder, place, progress)
        elif folder.item_class is ItemClass.CONTACTS:
            cards = self._counted_cards(export_contacts(self._office, self._user, folder), progress)
            _whole(self._target / "contacts" / path, ".vcf", cards)
        else:
            place = self._target / _KINDS[folder.item_class] / path
            _whole(place, ".ics", [self._calendar(folder, progress)])

    def _calendar(self, folder: Folder, progress: Progress) -> bytes:
        before = self.tally.written[folder.item_class]

        def counted(done: int) -> None:
            self.tally.written[folder.item_class] = before + done
            progress(self.tally.done)

        return export_calendar(self._office, self._user, folder, counted)

    def _counted_cards(self, cards: Iterable[bytes], progress: Progress) -> Iterator[bytes]:
        for card in cards:
            yield card
            self.tally.written[ItemClass.CONTACTS] += 1
            progress(self.tally.done)

    def _maildir(self, folder: Folder, place: Path, progress: Progress) -> None:
        for name in ("cur", "new", "tmp"):
            (place / name).mkdir(parents=True, exist_ok=True)
        there = {re.split("[:!;]2,", name)[0]: name for name in os.listdir(place / "cur")}
        for item in items_in(self._office, self._user, folder):
            unique = message_name(folder, item)
            name = f"{unique}{_FLAGS}2,{_flags(item.email)}"
            if unique in there:
                if there[unique] != name:
                    (place / "cur" / there[unique]).rename(place / "cur" / name)
                self.tally.present += 1
            elif (raw := self._raw(folder, item)) is not None:
                _put(place / "tmp" / unique, place / "cur" / name, raw, item.email.received)
                self.tally.written[ItemClass.EMAIL] += 1
            progress(self.tally.done)

    def _mbox_file(self, folder: Folder, place: Path, progress: Progress) -> None:
        _whole(place, ".mbox", self._mbox_messages(folder, progress))

    def _mbox_messages(self, folder: Folder, progress: Progress) -> Iterator[bytes]:
        for item in items_in(self._office, self._user, folder):
            raw = self._raw(folder, item)
            if raw is not None:
                yield _mbox_message(item.email, raw)
                self.tally.written[ItemClass.EMAIL] += 1
                progress(self.tally.done)

    def _raw(self, folder: Folder, item: StoredItem) -> bytes | None:
        try:
            return None if item.blob_id is None else _blob(self._office, self._user, item.blob_id)
        except KeyError:  # deleted since the folder was listed
            return None
        except BytesLost:
            self.tally.lost.append(f"{folder.name}: {item.email.subject}")
            return None


_KINDS: Final = {ItemClass.CALENDAR: "calendars", ItemClass.TASKS: "tasks", ItemClass.NOTES: "notes"}


def _flags(email: Email) -> str:
    """Maildir's letters for the state of a message, in their order."""
    flags = {
        "D": email.is_draft,
        "F": email.flag is not None and email.flag.status == FlagStatus.ACTIVE,
        "P": email.last_verb_executed == _FORWARDED,
        "R": email.last_verb_executed in _REPLIED,
        "S": email.read,
    }
    return "".join(letter for letter, held in flags.items() if held)


def _put(draft: Path, path: Path, raw: bytes, received: datetime) -> None:
    draft.write_bytes(raw)
    os.utime(draft, (received.timestamp(), received.timestamp()))
    draft.replace(path)


def _mbox_message(email: Email, raw: bytes) -> bytes:
    """A message as mboxrd has it, with the headers that tell its state."""
    body = raw.replace(b"\r\n", b"\n")
    start = f"From MAILER-DAEMON {email.received.astimezone(UTC):%a %b %d %H:%M:%S %Y}\n"
    flagged = email.flag is not None and email.flag.status == FlagStatus.ACTIVE
    status = f"Status: {'RO' if email.read else 'O'}\n{'X-Status: F' + chr(10) if flagged else ''}"
    return (start + status).encode() + _FROM.sub(rb">\1", body).rstrip(b"\n") + b"\n\n"


def message_name(folder: Folder, item: StoredItem) -> str:
    """The name of a message's file in a Maildir, without flags: the same in each export."""
    return f"{int(item.email.received.timestamp())}.{folder.id}_{item.uid}.easd"


def _whole(place: Path, ending: str, pieces: Iterable[bytes]) -> None:
    written_whole(place.with_name(place.name + ending), pieces)


def written_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file that is there only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    with draft.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    draft.replace(path)
