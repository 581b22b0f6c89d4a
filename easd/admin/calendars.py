"""Calendar files into a mailbox: events, tasks and notes, each known again by its UID."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain, islice
from secrets import token_hex
from typing import Final

from easd.admin.importing import Remark
from easd.admin.items import folder_of, known_items
from easd.admin.office import Office, refusing
from easd.admin.refused import Refused
from easd.mime.compose import NewAttachment, revised
from easd.mime.extract import extract
from easd.mime.icalendar.file import Imported, items_of
from easd.mime.icalendar.lines import CalendarFault
from easd.model.account import User
from easd.model.content import Content
from easd.model.event import Event
from easd.model.folder import Folder, ItemClass
from easd.model.instances import holding
from easd.model.note import Note
from easd.model.task import Task
from easd.service.mailbox_contents import BATCH
from easd.service.ports import Writing

CLASSES: Final = (ItemClass.CALENDAR, ItemClass.TASKS, ItemClass.NOTES)
_CLASS: Final = {Event: ItemClass.CALENDAR, Task: ItemClass.TASKS, Note: ItemClass.NOTES}
_NO_FILES: Final = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"

Progress = Callable[[int], None]
"""Hears how many items are done."""


@dataclass(slots=True)
class CalendarTally:
    """What became of the items of a file. `present` ones were there already and stay as they are; `replaced` ones are
    now as in the file; `left_out` ones are not in the mailbox.
    """

    events: int = 0
    tasks: int = 0
    notes: int = 0
    present: int = 0
    replaced: int = 0
    left_out: list[Remark] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.events + self.tasks + self.notes + self.present + self.replaced + len(self.left_out)


@dataclass(slots=True)
class _Target:
    """Where the items of one class go, and which are there."""

    folder: Folder
    known: dict[str, int]


class CalendarImport:
    """One import into a mailbox. It may stop at any time: whole batches are there, and the next one goes on."""

    def __init__(self, office: Office, user: User, folder: str | None, *, replacing: bool) -> None:
        """`folder` takes the items of its class, the others go to the default ones. `replacing`: what is there already
        becomes as in the file.
        """
        self._office, self._user, self._replacing = office, user, replacing
        self._chosen = None if folder is None else folder_of(office, user, CLASSES, folder)
        self._targets: dict[ItemClass, _Target] = {}
        self.tally = CalendarTally()

    def run(self, data: bytes, now: datetime, progress: Progress) -> CalendarTally:
        """All items of a calendar file. Refused for a file without any."""
        owner = frozenset((self._user.address, *self._user.aliases))
        found = items_of(data, now, owner)
        try:
            while batch := list(islice(found, BATCH)):
                self._add(batch)
                progress(self.tally.done)
        except CalendarFault as fault:
            raise Refused(str(fault)) from fault
        return self.tally

    @property
    def folders(self) -> list[str]:
        """The names of the folders that have taken items."""
        return [target.folder.name for target in self._targets.values()]

    def _add(self, batch: list[Imported]) -> None:
        for one in batch:
            if one.item is not None:
                self._target(_CLASS[type(one.item)])
        with refusing(), self._office.store.writing(self._user.mailbox_id) as box:
            for one in batch:
                if one.item is None:
                    self.tally.left_out.append(Remark(one.uid, (one.fault,)))
                elif isinstance(one.item, Event):
                    self._add_event(box, one, self._own(one.item, one.uid))
                else:
                    self._add_other(box, one, one.item)

    def _target(self, item_class: ItemClass) -> _Target:
        if item_class not in self._targets:
            chosen = self._chosen
            here = chosen is not None and chosen.item_class is item_class
            folder = chosen if here and chosen else folder_of(self._office, self._user, [item_class], None)
            known = {} if item_class is ItemClass.CALENDAR else known_items(self._office, self._user, folder)
            self._targets[item_class] = _Target(folder, known)
        return self._targets[item_class]

    def _own(self, event: Event, uid: str) -> Event:
        """An event that nobody is named as the organizer of is its owner's (MS-ASCAL R2169, R2175)."""
        event = event if event.uid else replace(event, uid=uid)
        if event.organizer_email or event.is_received:
            return event
        return replace(event, organizer_email=self._user.address, organizer_name=self._user.display_name)

    def _add_event(self, box: Writing, one: Imported, event: Event) -> None:
        folder = self._target(ItemClass.CALENDAR).folder
        there = box.events(folder.id, event.uid)
        known = next((item for item in there if _instance_of(item.content) == event.instance), None)
        if known is not None and not self._replacing:
            self.tally.present += 1
            return
        event, raw = self._with_files(one, event)
        if known is None:
            uid = box.add_item(folder.id, ItemClass.CALENDAR, event).uid
            self.tally.events += 1
        else:
            uid = known.uid
            box.update_item(folder.id, uid, event)
            self.tally.replaced += 1
        if raw is not None:
            box.replace_item(folder.id, uid, event, raw)

    def _with_files(self, one: Imported, event: Event) -> tuple[Event, bytes | None]:
        """The event with its attachments, and the bytes that hold them. Files that are too large are left out."""
        most = self._office.settings.limits.attachment_bytes_max
        files: list[NewAttachment] = []
        days: list[date | None] = []
        room = 2 * most
        own = ((day, file) for day, found in one.own_files.items() for file in found)
        for day, file in chain(((None, file) for file in one.files), own):
            if len(file.data) > most or len(file.data) > room:
                remark = f"the attachment {file.name} has more than the {most} bytes of limits.attachment_bytes_max"
                self.tally.left_out.append(Remark(one.uid, (remark,)))
            else:
                room -= len(file.data)
                files.append(file)
                days.append(day)
        if not files:
            return event, None
        raw = revised(_NO_FILES, None, set(), files, f"=_{token_hex(16)}")
        held = tuple(zip(days, extract(raw, event.modified).email.attachments, strict=False))
        return holding(event, {day: tuple(file for each, file in held if each == day) for day in {None, *days}}), raw

    def _add_other(self, box: Writing, one: Imported, item: Task | Note) -> None:
        item_class = _CLASS[type(item)]
        target = self._target(item_class)
        known = target.known.get(one.uid) if one.uid else None
        if known is None:
            target.known[one.uid] = box.add_item(target.folder.id, item_class, item).uid
            self.tally.tasks += isinstance(item, Task)
            self.tally.notes += isinstance(item, Note)
        elif self._replacing:
            box.update_item(target.folder.id, known, item)
            self.tally.replaced += 1
        else:
            self.tally.present += 1


def _instance_of(content: Content) -> datetime | None:
    """Which occurrence of a series that is elsewhere an event is."""
    return content.instance if isinstance(content, Event) else None
