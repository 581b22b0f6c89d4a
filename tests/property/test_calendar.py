"""Events: what a phone writes comes back from the store and to every phone; days of series against an independent
library; zones against tzdata.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import assume, given, strategies as st

from easd.eas.items.event_change import added, changed, load_event
from easd.eas.items.events import EVENT, encode_event
from easd.eas.versions import DIALECTS, V12_1, V14_1, V16_0, V16_1, Version
from easd.mime.note_body import select_notes
from easd.model.body import BodyWishes
from easd.model.event import FOREVER, Attendee, Event, Occurrence, Place, moment_of
from easd.model.moments import milliseconds
from easd.model.note_body import NoteBody
from easd.model.occurrences import days, is_day, last_days
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.recurrence_rule import rule_text
from easd.model.timezone import pack, rule_of
from easd.model.zone import instant, local, structure_of, zone
from easd.store.content import encode
from tests.support.events import said

ZONES = (
    "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Apia", "Africa/Cairo", "America/Santiago", "Pacific/Chatham", "UTC",
)  # fmt: skip
T = RecurrenceType
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)

_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc"]), min_size=1)
_maybe = st.none() | _texts
_moments = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


@st.composite
def rules(draw: st.DrawFn) -> Recurrence:
    """A rule of the Gregorian calendar that is complete, with or without an end."""
    kind = draw(st.sampled_from(T))
    shapes: dict[T, dict[str, Any]] = {
        T.DAILY: {},
        T.WEEKLY: {"day_of_week": st.integers(1, 127), "first_day_of_week": st.integers(0, 6)},
        T.MONTHLY: {"day_of_month": st.integers(1, 31)},
        T.MONTHLY_NTH: {"day_of_week": st.integers(1, 127), "week_of_month": st.integers(1, 5)},
        T.YEARLY: {"day_of_month": st.integers(1, 31), "month_of_year": st.integers(1, 12)},
        T.YEARLY_NTH: {
            "day_of_week": st.integers(1, 127),
            "week_of_month": st.integers(1, 5),
            "month_of_year": st.integers(1, 12),
        },
    }
    values: dict[str, Any] = {attr: draw(value) for attr, value in shapes[kind].items()}
    return Recurrence(kind, draw(st.integers(1, 5)), occurrences=draw(st.none() | st.integers(1, 30)), **values)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """An event as a device of 16.x can say it."""
    key = draw(st.sampled_from(ZONES))
    start = draw(_moments)
    structure = structure_of(key, b"", start)
    where = zone(key, b"")
    length = timedelta(minutes=draw(st.integers(0, 5000)))
    event = Event(local(start, where), local(start + length, where), NOW, zone=key, time_zone=structure)
    if draw(st.booleans()):
        day = datetime.combine(event.start.date(), datetime.min.time(), UTC)
        event = replace(event, all_day=True, start=day, end=day + timedelta(days=draw(st.integers(1, 5))))
    return replace(
        event,
        subject=draw(_maybe),
        location=draw(st.builds(Place, _texts, _maybe, latitude=st.none() | st.floats(-90, 90))),
        body=draw(st.builds(NoteBody, text=_texts)),
        categories=draw(st.lists(_texts, max_size=3).map(tuple)),
        sensitivity=draw(st.integers(0, 3)),
        busy_status=draw(st.integers(0, 3)),
        reminder=draw(st.none() | st.integers(0, 2**31)),
        attendees=draw(st.lists(st.builds(Attendee, _texts, _texts, type=st.integers(1, 3)), max_size=2).map(tuple)),
        meeting_status=draw(st.sampled_from([0, 1])),
        recurrence=draw(st.none() | rules()),
    )


def written(event: Event, version: Version) -> bytes:
    """ApplicationData."""
    return encode_event(event, lambda notes: select_notes(BodyWishes(), notes), version)


@given(events(), st.sampled_from([V12_1, V14_1, V16_0, V16_1]))
def test_what_a_phone_writes_is_what_it_is_told(event: Event, version: Version) -> None:
    change = load_event(said(written(event, version)), version)
    made = added(change, DIALECTS[version], NOW)
    assert msgspec.json.decode(encode(made), type=Event) == made
    first, second = (EVENT.read(said(written(each, version)), version) for each in (event, made))
    for attr in ("uid", "stamp", "organizer_email", "organizer_name", "response_type"):
        first.pop(attr, None), second.pop(attr, None)
    assert first == second
    again = changed(made, change, DIALECTS[version], (), NOW)
    assert again == made, "what says nothing new changes nothing"


@given(events(), st.data())
def test_exceptions_come_back_at_their_moments(event: Event, data: st.DataObject) -> None:
    assume(event.recurrence is not None)
    assert event.recurrence is not None
    found = list(islice(days(event.recurrence, event.start.date()), 20))
    assume(found)
    chosen = sorted(data.draw(st.sets(st.sampled_from(found), min_size=1, max_size=4)))
    some = tuple(
        Occurrence(event.begins_on(day), deleted=True)
        if number % 2
        else Occurrence(event.begins_on(day), subject=f"number {number}")
        for number, day in enumerate(chosen)
    )
    event = replace(event, exceptions=some)
    for version in (V14_1, V16_1):
        change = load_event(said(written(event, version)), version)
        made = added(change, DIALECTS[version], NOW)
        assert [(e.original, e.deleted, e.subject) for e in made.exceptions] == [
            (e.original, e.deleted, e.subject) for e in event.exceptions
        ]


# ------------------------------------------------------------ series


def _of_library(rule: Recurrence, first: date, count: int) -> list[date]:
    start = datetime.combine(first, datetime.min.time())
    library = rrulestr(rule_text(replace(rule, occurrences=None, until=None)), dtstart=start)
    return [moment.date() for moment in islice(library, count)]


_firsts = st.dates(date(1990, 1, 1), date(2040, 1, 1))


@given(rules(), _firsts)
def test_the_days_of_a_series_are_those_of_dateutil(rule: Recurrence, first: date) -> None:
    count = rule.occurrences or 30
    assert list(islice(days(rule, first), count)) == _of_library(rule, first, count)


@given(rules(), _firsts, st.integers(0, 4000))
def test_the_last_days_are_the_days_backwards(rule: Recurrence, first: date, more: int) -> None:
    until = first + timedelta(days=more)
    forward = list(days(rule, first, until)) if rule.occurrences is None else list(days(rule, first))
    assert list(last_days(rule, first, until)) == forward[::-1]
    for day in (first, until, *forward[:5], *(each + timedelta(days=1) for each in forward[:5])):
        assert is_day(rule, first, day, until) == (day in forward)


@given(events(), st.none() | st.integers(0, 400))
def test_sort_time_is_the_end_of_the_last_occurrence(event: Event, more: int | None) -> None:
    rule = event.recurrence
    if rule is not None and more is not None and rule.occurrences is None:
        until = event.begins_on(event.start.date() + timedelta(days=more))
        event = replace(event, recurrence=replace(rule, until=until))
    if event.recurrence is None:
        assert event.sort_time == milliseconds(moment_of(event.end, event.where, all_day=event.all_day))
    elif event.recurrence.occurrences is None and event.recurrence.until is None:
        assert event.sort_time == FOREVER
    else:
        found = list(days(event.recurrence, event.start.date(), event.last_day))
        length = event.end.replace(tzinfo=None) - event.start.replace(tzinfo=None)
        wall = datetime.combine(found[-1], event.start.time()) + length if found else None
        last = event.end if wall is None else wall.replace(tzinfo=ZoneInfo(event.zone))
        assert event.sort_time == milliseconds(
            last if wall is not None else moment_of(event.end, event.where, all_day=event.all_day)
        )


# ------------------------------------------------------------ zones


@given(_moments, st.sampled_from(ZONES))
def test_a_moment_survives_its_wall_time_exactly(moment: datetime, key: str) -> None:
    where = zone(key, b"")
    kept = local(moment, where)
    assert kept.replace(tzinfo=None) == moment.astimezone(ZoneInfo(key)).replace(tzinfo=None)
    assert instant(msgspec.json.decode(msgspec.json.encode(kept), type=datetime), where) == moment


@given(_moments, st.sampled_from(ZONES), st.integers(-120, 120).filter(bool))
def test_wall_time_survives_a_change_of_the_rules(moment: datetime, key: str, minutes: int) -> None:
    where = zone(key, b"")
    wall = moment.astimezone(ZoneInfo(key)).replace(tzinfo=None)
    before = (where.offset(moment) + timedelta(minutes=minutes)).total_seconds()
    old = datetime.fromisoformat(f"{wall.isoformat()}{_sign(before)}")
    assume(where.offset(old) != old.utcoffset())
    assert local(instant(old, where), where).replace(tzinfo=None) == local(where.utc(wall), where).replace(tzinfo=None)


def _sign(seconds: float) -> str:
    hours, minutes = divmod(abs(int(seconds)) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}"


@given(_moments, st.sampled_from(ZONES))
def test_what_is_told_of_a_zone_keeps_its_time(moment: datetime, key: str) -> None:
    told = structure_of(key, b"", moment)
    named: Callable[[datetime], timedelta] = zone(key, b"").offset
    rule = rule_of(key, moment)
    if rule.changes is None or pack(rule) == told:
        assert zone("", told).offset(moment) == named(moment) or rule.changes is None
