"""Meetings in the calendars of a mailbox, found by their UIDs."""

from dataclasses import dataclass
from datetime import UTC, datetime

from easd.mime.icalendar.read import ReadEvent
from easd.model.event import Event
from easd.model.folder import FolderType, ItemClass
from easd.model.item import StoredItem
from easd.scheduling.attendance import is_open
from easd.scheduling.message import Message, Method
from easd.service.ports import Reading

__all__ = ["Kept", "event_of", "is_open", "kept_of", "message_of"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a mailbox has of a UID: the meeting or series, and single occurrences of a series that it does not have."""

    series: StoredItem | None
    orphans: tuple[StoredItem, ...] = ()

    def item_for(self, original: datetime | None) -> StoredItem | None:
        """The item that a message about the whole, or about an occurrence, is about."""
        if original is None:
            return self.series
        if self.series is not None and event_of(self.series).recurrence is not None:
            return self.series
        return next((each for each in self.orphans if _same_day(event_of(each).instance, original)), None)


def _same_day(instance: datetime | None, original: datetime) -> bool:
    return instance is not None and instance.astimezone(UTC) == original.astimezone(UTC)


def event_of(item: StoredItem) -> Event:
    """The event that an item is. TypeError for anything else."""
    if isinstance(item.content, Event):
        return item.content
    raise TypeError(f"item {item.folder_id}:{item.uid} is a {type(item.content).__name__}, no event")


def kept_of(box: Reading, uid: str) -> Kept:
    """What the mailbox has of a UID: in the calendar, else in another one that the user has made."""
    if not uid:
        return Kept(None)
    for folder in _calendars(box):
        found = box.events(folder, uid)
        if found:
            wholes = [item for item in found if event_of(item).instance is None]
            return Kept(next(iter(wholes), None), tuple(item for item in found if event_of(item).instance is not None))
    return Kept(None)


def _calendars(box: Reading) -> list[int]:
    folders = [folder for folder in box.folders() if folder.item_class is ItemClass.CALENDAR]
    return [each.id for each in sorted(folders, key=lambda folder: folder.type is not FolderType.CALENDAR)]


def message_of(read: ReadEvent, method: Method, senders: frozenset[str], series: Event | None) -> Message:
    """A meeting message as the engine takes it, for a mailbox that has `series` under its UID."""
    if read.instance is None:
        return Message(method, senders, read.event, timed=read.timed)
    known = series if series is not None and series.recurrence is not None else None
    original = read.instance.moment(read.zones) if known is None else read.original_in(known)
    return Message(method, senders, read.event, original, timed=read.timed, onwards=read.onwards)
