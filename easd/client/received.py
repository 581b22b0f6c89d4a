"""What a server tells of contacts, events, tasks and notes, as this program keeps them.

Servers of all makers tell more than the tables have, and at times what no client may say. What cannot be read costs the
property alone, and is named.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, TypeVar

from easd.eas.items import contacts, notes, tasks
from easd.eas.items.body import AttachmentData
from easd.eas.items.event_change import EventChange, added, existing, load_event
from easd.eas.items.events import ASKED, ASKED_EXCEPTION, EVENT, EXCEPTION, NOTES as EVENT_NOTES
from easd.eas.schema import Malformed, Schema
from easd.eas.status import EasError
from easd.eas.versions import DIALECTS, Version
from easd.model.contact import Contact
from easd.model.event import BUSY, WORKING_ELSEWHERE, Event
from easd.model.folder import ItemClass
from easd.model.note import Note
from easd.model.task import Task
from easd.wbxml import Element, tag

Told = TypeVar("Told")
Files = tuple[AttachmentData, ...]

_EXCEPTIONS: Final = tag("Calendar:Exceptions")
_ATTACHMENTS: Final = tag("AirSyncBase:Attachments")
_BODY: Final = tag("AirSyncBase:Body")
_OF_BODY: Final = (tag("AirSyncBase:Type"), tag("AirSyncBase:Data"))
_BUSY: Final = tag("Calendar:BusyStatus")
_ORIGINAL: Final = frozenset({tag("Calendar:ExceptionStartTime"), tag("AirSyncBase:InstanceId")})
"""Which occurrence an exception is."""
_PROPOSED: Final = frozenset({tag("MeetingResponse:ProposedStartTime"), tag("MeetingResponse:ProposedEndTime")})
_OF_SERVER: Final = ("uid", "organizer_name", "organizer_email", "stamp", "busy_status")
"""What a client of 16.0 and later may not say of an event."""
_ANSWERED: Final = ("replied", "response_type", "conference_link", "external_link")


@dataclass(frozen=True, slots=True)
class Received:
    """An item; `unread` are the names of what could not be read of it. `files` are what an event has attached (None),
    and its occurrences that have others, by the days on which they begin by the rule.
    """

    content: Contact | Event | Task | Note
    unread: tuple[str, ...] = ()
    files: Mapping[date | None, Files] = field(default_factory=dict)


def received(item_class: ItemClass, element: Element, version: Version, now: datetime) -> Received:
    """The item in an ApplicationData; what says no time was written `now`. Malformed for an event without its times."""
    element = _readable(element)
    if item_class is ItemClass.CALENDAR:
        return _event(element, version, now)
    if item_class is ItemClass.CONTACTS:
        contact, unread = _tolerant(
            lambda part: contacts.load_contact(part, version), _known(element, version, _CONTACT)
        )
        return Received(contact.applied(Contact(now), ()), unread)
    if item_class is ItemClass.TASKS:
        task, unread = _tolerant(lambda part: tasks.load_task(part, version), _known(element, version, _TASK))
        return Received(task.applied(Task(now), ()), unread)
    note, unread = _tolerant(lambda part: notes.load_note(part, version), _known(element, version, _NOTE))
    modified = _shown(notes.NOTE, element, version).get("modified") or now
    return Received(note.applied(Note(modified), ()), unread)


def _readable(element: Element) -> Element:
    """The same where each Body says its type and its text as a client would, whatever else servers say, and in what
    order.
    """
    if element.tag == _BODY:
        return Element(element.tag, [each for name in _OF_BODY for each in element.children if each.tag == name])
    return Element(element.tag, [_readable(each) for each in element.children]) if element.children else element


_CONTACT: Final = (contacts.CONTACT, contacts.NOTES)
_TASK: Final = (tasks.TASK, tasks.NOTES)
_NOTE: Final = (notes.NOTE, notes.BODY_OF_NOTE)


def _known(element: Element, version: Version, schemas: tuple[Schema[Any], ...]) -> Element:
    """Without what the class does not have: what servers alone say, and what is newer than the tables."""
    kept = [child for child in element.children if any(schema.knows(child.tag, version) for schema in schemas)]
    return Element(element.tag, kept)


def _tolerant(load: Callable[[Element], Told], element: Element) -> tuple[Told, tuple[str, ...]]:
    """What can be read, and the names of the properties that cannot."""
    try:
        return load(element), ()
    except Malformed:
        pass
    good: list[Element] = []
    bad: list[str] = []
    for child in element.children:
        try:
            load(Element(element.tag, [*good, child]))
        except Malformed:
            bad.append(child.name)
        else:
            good.append(child)
    return load(Element(element.tag, good)), tuple(bad)


def _shown(schema: Schema[Any], element: Element, version: Version) -> Mapping[str, Any]:
    """What is told, property by property; nothing of what cannot be read."""
    found: dict[str, Any] = {}
    for child in element.children:
        if schema.knows(child.tag, version):
            try:
                found |= schema.read(Element(element.tag, [child]), version)
            except Malformed:
                continue
    return found


# ---------------------------------------------------------------- events


def _event(element: Element, version: Version, now: datetime) -> Received:
    shown = _shown(EVENT, element, version)
    kept, lost = [], list[str]()
    for child in element.children:
        if child.tag == _EXCEPTIONS:
            kept.append(_exceptions(child, version, lost))
        elif _may_be_said(child, version):
            kept.append(_asked(child))
    change, unread = _tolerant(lambda part: load_event(part, version), Element(element.tag, kept))
    own = {name: shown[name] for name in _OF_SERVER if shown.get(name) is not None}
    whole = EventChange({**change.stated, **own}, change.notes, change.exceptions)
    event = added(whole, DIALECTS[version], now)
    told = {name: shown[name] for name in _ANSWERED if shown.get(name) is not None}
    files: dict[date | None, Files] = {None: tuple(shown.get("attachments") or ())}
    for child in element.children:
        if child.tag == _EXCEPTIONS:
            files |= _own_files(event, child, version)
    return Received(replace(event, **told), (*unread, *lost), files)


def _own_files(event: Event, exceptions: Element, version: Version) -> Iterator[tuple[date, Files]]:
    """Those of occurrences that have others than the series."""
    for exception in exceptions.children:
        told = _shown(EXCEPTION, exception, version)
        if told.get("attachments") is not None and "original" in told:
            try:
                yield existing(event, told["original"]).date(), told["attachments"]
            except EasError:  # an occurrence that is none
                continue


def _may_be_said(child: Element, version: Version) -> bool:
    if child.tag in (_ATTACHMENTS, _BUSY):
        return False
    return ASKED.knows(child.tag, version) or EVENT_NOTES.knows(child.tag, version)


def _asked(child: Element) -> Element:
    """A property without what attendees propose, which no client says here."""
    if not child.children:
        return child
    return Element(child.tag, [_asked(each) for each in child.children if each.tag not in _PROPOSED])


def _exceptions(element: Element, version: Version, lost: list[str]) -> Element:
    """The exceptions as a client may say them; what cannot be read costs one property, or one exception."""
    kept = []
    for exception in element.children:
        told = [_exceptional(child) for child in exception.children if _of_exception(child, version)]
        good: list[Element] = []
        for child in sorted(told, key=lambda each: each.tag not in _ORIGINAL):
            if _loads(Element(element.tag, [Element(exception.tag, [*good, child])]), version):
                good.append(child)
            else:
                lost.append(child.name)
        if good:
            kept.append(Element(exception.tag, good))
    return Element(element.tag, kept)


def _of_exception(child: Element, version: Version) -> bool:
    known = ASKED_EXCEPTION.knows(child.tag, version) or EVENT_NOTES.knows(child.tag, version)
    return known and child.tag != _ATTACHMENTS


def _exceptional(child: Element) -> Element:
    elsewhere = child.tag == _BUSY and child.text == str(WORKING_ELSEWHERE)
    return Element(child.tag, str(BUSY)) if elsewhere else _asked(child)


def _loads(exceptions: Element, version: Version) -> bool:
    try:
        load_event(Element(exceptions.tag, [exceptions]), version)
    except Malformed:
        return False
    return True
