"""Events from iCalendar (RFC 5545): series with their exceptions, and single occurrences as meeting messages have them.

What an event cannot hold is kept beside it (`easd.mime.icalendar.keeping`). Nothing here raises anything but
CalendarFault for a stranger's text.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from easd.mime.compose import NewAttachment
from easd.mime.content_lines import Line
from easd.mime.icalendar.alarm import alarm_lines, read_reminder
from easd.mime.icalendar.keeping import lines_to_keep
from easd.mime.icalendar.lines import CalendarFault, Component, Section, component_of, parameter, sections
from easd.mime.icalendar.people import acting_for
from easd.mime.icalendar.row import NO_ZONES, NOTHING, Row, Scope, moment_of
from easd.mime.icalendar.rows import ROWS, SERIES
from easd.mime.icalendar.series import added, added_days, deleted_days, kept, read_times, zone_of
from easd.mime.icalendar.short_months import in_full
from easd.mime.icalendar.values import When, when_of
from easd.mime.icalendar.write import own_tzid
from easd.mime.icalendar.zones import Zones
from easd.model.event import Event, Occurrence, moment_of as moment_of_time
from easd.model.instances import as_occurrence, following
from easd.model.zone import local

MAX_MESSAGE: Final = 512 * 1024
"""Bytes of a meeting message."""
MAX_EVENTS: Final = 500
"""Events of a meeting message, each occurrence counted."""
MAX_OVERRIDES: Final = 1000
MAX_ONWARDS: Final = 10
"""Changes of an occurrence and all later ones that count."""
MAX_FILES: Final = 100
_SINGLE: Final = tuple(row for row in ROWS if row not in SERIES)


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An event as a calendar has it. With an `instance` it is that occurrence alone of a series that the calendar does
    not have (RECURRENCE-ID). `files` are what it carries in itself; `comment` is what somebody who answers says.
    `timed`: it says when; an answer need not. `onwards`: all later occurrences are meant, too (RANGE).
    `own_files` are those of occurrences that carry some themselves, by the days on which they begin by the rule.
    `acting`: who has sent it for which organizer or attendee (SENT-BY), by that one's address, in lower case.
    """

    event: Event
    instance: When | None = None
    files: tuple[NewAttachment, ...] = ()
    comment: str = ""
    zones: Zones = NO_ZONES
    timed: bool = True
    onwards: bool = False
    own_files: Mapping[date, tuple[NewAttachment, ...]] = field(default_factory=dict)
    acting: Mapping[str, str] = field(default_factory=dict)

    def original_in(self, series: Event) -> datetime | None:
        """When the occurrence begins by the rule of the series that the owner has, as times are kept; None if this is
        no single occurrence.
        """
        return None if self.instance is None else original_of(series, self.instance, self.zones)


@dataclass(frozen=True, slots=True)
class ReadCalendar:
    """What a meeting message has: its METHOD in capitals, "" for none, and its events."""

    method: str
    events: tuple[ReadEvent, ...]


def read_calendar(
    data: bytes, now: datetime, *, method: str = "", owner: frozenset[str] = frozenset(), size_max: int = MAX_MESSAGE
) -> ReadCalendar:
    """The events of a calendar text in UTF-8. `method` is that of the part's Content-Type, which counts; `owner` are
    the addresses in lower case of the mailbox that it is for; `now` is when the events are written.

    CalendarFault for a text without an event that can be understood, and one with too much in it.
    """
    if len(data) > size_max:
        raise CalendarFault(f"a calendar of {len(data)} bytes")
    found, properties = _sections(data)
    events = [section for section in found if section.name == "VEVENT"]
    if len(events) > MAX_EVENTS:
        raise CalendarFault(f"a calendar of {len(events)} events")
    method = (method or properties.get("METHOD", "")).strip().upper()
    scope = Scope(zones_of(found, properties), method, owner, last_days=means_last_days(properties))
    groups: dict[bytes, list[Section]] = {}
    for section in events:
        groups.setdefault(section.uid, []).append(section)
    read = [one for group in groups.values() for one in read_events(group, scope, now)]
    if not read:
        raise CalendarFault("there is no event")
    return ReadCalendar(method, tuple(read))


def _sections(data: bytes) -> tuple[list[Section], dict[str, str]]:
    found: list[Section] = []
    properties: dict[str, str] = {}
    for each in sections(data):
        if isinstance(each, Section):
            found.append(each)
        else:
            properties.setdefault(each.name, each.plain)
    return found, properties


def zones_of(found: Iterable[Section], properties: dict[str, str]) -> Zones:
    """The zones that a calendar defines; X-WR-TIMEZONE is that of times without one."""
    blocks = []
    for section in found:
        if section.name == "VTIMEZONE":
            with suppress(CalendarFault):
                blocks.append(component_of(section.lines))
    return Zones(blocks, properties.get("X-WR-TIMEZONE", ""))


def means_last_days(properties: dict[str, str]) -> bool:
    """Whether a calendar comes from Exchange or Outlook, to which a day that a month lacks is the month's last."""
    return "MICROSOFT" in properties.get("PRODID", "").upper()


def read_events(group: Sequence[Section], scope: Scope, now: datetime) -> list[ReadEvent]:
    """The events of one UID: a series with its exceptions, or single occurrences where the series is not there.
    CalendarFault for what cannot be understood.
    """
    try:
        return _read_events([component_of(section.lines) for section in group[: MAX_OVERRIDES + 1]], scope, now)
    except (ValueError, OverflowError) as error:
        raise CalendarFault(f"times that cannot be calculated with: {error}") from error


def _read_events(components: Sequence[Component], scope: Scope, now: datetime) -> list[ReadEvent]:
    masters = [component for component in components if component.first("RECURRENCE-ID") is None]
    overrides = [component for component in components if component.first("RECURRENCE-ID") is not None]
    if not masters:
        ones = [_read_instance(component, scope, now) for component in overrides]
        return [replace(each, onwards=each.onwards and number < MAX_ONWARDS) for number, each in enumerate(ones)]
    component = in_full(masters[-1]) if scope.last_days else masters[-1]  # of several revisions the last
    plain = _with_rows(component, ROWS, read_times(component, scope, now), scope)
    event, strange = _with_exceptions(plain, component, overrides, scope, now)
    event = replace(event, calendar=_kept(component, event, ROWS, scope, strange))
    read = ReadEvent(event, None, _files(component), component.text("COMMENT"), scope.zones, _is_timed(component))
    read = replace(read, acting=acting_for(component))
    if event.recurrence is None:
        return [read]
    own = {_original(event, each, scope).date(): found for each in overrides if (found := _files(each))}
    return [replace(read, own_files=own)]


def _is_timed(component: Component) -> bool:
    return component.first("DTSTART") is not None


def _read_instance(component: Component, scope: Scope, now: datetime) -> ReadEvent:
    line = component.first("RECURRENCE-ID")
    event = _single(component, scope, now)
    said = None if line is None else when_of(line)
    read = ReadEvent(event, said, _files(component), component.text("COMMENT"), scope.zones, _is_timed(component))
    return replace(read, onwards=_is_onwards(component), acting=acting_for(component))


def _single(component: Component, scope: Scope, now: datetime) -> Event:
    event = _with_rows(component, _SINGLE, read_times(component, scope, now), scope)
    return replace(event, calendar=_kept(component, event, _SINGLE, scope, ()))


def _with_rows(component: Component, rows: Sequence[Row[Event]], event: Event, scope: Scope) -> Event:
    values: dict[str, object] = {}
    for row in rows:
        values.update(row.read(component, scope, event))
    values.pop("exceptions", None)
    stamp = moment_of(component, "DTSTAMP")
    modified = moment_of(component, "LAST-MODIFIED") or event.modified
    return replace(event, **values, reminder=read_reminder(component), stamp=stamp, modified=modified)  # type: ignore[arg-type]


# ---------------------------------------------------------------- exceptions


def _with_exceptions(
    event: Event, component: Component, overrides: Sequence[Component], scope: Scope, now: datetime
) -> tuple[Event, list[Component]]:
    """The series with its exceptions, and the components that it cannot hold."""
    if event.recurrence is None:
        return event, list(overrides)
    found = {time.date(): Occurrence(time, deleted=True) for time in deleted_days(component, scope, event)}
    found |= {time.date(): added(event, time) for time in added_days(component, scope, event)}
    gone = {day for day, one in found.items() if one.deleted}
    onwards = sorted(filter(_is_onwards, overrides), key=lambda each: _original(event, each, scope))
    for override in onwards[:MAX_ONWARDS]:
        instance = _instance(event, override, scope, now)
        later = _onwards(event, instance, _original(event, override, scope))
        found |= {day: one for day, one in later if day not in gone}
    for override in overrides:
        if not _is_onwards(override):
            original = _original(event, override, scope)
            exception = as_occurrence(event, _instance(event, override, scope, now), original)
            found |= {} if exception.is_plain and original.date() in gone else {original.date(): exception}
    exceptions = tuple(found[day] for day in sorted(found) if not found[day].is_plain)
    endless = event.recurrence.occurrences is None and event.recurrence.until is None
    return replace(event, exceptions=exceptions), onwards if endless else onwards[MAX_ONWARDS:]


def _original(series: Event, override: Component, scope: Scope) -> datetime:
    line = override.first("RECURRENCE-ID")
    return series.start if line is None else original_of(series, when_of(line), scope.zones)


def _is_onwards(override: Component) -> bool:
    line = override.first("RECURRENCE-ID")
    return line is not None and "THISANDFUTURE" in {value.upper() for value in line.parameters.get("RANGE", ())}


def _instance(series: Event, override: Component, scope: Scope, now: datetime) -> Event:
    return in_zone_of(series, _of_series(series, override, _single(override, scope, now)))


def _onwards(series: Event, instance: Event, original: datetime) -> Iterator[tuple[date, Occurrence]]:
    """An occurrence and all later ones; lines that no attribute holds stay with the first."""
    for time, each in following(series, instance, original):
        one = as_occurrence(series, each, time)
        yield time.date(), one if time.date() == original.date() else replace(one, calendar=())


def _of_series(series: Event, override: Component, instance: Event) -> Event:
    """The instance; one that says nothing of people has those of the series."""
    if override.first("ORGANIZER") is not None or override.first("ATTENDEE") is not None:
        return instance
    return replace(instance, attendees=series.attendees, meeting_status=series.meeting_status)


def original_of(series: Event, said: When, zones: Zones) -> datetime:
    """When the occurrence that a RECURRENCE-ID names begins by the rule, as times are kept: its day is enough, since no
    two occurrences are on one (MS-ASCAL R385).
    """
    time = kept(said, zone_of(series), zones)
    if said.is_date and not series.all_day:
        return series.begins_on(time.date())
    if series.all_day and not said.is_date:
        time = kept(replace(said, wall=datetime.combine(said.wall.date(), datetime.min.time())), zone_of(series), zones)
        time = time.replace(tzinfo=series.start.tzinfo)
    return series.occurrence_on(time.date()) or time


def in_zone_of(series: Event, instance: Event) -> Event:
    """The instance with its times in the zone of the series."""
    if instance.all_day or instance.where == series.where:
        return replace(instance, zone=series.zone, time_zone=series.time_zone)
    start, end = (
        local(moment_of_time(time, instance.where, all_day=False), series.where)
        for time in (instance.start, instance.end)
    )
    return replace(instance, zone=series.zone, time_zone=series.time_zone, start=start, end=end)


# ---------------------------------------------------------------- what is kept


def _kept(
    component: Component, event: Event, rows: Sequence[Row[Event]], scope: Scope, strange: Sequence[Component]
) -> tuple[str, ...]:
    alarms = component.inside("VALARM")
    if [text for alarm in alarms for text in alarm.texts()] == list(alarm_lines(NOTHING, event.reminder)):
        alarms = []
    others = [part for part in component.parts if part.name not in ("VALARM", "VEVENT", "VTIMEZONE")]
    bare = Component(component.name, [line for line in component.lines if not _is_file(line)], component.parts)
    scope = replace(scope, tzid=own_tzid(event))
    return tuple(lines_to_keep(bare, event, rows, scope, [*alarms, *others, *strange]))


def _is_file(line: Line) -> bool:
    return line.name == "ATTACH" and "BASE64" in {value.upper() for value in line.parameters.get("ENCODING", ())}


def _files(component: Component) -> tuple[NewAttachment, ...]:
    """The attachments that stand in the calendar itself; those that cannot be decoded are left out."""
    found = []
    for number, line in enumerate(filter(_is_file, component.lines)):
        try:
            data = b64decode("".join(line.value.split()), validate=True)
        except (binascii.Error, ValueError):
            continue
        name = parameter(line, "FILENAME") or parameter(line, "X-FILENAME") or parameter(line, "X-APPLE-FILENAME")
        media = parameter(line, "FMTTYPE") or None
        found.append(NewAttachment(name or f"attachment {number + 1}", data, media))
    return tuple(found[:MAX_FILES])
