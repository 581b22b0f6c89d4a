"""A mailbox that Amazon WorkMail has exported (StartMailboxExportJob), from its zip file into a mailbox here.

The zip holds mail and calendar items in MIME format; what is in it is told by its content, for no document says how
files are named. Nothing is unpacked into files: names lead nowhere. Contacts and tasks are not in such a file.
"""

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from hashlib import sha256
from pathlib import Path
from typing import Final

from easd.admin.calendars import CalendarImport
from easd.admin.importing import Remark
from easd.admin.mail_files import header_date, wire_form
from easd.admin.moving.places import Listed, Places
from easd.admin.office import Office, refusing
from easd.admin.refused import Refused
from easd.mime.extract import EXTRACT_VERSION, extract
from easd.model.account import User
from easd.service.ports import NewMail
from easd.store.imported import Imported, Known

_ACCOUNT: Final = "workmail-export"
_BATCH_MESSAGES: Final = 100
_BATCH_BYTES: Final = 16 * 2**20
_CALENDAR: Final = b"BEGIN:VCALENDAR"
_STEPS_MAX: Final = 50

Progress = Callable[[int, int], None]
"""Hears how many entries are done, and of how many."""


@dataclass(slots=True)
class ZipTally:
    """What became of the entries of a file. `present` ones had come before; `left_out` ones are not here."""

    messages: int = 0
    events: int = 0
    present: int = 0
    folders: dict[str, str] = field(default_factory=dict)
    left_out: list[Remark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file in the zip, and the folder that it is in."""

    info: zipfile.ZipInfo
    path: tuple[str, ...]


class ZipImport:
    """One import into one mailbox. It may stop at any time: run again, it goes on."""

    def __init__(self, office: Office, user: User, now: datetime, *, read: bool) -> None:
        """`read`: messages count as read, for the file does not say which are. Without a time they are dated `now`."""
        self._office, self._user, self._now, self._read = office, user, now, read
        self._most = office.settings.limits.message_bytes
        self._calendar = CalendarImport(office, user, None, replacing=False)
        self.tally = ZipTally()

    def run(self, file: Path, progress: Progress) -> ZipTally:
        """All that is in the file. Refused for one that is no zip."""
        try:
            with zipfile.ZipFile(file) as opened:
                self._take(opened, _entries(opened), progress)
        except zipfile.BadZipFile as error:
            raise Refused(f"{file} is no zip file: {error}") from error
        self.tally.left_out += self._calendar.tally.left_out
        self.tally.events = self._calendar.tally.events
        self.tally.present += self._calendar.tally.present
        return self.tally

    def _take(self, opened: zipfile.ZipFile, entries: Sequence[_Entry], progress: Progress) -> None:
        paths = sorted({each.path for each in entries})
        places = Places.of([Listed("/".join(path), path) for path in paths])
        done = 0
        for path in paths:
            inside = [each for each in entries if each.path == path]
            self._folder(opened, inside, places)
            done += len(inside)
            progress(done, len(entries))

    def _folder(self, opened: zipfile.ZipFile, entries: Sequence[_Entry], places: Places) -> None:
        batch: list[bytes] = []
        for raw in self._readable(opened, entries):
            calendar = _calendar_in(raw)
            if calendar is not None:
                self._events(calendar)
                continue
            batch.append(raw)
            if len(batch) == _BATCH_MESSAGES or sum(map(len, batch)) > _BATCH_BYTES:
                self._messages(batch, entries[0].path, places)
                batch = []
        if batch:
            self._messages(batch, entries[0].path, places)

    def _readable(self, opened: zipfile.ZipFile, entries: Sequence[_Entry]) -> Iterator[bytes]:
        """The bytes of entries, whatever their size is said to be: no more than a message may have is ever read."""
        for entry in entries:
            try:
                raw, fault = self._bytes(opened, entry.info), ""
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
                raw, fault = b"", str(error) or type(error).__name__
            if len(raw) > self._most:
                fault = f"more than the {self._most} bytes of limits.message_bytes"
            elif not raw.strip():
                fault = fault or "there is nothing in it"
            if fault:
                self.tally.left_out.append(Remark(entry.info.filename, (fault,)))
            else:
                yield raw

    def _bytes(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
        with opened.open(info) as source:
            return source.read(self._most + 1)

    def _events(self, calendar: bytes) -> None:
        try:
            self._calendar.run(calendar, self._now, lambda _: None)
        except Refused as refused:
            self.tally.left_out.append(Remark("a calendar item", (str(refused),)))

    def _messages(self, batch: Sequence[bytes], path: tuple[str, ...], places: Places) -> None:
        name = "/".join(path)
        self.tally.folders[name] = places.told(path)
        with refusing(), self._office.store.writing(self._user.mailbox_id) as box:
            folder = places.place(box, path, self._office.settings.limits.folders_max)
            notes = Imported(box, _ACCOUNT, name)
            known = notes.all()
            for raw in batch:
                digest = sha256(raw)
                mark = digest.hexdigest()
                if mark in known:
                    self.tally.present += 1
                    continue
                item = box.add_mail(folder.id, self._mail(raw))
                known[mark] = Known(digest.digest()[:16], "", folder.id, item.uid)
                notes.note(mark, known[mark])
                self.tally.messages += 1

    def _mail(self, raw: bytes) -> NewMail:
        made = wire_form(raw)
        extracted = extract(made, header_date(made) or self._now)
        email = replace(extracted.email, read=self._read)
        return NewMail(made, email, extracted.texts, EXTRACT_VERSION)


def _entries(opened: zipfile.ZipFile) -> list[_Entry]:
    """The files of the zip. A folder that holds all of it and is none of a mailbox is passed over."""
    found = [_Entry(info, _steps(info.filename)[:-1]) for info in opened.infolist() if not info.is_dir()]
    while found and all(len(each.path) > 1 for each in found) and len({each.path[0] for each in found}) == 1:
        found = [replace(each, path=each.path[1:]) for each in found]
    return [each if each.path else replace(each, path=("INBOX",)) for each in found]


def _steps(name: str) -> tuple[str, ...]:
    steps = [step for step in name.replace("\\", "/").split("/") if step.strip(". ")]
    return tuple(steps[-_STEPS_MAX:]) or ("",)


def _calendar_in(raw: bytes) -> bytes | None:
    """The calendar that an entry is, bare or as the one content of a MIME message without a sender; else None."""
    start = raw.lstrip(b"\xef\xbb\xbf\r\n\t ")[:200]
    if start.upper().startswith(_CALENDAR):
        return raw
    head = raw[: 64 * 1024].split(b"\r\n\r\n", 1)[0].split(b"\n\n", 1)[0].lower()
    if b"text/calendar" not in raw[: 256 * 1024].lower() or b"\nreceived:" in b"\n" + head:
        return None
    parts = [
        each for each in message_from_bytes(raw, policy=default).walk() if each.get_content_type() == "text/calendar"
    ]
    if not parts or parts[0].get_param("method") is not None:
        return None  # a meeting message is mail
    data = parts[0].get_payload(decode=True)
    return data if isinstance(data, bytes) else None
