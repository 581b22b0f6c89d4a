"""Events to iCalendar (RFC 5545): VTIMEZONE first, CRLF, folded lines, as strict readers want them."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from types import MappingProxyType
from typing import Final

from easd.mime.compose import NewAttachment
from easd.mime.content_lines import escaped, line_of
from easd.mime.icalendar.alarm import alarm_lines
from easd.mime.icalendar.keeping import kept_component, kept_zones, written_rows
from easd.mime.icalendar.lines import Component, clean, document, parameters
from easd.mime.icalendar.row import NOTHING, Scope
from easd.mime.icalendar.rows import ROWS, SERIES
from easd.mime.icalendar.series import zone_of
from easd.mime.icalendar.values import time_property, utc_text
from easd.mime.icalendar.zones import MAX_ZONES, KnownZone, iana_name, tzids_of, zone_lines
from easd.model.email import Address
from easd.model.event import Event, Occurrence
from easd.model.instances import instance_of
from easd.model.timezone import unpack
from easd.model.zone import UTC_KEY

_PRODUCT: Final = "-//easd//easd//EN"
_LAST_YEAR: Final = 2037


@dataclass(slots=True)
class Written:
    """The components of a calendar as lines, and the zones that they name: the definition, or the zone with the years
    that it must be known for.
    """

    lines: list[str] = field(default_factory=list)
    blocks: dict[str, Component] = field(default_factory=dict)
    zones: dict[str, tuple[KnownZone, int, int]] = field(default_factory=dict)


def own_tzid(event: Event) -> str:
    """What the event's zone is called in a calendar; "" for UTC."""
    if event.zone:
        return "" if event.zone == UTC_KEY else event.zone
    try:
        rule = unpack(event.time_zone)
    except ValueError:
        return ""
    if rule.changes is None and not rule.standard_offset:
        return ""
    name = clean(rule.standard_name).strip()
    return name if name and not iana_name(name) else f"Zone {event.time_zone.hex()[:8]}"


# ---------------------------------------------------------------- whole calendars


def calendar_text(written: Iterable[Written], *, method: str = "", name: str = "") -> bytes:
    """A calendar with these components, and the definitions of all zones that they name before them."""
    written = list(written)
    return document(
        (
            "BEGIN:VCALENDAR",
            f"PRODID:{_PRODUCT}",
            "VERSION:2.0",
            "CALSCALE:GREGORIAN",
            *([f"METHOD:{method}"] if method else ()),
            *([f"X-WR-CALNAME:{escaped(clean(name))}"] if name else ()),
            *_zone_definitions(written),
            *(line for each in written for line in each.lines),
            "END:VCALENDAR",
        )
    )


def _zone_definitions(written: Sequence[Written]) -> Iterator[str]:
    blocks = {tzid: block for each in written for tzid, block in each.blocks.items()}
    spans: dict[str, tuple[KnownZone, int, int]] = {}
    for each in written:
        for tzid, (zone, first, last) in each.zones.items():
            _, before, after = spans.get(tzid, (zone, first, last))
            spans[tzid] = zone, min(first, before), max(last, after)
    for block in blocks.values():
        yield from block.texts()
    for tzid in sorted(spans.keys() - blocks.keys()):
        yield from zone_lines(tzid, *spans[tzid])


def written_event(
    event: Event,
    files: Sequence[NewAttachment] = (),
    own_files: Mapping[date, Sequence[NewAttachment]] = MappingProxyType({}),
) -> Written:
    """An event with all that is known of it: a series with its exceptions. `own_files` are those of occurrences that
    have others than the series, by the days on which they begin by the rule.
    """
    made = Written()
    came_from = kept_component(event.calendar, "VEVENT")
    zone_name = _tzid(event, came_from)
    scope = Scope(kept_zones(came_from), tzid=zone_name, came_from=came_from)
    named = [] if event.instance is None else [_recurrence_id(event, event.instance, zone_name)]
    _add(made, event, _component(event, scope, named, files), came_from, zone_name)
    for part in came_from.inside("VEVENT"):
        _add(made, event, part.texts(), came_from, zone_name)
    for each in _overrides(event):
        instance = instance_of(event, each)
        inner = kept_component(each.calendar, "VEVENT")
        scope = Scope(kept_zones(inner), tzid=zone_name, came_from=inner)
        lines = [recurrence_id(event, each, zone_name)]
        own = own_files.get(each.original.date(), ())
        _add(made, instance, _component(instance, scope, lines, own), inner, zone_name)
    return made


def _tzid(event: Event, came_from: Component) -> str:
    """The name of the event's zone: that which it came with, if it still is in that zone."""
    line = came_from.first("DTSTART")
    said = next(tzids_of([line] if line is not None else []), "")
    zones = kept_zones(came_from)
    return said if said and zones.find(said, event.start.replace(tzinfo=None)).where == event.where else own_tzid(event)


def _overrides(event: Event) -> Iterator[Occurrence]:
    """The exceptions that need a component of their own: not those that are deleted, or merely added to the days of
    the rule.
    """
    for each in event.exceptions:
        if not each.deleted:
            times = replace(each, start=None, end=None)
            added = event.occurrence_on(each.original.date()) is None and each.start == each.original
            if not (added and times.is_plain and instance_of(event, times).end == instance_of(event, each).end):
                yield each


def recurrence_id(series: Event, occurrence: Occurrence, tzid: str) -> str:
    """The line that names an occurrence of a series."""
    return _recurrence_id(series, occurrence.original, tzid)


def _recurrence_id(event: Event, original: datetime, tzid: str) -> str:
    return time_property("RECURRENCE-ID", original, zone_of(event), tzid, all_day=event.all_day)


def _component(event: Event, scope: Scope, more: Sequence[str], files: Sequence[NewAttachment]) -> Iterator[str]:
    """A VEVENT with all that is known of it."""
    single = event.recurrence is None and bool(more)
    yield "BEGIN:VEVENT"
    yield from more
    yield f"DTSTAMP:{utc_text(event.stamp or event.modified)}"
    yield f"LAST-MODIFIED:{utc_text(event.modified)}"
    yield from written_rows(event, [row for row in ROWS if not (single and row in SERIES)], scope)
    yield from map(_attached, files)
    yield from alarm_lines(scope.came_from, event.reminder)
    for part in scope.came_from.parts:
        if part.name not in ("VALARM", "VEVENT", "VTIMEZONE"):
            yield from part.texts()
    yield "END:VEVENT"


def _attached(file: NewAttachment) -> str:
    head = parameters(FMTTYPE=file.content_type, FILENAME=file.name, X_FILENAME=file.name)
    return f"ATTACH;ENCODING=BASE64;VALUE=BINARY{head}:{b64encode(file.data).decode()}"


def _add(made: Written, event: Event, lines: Iterable[str], came_from: Component, own: str) -> None:
    """Add the lines of a component, and note the zones that they name."""
    added = list(lines)
    made.lines += added
    last = event.last_end if event.recurrence is not None else event.first_end
    ends = _LAST_YEAR if last is None else last.year
    note_zones(made, added, came_from, event.start.year, ends, {own: zone_of(event)})


def note_zones(
    made: Written,
    lines: Iterable[str],
    came_from: Component,
    first: int,
    last: int,
    own: Mapping[str, KnownZone] | None = None,
) -> None:
    """Note the zones that lines name, to be known from the year `first` to the year `last`: `own` ones, those that are
    defined where the lines came from, and those with a name that is known anyway.
    """
    named = [line for text in lines if "TZID=" in text and (line := line_of(text.encode())) is not None]
    blocks = {block.text("TZID"): block for block in came_from.inside("VTIMEZONE")}
    for tzid in islice(dict.fromkeys(tzids_of(named)), MAX_ZONES):
        if tzid in blocks:
            made.blocks[tzid] = blocks[tzid]
            continue
        found = (own or {}).get(tzid) or KnownZone(iana_name(tzid) or UTC_KEY)
        _, since, until = made.zones.get(tzid, (found, first, last))
        made.zones[tzid] = found, min(first, since), max(last, until)


# ---------------------------------------------------------------- meeting messages


def meeting_text(
    event: Event,
    method: str,
    now: datetime,
    *,
    occurrences: Sequence[Occurrence] | None = None,
    comment: str = "",
    more: Sequence[str] = (),
) -> bytes:
    """A meeting message (RFC 5546) about an event, at the moment `now`: all of it, or these `occurrences` of the series
    alone. What belongs to its owner alone, and lines that it came with, are left out. `comment` is what the sender says
    with it; `more` are further properties as lines.
    """
    tzid, made = own_tzid(event), Written()
    lines = [*([f"COMMENT:{escaped(clean(comment))}"] if comment else ()), *more]
    if occurrences is None:
        _add(made, event, _message(event, method, now, tzid, lines), NOTHING, tzid)
        occurrences = list(_overrides(event))
    for each in occurrences:
        instance = instance_of(event, each)
        named = [recurrence_id(event, each, tzid), *lines]
        _add(made, instance, _message(instance, method, now, tzid, named), NOTHING, tzid)
    return calendar_text([made], method=method)


def forwardee_line(person: Address) -> str:
    """The line that names somebody to whom a meeting was forwarded."""
    return f"X-EASD-FORWARDEE{parameters(CN=person.name)}:mailto:{clean(person.address)}"


def _message(event: Event, method: str, now: datetime, tzid: str, more: Sequence[str]) -> Iterator[str]:
    scope = Scope(kept_zones(NOTHING), method, tzid=tzid)
    single = any(line.startswith("RECURRENCE-ID") for line in more)
    yield "BEGIN:VEVENT"
    yield f"DTSTAMP:{utc_text(now)}"
    yield from more
    yield from written_rows(event, [row for row in ROWS if not row.private and not (single and row in SERIES)], scope)
    if method in ("REQUEST", "ADD", "PUBLISH"):
        yield from alarm_lines(NOTHING, event.reminder)
    yield "END:VEVENT"
