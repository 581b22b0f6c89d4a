"""Events through iCalendar and back: what the model can hold comes back as it was, strangers' texts raise one thing."""

import contextlib
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec
from hypothesis import given, strategies as st
from icalendar import Calendar

from easd.mime.icalendar.lines import CalendarFault
from easd.mime.icalendar.read import ReadEvent, read_calendar
from easd.mime.icalendar.rules import completed
from easd.mime.icalendar.write import calendar_text, meeting_text, written_event
from easd.mime.rtf import text_to_rtf
from easd.model.email import BodyType
from easd.model.event import NOWHERE, Attendee, Event, Occurrence, Place
from easd.model.instances import as_occurrence, instance_of
from easd.model.note_body import NO_NOTES, NoteBody
from easd.model.occurrences import days
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.zone import instant, local
from easd.store.content import encode
from tests.property.test_calendar import NOW, events as events_of_a_phone, rules

OWNER = frozenset({"owner@example.test"})

_words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1
)
_lines = st.lists(_words, min_size=1, max_size=3).map("\n".join)
_maybe = st.none() | _words
_moments = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
_addresses = st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,4})?@example\.(test|org)", fullmatch=True)
_numbers = st.none() | st.floats(-90, 90)
_places = st.just(NOWHERE) | st.builds(Place, *[_maybe] * 7, *[_numbers] * 5, _maybe)
_rtf = st.builds(lambda text: NoteBody(BodyType.RTF, text_to_rtf(text).decode()), _lines)
_bodies = st.just(NO_NOTES) | st.builds(NoteBody, st.sampled_from([BodyType.PLAIN, BodyType.HTML]), _lines) | _rtf
_attendee = st.builds(
    Attendee,
    _addresses,
    st.just("") | _words.map(str.strip),
    st.sampled_from([None, 0, 2, 3, 4, 5]),
    st.sampled_from([None, 1, 2, 3]),
    st.none() | _moments,
    st.none() | _moments,
    st.none() | _moments,
)
_attendees = st.lists(_attendee, max_size=3, unique_by=lambda attendee: attendee.email).map(tuple)
_categories = st.lists(_words.map(str.strip).filter(bool), max_size=3, unique=True).map(tuple)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """An event with all that the model has, and perhaps exceptions."""
    plain = draw(events_of_a_phone())
    event = replace(
        plain,
        subject=draw(_maybe),
        location=draw(_places),
        body=draw(_bodies),
        categories=draw(_categories),
        busy_status=draw(st.integers(0, 4)),
        intended_busy=draw(st.none() | st.integers(0, 4)),
        stamp=draw(_moments),
        uid=draw(_words.map(str.strip).filter(bool)),
        client_uid=draw(_maybe),
        sequence=draw(st.integers(0, 100)),
        organizer_name=draw(st.none() | _words.map(str.strip).filter(bool)),
        organizer_email="organizer@example.test",
        attendees=draw(_attendees),
        meeting_status=draw(st.sampled_from([0, 1, 3, 5, 7, 9, 11, 13, 15])),
        response_requested=draw(st.booleans()),
        disallow_new_time_proposal=draw(st.booleans()),
        replied=draw(st.none() | _moments),
        response_type=draw(st.none() | st.integers(0, 5)),
        conference_link=draw(_maybe),
        external_link=draw(_maybe),
    )
    if event.recurrence is None:
        return event
    found = list(islice(days(event.recurrence, event.start.date(), event.last_day), 12))
    chosen = sorted(draw(st.sets(st.sampled_from(found), max_size=4))) if found else []
    return replace(event, exceptions=tuple(draw(_exception(event, event.begins_on(day))) for day in chosen))


@st.composite
def written_events(draw: st.DrawFn) -> Event:
    """An event as a phone writes one, with the texts of people."""
    event = draw(events_of_a_phone())
    attendees = tuple(Attendee(each.email, each.name, type=each.type) for each in draw(_attendees))
    uid, subject, status = draw(st.uuids().map(str)), draw(_maybe), 1 if attendees else event.meeting_status
    categories = draw(_categories)  # of a list, the spaces beside its commas mean nothing
    return replace(event, uid=uid, attendees=attendees, subject=subject, meeting_status=status, categories=categories)


@st.composite
def _exception(draw: st.DrawFn, event: Event, original: datetime) -> Occurrence:
    if draw(st.booleans()):
        return Occurrence(original, deleted=True)
    minutes = draw(st.integers(-600, 600).filter(bool))
    moved = original + timedelta(days=minutes % 3) if event.all_day else original + timedelta(minutes=minutes)
    start = moved if event.all_day else local(moved, event.where)
    end = start + timedelta(days=1) if event.all_day else local(start + timedelta(minutes=30), event.where)
    times = draw(st.sampled_from([(None, None), (start, end)]))
    return Occurrence(
        original,
        start=times[0],
        end=times[1],
        subject=draw(_maybe),
        location=draw(st.none() | _places),
        body=draw(st.none() | _bodies),
        categories=draw(st.none() | _categories),
        sensitivity=draw(st.none() | st.integers(0, 3)),
        busy_status=draw(st.none() | st.integers(0, 4)),
        reminder=draw(st.none() | st.integers(0, 1000)),
        stamp=draw(_moments),
        sequence=draw(st.none() | st.integers(0, 9)),
    )


def settled(event: Event) -> Event:
    """The event without differences that mean nothing, or that iCalendar has no words for."""
    people = tuple(each for each in event.attendees if each.email != event.organizer_email)
    is_meeting = bool(event.meeting_status or event.attendees)
    named = is_meeting and event.organizer_email
    event = replace(
        event,
        time_zone=b"",
        zone=event.zone or "UTC",
        attendees=people,
        meeting_status=event.meeting_status or ((1 if event.organizer_email in (None, *OWNER) else 3) if people else 0),
        response_requested=event.response_requested if event.attendees else None,
        organizer_email=event.organizer_email if named else None,
        organizer_name=event.organizer_name if named else None,
        recurrence=None if event.recurrence is None else _settled_rule(event.recurrence, event),
    )
    exceptions = (_settled_exception(event, each) for each in event.exceptions)
    return replace(event, exceptions=tuple(each for each in exceptions if not each.is_plain))


def _settled_rule(rule: Recurrence, event: Event) -> Recurrence:
    rule = completed(rule, event.start)
    weekly = rule.type is RecurrenceType.WEEKLY
    return replace(
        rule,
        interval=rule.interval or 1,
        month_of_year=rule.month_of_year if rule.type in (RecurrenceType.YEARLY, RecurrenceType.YEARLY_NTH) else None,
        first_day_of_week=(rule.first_day_of_week or 0) if weekly else None,
        calendar_type=None,
        is_leap_month=None,
        until=None if rule.until is None else event.begins_on(rule.until.date()),
    )


def _settled_exception(event: Event, exception: Occurrence) -> Occurrence:
    return exception if exception.deleted else as_occurrence(event, instance_of(event, exception), exception.original)


def same(one: Event, other: Event) -> None:
    """Both are equal, attribute by attribute."""
    for each in fields(Event):
        assert getattr(one, each.name) == getattr(other, each.name), each.name


def read_again(event: Event) -> ReadEvent:
    text = calendar_text([written_event(event)])
    Calendar.from_ical(text)  # the library of others reads it, too
    (read,) = read_calendar(text, NOW, owner=OWNER, size_max=2**24).events
    return read


@given(events())
def test_an_event_comes_back_through_icalendar(event: Event) -> None:
    read = read_again(event).event
    expected = settled(event)
    same(settled(replace(read, calendar=())), expected)
    assert msgspec.json.decode(encode(read), type=Event) == read


@given(events())
def test_what_we_write_ourselves_needs_no_lines_beside_the_event(event: Event) -> None:
    read = read_again(event).event
    assert read_again(read).event == read
    assert written_event(read).lines == written_event(read_again(read).event).lines


@given(rules(), events_of_a_phone())
def test_a_rule_comes_back_by_its_days(rule: Recurrence, event: Event) -> None:
    event = replace(event, uid="u", recurrence=rule, organizer_email=None, attendees=())
    read = read_again(event).event
    assert read.recurrence is not None
    before, after = (
        list(islice(days(each, event.start.date(), last), 30))
        for each, last in ((rule, event.last_day), (read.recurrence, read.last_day))
    )
    assert before == after


@given(events(), st.sampled_from(["REQUEST", "CANCEL", "REPLY", "COUNTER", "ADD", "DECLINECOUNTER"]))
def test_a_meeting_message_says_what_the_event_does(event: Event, method: str) -> None:
    text = meeting_text(event, method, NOW, comment="a word; with you")
    read = read_calendar(text, NOW, owner=OWNER, size_max=2**24)
    assert read.method == method
    (one,) = read.events
    assert (one.comment, one.event.uid, one.event.sequence) == ("a word; with you", event.uid, event.sequence)
    assert instant(one.event.start, one.event.where) == instant(event.start, event.where) or event.all_day
    assert {each.original for each in one.event.exceptions} == {each.original for each in event.exceptions}


_STRANGE = (
    'X-ODD;A="b;c":kept, as it is', "COMMENT:words", "ATTACH:https://example.test/a.png", "CREATED:20200101T000000Z",
    "RELATED-TO:other", "PRIORITY:3", "REQUEST-STATUS:2.0;Success", "X-OTHER;TZID=Europe/Berlin:20261101T100000",
)  # fmt: skip
_FOREIGN = (
    "SUMMARY;LANGUAGE=en:Tea", "LOCATION;ALTREP=\"https://example.test\":Here", "DESCRIPTION:text",
    "X-ALT-DESC;FMTTYPE=text/html:<p>text</p>", "CLASS:PRIVATE", "TRANSP:TRANSPARENT", "STATUS:CONFIRMED",
    "STATUS:CANCELLED", "CATEGORIES:A", "CATEGORIES:B,C", "GEO:1;2", "RRULE:FREQ=DAILY;BYDAY=MO", "RRULE:FREQ=HOURLY",
    "EXDATE:20261103T100000Z", "RDATE:20261105T120000Z", "URL:https://example.test", "SEQUENCE:7",
    "ORGANIZER;SENT-BY=\"mailto:x@example.test\":mailto:owner@example.test", "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
    "ATTENDEE;X-GUESTS=1;PARTSTAT=ACCEPTED:mailto:a@example.test", "DTEND:20261101T113000Z", "DURATION:PT2H",
)  # fmt: skip
_ALARM = ("BEGIN:VALARM", "ACTION:EMAIL", "TRIGGER:-PT2H", "X-ALARM:odd", "END:VALARM")
_REMINDER = ("BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER:-P1D", "END:VALARM")


@st.composite
def foreign(draw: st.DrawFn) -> tuple[Event, list[str]]:
    """An event of another program, and the lines in it that no event can hold."""
    strange = draw(st.lists(st.sampled_from(_STRANGE), unique=True))
    said = draw(st.lists(st.sampled_from(_FOREIGN), unique_by=lambda line: line.partition(":")[0].partition(";")[0]))
    alarms = [*draw(st.sampled_from([(), _ALARM])), *draw(st.sampled_from([(), _REMINDER]))]
    text = "\n".join(["BEGIN:VEVENT", "UID:u", "DTSTART:20261101T100000Z", *said, *strange, *alarms, "END:VEVENT"])
    (read,) = read_calendar(f"BEGIN:VCALENDAR\n{text}\nEND:VCALENDAR\n".encode(), NOW, owner=OWNER).events
    return read.event, [*strange, *(line for line in alarms if line == "X-ALARM:odd")]


@given(foreign(), events(), st.sets(st.sampled_from([each.name for each in fields(Event)])))
def test_after_any_edit_an_event_goes_out_as_it_is_now_with_all_that_it_came_with(
    came: tuple[Event, list[str]], now: Event, edited: set[str]
) -> None:
    before, strange = came
    whole = {"start", "end", "zone", "time_zone", "all_day", "recurrence", "exceptions"}  # one goes with the others
    edited = (edited | whole if edited & whole else edited) - {"calendar"}
    event = replace(before, **{"stamp": before.stamp or NOW, **{name: getattr(now, name) for name in edited}})
    read = read_again(event).event
    same(settled(replace(read, calendar=())), settled(replace(event, calendar=())))
    lines = written_event(event).lines
    for line in strange:
        assert line in lines


_LINES = (
    "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE",
    "BEGIN:STANDARD", "END:STANDARD", "BEGIN:VALARM", "END:VALARM", "UID:1", "UID:2", "METHOD:REQUEST",
    "DTSTART:20261101T100000Z", "DTSTART;VALUE=DATE:20261101", "DTSTART;TZID=Odd:20261101T100000",
    "DTSTART:44991231T235959", "DTSTART:16010101T000000Z", "DTSTART;TZID=America/New_York:16020101T000000",
    "DTEND:99991231T000000Z", "DTEND:20261101T110000Z", "DURATION:P99999W", "DURATION:PT1H", "DURATION:-PT1H",
    "RRULE:FREQ=DAILY", "RRULE:FREQ=YEARLY;INTERVAL=999;COUNT=999", "RRULE:FREQ=SECONDLY", "RRULE:", "RRULE:;;==",
    "RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z", "RRULE:FREQ=WEEKLY;UNTIL=00010101", "RDATE:20261105T100000Z",
    "RDATE;VALUE=PERIOD:20261105T100000Z/PT1H,x", "EXDATE:20261102T100000Z", "EXDATE;VALUE=DATE:20261103,,99999999",
    "RECURRENCE-ID:20261104T100000Z", "RECURRENCE-ID;VALUE=DATE:20261104", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261104",
    "ATTENDEE:mailto:a@example.test", "ATTENDEE;PARTSTAT=ACCEPTED;CN=^n^'x:a", "ORGANIZER:mailto:owner@example.test",
    "TZID:Odd", "TZOFFSETFROM:+9900", "TZOFFSETTO:+0100", "TZOFFSETTO:x", "GEO:nan;inf", "GEO:1e400;2", "SEQUENCE:-1",
    "TRIGGER:-PT15M", "TRIGGER;VALUE=DATE-TIME:20261101T100000Z", "ATTACH;ENCODING=BASE64;VALUE=BINARY:====",
    'STRUCTURED-DATA;SCHEMA="https://schema.org/Place":{"name":1}', "X-EASD-RECURRENCE:{}", "X-EASD-TZID:../../etc",
    'X-EASD-RECURRENCE:{"type":5\\,"calendar_type":15\\,"until":"9999-12-31T23:59:59+00:00"}',
    "X-WR-TIMEZONE:Asia/Tokyo",
)  # fmt: skip


@given(st.lists(st.sampled_from(_LINES) | st.text(max_size=40), max_size=30), st.booleans())
def test_nothing_but_one_kind_of_error_for_any_text(lines: list[str], wrapped: bool) -> None:
    text = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", "DTSTART:20261101T100000Z", *lines] if wrapped else lines)
    try:
        read = read_calendar(text.encode(), NOW, owner=OWNER)
    except CalendarFault:
        return
    for one in read.events:
        again = calendar_text([written_event(one.event)])
        encode(one.event)
        assert read_calendar(again, NOW, owner=OWNER).events[0].event.start == one.event.start


@given(st.binary(max_size=400))
def test_bytes_that_are_no_calendar(data: bytes) -> None:
    with contextlib.suppress(CalendarFault):
        assert read_calendar(data, NOW).events
