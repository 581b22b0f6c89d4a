"""Whole calendar files: their events, tasks and notes, one after another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from easd.mime.compose import NewAttachment
from easd.mime.content_lines import line_of
from easd.mime.icalendar.lines import CalendarFault, Section, sections, text_of
from easd.mime.icalendar.read import means_last_days, read_events, zones_of
from easd.mime.icalendar.row import Scope
from easd.mime.icalendar.tasks import read_note, read_task
from easd.model.event import Event
from easd.model.note import Note
from easd.model.task import Task

MAX_ITEMS: Final = 100_000
_KINDS: Final = ("VEVENT", "VTODO", "VJOURNAL")


@dataclass(frozen=True, slots=True)
class Imported:
    """One item of a file: its UID, and what it is; None with the `fault` that it cannot be read for. `files` are what
    an event carries in itself, `own_files` what its occurrences do, by the days on which they begin by the rule.
    """

    uid: str
    item: Event | Task | Note | None
    files: tuple[NewAttachment, ...] = ()
    fault: str = ""
    own_files: Mapping[date, tuple[NewAttachment, ...]] = field(default_factory=dict)


def items_of(data: bytes, now: datetime, owner: frozenset[str]) -> Iterator[Imported]:
    """All items of a calendar file, for the mailbox that has these addresses (in lower case), read at the moment
    `now`. A series is one item with all its exceptions. CalendarFault for a file without any, and one with too many.
    """
    groups, scope = _groups(data, owner)
    if not groups:
        raise CalendarFault("there is no event, task or note")
    if len(groups) > MAX_ITEMS:
        raise CalendarFault(f"{len(groups)} items are more than {MAX_ITEMS}")
    for (kind, uid), group in groups.items():
        try:
            yield from _items(kind, _uid(uid), group, scope, now)
        except CalendarFault as fault:
            yield Imported(_uid(uid), None, fault=str(fault))


def _groups(data: bytes, owner: frozenset[str]) -> tuple[dict[tuple[str, bytes], list[Section]], Scope]:
    """The components of each UID; those without one stand alone."""
    groups: dict[tuple[str, bytes], list[Section]] = {}
    zones: list[Section] = []
    properties: dict[str, str] = {}
    for number, each in enumerate(sections(data)):
        if not isinstance(each, Section):
            properties.setdefault(each.name, each.plain)
        elif each.name == "VTIMEZONE":
            zones.append(each)
        elif each.name in _KINDS:
            groups.setdefault((each.name, each.uid or b"%d" % number), []).append(each)
    return groups, Scope(zones_of(zones, properties), owner=owner, last_days=means_last_days(properties))


def _uid(line: bytes) -> str:
    found = line_of(line)
    return "" if found is None else text_of(found).strip()


def _items(kind: str, uid: str, group: list[Section], scope: Scope, now: datetime) -> Iterator[Imported]:
    if kind == "VTODO":
        yield Imported(uid, read_task(group, scope, now))
    elif kind == "VJOURNAL":
        yield Imported(uid, read_note(group, scope, now))
    else:
        for read in read_events(group, scope, now):
            original = None if read.instance is None else read.instance.moment(read.zones)
            yield Imported(uid, replace(read.event, instance=original), read.files, own_files=read.own_files)
