"""The time zones of calendars: TZID and VTIMEZONE (RFC 5545 section 3.6.5) from and to what events keep of a zone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from easd.mime.content_lines import Line
from easd.mime.icalendar.lines import Component, clean, document, parameter
from easd.mime.timezone import yearly_rules
from easd.model.timezone import YearlyChange, ZoneRule, pack, rule_of, unpack
from easd.model.zone import UTC_KEY, Zone, identify, zone

MAX_ZONES: Final = 200
_LAST_YEAR: Final = 2037
"""From which on a zone keeps the rules that it has then."""
_DAYS: Final = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_WINDOWS: Final = {name.casefold(): key for name, key in WINDOWS_TO_OLSON.items()}
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class KnownZone:
    """A zone as events keep it: its IANA name, "" where none is known, and then the structure with its rules."""

    key: str
    structure: bytes = b""

    @property
    def where(self) -> Zone:
        return zone(self.key, self.structure)


UTC_ZONE: Final = KnownZone(UTC_KEY)


class Zones:
    """The zones that a calendar names. `default` is that of times without one."""

    def __init__(self, blocks: Sequence[Component], default: str = "") -> None:
        self._blocks = {block.text("TZID"): block for block in blocks[:MAX_ZONES]}
        self._rules: dict[str, bytes] = {}
        self.default = KnownZone(iana_name(default) or UTC_KEY)

    def find(self, tzid: str, near: datetime) -> KnownZone:
        """The zone of a TZID: by its IANA or Windows name; else by the rules of its VTIMEZONE, in force `near` a naive
        wall time; else the default one.
        """
        if not tzid:
            return self.default
        block = self._blocks.get(tzid)
        location = "" if block is None else block.text("X-LIC-LOCATION")
        if key := iana_name(tzid) or iana_name(location):
            return KnownZone(key)
        structure = self._structure(tzid)
        if not structure:
            return self.default
        try:
            return KnownZone(identify(structure, [near.replace(tzinfo=UTC)]), structure)
        except ValueError:
            return self.default

    def _structure(self, tzid: str) -> bytes:
        if tzid not in self._rules:
            block = self._blocks.get(tzid)
            self._rules[tzid] = b"" if block is None else _structure_of(block, tzid)
        return self._rules[tzid]

    def own_block(self, tzid: str) -> Component | None:
        """The VTIMEZONE of a TZID that says nothing without it."""
        block = self._blocks.get(tzid)
        return None if block is None or iana_name(tzid) else block


@lru_cache(maxsize=1024)
def iana_name(name: str) -> str:
    """The IANA zone of a name: its own, one with words before it ("/example.org/1/Europe/Berlin"), or that of Windows;
    "" for none.
    """
    name = name.strip().strip('"')
    if not name or len(name) > _LONGEST:
        return ""
    if known := _WINDOWS.get(name.casefold()):
        return known
    parts = [part for part in name.split("/") if part]
    for count in (len(parts), 3, 2):
        key = "/".join(parts[-count:])
        if len(parts) >= count and (count > 1 or len(parts) == 1) and _exists(key):
            return UTC_KEY if key in ("Etc/UTC", "Z", "Zulu", "GMT") else key
    return ""


def _exists(key: str) -> bool:
    try:
        ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _structure_of(block: Component, tzid: str) -> bytes:
    """The structure of a VTIMEZONE; b"" for one that cannot be understood."""
    try:
        read = Timezone.from_ical(document(block.texts()).decode())
        structure = pack(yearly_rules(read, tzid))
        unpack(structure)
    except Exception:  # noqa: BLE001 - the calendar library raises nearly anything for a stranger's text
        return b""
    return structure


def tzids_of(lines: Sequence[Line]) -> Iterator[str]:
    """The zones that properties name."""
    for line in lines:
        if tzid := parameter(line, "TZID"):
            yield tzid


# ---------------------------------------------------------------- writing


def zone_lines(tzid: str, found: KnownZone, first: int, last: int) -> Sequence[str]:
    """A VTIMEZONE that tells the zone's time from the year `first` to the year `last`, and later as far as rules are
    known; nothing for UTC.
    """
    if found.key == UTC_KEY:
        return ()
    last = max(first, min(last, _LAST_YEAR))
    return _zone_lines(tzid, found, first, last)


@lru_cache(maxsize=256)
def _zone_lines(tzid: str, found: KnownZone, first: int, last: int) -> Sequence[str]:
    spans = _spans(found, first, last)
    lines = ["BEGIN:VTIMEZONE", f"TZID:{clean(tzid)}"]
    offset = spans[0].rule.standard_offset
    for span in spans:
        lines += _observances(span, offset)
        offset = span.rule.standard_offset
    return (*lines, "END:VTIMEZONE")


@dataclass(frozen=True, slots=True)
class _Span:
    """The years in which one rule counts; `until` is None for the last one."""

    rule: ZoneRule
    since: int
    until: int | None


def _spans(found: KnownZone, first: int, last: int) -> list[_Span]:
    if not found.key:
        return [_Span(_unnamed(found.structure), first - 1, None)]
    years = [(rule_of(found.key, datetime(year, 7, 1, tzinfo=UTC)), year) for year in range(first - 1, last + 1)]
    groups = [(rule, [year for _, year in group]) for rule, group in groupby(years, key=lambda each: each[0])]
    return [
        _Span(rule, held[0], None if number == len(groups) - 1 else held[-1])
        for number, (rule, held) in enumerate(groups)
    ]


def _unnamed(structure: bytes) -> ZoneRule:
    try:
        return unpack(structure)
    except ValueError:
        return ZoneRule(0)


def _observances(span: _Span, offset: timedelta) -> Iterator[str]:
    """The part of a VTIMEZONE for some years; `offset` is that of the time before."""
    rule = span.rule
    if rule.changes is None:
        yield from _observance("STANDARD", f"{span.since:04}0101T000000", offset, rule.standard_offset, "")
        return
    standard, daylight = rule.changes
    yield from _change("STANDARD", standard, span, rule.daylight_offset, rule.standard_offset)
    yield from _change("DAYLIGHT", daylight, span, rule.standard_offset, rule.daylight_offset)


def _change(kind: str, change: YearlyChange, span: _Span, before: timedelta, after: timedelta) -> Iterator[str]:
    start = f"{change.wall(span.since):%Y%m%dT%H%M%S}"
    if change.year:
        yield from _observance(kind, start, before, after, "")
        return
    week = -1 if change.week > 4 else change.week
    until = ""
    if span.until is not None:
        until = f";UNTIL={change.wall(span.until) - before:%Y%m%dT%H%M%SZ}"
    rule = f"RRULE:FREQ=YEARLY;BYMONTH={change.month};BYDAY={week}{_DAYS[change.weekday]}{until}"
    yield from _observance(kind, start, before, after, rule)


def _observance(kind: str, start: str, before: timedelta, after: timedelta, rule: str) -> Iterator[str]:
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{start}"
    yield f"TZOFFSETFROM:{_offset(before)}"
    yield f"TZOFFSETTO:{_offset(after)}"
    if rule:
        yield rule
    yield f"END:{kind}"


def _offset(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}{minutes:02}{f'{seconds_left:02}' if seconds_left else ''}"
