"""The time zone of an event: where it is known by name its rules are those of tzdata, else those that a device sent."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from easd.model.frozen import dataclass
from easd.model.timezone import SIZE, ZoneRule, pack, rule_of, unpack, zone_of

UTC_KEY: Final = "UTC"
UTC_STRUCTURE: Final = bytes(SIZE)
"""The TimeZone structure of UTC: no bias, no changes, no names."""
_NO_ZONE: Final = ZoneRule(0)
_FIRST_YEAR, _LAST_YEAR = 1990, 2037
"""Rules of earlier and later years are taken for those of these."""

_USUAL: Final = (
    "Europe/Berlin", "Europe/London", "Europe/Helsinki", "Europe/Moscow", "Europe/Istanbul", "Europe/Chisinau",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix",
    "America/Anchorage", "America/Halifax", "America/St_Johns", "America/Regina", "America/Mexico_City",
    "America/Bogota", "America/Caracas", "America/Havana", "America/Santiago", "America/Asuncion", "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires", "America/Nuuk", "Pacific/Honolulu", "Africa/Cairo", "Africa/Johannesburg",
    "Africa/Lagos", "Africa/Nairobi", "Asia/Jerusalem", "Asia/Beirut", "Asia/Baghdad", "Asia/Dubai", "Asia/Tehran",
    "Asia/Kabul", "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok",
    "Asia/Shanghai", "Asia/Tokyo", "Asia/Yekaterinburg", "Asia/Novosibirsk", "Asia/Vladivostok", "Australia/Perth",
    "Australia/Darwin", "Australia/Adelaide", "Australia/Brisbane", "Australia/Sydney", "Pacific/Auckland",
    "Pacific/Fiji", "Pacific/Tongatapu", "Atlantic/Azores", "Atlantic/Cape_Verde",
)  # fmt: skip
"""Zones in which many people live: among those that keep the same time, these are likely to be meant."""


class Zone(Protocol):
    """Local time and UTC."""

    def offset(self, moment: datetime) -> timedelta:
        """Local time minus UTC at an aware moment."""

    def utc(self, wall: datetime) -> datetime:
        """The moment of a naive wall time; one that comes twice is the first, one that is skipped is moved on."""


@dataclass(frozen=True, slots=True)
class NamedZone:
    """An IANA zone."""

    info: ZoneInfo

    def offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self.info).utcoffset() or timedelta()

    def utc(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self.info).astimezone(UTC)


@lru_cache(maxsize=1024)
def zone(key: str, structure: bytes) -> Zone:
    """The zone of that IANA name; of the structure where there is no such name; else UTC."""
    if key:
        try:
            return NamedZone(ZoneInfo(key))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    try:
        return unpack(structure) if structure else _NO_ZONE
    except ValueError:
        return _NO_ZONE


def identify(structure: bytes, moments: Iterable[datetime], preferred: Iterable[str] = ()) -> str:
    """The IANA zone that a structure stands for, by the rules in the year of one of the aware `moments`; "" where none
    comes near. Devices send the rules of today for events of any year. Of those that keep its time, one of `preferred`
    or what the structure calls itself comes first, then where most people live. ValueError for a structure that cannot
    be.
    """
    rule = unpack(structure)
    if not rule.standard_offset and not rule.daylight_offset:
        return UTC_KEY
    named = [key for key in (*preferred, rule.standard_name) if "/" in key]
    years = dict.fromkeys(min(max(moment.year, _FIRST_YEAR), _LAST_YEAR) for moment in moments)
    found = (key for year in years if (key := zone_of(rule, year, (*named, *_USUAL))))
    first = next(found, "")
    return first if not named or first in named else next((key for key in found if key in named), first)


def structure_of(key: str, structure: bytes, moment: datetime) -> bytes:
    """What to tell of a zone: the structure that a device sent, as long as it says of the moment what the zone says;
    else the zone's rules in that year.
    """
    if not key:
        return structure or UTC_STRUCTURE
    named = zone(key, b"")
    if structure and zone("", structure).offset(moment) == named.offset(moment):
        return structure
    return _structure(key, moment.year)


@lru_cache(maxsize=1024)
def _structure(key: str, year: int) -> bytes:
    if key == UTC_KEY:
        return UTC_STRUCTURE
    try:
        return pack(rule_of(key, datetime(year, 7, 1, tzinfo=UTC)))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC_STRUCTURE


def local(moment: datetime, where: Zone) -> datetime:
    """The wall time of an aware moment, with the offset that the zone has then."""
    return moment.astimezone(timezone(where.offset(moment)))


def instant(time: datetime, where: Zone) -> datetime:
    """The moment in UTC of a wall time that `local` has made. Its offset counts as long as the zone has it then; when
    the rules have changed since, the wall time does.
    """
    moment = time.astimezone(UTC)
    return moment if where.offset(moment) == time.utcoffset() else where.utc(time.replace(tzinfo=None))
