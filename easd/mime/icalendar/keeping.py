"""What an item of a calendar cannot hold: the lines that are kept beside it, and how they go out again.

An item keeps those lines that it would not write itself in just that form. When it is written out, each kept line whose
content still is the item's is written as it was; what a device has changed the content of is written anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from easd.mime.content_lines import Line
from easd.mime.icalendar.lines import CalendarFault, Component, component_of
from easd.mime.icalendar.row import NOTHING, C, Row, Scope
from easd.mime.icalendar.zones import Zones, tzids_of

MAX_KEPT: Final = 256 * 1024
"""Characters that are kept beside an item; lines and components that would exceed them are left out."""
_WRITTEN: Final = frozenset({"DTSTAMP", "LAST-MODIFIED", "RECURRENCE-ID"})
"""What is written anew each time."""

Rows = Sequence[Row[C]]


def lines_to_keep(component: Component, item: C, rows: Rows[C], scope: Scope, parts: Sequence[Component]) -> list[str]:
    """The lines of a component that the item read from it would not write itself, then `parts` of it, then the
    definitions of the zones that the lines name.
    """
    canonical = replace(scope, came_from=NOTHING)
    said = {name for row in rows if _is_said(component, item, row, canonical) for name in row.names} | _WRITTEN
    place = {name: number for number, row in enumerate(rows) for name in row.names}
    properties: list[Line] = [line for line in component.lines if line.name not in said]
    properties.sort(key=lambda line: place.get(line.name, len(rows)))
    blocks = {tzid: scope.zones.own_block(tzid) for tzid in (*tzids_of(properties), *_inner_zones(parts))}
    pieces = [[line.text] for line in properties] + [list(part.texts()) for part in parts]
    return _within_bounds(pieces + [list(block.texts()) for block in blocks.values() if block is not None])


def _inner_zones(parts: Sequence[Component]) -> Iterator[str]:
    for part in parts:
        yield from tzids_of(part.lines)


def _is_said(component: Component, item: C, row: Row[C], scope: Scope) -> bool:
    there = sorted(line.text for line in component.lines if line.name in row.names)
    return bool(there) and there == sorted(row.write(item, scope))


def _within_bounds(pieces: Sequence[Sequence[str]]) -> list[str]:
    kept: list[str] = []
    room = MAX_KEPT
    for piece in pieces:
        size = sum(map(len, piece))
        if size <= room:
            room -= size
            kept += piece
    return kept


def kept_component(lines: Sequence[str], name: str) -> Component:
    """The component that kept lines make."""
    try:
        return component_of((line.encode() for line in lines), name) if lines else NOTHING
    except CalendarFault:
        return NOTHING


def kept_zones(component: Component) -> Zones:
    """The zones that kept lines name."""
    return Zones(component.inside("VTIMEZONE"))


def written_rows(item: C, rows: Rows[C], scope: Scope) -> Iterator[str]:
    """The properties of an item: as they came, where they still say what the item does."""
    came_from = scope.came_from
    by_name: Mapping[str, list[str]] = _by_name(came_from)
    known: set[str] = set(_WRITTEN)
    for row in rows:
        known.update(row.names)
        there = [text for name in row.names for text in by_name.get(name, ())]
        yield from there if there and _is_same(item, row, scope) else row.write(item, scope)
    for line in came_from.lines:
        if line.name not in known:
            yield line.text


def _by_name(component: Component) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in component.lines:
        found.setdefault(line.name, []).append(line.text)
    return found


def _is_same(item: C, row: Row[C], scope: Scope) -> bool:
    try:
        return bool(row.seen(replace(item, **row.read(scope.came_from, scope, item))) == row.seen(item))
    except (CalendarFault, ValueError, OverflowError):
        return False
