"""Times and series of events: DTSTART to DURATION, RRULE, and the days that EXDATE takes out and RDATE adds."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from easd.mime.content_lines import escaped
from easd.mime.icalendar.lines import CalendarFault, Component
from easd.mime.icalendar.row import Row, Scope, Values
from easd.mime.icalendar.rules import completed, lines_of_rule, rule_in_own_words
from easd.mime.icalendar.short_months import counted, missing_days
from easd.mime.icalendar.values import When, span_of, time_property, times_property, when_of, whens_of
from easd.mime.icalendar.zones import UTC_ZONE, KnownZone, Zones
from easd.model.event import MIDNIGHT, Event, Occurrence
from easd.model.instances import end_by_rule
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.recurrence_rule import NotExpressible, recurrence_of
from easd.model.zone import instant, local

MAX_DAYS: Final = 1000
"""Days that EXDATE and RDATE of one series name."""
_DAY: Final = timedelta(days=1)
_FOREVER: Final = 4500
_TIMELESS: Final = frozenset({"REPLY", "CANCEL", "DECLINECOUNTER"})
_ONCE: Final = Recurrence(RecurrenceType.DAILY, 1, occurrences=1)
"""The rule of a series that has no rule, but days that RDATE names."""


def zone_of(event: Event) -> KnownZone:
    """The zone of an event."""
    return KnownZone(event.zone, b"" if event.zone else event.time_zone)


def kept(when: When, found: KnownZone, zones: Zones) -> datetime:
    """A time as events keep it, in the zone `found`; a date at midnight."""
    return when.wall.replace(tzinfo=UTC) if when.is_date else local(when.moment(zones), found.where)


def read_times(component: Component, scope: Scope, now: datetime) -> Event:
    """An event that has its times, last written `now`. Messages that need not say them (RFC 5546 sections 3.2.3, 3.2.5)
    have those of the occurrence that they are about, or `now`. CalendarFault for anything else without a DTSTART.
    """
    line = component.first("DTSTART")
    if line is None and scope.method in _TIMELESS:
        said = component.first("RECURRENCE-ID")
        moment = now if said is None else when_of(said).moment(scope.zones)
        return Event(moment, moment, now, UTC_ZONE.key)
    if line is None:
        raise CalendarFault("there is no DTSTART")
    start = when_of(line)
    end = _end(component, start)
    named = component.text("X-EASD-TZID")
    found = scope.zones.find(named, start.wall) if named else start.zone(scope.zones)
    if start.is_date or _is_whole(component, start, end):
        first = start.wall.replace(tzinfo=UTC)
        last = max(_up(end.wall).replace(tzinfo=UTC), first + _DAY)
        return Event(first, last, now, found.key, found.structure, all_day=True)
    begins = kept(start, found, scope.zones)
    ends = begins if end.is_date else kept(end, found, scope.zones)
    return Event(begins, max(begins, ends), now, found.key, found.structure)


def _up(wall: datetime) -> datetime:
    return wall if wall.time() == MIDNIGHT else datetime.combine(wall.date() + _DAY, MIDNIGHT)


def _end(component: Component, start: When) -> When:
    """RFC 5545 section 3.6.1: DTEND, or DTSTART and DURATION, or one day for a date and no time for a time."""
    if (line := component.first("DTEND")) is not None:
        return when_of(line)
    span = span_of(component.text("DURATION"))
    if span is None:
        return replace(start, wall=start.wall + _DAY) if start.is_date else start
    return replace(start, wall=start.wall + min(max(span, timedelta()), 3650 * _DAY))


def _is_whole(component: Component, start: When, end: When) -> bool:
    """Whether midnights stand for whole days."""
    said = component.text("X-MICROSOFT-CDO-ALLDAYEVENT") or component.text("X-FUNAMBOL-ALLDAY")
    midnights = start.wall.time() == MIDNIGHT and end.wall.time() == MIDNIGHT and end.wall > start.wall
    return said.strip().upper() in ("TRUE", "1") and midnights


def _times(component: Component, scope: Scope, event: Event) -> Values:
    read = read_times(component, scope, event.modified)
    return {attr: getattr(read, attr) for attr in ("start", "end", "all_day", "zone", "time_zone")}


def _write_times(event: Event, scope: Scope) -> Iterator[str]:
    """Wall times in the event's zone; a moment that such a time cannot tell (the hour that comes twice) in UTC."""
    found = zone_of(event)
    tzid = scope.tzid if all(_is_told(time, found) for time in (event.start, event.end)) else ""
    yield time_property("DTSTART", event.start, found, tzid, all_day=event.all_day)
    yield time_property("DTEND", event.end, found, tzid, all_day=event.all_day)
    if event.all_day:
        yield "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
    if (event.all_day or not tzid) and event.zone and found.where != UTC_ZONE.where:
        yield f"X-EASD-TZID:{escaped(event.zone)}"


def _is_told(time: datetime, found: KnownZone) -> bool:
    moment = instant(time, found.where)
    return found.where.utc(local(moment, found.where).replace(tzinfo=None)) == moment


# ---------------------------------------------------------------- the rule


def _read_rule(component: Component, _scope: Scope, event: Event) -> Values:
    """A rule that the protocol has no words for is none; its line stays with the event."""
    return {"recurrence": rule_in_own_words(component.text("X-EASD-RECURRENCE")) or _rule(component, event)}


def _rule(component: Component, event: Event) -> Recurrence | None:
    line = component.first("RRULE")
    if line is None:
        return _ONCE if component.first("RDATE") is not None else None
    where = UTC_ZONE.where if event.all_day else zone_of(event).where
    try:
        rule = recurrence_of(line.value, event.start.replace(tzinfo=None), where.utc)
    except NotExpressible:
        return None
    rule = counted(component, rule, event)
    if rule.until is None:
        return rule
    if rule.until.year >= _FOREVER:
        return replace(rule, until=None)
    return replace(rule, until=_last_start(event, local(rule.until, where)))


def _last_start(event: Event, until: datetime) -> datetime:
    """When an occurrence on the last possible day begins: UNTIL bounds beginnings (RFC 5545 section 3.3.10), our rules
    bound days.
    """
    before = until.time() < event.start.time()
    return event.begins_on(max(until.date() - (_DAY if before else timedelta()), event.start.date() - _DAY))


def rule_lines(event: Event) -> Iterator[str]:
    """The lines for the rule of a series."""
    rule = event.recurrence
    if rule is not None:
        ends = rule if rule.until is None else replace(rule, until=event.begins_on(rule.until.date()))
        yield from lines_of_rule(completed(ends, event.start), dates=event.all_day)


def _write_rule(event: Event, _scope: Scope) -> Iterator[str]:
    return rule_lines(event)


# ---------------------------------------------------------------- days taken out and added


def deleted_days(component: Component, scope: Scope, event: Event) -> Iterator[datetime]:
    """When the occurrences that EXDATE takes out would begin, and those that the rule does not mean. Programs write
    dates for times, so the day is enough.
    """
    yield from _missing(component, scope, event)
    for when in _days(component, "EXDATE"):
        begins = event.occurrence_on(kept(when, zone_of(event), scope.zones).date())
        if begins is not None:
            yield begins


def _missing(component: Component, scope: Scope, event: Event) -> Iterator[datetime]:
    """The days that the rule of the component leaves out, while it is the event's."""
    if component.first("RRULE") is not None and _read_rule(component, scope, event)["recurrence"] == event.recurrence:
        yield from missing_days(component, event)


def added_days(component: Component, scope: Scope, event: Event) -> Iterator[datetime]:
    """When the occurrences begin that RDATE adds on other days than those of the rule: no two can be on one day."""
    seen = set()
    for when in _days(component, "RDATE"):
        time = kept(when, zone_of(event), scope.zones)
        if when.is_date and not event.all_day:
            time = event.begins_on(time.date())
        if event.occurrence_on(time.date()) is None and time.date() not in seen:
            seen.add(time.date())
            yield time


def _days(component: Component, name: str) -> Iterator[When]:
    room = MAX_DAYS
    for line in component.all(name):
        found = whens_of(line, room)
        room -= len(found)
        yield from found
        if room <= 0:
            return


def added(event: Event, time: datetime) -> Occurrence:
    """An occurrence that RDATE adds."""
    return Occurrence(time, start=time, end=end_by_rule(event, time))


def _is_added(event: Event, exception: Occurrence) -> bool:
    return not exception.deleted and event.occurrence_on(exception.original.date()) is None


def _deleted(event: Event) -> frozenset[datetime]:
    found = (each.original for each in event.exceptions if each.deleted)
    return frozenset(each for each in found if event.occurrence_on(each.date()) is not None)


def _added(event: Event) -> frozenset[datetime]:
    return frozenset(each.original for each in event.exceptions if _is_added(event, each))


def _read_deleted(component: Component, scope: Scope, event: Event) -> Values:
    """What EXDATE says word by word, to tell whether it still says what the event does."""
    times = (kept(when, zone_of(event), scope.zones) for when in _days(component, "EXDATE"))
    there = [time for time in times if event.occurrence_on(time.date()) is not None]
    there += _missing(component, scope, event)
    return {"exceptions": tuple(Occurrence(time, deleted=True) for time in there)}


def _read_added(component: Component, scope: Scope, event: Event) -> Values:
    return {"exceptions": tuple(added(event, time) for time in added_days(component, scope, event))}


def _write_deleted(event: Event, scope: Scope) -> Iterator[str]:
    if times := sorted(_deleted(event).difference(_missing(scope.came_from, scope, event))):
        yield times_property("EXDATE", times, zone_of(event), scope.tzid, all_day=event.all_day)


def _write_added(event: Event, scope: Scope) -> Iterator[str]:
    if times := sorted(_added(event)):
        yield times_property("RDATE", times, zone_of(event), scope.tzid, all_day=event.all_day)


TIMES: Final[Row[Event]] = Row(
    ("DTSTART", "DTEND", "DURATION", "X-MICROSOFT-CDO-ALLDAYEVENT", "X-FUNAMBOL-ALLDAY", "X-EASD-TZID"),
    _times,
    _write_times,
    lambda event: (event.start, event.end, event.all_day, event.where),
)
RULE: Final[Row[Event]] = Row(("RRULE", "X-EASD-RECURRENCE"), _read_rule, _write_rule, lambda event: event.recurrence)
DELETED: Final[Row[Event]] = Row(("EXDATE",), _read_deleted, _write_deleted, _deleted)
ADDED: Final[Row[Event]] = Row(("RDATE",), _read_added, _write_added, _added)
