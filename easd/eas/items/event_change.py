"""What a device says of an event, and what becomes of the event by it (MS-ASCAL 3.1.4, 3.2.4; MS-ASCMD Supported)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final

from easd.eas.items.attachments import AttachmentAdd, AttachmentDelete
from easd.eas.items.events import (
    ASKED,
    ASKED_EXCEPTION,
    MAX_EXCEPTIONS,
    NO_REMINDER,
    NOTES_ASKED,
    UNREAD,
    RuleChange,
)
from easd.eas.items.note_body import split_notes
from easd.eas.items.recurrence import check_recurrence, settled_interval
from easd.eas.schema import Malformed, children_of
from easd.eas.status import EasError, SyncStatus
from easd.eas.versions import Dialect, Version
from easd.model.event import (
    BUSY,
    MIDNIGHT,
    WORKING_ELSEWHERE,
    Attendee,
    Event,
    Occurrence,
    Place,
    day_of,
    moment_of,
    rekeyed,
)
from easd.model.frozen import dataclass
from easd.model.note_body import NO_NOTES, NoteBody
from easd.model.recurrence import Recurrence
from easd.model.zone import Zone, identify, local, structure_of
from easd.wbxml import Element, Tag, tag

Echo = Callable[[NoteBody, NoteBody], bool]
"""Whether what a device wrote is nothing but the part of the kept notes that it was sent."""
_EXCEPTIONS: Final = tag("Calendar:Exceptions")
_EXCEPTION: Final = tag("Calendar:Exception")
_BODY: Final = tag("AirSyncBase:Body")
_UNREAD: Final = {tag(name): versions for name, versions in UNREAD.items()}
_MAX_OF_A_FILE: Final = 2000
"""Exceptions of a series that has come from elsewhere with more than devices may have."""
_FIRST_YEAR, _LAST_YEAR = 1601, 4499
"""Years that an event may be in: those of Outlook. A series until later has no end."""
_HALF_HOUR: Final = timedelta(minutes=30)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OccurrenceChange:
    """One Exception, or a Change of one occurrence: the attributes that it names, and its notes (None: not named)."""

    stated: Mapping[str, Any]
    notes: NoteBody | None = None

    @property
    def adds(self) -> tuple[AttachmentAdd, ...]:
        """The attachments that it adds."""
        return tuple(one for one in self.stated.get("attachments", ()) if isinstance(one, AttachmentAdd))

    @property
    def deletes(self) -> tuple[AttachmentDelete, ...]:
        """The attachments that it takes out."""
        return tuple(one for one in self.stated.get("attachments", ()) if isinstance(one, AttachmentDelete))


@dataclass(frozen=True, slots=True)
class EventChange(OccurrenceChange):
    """What an Add or Change says of an event. Times are moments; `exceptions` only those that are named."""

    exceptions: tuple[OccurrenceChange, ...] = field(default=())

    def without_notes(self, is_echo: Echo, event: Event) -> "EventChange":
        """The change without notes that are nothing but what the device was sent of them (`is_echo`)."""
        notes = None if self.notes is None or is_echo(self.notes, event.body) else self.notes
        kept = {exception.original.date(): exception.body for exception in event.exceptions}
        exceptions = tuple(
            replace(each, notes=None)
            if each.notes is not None
            and any(is_echo(each.notes, body) for body in (event.body, *filter(None, kept.values())))
            else each
            for each in self.exceptions
        )
        return replace(self, notes=notes, exceptions=exceptions)


def load_event(element: Element, version: Version) -> EventChange:
    """What an ApplicationData in a client's Add or Change says of an event. Malformed (Status 6) for what no event has,
    values out of range, and too many exceptions.
    """
    exceptions = [child for child in element.children if child.tag == _EXCEPTIONS]
    notes, rest = _split(element, version, without=_EXCEPTIONS)
    stated = ASKED.read(rest, version)
    _check_times(stated)
    if len(exceptions) > 1:
        raise Malformed("more than one Calendar:Exceptions")
    loaded = _load_exceptions(exceptions[0], version) if exceptions else ()
    return EventChange(_texts(stated), notes, loaded)


def load_occurrence(element: Element, version: Version) -> OccurrenceChange:
    """What an ApplicationData says of one occurrence. Malformed likewise."""
    notes, rest = _split(element, version)
    stated = ASKED_EXCEPTION.read(rest, version)
    _check_times(stated)
    return OccurrenceChange(stated, notes)


def _load_exceptions(element: Element, version: Version) -> tuple[OccurrenceChange, ...]:
    children = children_of(element)
    if len(children) > MAX_EXCEPTIONS:
        raise Malformed(f"more than {MAX_EXCEPTIONS} exceptions", "Exceptions")  # R243
    loaded = []
    for child in children:
        if child.tag != _EXCEPTION:
            raise Malformed(f"unexpected element {child.name}", "Exceptions")
        try:
            loaded.append(load_occurrence(child, version))
        except Malformed as fault:
            raise fault.inside("Exception").inside("Exceptions") from None
        if "original" not in loaded[-1].stated:
            raise Malformed("an exception to no occurrence", "Exceptions/Exception")  # R246, R2098
    return tuple(loaded)


def _split(element: Element, version: Version, without: Tag | None = None) -> tuple[NoteBody | None, Element]:
    """The notes, and what else a device may say. An empty Body is empty notes (R508)."""
    children = [c for c in children_of(element) if c.tag != without and version not in _UNREAD.get(c.tag, ())]
    if any(c.tag == _BODY and not c.content for c in children):
        return NO_NOTES, Element(element.tag, [c for c in children if c.tag != _BODY])
    return split_notes(NOTES_ASKED, Element(element.tag, children), version)


def _check_times(stated: dict[str, Any]) -> None:
    rule = stated.get("recurrence")
    until = rule.values.get("until") if isinstance(rule, RuleChange) else None
    if isinstance(until, datetime) and until.year < _FIRST_YEAR:
        raise Malformed(f"the year {until.year}", "Until")
    for name in ("start", "end", "original"):
        time = stated.get(name)
        if isinstance(time, datetime) and not _FIRST_YEAR <= time.year <= _LAST_YEAR:
            raise Malformed(f"the year {time.year}", name)


def _texts(stated: dict[str, Any]) -> dict[str, Any]:
    """An empty text is no text."""
    return {attr: None if value == "" else value for attr, value in stated.items()}


# ------------------------------------------------------------ what a Change leaves out

_EMPTIED: Final = {
    "Calendar:Subject": "subject",
    "Calendar:BusyStatus": "busy_status",
    "Calendar:Sensitivity": "sensitivity",
    "Calendar:Reminder": "reminder",
    "Calendar:Categories": "categories",
    "Calendar:Recurrence": "recurrence",
    "Calendar:Attendees": "attendees",
    "Calendar:MeetingStatus": "meeting_status",
    "Calendar:ResponseRequested": "response_requested",
    "Calendar:DisallowNewTimeProposal": "disallow_new_time_proposal",
}
"""Ghosted as the Supported element says (MS-ASCMD R4555, R4556). An event cannot be without its times, its UID and its
organizer, and exceptions stay in any case (MS-ASCAL R541, R54111).
"""
_BY_TAG: Final = {tag(name): attr for name, attr in _EMPTIED.items()}
_OF_ORGANIZER: Final = ("attendees", "meeting_status", "organizer_name", "organizer_email", "recurrence")
_NOTHING: Final[dict[str, Any]] = {
    each.name: each.default for each in fields(Event) if each.name in {*_EMPTIED.values(), "location"}
}


def emptied(supported: tuple[Tag, ...] | None, dialect: Dialect) -> tuple[str, ...]:
    """The attributes that a Change empties by leaving them out: until 14.1 those that are not ghosted (MS-ASCMD R5912),
    and the location, which cannot be (MS-ASCAL R301); later none (MS-ASCAL R2231, MS-ASCMD R7309).
    """
    if dialect.event_changes_are_partial:
        return ()
    named = _BY_TAG.values() if supported is None else [_BY_TAG[name] for name in supported if name in _BY_TAG]
    return (*named, "location")


# ------------------------------------------------------------ a whole event


def added(change: EventChange, dialect: Dialect, now: datetime) -> Event:
    """A new event. Malformed for times that cannot be completed (MS-ASCAL R52515-R52518), or a rule without Type."""
    start, end = _filled(change.stated, now)
    blank = Event(start, end, now)
    return _applied(blank, replace(change, stated={**change.stated, "start": start, "end": end}), dialect, now)


def _filled(stated: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime]:
    """Start and end of a new event, of which one or both may be missing (MS-ASCAL R52511-R52518)."""
    start: datetime | None = stated.get("start")
    end: datetime | None = stated.get("end")
    rounded = datetime.fromtimestamp(round(now.timestamp() / 1800) * 1800, UTC)
    if end is None:
        if start is not None and start > now:
            raise Malformed("a future start without an end", "StartTime")  # R52518
        return start or rounded, rounded + _HALF_HOUR
    if start is None and (end < now or rounded > end):
        raise Malformed("a past end without a start", "EndTime")  # R52515, R5251611
    return start or rounded, end


def changed(event: Event, change: EventChange, dialect: Dialect, emptied: Iterable[str], now: datetime) -> Event:
    """The event after a Change; `emptied` are attributes that it empties by leaving them out. Malformed for an end
    without a start (MS-ASCAL R53915; from 16.0 on what is left out has not changed), and what contradicts itself.
    """
    stated = change.stated
    if "end" in stated and "start" not in stated and not dialect.event_changes_are_partial:
        raise Malformed("an end without a start", "EndTime")
    left_out = [attr for attr in emptied if attr not in stated and not (event.is_received and attr in _OF_ORGANIZER)]
    blank = replace(event, **{attr: _NOTHING[attr] for attr in left_out}) if left_out else event
    after = _applied(blank, change, dialect, now)
    if after.recurrence is None or event.recurrence is None:
        return after if after.recurrence else replace(after, exceptions=())
    if dialect.event_changes_are_partial and _pattern(after) != _pattern(event):
        return replace(after, exceptions=())  # MS-ASCAL R2097, R2114, R2180, R2202
    return after


def _pattern(event: Event) -> tuple[object, ...]:
    return event.recurrence, event.start, event.end, event.all_day


def _applied(event: Event, change: EventChange, dialect: Dialect, now: datetime) -> Event:
    stated = dict(change.stated)
    rule = stated.pop("recurrence", event.recurrence)
    after = _properties(_retimed(event, stated, now), stated)
    after = replace(after, recurrence=_rule(after, rule, event.recurrence))
    if change.notes is not None:
        after = replace(after, body=change.notes)
    after = replace(after, stamp=stated.get("stamp") or now, modified=now)
    return _with_exceptions(rekeyed(_rezoned(event, after)), change.exceptions, dialect)


def _retimed(event: Event, stated: Mapping[str, Any], now: datetime) -> Event:
    """The event with its new times, in its new zone. Malformed where it would end before it begins."""
    moment = stated.get("start") or moment_of(event.start, event.where, all_day=event.all_day)
    key, structure = _zone(event, stated.get("time_zone"), moment, now)
    all_day = event.all_day if stated.get("all_day") is None else stated["all_day"]
    after = replace(event, zone=key, time_zone=structure, all_day=all_day)
    start = _time(event, after, stated.get("start"), event.start, up=False)
    end = _time(event, after, stated.get("end"), event.end, up=True)
    if all_day and end == start:
        end += _DAY  # R87: until midnight of the next day
    if _moment(after, end) < _moment(after, start):
        raise Malformed("it ends before it begins", "EndTime")
    return replace(after, start=start, end=end)


def _moment(event: Event, time: datetime) -> datetime:
    return moment_of(time, event.where, all_day=event.all_day)


def _zone(event: Event, structure: bytes | None, moment: datetime, now: datetime) -> tuple[str, bytes]:
    """The zone that a device states, by name, and its structure as sent. What it was told says nothing new."""
    if not structure or structure == event.time_zone:
        return event.zone, event.time_zone
    if event.zone and structure == structure_of(event.zone, event.time_zone, moment):
        return event.zone, event.time_zone
    try:
        return identify(structure, (now, moment), filter(None, (event.zone,))), structure
    except ValueError as error:
        raise Malformed(str(error), "Timezone") from None


def _time(before: Event, after: Event, stated: datetime | None, kept: datetime, *, up: bool) -> datetime:
    """A time as it is to be kept: what is stated, else the same moment (or date) as before."""
    if stated is not None:
        return _kept(stated, after.where, all_day=after.all_day, up=up)
    if not before.all_day and not after.all_day:
        return local(moment_of(kept, before.where, all_day=False), after.where)
    if not after.all_day:
        return local(after.where.utc(kept.replace(tzinfo=None)), after.where)
    day = datetime.combine(kept.date(), MIDNIGHT, UTC)
    return day + _DAY if up and kept.time() != MIDNIGHT else day


def _kept(moment: datetime, where: Zone, *, all_day: bool, up: bool = False) -> datetime:
    return day_of(moment, where, up=up) if all_day else local(moment, where)


_COPIED: Final = (
    "subject", "location", "categories", "sensitivity", "busy_status", "attendees", "meeting_status",
    "response_requested", "disallow_new_time_proposal",
)  # fmt: skip


def _properties(event: Event, stated: Mapping[str, Any]) -> Event:
    values = {attr: stated[attr] for attr in _COPIED if attr in stated}
    if "reminder" in stated:
        values["reminder"] = None if stated["reminder"] == NO_REMINDER else stated["reminder"]
    for attr in ("uid", "client_uid", "organizer_name", "organizer_email"):  # what an event is, and whose, stays
        if stated.get(attr) and not getattr(event, attr):
            values[attr] = stated[attr]
    if values.get("busy_status") == BUSY and event.busy_status == WORKING_ELSEWHERE:
        del values["busy_status"]  # until 14.1 that is what the device was told
    if "location" in values:
        values["location"] = _location(event.location, values["location"])
    if "attendees" in values:
        values["attendees"] = _attendees(event.attendees, values["attendees"])
    return replace(event, **values)


def _location(kept: Place, stated: Place) -> Place:
    """A device that knows places as texts alone does not take away the rest of one that it leaves as it is."""
    only_title = stated == Place(display_name=stated.display_name)
    return kept if only_title and kept.title and kept.title == stated.display_name else stated


def _attendees(kept: tuple[Attendee, ...], stated: tuple[Attendee, ...]) -> tuple[Attendee, ...]:
    """Who is invited; what is known of their answers stays where the device does not say it (MS-ASCAL R2028)."""
    known = {attendee.email.lower(): attendee for attendee in kept}
    return tuple(_merged_attendee(known.get(each.email.lower(), each), each) for each in stated)


def _merged_attendee(kept: Attendee, stated: Attendee) -> Attendee:
    status = kept.status if stated.status is None else stated.status
    return replace(stated, status=status, type=kept.type if stated.type is None else stated.type)


def _rule(event: Event, stated: RuleChange | Recurrence | None, kept: Recurrence | None) -> Recurrence | None:
    """The rule after the change. Malformed for one without Type where there is none yet (MS-ASCAL R374, R2180001)."""
    if not isinstance(stated, RuleChange):
        return stated
    values = dict(stated.values)
    until = values.get("until")
    if isinstance(until, datetime):
        ends = until.year <= _LAST_YEAR
        values["until"] = _kept(until, event.where, all_day=event.all_day) if ends else None
    if "type" in values:
        rule = Recurrence(**values)  # type: ignore[arg-type]
    elif kept is not None:
        rule = replace(kept, **_ending(values))  # type: ignore[arg-type]
    else:
        raise Malformed("Calendar:Type is missing", "Recurrence")
    return settled_interval(check_recurrence(rule))


def _ending(values: dict[str, object]) -> dict[str, object]:
    """A new end takes the place of the other kind of end."""
    other = {"until": "occurrences", "occurrences": "until"}
    return {**{other[attr]: None for attr in values if attr in other}, **values}


# ------------------------------------------------------------ exceptions


def _rezoned(before: Event, after: Event) -> Event:
    """The times of the exceptions in the zone that the event has now."""
    if before.where == after.where:
        return after
    return replace(after, exceptions=tuple(map(partial(_rezoned_one, before, after), after.exceptions)))


def _rezoned_one(before: Event, after: Event, exception: Occurrence) -> Occurrence:
    def moved(time: datetime | None) -> datetime | None:
        if time is None or (before.all_day if exception.all_day is None else exception.all_day):
            return time
        return local(moment_of(time, before.where, all_day=False), after.where)

    return replace(exception, start=moved(exception.start), end=moved(exception.end))


def _with_exceptions(event: Event, changes: tuple[OccurrenceChange, ...], dialect: Dialect) -> Event:
    """The event with these exceptions; those that are not named stay (MS-ASCAL R542)."""
    if not changes or event.recurrence is None:
        return event
    exceptions = {exception.original.date(): exception for exception in event.exceptions}
    for change in changes:
        original = _original(event, change.stated["original"])
        kept = exceptions.pop(original.date(), None)
        made = _exception(event, _base(kept, original), change, dialect)
        if not made.is_plain:
            exceptions[original.date()] = made
    return _in_order(event, exceptions)


def _in_order(event: Event, exceptions: Mapping[date, Occurrence]) -> Event:
    most = MAX_EXCEPTIONS if len(event.exceptions) <= MAX_EXCEPTIONS else _MAX_OF_A_FILE
    if len(exceptions) > most:
        raise Malformed(f"more than {most} exceptions", "Exceptions")
    return replace(event, exceptions=tuple(exceptions[day] for day in sorted(exceptions)))


def _base(kept: Occurrence | None, original: datetime) -> Occurrence:
    """What an Exception changes. What it leaves out stays as it was, as in Exchange: a device that takes something away
    from one occurrence says so with an empty element (MS-ASCAL R508, R542).
    """
    return Occurrence(original) if kept is None or kept.deleted else replace(kept, original=original)


def _original(event: Event, moment: datetime) -> datetime:
    """When the occurrence that a device names begins by the rule. Devices take the time of a series that was moved
    since, or midnight of the day: no two occurrences begin on one day (MS-ASCAL R385), so the day is enough.
    """
    said = _kept(moment, event.where, all_day=event.all_day)
    if not event.all_day and event.occurrence_on(said.date()) is None and moment.astimezone(UTC).time() == MIDNIGHT:
        said = event.begins_on(moment.astimezone(UTC).date())
    return event.occurrence_on(said.date()) or said


def _exception(event: Event, base: Occurrence, change: OccurrenceChange, dialect: Dialect) -> Occurrence:
    """One exception after the change. Malformed where it would end before it begins."""
    stated = {attr: value for attr, value in change.stated.items() if attr not in ("original", "attachments")}
    if stated.pop("deleted", False):
        return Occurrence(base.original, deleted=True)
    if "reminder" in stated:
        stated["no_reminder"] = stated["reminder"] == NO_REMINDER
        stated["reminder"] = None if stated["no_reminder"] else stated["reminder"]
    all_day = stated.get("all_day", base.all_day)
    all_day = event.all_day if all_day is None else all_day
    if dialect.event_changes_are_partial and all_day != event.all_day:
        raise Malformed("the series is of another kind", "AllDayEvent")  # R2009
    for attr in ("start", "end"):
        if stated.get(attr) is not None:
            stated[attr] = _kept(stated[attr], event.where, all_day=all_day, up=attr == "end")
    if change.notes is not None:
        stated["body"] = change.notes
    made = replace(base, **stated)
    start = made.start if made.start is not None else made.original
    if moment_of(start, event.where, all_day=all_day) > event.ends(made):
        raise Malformed("it ends before it begins", "EndTime")
    return made


def changed_occurrence(event: Event, moment: datetime, change: OccurrenceChange, dialect: Dialect) -> Event:
    """The series after a Change of one occurrence, which `moment` names; what is left out stays (MS-ASCAL R2113).
    EasError 8 if there is no such occurrence.
    """
    exceptions = {exception.original.date(): exception for exception in event.exceptions}
    original = existing(event, moment)
    base = exceptions.pop(original.date(), Occurrence(original))
    made = _exception(event, base, change, dialect)
    if not made.is_plain:
        exceptions[original.date()] = made
    return _in_order(event, exceptions)


def without_occurrence(event: Event, moment: datetime) -> Event:
    """The series without one occurrence. EasError 8 if there is none."""
    original = existing(event, moment)
    exceptions = {exception.original.date(): exception for exception in event.exceptions}
    return _in_order(event, {**exceptions, original.date(): Occurrence(original, deleted=True)})


def named_day(event: Event, change: OccurrenceChange) -> date:
    """The day of the occurrence that an Exception names."""
    return _original(event, change.stated["original"]).date()


def existing(event: Event, moment: datetime) -> datetime:
    """When the occurrence that `moment` names begins by the rule, or on a day that was added to those of the rule.
    EasError 8 for none, and for one that is deleted.
    """
    original = _original(event, moment)
    held = next((each for each in event.exceptions if each.original.date() == original.date()), None)
    if event.occurrence_on(original.date()) is None if held is None else held.deleted:
        raise EasError(SyncStatus.OBJECT_NOT_FOUND, f"no occurrence of {moment:%Y%m%dT%H%M%SZ}")
    return original if held is None else held.original
