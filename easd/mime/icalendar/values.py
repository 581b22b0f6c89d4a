"""Times and durations of iCalendar (RFC 5545 section 3.3)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Final

from easd.mime.content_lines import Line
from easd.mime.icalendar.lines import CalendarFault, parameter, parameters
from easd.mime.icalendar.zones import UTC_ZONE, KnownZone, Zones
from easd.model.zone import instant, local

FIRST_YEAR, LAST_YEAR = 1601, 4499
_TIME: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)?(?:\.\d+)?(Z?))?", re.ASCII)
_SPAN: Final = re.compile(
    r"([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,10})M)?(?:(\d{1,12})S)?)?", re.ASCII
)


class Form(Enum):
    """A date; a time in UTC; a time of the wall, with a zone or without one."""

    DATE = 1
    UTC = 2
    WALL = 3


@dataclass(frozen=True, slots=True)
class When:
    """One date or time: naive, as it was written; of a date, midnight."""

    wall: datetime
    form: Form
    tzid: str = ""

    @property
    def is_date(self) -> bool:
        return self.form is Form.DATE

    def zone(self, zones: Zones) -> KnownZone:
        """The zone that it is in; a date is in that of the calendar."""
        return UTC_ZONE if self.form is Form.UTC else zones.find(self.tzid, self.wall)

    def moment(self, zones: Zones) -> datetime:
        """The moment in UTC."""
        return self.zone(zones).where.utc(self.wall)


def when_of(line: Line) -> When:
    """The value of a property as a date or time. CalendarFault for anything else, and for years that no event is in."""
    return _when(line.value, parameter(line, "TZID"), line.name)


def moment_in(text: str) -> datetime | None:
    """The moment that a text says as a time in UTC; None for anything else."""
    try:
        return _when(text, "", "").wall.replace(tzinfo=UTC) if text else None
    except CalendarFault:
        return None


def whens_of(line: Line, at_most: int) -> list[When]:
    """The values of a property that may have several; of periods, their beginnings. What is none is left out."""
    found = []
    for text in line.value.split(",", at_most)[:at_most]:
        try:
            found.append(_when(text.partition("/")[0], parameter(line, "TZID"), line.name))
        except CalendarFault:
            continue
    return found


def _when(text: str, tzid: str, name: str) -> When:
    found = _TIME.fullmatch(text.strip().upper())
    if found is None:
        raise CalendarFault(f"{name} is no date or time: {text[:40]!r}")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    if not FIRST_YEAR < year <= LAST_YEAR:
        raise CalendarFault(f"{name} is in the year {year}")
    try:
        wall = datetime.combine(date(year, month, day), time(hour, minute, min(second, 59)))
    except ValueError:
        raise CalendarFault(f"{name} is no date or time: {text[:40]!r}") from None
    if found[4] is None:
        return When(wall, Form.DATE, tzid)
    return When(wall, Form.UTC if found[7] else Form.WALL, tzid)


def span_of(text: str) -> timedelta | None:
    """A duration; None for what is none."""
    found = _SPAN.fullmatch(text.strip().upper())
    if found is None or len(text.strip()) < 3:
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if found[1] == "-" else span


def span_text(span: timedelta) -> str:
    """A duration as text."""
    seconds = round(abs(span).total_seconds())
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    clock = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (left, "S")) if number)
    if not days and not clock:
        return "PT0S"
    return f"{'-' if span < timedelta() else ''}P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"


def utc_text(moment: datetime) -> str:
    """A moment as a time in UTC."""
    return wall_text(moment.astimezone(UTC)) + "Z"


def wall_text(wall: datetime) -> str:
    """A wall time."""
    return f"{wall:%Y%m%dT%H%M%S}"


def date_text(day: date) -> str:
    """A date."""
    return f"{day:%Y%m%d}"


def time_property(name: str, kept: datetime, found: KnownZone, tzid: str, *, all_day: bool) -> str:
    """A line for one time as events keep it: a date, a wall time in its zone, or a time in UTC."""
    return times_property(name, (kept,), found, tzid, all_day=all_day)


def times_property(name: str, kept: Iterable[datetime], found: KnownZone, tzid: str, *, all_day: bool) -> str:
    """A line for several times of one kind."""
    if all_day:
        return f"{name};VALUE=DATE:{','.join(map(date_text, kept))}"
    moments = [instant(each, found.where) for each in kept]
    if found.where == UTC_ZONE.where or not tzid:
        return f"{name}:{','.join(map(utc_text, moments))}"
    return f"{name}{parameters(TZID=tzid)}:{','.join(wall_text(local(each, found.where)) for each in moments)}"
