"""An event as the mailbox keeps it (MS-ASCAL): an appointment or meeting, or a series of them.

Times are kept as the wall shows them, with the offset from UTC that they have there (`easd.model.zone`). Those of whole
days are dates: midnight, marked as UTC, whatever the zone.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Final

from easd.model.email import Attachment
from easd.model.frozen import dataclass
from easd.model.moments import milliseconds
from easd.model.note_body import NO_NOTES, NoteBody
from easd.model.occurrences import is_day, is_known, last_days, latest_day
from easd.model.recurrence import Recurrence
from easd.model.zone import Zone, instant, local, zone

MIDNIGHT: Final = time()
_LATEST: Final = datetime(4500, 1, 1, tzinfo=UTC)
_LAST_YEAR: Final = 9990
"""From which on there are no more times to calculate with."""
FOREVER: Final = milliseconds(_LATEST)
"""The sort_time of a series without end."""
MEETING, RECEIVED, CANCELLED = 1, 2, 4
"""The bits of MeetingStatus (MS-ASCAL R31812-R31814)."""
BUSY, WORKING_ELSEWHERE = 2, 4


@dataclass(frozen=True, slots=True)
class Attendee:
    """Who is invited. `status`: 0 unknown, 2 tentative, 3 accepted, 4 declined, 5 not responded; `type`: 1 required,
    2 optional, 3 resource (MS-ASCAL AttendeeStatus, AttendeeType). None: not said. `replied` is the DTSTAMP of the
    latest answer; the proposed times are moments.
    """

    email: str
    name: str = ""
    status: int | None = None
    type: int | None = None
    replied: datetime | None = None
    proposed_start: datetime | None = None
    proposed_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event is (MS-ASAIRS Location). Degrees, and metres."""

    display_name: str | None = None
    annotation: str | None = None
    street: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    postal_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy: float | None = None
    altitude: float | None = None
    altitude_accuracy: float | None = None
    uri: str | None = None

    @property
    def title(self) -> str:
        """The place in one line, for those who know no more of places."""
        if self.display_name:
            return self.display_name
        parts = (self.street, self.postal_code, self.city, self.state, self.country)
        return ", ".join(part for part in parts if part)


NOWHERE: Final = Place()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What is different about one occurrence of a series. None is as in the series; an empty value is really empty
    (MS-ASCAL R508, R539), and so is the reminder with `no_reminder`. `original` is when it would begin by the rule.
    `calendar` are the lines of iCalendar that it came from: what no attribute can hold is there.
    """

    original: datetime
    deleted: bool = False
    start: datetime | None = None
    end: datetime | None = None
    all_day: bool | None = None
    subject: str | None = None
    location: Place | None = None
    body: NoteBody | None = None
    categories: tuple[str, ...] | None = None
    sensitivity: int | None = None
    busy_status: int | None = None
    reminder: int | None = None
    no_reminder: bool = False
    stamp: datetime | None = None
    sequence: int | None = None
    meeting_status: int | None = None
    attendees: tuple[Attendee, ...] | None = None
    replied: datetime | None = None
    response_type: int | None = None
    conference_link: str | None = None
    external_link: str | None = None
    attachments: tuple[Attachment, ...] | None = None
    calendar: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it differs from the series in nothing."""
        return self == Occurrence(self.original, stamp=self.stamp, sequence=self.sequence)


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `zone` is the IANA name of its time zone, "" where none is known; `time_zone` the structure that a
    device sent for it. `reminder` in minutes before the start. `replied` and `response_type` are what the owner has
    answered to the organizer, `intended_busy` how busy the owner is after accepting. `sequence` counts the organizer's
    revisions. With an `instance` it is that occurrence alone, by its original start, of a series that the calendar does
    not have. `attachments` are parts of the item's bytes, a MIME entity. `calendar` are the lines of iCalendar that it
    came from: what no attribute can hold is there.
    """

    start: datetime
    end: datetime
    modified: datetime
    zone: str = ""
    time_zone: bytes = b""
    all_day: bool = False
    subject: str | None = None
    location: Place = NOWHERE
    body: NoteBody = NO_NOTES
    categories: tuple[str, ...] = ()
    sensitivity: int = 0
    busy_status: int = BUSY
    reminder: int | None = None
    stamp: datetime | None = None
    uid: str = ""
    client_uid: str | None = None
    sequence: int = 0
    instance: datetime | None = None
    organizer_name: str | None = None
    organizer_email: str | None = None
    attendees: tuple[Attendee, ...] = ()
    meeting_status: int | None = None
    response_requested: bool | None = None
    disallow_new_time_proposal: bool = False
    replied: datetime | None = None
    response_type: int | None = None
    intended_busy: int | None = None
    conference_link: str | None = None
    external_link: str | None = None
    recurrence: Recurrence | None = None
    exceptions: tuple[Occurrence, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    calendar: tuple[str, ...] = ()

    @property
    def where(self) -> Zone:
        """The zone that its times are in."""
        return zone(self.zone, self.time_zone)

    @property
    def files(self) -> tuple[Attachment, ...]:
        """The attachments of the event and of its exceptions, each once."""
        found = {each.part: each for one in self.exceptions for each in one.attachments or ()}
        return tuple({**{each.part: each for each in self.attachments}, **found}.values())

    @property
    def is_received(self) -> bool:
        """Whether somebody else is the organizer."""
        return bool((self.meeting_status or 0) & RECEIVED)

    @property
    def sort_time(self) -> int:
        """When the last of it ends (MS-ASCMD FilterType): it stays inside a window for as long as some of it does."""
        last = self.last_end
        return FOREVER if last is None else min(milliseconds(last), FOREVER)

    @property
    def last_end(self) -> datetime | None:
        """The moment at which the last occurrence ends; None for a series without end."""
        if self.recurrence is None:
            return moment_of(self.end, self.where, all_day=self.all_day)
        if self.recurrence.occurrences is None and self.recurrence.until is None:
            return None
        return max(chain(self._last_plain_end(), self._exceptional_ends()), default=self.first_end)

    @property
    def first_end(self) -> datetime:
        return moment_of(self.end, self.where, all_day=self.all_day)

    @property
    def last_day(self) -> date | None:
        """The day of `until`: what begins on it is still part of the series."""
        return self.recurrence.until.date() if self.recurrence and self.recurrence.until else None

    def _last_plain_end(self) -> Iterator[datetime]:
        """The end of the last occurrence that is as the rule says."""
        rule, first, until = self.recurrence, self.start.date(), self.last_day
        if rule is None:
            return
        if not is_known(rule):
            day = latest_day(rule, first, until)
            yield self._end_on(day) if day is not None else _LATEST
            return
        exceptional = {exception.original.date() for exception in self.exceptions}
        day = next((day for day in last_days(rule, first, until) if day not in exceptional), None)
        if day is not None:
            yield self._end_on(day)

    def _end_on(self, day: date) -> datetime:
        if day.year >= _LAST_YEAR:
            return _LATEST
        length = self.end.replace(tzinfo=None) - self.start.replace(tzinfo=None)
        return self.where.utc(datetime.combine(day, self.start.time()) + length)

    def _exceptional_ends(self) -> Iterator[datetime]:
        for exception in self.exceptions:
            if not exception.deleted:
                yield self.ends(exception)

    def ends(self, exception: Occurrence) -> datetime:
        """The moment at which a changed occurrence ends."""
        if exception.end is not None:
            all_day = self.all_day if exception.all_day is None else exception.all_day
            return moment_of(exception.end, self.where, all_day=all_day)
        return self._end_on(exception.original.date())

    def occurrence_on(self, day: date) -> datetime | None:
        """When the occurrence of that day begins by the rule, as times are kept; None if there is none."""
        rule = self.recurrence
        if rule is None or (is_known(rule) and not is_day(rule, self.start.date(), day, self.last_day)):
            return None
        return self.begins_on(day)

    def begins_on(self, day: date) -> datetime:
        """The time of the series' start on another day."""
        wall = datetime.combine(day, self.start.time())
        return wall.replace(tzinfo=UTC) if self.all_day else local(self.where.utc(wall), self.where)


def moment_of(kept: datetime, where: Zone, *, all_day: bool) -> datetime:
    """The moment of a time as an event keeps it; a date begins at midnight in the zone."""
    return where.utc(kept.replace(tzinfo=None)) if all_day else instant(kept, where)


def day_of(moment: datetime, where: Zone, *, up: bool = False) -> datetime:
    """The date that a device means by a moment: midnight in the zone or in UTC, else the day that it lies in (`up`: the
    next one, for an end). Clocks that were changed at midnight are forgiven.
    """
    wall = moment.astimezone(UTC).replace(tzinfo=None)
    if wall.time() != MIDNIGHT:
        wall = local(moment, where).replace(tzinfo=None)
    day = datetime.combine(wall.date(), MIDNIGHT, UTC)
    past = wall - day.replace(tzinfo=None)
    if past > timedelta(hours=22) or (up and past > timedelta(hours=2)):
        return day + timedelta(days=1)
    return day


def rekeyed(event: Event) -> Event:
    """The event with exceptions that stand for occurrences as the series has them now: by their days."""
    return replace(event, exceptions=tuple(_rekeyed(event, each) for each in event.exceptions))


def _rekeyed(event: Event, exception: Occurrence) -> Occurrence:
    begins = event.occurrence_on(exception.original.date())
    return exception if begins is None else replace(exception, original=begins)
