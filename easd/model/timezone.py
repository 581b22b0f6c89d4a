"""Time zones as the protocol has them: 172 bytes with two yearly changes (MS-ASDTYPE 2.7.6), from and to IANA zones."""

import struct
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from easd.model.frozen import dataclass

# Bias, StandardName, StandardDate, StandardBias, DaylightName, DaylightDate, DaylightBias (MS-ASDTYPE R104-R120).
_STRUCTURE: Final = struct.Struct("<l64s16sl64s16sl")
_SYSTEMTIME: Final = struct.Struct("<8H")
SIZE: Final = _STRUCTURE.size
LAST_WEEK: Final = 5
_MAX_BIAS: Final = 24 * 60
_MINUTE: Final = timedelta(minutes=1)
_FAR: Final = timedelta(days=8)
_YEARS_AROUND: Final = (-2, -1, 0, 1, 2)


@dataclass(frozen=True, slots=True)
class YearlyChange:
    """When clocks change each year, in the wall time before the change: the `week`-th (5: the last) `weekday` (0:
    Sunday) of `month`. With a `year`, it happens in that year alone, and `week` is the day of the month.
    """

    month: int
    weekday: int
    week: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    year: int = 0

    def wall(self, year: int) -> datetime:
        """The naive wall time of the change in a year. ValueError for a day that does not exist."""
        day = self.week if self.year else self._day(year)
        return datetime(self.year or year, self.month, day, self.hour, self.minute, self.second)  # noqa: DTZ001 - wall time

    def _day(self, year: int) -> int:
        first, length = monthrange(year, self.month)
        day = 1 + (self.weekday - (first + 1)) % 7 + 7 * (self.week - 1)
        return day if day <= length else day - 7


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """One time zone with the rules of one time. Biases in minutes, UTC minus local time (MS-ASDTYPE R105, R106)."""

    bias: int
    standard: YearlyChange | None = None
    daylight: YearlyChange | None = None
    standard_bias: int = 0
    daylight_bias: int = 0
    standard_name: str = ""
    daylight_name: str = ""

    @property
    def changes(self) -> tuple[YearlyChange, YearlyChange] | None:
        """Both changes (to standard time, to daylight time), where there are both."""
        return (self.standard, self.daylight) if self.standard and self.daylight else None

    @property
    def standard_offset(self) -> timedelta:
        """Local time minus UTC in standard time."""
        return -(self.bias + (self.standard_bias if self.changes else 0)) * _MINUTE

    @property
    def daylight_offset(self) -> timedelta:
        """Local time minus UTC in daylight time."""
        return -(self.bias + self.daylight_bias) * _MINUTE if self.changes else self.standard_offset

    def walls(self, year: int) -> tuple[datetime, datetime] | None:
        """The wall times at which standard and daylight time begin in a year."""
        return (self.changes[0].wall(year), self.changes[1].wall(year)) if self.changes else None

    def offset(self, moment: datetime) -> timedelta:
        """Local time minus UTC at an aware moment."""
        utc = moment.astimezone(UTC).replace(tzinfo=None)
        return self._offset(utc, (utc + self.standard_offset).year, in_utc=True)

    def utc(self, wall: datetime) -> datetime:
        """The moment of a naive wall time; one that comes twice is the first, one that is skipped is moved on."""
        return (wall - self._offset(wall, wall.year, in_utc=False)).replace(tzinfo=UTC)

    def _offset(self, time: datetime, year: int, *, in_utc: bool) -> timedelta:
        walls = self.walls(year)
        if walls is None:
            return self.standard_offset
        standard, daylight = walls
        if in_utc:
            standard, daylight = standard - self.daylight_offset, daylight - self.standard_offset
        else:
            daylight += self.daylight_offset - self.standard_offset  # skipped times still count from the old offset
        if daylight < standard:
            return self.daylight_offset if daylight <= time < standard else self.standard_offset
        return self.standard_offset if standard <= time < daylight else self.daylight_offset


def pack(rule: ZoneRule) -> bytes:
    """The 172 bytes of a TimeZone structure."""
    both = rule.changes or (None, None)
    return _STRUCTURE.pack(
        rule.bias,
        _name(rule.standard_name),
        _system_time(both[0]),
        rule.standard_bias if rule.changes else 0,
        _name(rule.daylight_name),
        _system_time(both[1]),
        rule.daylight_bias if rule.changes else 0,
    )


def _name(name: str) -> bytes:
    """At most 31 characters, so that the last of the 32 stays zero (MS-ASDTYPE R107, R109)."""
    return name.encode("utf-16-le", "replace")[:62]


def _system_time(change: YearlyChange | None) -> bytes:
    if change is None:
        return bytes(16)
    c = change
    return _SYSTEMTIME.pack(c.year, c.month, c.weekday, c.week, c.hour, c.minute, c.second, 0)


def unpack(data: bytes) -> ZoneRule:
    """What a TimeZone structure says. ValueError for another length, or biases and dates that cannot be.

    Devices leave the names, and one or both dates, empty: a zone without both dates has one offset.
    """
    if len(data) != SIZE:
        raise ValueError(f"a time zone of {len(data)} bytes, not {SIZE}")
    bias, standard_name, standard, standard_bias, daylight_name, daylight, daylight_bias = _STRUCTURE.unpack(data)
    if max(abs(bias), abs(bias + standard_bias), abs(bias + daylight_bias)) > _MAX_BIAS:
        raise ValueError("a time zone more than a day away from UTC")
    names = _read_name(standard_name), _read_name(daylight_name)
    return ZoneRule(bias, _change(standard), _change(daylight), standard_bias, daylight_bias, *names)


def _read_name(data: bytes) -> str:
    return data.decode("utf-16-le", "replace").partition("\0")[0]


def _change(data: bytes) -> YearlyChange | None:
    year, month, weekday, week, hour, minute, second, _ = _SYSTEMTIME.unpack(data)
    if month == 0:
        return None
    if month > 12 or weekday > 6 or not 1 <= week <= (31 if year else LAST_WEEK):
        raise ValueError(f"a time zone that changes in week {week} of month {month}")
    change = YearlyChange(month, weekday, week, hour, minute, second, year)
    change.wall(year or 2000)
    return change


def rule_of(key: str, moment: datetime) -> ZoneRule:
    """The rule of an IANA zone in the year of an aware moment. ZoneInfoNotFoundError or ValueError if there is none.

    A year with another number of changes than two cannot be said in the structure: the offset at `moment` counts.
    """
    zone = ZoneInfo(key)
    found = _two_changes(key, moment.astimezone(UTC).year)
    if found is None:
        return ZoneRule(-round(_offset(zone, moment) / _MINUTE), standard_name=key, daylight_name=key)
    (to_standard, offset), (to_daylight, daylight_offset) = found
    return ZoneRule(
        bias=-round(offset / _MINUTE),
        standard=_yearly(key, to_standard),
        daylight=_yearly(key, to_daylight),
        daylight_bias=-round((daylight_offset - offset) / _MINUTE),
        standard_name=key,
        daylight_name=key,
    )


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


_Change = tuple[datetime, timedelta]
"""The wall time before a change, and the offset after it."""


@lru_cache(maxsize=8192)
def _two_changes(key: str, year: int) -> tuple[_Change, _Change] | None:
    """The change to standard and the one to daylight time, in a year that has just those two."""
    changes = [(*change, after) for change, after in _changes(ZoneInfo(key), year)]
    if len(changes) != 2 or changes[0][2] == changes[1][2]:
        return None
    standard, daylight = sorted(changes, key=lambda change: change[2])
    if standard[1] != daylight[2] or daylight[1] != standard[2]:
        return None  # the zone moved for good in between
    return (standard[0], standard[2]), (daylight[0], daylight[2])


def _changes(zone: ZoneInfo, year: int) -> Iterator[tuple[tuple[datetime, timedelta], timedelta]]:
    """Each change of offset in a year (in UTC): its wall time and offset before, and its offset after."""
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    step = timedelta(days=7)
    while start < end:
        stop = min(start + step, end)
        before, after = _offset(zone, start), _offset(zone, stop)
        if before != after:
            moment = _instant(zone, start, stop)
            yield ((moment + before).replace(tzinfo=None), before), after
        start = stop


def _instant(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The second at which the offset changes, by halving."""
    before = _offset(zone, low)
    seconds = round((high - low).total_seconds())
    first, last = 0, seconds
    while last - first > 1:
        middle = (first + last) // 2
        if _offset(zone, low + timedelta(seconds=middle)) == before:
            first = middle
        else:
            last = middle
    return low + timedelta(seconds=last)


def _yearly(key: str, wall: datetime) -> YearlyChange:
    """The form in which the change comes back best in the years around: by number from the start, or as the last."""
    length = monthrange(wall.year, wall.month)[1]
    weeks = [(wall.day - 1) // 7 + 1] + ([LAST_WEEK] if wall.day > length - 7 else [])
    forms = [
        YearlyChange(wall.month, wall.isoweekday() % 7, min(week, LAST_WEEK), wall.hour, wall.minute, wall.second)
        for week in dict.fromkeys(weeks)
    ]
    return forms[0] if len(forms) == 1 else max(forms, key=lambda form: _hits(key, form, wall.year))


def _hits(key: str, form: YearlyChange, year: int) -> int:
    years = [year + more for more in _YEARS_AROUND if 1 < year + more < 9998]
    found = ((each, _two_changes(key, each)) for each in years)
    return sum(form.wall(each) in (two[0][0], two[1][0]) for each, two in found if two)


def zone_of(rule: ZoneRule, year: int, preferred: Iterable[str] = ()) -> str | None:
    """The IANA zone that keeps the rule's time in a year, or None where no zone comes near.

    Exact matches come first, then those whose changes lie at most a few days apart (some countries' rules do not fit
    into the structure). Among equals: the first of `preferred`, then the first by name.
    """
    offsets = rule.standard_offset, rule.daylight_offset
    try:
        walls = rule.walls(year)
    except ValueError:
        return None
    best = _nearest(_zones(year).get(offsets, ()), walls)
    return next((key for key in preferred if key in best), min(best, key=_rank, default=None))


def _nearest(candidates: "Iterable[tuple[str, _Walls]]", walls: "_Walls") -> frozenset[str]:
    far = [(_distance(walls, other), key) for key, other in candidates]
    least = min((distance for distance, _ in far), default=_FAR)
    return frozenset(key for distance, key in far if distance == least < _FAR)


_Walls = tuple[datetime, datetime] | None


def _distance(one: _Walls, other: _Walls) -> timedelta:
    if one is None or other is None:
        return timedelta() if one is other else _FAR
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def _rank(key: str) -> tuple[bool, str]:
    """Places before names like Etc/GMT-1, EST and US/Eastern."""
    area, _, place = key.partition("/")
    return area not in _AREAS or not place, key


_AREAS = frozenset(
    ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)


@lru_cache(maxsize=64)
def _zones(year: int) -> dict[tuple[timedelta, timedelta], tuple[tuple[str, _Walls], ...]]:
    """All zones by their two offsets in a year, with the wall times of their changes."""
    found: dict[tuple[timedelta, timedelta], list[tuple[str, _Walls]]] = {}
    for key in sorted(available_timezones()):
        two = _two_changes(key, year)
        if two is not None:
            found.setdefault((two[0][1], two[1][1]), []).append((key, (two[0][0], two[1][0])))
        elif next(_changes(ZoneInfo(key), year), None) is None:
            offset = _offset(ZoneInfo(key), datetime(year, 7, 1, tzinfo=UTC))
            found.setdefault((offset, offset), []).append((key, None))
    return {offsets: tuple(keys) for offsets, keys in found.items()}
