"""Typed content <-> bytes of a row: JSON by msgspec. What does not fit the type any more is salvaged field by field."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, get_type_hints

import msgspec

from easd.model.absence import Absence
from easd.model.contact import Contact
from easd.model.content import Content
from easd.model.device import Device
from easd.model.email import Email
from easd.model.event import Event
from easd.model.folder import ItemClass
from easd.model.moments import moment
from easd.model.note import Note
from easd.model.short_message import BELOW_MAIL, CLASS as SHORT_MESSAGE, time_of
from easd.model.task import Task

encode = msgspec.json.Encoder().encode
"""JSON bytes of a model value. UnicodeEncodeError for text that is no Unicode (lone surrogates)."""

_decode_device = msgspec.json.Decoder(Device).decode
_decode_absence = msgspec.json.Decoder(Absence).decode


class _ClassOfContent(NamedTuple):
    """How rows of one class are read: the type of their content, and its fields that the row's own sort_time can tell
    where the content does not.
    """

    type: type[Content]
    dated: tuple[str, ...]
    decode: Callable[[bytes], Content]


def _class(type_: type[Content], *dated: str) -> _ClassOfContent:
    return _ClassOfContent(type_, dated, msgspec.json.Decoder(type_).decode)


_CLASSES = {
    ItemClass.EMAIL.value: _class(Email, "received"),
    ItemClass.CONTACTS.value: _class(Contact, "modified"),
    ItemClass.CALENDAR.value: _class(Event, "start", "end", "modified"),
    ItemClass.TASKS.value: _class(Task, "modified"),
    ItemClass.NOTES.value: _class(Note, "modified"),
}

CLASS_OF_CONTENT: Mapping[type[Content], str] = {known.type: name for name, known in _CLASSES.items()}
"""The class of an item, by the type of its content."""


def class_of_content(content: Content) -> str:
    """The class that an item is found by: short messages have one of their own among mail."""
    if isinstance(content, Email) and content.short_message:
        return SHORT_MESSAGE
    return CLASS_OF_CONTENT[type(content)]


@dataclass(frozen=True, slots=True)
class Problem:
    """A row whose content could not be read in full: where, and why."""

    place: str
    reason: str


class Problems:
    """How many rows could not be read in full since the start, and the last of them."""

    def __init__(self, keep: int = 100) -> None:
        self.count = 0
        self._last: deque[Problem] = deque(maxlen=keep)

    @property
    def last(self) -> tuple[Problem, ...]:
        return tuple(self._last)

    def add(self, place: str, reason: str) -> None:
        self.count += 1
        self._last.append(Problem(place, reason))


def decode(class_: str, content: bytes, place: tuple[int, int], sort_time: int, problems: Problems) -> Content:
    """The content of a row of that class. A damaged row gives what can be read of it, at least an empty item of
    `sort_time`.
    """
    known = _CLASSES.get(class_)
    if known is None:
        raise LookupError(f"item {place[1]} of folder {place[0]} is of class {class_!r}, which nobody knows")
    try:
        return known.decode(content)
    except msgspec.MsgspecError as error:
        problems.add(f"item {place[1]} of folder {place[0]}", str(error))
        dated: dict[str, Any] = dict.fromkeys(known.dated, moment(time_of(sort_time)))
        if sort_time < BELOW_MAIL:
            dated["short_message"] = True
        return known.type(**{**dated, **_salvage(content, known.type)})


def decode_device(content: bytes, known: dict[str, Any], problems: Problems) -> Device:
    """What is known of a device; likewise. `known`: fields that the row itself tells, which count."""
    try:
        device = _decode_device(content)
        if all(getattr(device, name) == value for name, value in known.items()):
            return device
        return replace(device, **known)
    except msgspec.MsgspecError as error:
        problems.add(f"device {known['id']}", str(error))
        return Device(**{**_salvage(content, Device), **known})


def decode_absence(content: bytes, mailbox: int, problems: Problems) -> Absence:
    """When the owner of a mailbox is away; likewise."""
    try:
        return _decode_absence(content)
    except msgspec.MsgspecError as error:
        problems.add(f"absence of mailbox {mailbox}", str(error))
        return Absence(**_salvage(content, Absence))


def _salvage(content: bytes, type_: type) -> dict[str, Any]:
    try:
        raw = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
    hints = get_type_hints(type_)
    names = [field.name for field in fields(type_) if field.name in raw]
    return dict(_readable((name, raw[name], hints[name]) for name in names))


def _readable(values: Iterable[tuple[str, Any, Any]]) -> Iterable[tuple[str, Any]]:
    for name, value, hint in values:
        try:
            yield name, msgspec.convert(value, hint)
        except msgspec.MsgspecError:
            continue
