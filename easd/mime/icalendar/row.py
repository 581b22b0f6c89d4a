"""What the tables of iCalendar properties are made of: rows that read attributes from lines and write lines of them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from easd.mime.content_lines import escaped
from easd.mime.icalendar.lines import CalendarFault, Component
from easd.mime.icalendar.values import utc_text, when_of
from easd.mime.icalendar.zones import Zones
from easd.model.event import Event
from easd.model.note import Note
from easd.model.task import Task

C = TypeVar("C", Event, Task, Note)

Values = Mapping[str, Any]
NOTHING: Final = Component("")
NO_ZONES: Final = Zones(())
_NUMBER: Final = re.compile(r"[+-]?\d{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """What lines are read and written by: the calendar's zones and METHOD, the addresses of the mailbox's owner in
    lower case; `last_days`: to the program that has written it, a day that a month lacks is the month's last. For
    writing, the name (TZID) of the item's own zone and the component that it came from.
    """

    zones: Zones
    method: str = ""
    owner: frozenset[str] = frozenset()
    last_days: bool = False
    tzid: str = ""
    came_from: Component = field(default=NOTHING)


@dataclass(frozen=True, slots=True)
class Row(Generic[C]):
    """Properties that together say one thing of an item.

    `read` gives the attributes that they say, for an item that has its times already; `write` their lines; `seen` is
    what an item says of the thing, to tell whether it has changed. A `private` one is no business of others.
    """

    names: tuple[str, ...]
    read: Callable[[Component, Scope, C], Values]
    write: Callable[[C, Scope], Iterator[str]]
    seen: Callable[[C], Any]
    private: bool = False


def value_row(
    names: str | tuple[str, ...],
    attr: str,
    read: Callable[[Component], Any],
    write: Callable[[Any], Iterator[str]],
    *,
    private: bool = False,
) -> Row[Any]:
    """One attribute that its lines alone say: `read` gives its value, `write` the lines for a value."""
    return Row(
        (names,) if isinstance(names, str) else names,
        lambda component, _scope, _item: {attr: read(component)},
        lambda item, _scope: write(getattr(item, attr)),
        attrgetter(attr),
        private,
    )


def text_row(name: str, attr: str, *, private: bool = False) -> Row[Any]:
    """A text, None where there is none."""

    def write(value: str | None) -> Iterator[str]:
        if value:
            yield f"{name}:{escaped(value)}"

    return value_row(name, attr, lambda component: component.text(name) or None, write, private=private)


def flag_row(name: str, attr: str) -> Row[Any]:
    """TRUE, or nothing."""

    def write(value: bool) -> Iterator[str]:
        if value:
            yield f"{name}:TRUE"

    return value_row(name, attr, lambda component: component.text(name).strip().upper() == "TRUE", write)


def number_row(name: str, attr: str, nothing: int | None, high: int, *, private: bool = False) -> Row[Any]:
    """A number from 0 to `high`; `nothing` where there is none. None is not written."""

    def read(component: Component) -> int | None:
        number = number_of(component, name)
        return nothing if number is None else min(max(number, 0), high)

    def write(value: int | None) -> Iterator[str]:
        if value is not None:
            yield f"{name}:{value}"

    return value_row(name, attr, read, write, private=private)


def number_of(component: Component, name: str) -> int | None:
    """The number that a property says."""
    said = component.text(name).strip()
    return int(said) if _NUMBER.fullmatch(said) else None


def moment_row(name: str, attr: str, *, private: bool = False) -> Row[Any]:
    """A moment in UTC; None where there is none."""

    def write(value: datetime | None) -> Iterator[str]:
        if value is not None:
            yield f"{name}:{utc_text(value)}"

    return value_row(name, attr, lambda component: moment_of(component, name), write, private=private)


def moment_of(component: Component, name: str) -> datetime | None:
    """The moment in UTC that a property says; None for none that can be understood."""
    try:
        line = component.first(name)
        return None if line is None else when_of(line).moment(NO_ZONES)
    except (CalendarFault, ValueError, OverflowError):
        return None
