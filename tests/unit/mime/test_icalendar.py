"""Calendars of other programs: what they say is understood, what an event cannot hold survives."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from easd.mime.icalendar.file import items_of
from easd.mime.icalendar.lines import CalendarFault
from easd.mime.icalendar.read import ReadEvent, read_calendar
from easd.mime.icalendar.write import calendar_text, meeting_text, written_event
from easd.model.email import BodyType
from easd.model.event import Attendee, Event, Occurrence
from easd.model.note_body import NoteBody
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.timezone import YearlyChange, ZoneRule, pack
from easd.model.zone import local, zone
from tests.support.events import in_berlin, in_zone

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OWNER = frozenset({"bob@example.test"})

WINDOWS = """BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
CUSTOM = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0017
TZOFFSETTO:+0017
END:STANDARD
END:VTIMEZONE
"""
HOUR = "DTSTART:20261201T090000Z\nDTEND:20261201T100000Z\n"


def calendar(*events: str, before: str = "") -> bytes:
    inside = "".join(f"BEGIN:VEVENT\nUID:u1\nDTSTAMP:20261120T080000Z\n{event}END:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{before}{inside}END:VCALENDAR\n".encode()


def read(*events: str, before: str = "", method: str = "") -> ReadEvent:
    (one,) = read_calendar(calendar(*events, before=before), NOW, owner=OWNER, method=method).events
    return one


def event(*events: str, before: str = "", method: str = "") -> Event:
    return read(*events, before=before, method=method).event


def lines(event: Event) -> list[str]:
    return calendar_text([written_event(event)]).decode().replace("\r\n ", "").splitlines()


# ------------------------------------------------------------ zones


def test_a_windows_name_is_an_iana_zone_and_comes_out_with_its_definition_first() -> None:
    times = "DTSTART;TZID=W. Europe Standard Time:20261201T090000\nDTEND;TZID=W. Europe Standard Time:20261201T100000\n"
    found = event(times, before=WINDOWS)
    assert (found.zone, found.start, found.end) == (
        "Europe/Berlin",
        in_berlin(2026, 12, 1, 9),
        in_berlin(2026, 12, 1, 10),
    )
    written = lines(found)
    assert written.index("BEGIN:VTIMEZONE") < written.index("BEGIN:VEVENT")
    assert "TZID:W. Europe Standard Time" in written
    assert "DTSTART;TZID=W. Europe Standard Time:20261201T090000" in written


@pytest.mark.parametrize(
    "tzid",
    [
        "Europe/Berlin",
        "/example.org/20050126_1/Europe/Berlin",
        "/Europe/Berlin",
        '"Europe/Berlin"',
        "w. europe standard time",
    ],
)
def test_zones_are_known_by_many_names(tzid: str) -> None:
    assert event(f"DTSTART;TZID={tzid}:20260701T090000\n").start == in_berlin(2026, 7, 1, 9)


def test_a_zone_that_is_defined_alone_is_kept_as_it_was_defined() -> None:
    found = event("DTSTART;TZID=Customized Time Zone:20261201T090000\n", before=CUSTOM)
    assert found.zone == ""
    assert found.start.utcoffset() == timedelta(minutes=17)
    written = lines(found)
    assert ["TZOFFSETTO:+0017" in written, "DTSTART;TZID=Customized Time Zone:20261201T090000" in written] == [
        True,
        True,
    ]
    moved = replace(found, start=found.start + timedelta(hours=1), end=found.start + timedelta(hours=2))
    again = read_calendar(calendar_text([written_event(moved)]), NOW).events[0].event
    assert again.start == moved.start


def test_a_zone_that_only_a_device_has_defined_gets_a_definition() -> None:
    odd = pack(ZoneRule(-61, YearlyChange(10, 2, 5, 3), YearlyChange(3, 2, 5, 2), daylight_bias=-60))
    where = zone("", odd)
    start = local(datetime(2026, 7, 1, 9, tzinfo=UTC), where)
    found = Event(start, start + timedelta(hours=1), NOW, "", odd, uid="u")
    again = read_calendar(calendar_text([written_event(found)]), NOW).events[0].event
    assert (again.start, again.zone) == (found.start, "")
    assert again.where.offset(datetime(2026, 1, 1, tzinfo=UTC)) == timedelta(minutes=61)


def test_a_series_across_a_change_of_the_rules_has_both_rules_in_its_definition() -> None:
    start = in_zone("America/New_York", 2006, 1, 2, 9)
    series = Event(
        start, start + timedelta(hours=1), NOW, "America/New_York", uid="u", recurrence=Recurrence(RecurrenceType.DAILY)
    )
    written = lines(series)
    assert "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z" in written
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU" in written


def test_a_time_without_a_zone_is_in_that_of_the_calendar() -> None:
    assert event("DTSTART:20260701T090000\n", before="X-WR-TIMEZONE:Europe/Berlin\n").start == in_berlin(2026, 7, 1, 9)
    assert event("DTSTART:20260701T090000\n").start == datetime(2026, 7, 1, 9, tzinfo=UTC)


def test_the_hour_that_comes_twice_keeps_its_moment() -> None:
    second = local(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), zone("Europe/Berlin", b""))
    found = Event(second, second + timedelta(minutes=10), NOW, "Europe/Berlin", uid="u")
    again = read_calendar(calendar_text([written_event(found)]), NOW).events[0].event
    assert (again.start, again.zone) == (second, "Europe/Berlin")


# ------------------------------------------------------------ times


def test_whole_days() -> None:
    day = event("DTSTART;VALUE=DATE:20261201\n")
    assert (day.all_day, day.start, day.end) == (
        True,
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2026, 12, 2, tzinfo=UTC),
    )
    said = event(
        "DTSTART;TZID=Europe/Berlin:20261201T000000\nDTEND;TZID=Europe/Berlin:20261203T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE\n"
    )
    assert (said.all_day, said.zone, said.end) == (True, "Europe/Berlin", datetime(2026, 12, 3, tzinfo=UTC))
    timed = event("DTSTART:20261201T090000Z\nDTEND:20261201T100000Z\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE\n")
    assert not timed.all_day


def test_an_end_by_duration_in_another_zone_or_none() -> None:
    assert event("DTSTART:20261201T090000Z\nDURATION:P1DT2H\n").end == datetime(2026, 12, 2, 11, tzinfo=UTC)
    flight = event("DTSTART;TZID=Europe/Berlin:20261201T090000\nDTEND;TZID=America/New_York:20261201T120000\n")
    assert (flight.end, flight.end.utcoffset()) == (datetime(2026, 12, 1, 17, tzinfo=UTC), timedelta(hours=1))
    assert {"TZID:Europe/Berlin", "TZID:America/New_York"} <= set(lines(flight))
    assert event("DTSTART:20261201T090000Z\n").end == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert event("DTSTART:20261201T090000Z\nDTEND:20261130T090000Z\n").end == datetime(2026, 12, 1, 9, tzinfo=UTC)


# ------------------------------------------------------------ series

WEEKLY = (
    "DTSTART;TZID=Europe/Berlin:20261201T090000\nDTEND;TZID=Europe/Berlin:20261201T100000\nRRULE:FREQ=WEEKLY;COUNT=5\n"
)


def test_exceptions_deleted_moved_and_added() -> None:
    found = event(
        f"{WEEKLY}SUMMARY:Tea\nEXDATE;VALUE=DATE:20261208\nRDATE;TZID=Europe/Berlin:20261203T150000\n",
        "RECURRENCE-ID:20261215T080000Z\nDTSTART;TZID=Europe/Berlin:20261216T120000\nDURATION:PT30M\nSUMMARY:Coffee\n",
    )
    assert found.exceptions == (
        Occurrence(in_berlin(2026, 12, 3, 15), start=in_berlin(2026, 12, 3, 15), end=in_berlin(2026, 12, 3, 16)),
        Occurrence(in_berlin(2026, 12, 8, 9), deleted=True),
        Occurrence(
            in_berlin(2026, 12, 15, 9),
            start=in_berlin(2026, 12, 16, 12),
            end=in_berlin(2026, 12, 16, 12, 30),
            subject="Coffee",
            calendar=("DTSTART;TZID=Europe/Berlin:20261216T120000", "DURATION:PT30M"),
        ),
    )
    written = lines(found)
    assert "RDATE;TZID=Europe/Berlin:20261203T150000" in written
    assert "EXDATE;TZID=Europe/Berlin:20261208T090000" in written
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20261215T090000" in written
    assert written.count("BEGIN:VEVENT") == 2


def test_days_without_a_rule_are_a_series() -> None:
    found = event(f"{HOUR}RDATE:20261203T090000Z,20261210T120000Z\n")
    assert found.recurrence == Recurrence(RecurrenceType.DAILY, 1, occurrences=1)
    assert [each.start for each in found.exceptions] == [
        datetime(2026, 12, 3, 9, tzinfo=UTC),
        datetime(2026, 12, 10, 12, tzinfo=UTC),
    ]
    assert "RDATE:20261203T090000Z,20261210T120000Z" in lines(found)


def test_a_deleted_day_follows_a_series_that_a_phone_has_moved() -> None:
    found = event(f"{WEEKLY}EXDATE;TZID=Europe/Berlin:20261208T090000\n")
    moved = replace(
        found,
        start=in_berlin(2026, 12, 1, 11),
        end=in_berlin(2026, 12, 1, 12),
        exceptions=(Occurrence(in_berlin(2026, 12, 8, 11), deleted=True),),
    )
    assert "EXDATE;TZID=Europe/Berlin:20261208T110000" in lines(moved)


def test_a_deleted_day_that_was_none_does_not_become_one() -> None:
    """EXDATE names a Wednesday; the phone makes a daily series of the weekly one."""
    found = event(f"{WEEKLY}EXDATE;TZID=Europe/Berlin:20261209T090000\n")
    assert "EXDATE;TZID=Europe/Berlin:20261209T090000" in lines(found)
    daily = lines(replace(found, recurrence=Recurrence(RecurrenceType.DAILY)))
    assert not [line for line in daily if line.startswith("EXDATE")]


def test_a_rule_without_words_in_the_protocol_survives() -> None:
    rule = "RRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"
    found = event(f"{HOUR}{rule}\n", f"RECURRENCE-ID:20270517T090000Z\n{HOUR}SUMMARY:other\n")
    assert found.recurrence is None
    renamed = lines(replace(found, subject="renamed"))
    assert (rule in renamed, "SUMMARY:renamed" in renamed, "SUMMARY:other" in renamed) == (True, True, True)


def test_a_rule_ends_with_its_last_beginning() -> None:
    until = "DTSTART;TZID=Europe/Berlin:20261201T090000\nRRULE:FREQ=DAILY;UNTIL={}\n"
    for text, last in (("20261203T080000Z", 3), ("20261203T070000Z", 2), ("20261203", 3), ("20261203T225959Z", 3)):
        assert event(until.format(text)).last_day == date(2026, 12, last)
    whole = event("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL=20261203\n")
    assert whole.last_day == date(2026, 12, 3)


def test_a_rule_of_another_calendar_comes_back() -> None:
    rule = Recurrence(RecurrenceType.YEARLY, 1, day_of_month=1, month_of_year=1, calendar_type=15, is_leap_month=True)
    start = in_berlin(2026, 2, 17, 9)
    found = Event(start, start, NOW, "Europe/Berlin", uid="u", recurrence=rule)
    assert read_calendar(calendar_text([written_event(found)]), NOW).events[0].event.recurrence == rule


# ------------------------------------------------------------ people

PEOPLE = (
    'ORGANIZER;CN="Ann, A":MAILTO:ann@example.test\n'
    "ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:Ann@example.test\n"
    "ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED;CN=Room 1;X-GUESTS=0:mailto:room@example.test\n"
    "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;EMAIL=bob@example.test:urn:uuid:1\n"
)


def test_people() -> None:
    found = event(HOUR + PEOPLE)
    assert (found.organizer_name, found.organizer_email) == ("Ann, A", "ann@example.test")
    assert found.attendees == (
        Attendee("room@example.test", "Room 1", 3, 3),
        Attendee("bob@example.test", "", 5, 2),
    )
    assert (found.meeting_status, found.response_requested) == (3, True)
    bob, room = found.attendees[1], found.attendees[0]
    answered = lines(replace(found, attendees=(room, replace(bob, status=3))))
    (line,) = [line for line in answered if "room@" in line]
    assert line.startswith(
        "ATTENDEE;CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE;CN=Room 1;X-GUESTS=0"
    )


@pytest.mark.parametrize(
    "text, method, status",
    [
        (HOUR, "", 0),
        (HOUR + "ORGANIZER:mailto:ann@example.test\n", "", 0),
        (HOUR + "ORGANIZER:mailto:ann@example.test\n", "REQUEST", 3),
        (HOUR + PEOPLE, "CANCEL", 7),
        (HOUR + PEOPLE + "STATUS:CANCELLED\n", "", 7),
        (HOUR + PEOPLE.replace("MAILTO:ann", "mailto:BOB"), "", 1),
    ],
)
def test_whose_meeting_it_is(text: str, method: str, status: int) -> None:
    assert event(text, method=method).meeting_status == status


# ------------------------------------------------------------ the rest


def test_busy_status_of_owners_and_of_those_invited() -> None:
    both = f"{HOUR}X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\nX-MICROSOFT-CDO-INTENDEDSTATUS:OOF\nTRANSP:OPAQUE\n"
    assert [event(both, method=method).busy_status for method in ("REQUEST", "")] == [3, 1]
    assert event(f"{HOUR}TRANSP:TRANSPARENT\n").busy_status == 0
    assert event(f"{HOUR}STATUS:TENTATIVE\n").busy_status == 1
    assert event(HOUR).busy_status == 2


@pytest.mark.parametrize(
    "line",
    [
        "URL:https://example.test/a?b=c;d",
        "CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://example.test/a?b=c;d",
        "X-GOOGLE-CONFERENCE:https://example.test/a?b=c;d",
        "X-MICROSOFT-SKYPETEAMSMEETINGURL:https://example.test/a?b=c;d",
    ],
)
def test_links_to_a_conference(line: str) -> None:
    found = event(f"{HOUR}{line}\n")
    assert found.external_link == "https://example.test/a?b=c;d"
    assert line in lines(found)


def test_html_counts_before_plain_text_and_a_new_text_takes_the_place_of_both() -> None:
    found = event(f"{HOUR}DESCRIPTION;LANGUAGE=en:plain\\ntext\nX-ALT-DESC;FMTTYPE=text/html:<p>much</p>\n")
    assert found.body == NoteBody(BodyType.HTML, "<p>much</p>")
    changed = lines(replace(found, body=NoteBody(BodyType.PLAIN, "new")))
    assert [line for line in changed if line.startswith(("DESCRIPTION", "X-ALT-DESC"))] == ["DESCRIPTION:new"]


ALARMS = (
    "BEGIN:VALARM\nACTION:EMAIL\nTRIGGER:-PT2H\nEND:VALARM\nBEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-P1D\nX-A:b\nEND:VALARM\n"
    "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM\n"
)


@pytest.mark.parametrize(
    "reminder, triggers",
    [
        (1440, ["TRIGGER:-PT2H", "TRIGGER:-P1D", "TRIGGER:-PT5M"]),
        (30, ["TRIGGER:-PT2H", "TRIGGER;RELATED=START:-PT30M", "TRIGGER:-PT5M"]),
        (None, ["TRIGGER:-PT2H", "TRIGGER:-PT5M"]),
    ],
)
def test_other_alarms_survive_a_change_of_the_reminder(reminder: int | None, triggers: list[str]) -> None:
    found = event(HOUR + ALARMS)
    assert found.reminder == 1440
    written = lines(replace(found, reminder=reminder))
    assert [line for line in written if line.startswith("TRIGGER")] == triggers
    assert ("X-A:b" in written) == (reminder is not None)


def test_what_an_event_cannot_hold_survives_an_edit() -> None:
    strange = (
        'X-CUSTOM;A="b;c":kept as it is\\, is it not\nATTACH;FMTTYPE=image/png:https://example.test/a.png\nCREATED:20200101T000000Z\n'
        "BEGIN:PARTICIPANT\nUID:p\nBEGIN:VLOCATION\nUID:v\nEND:VLOCATION\nEND:PARTICIPANT\n"
    )
    found = event(HOUR + strange)
    written = lines(replace(found, subject="edited", start=found.start + timedelta(minutes=5)))
    for line in strange.splitlines():
        assert line in written, line


def test_a_file_in_the_calendar_is_an_attachment() -> None:
    found = read(f"{HOUR}ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:aGVsbG8=\n")
    (file,) = found.files
    assert (file.name, file.data, file.content_type) == ("a.txt", b"hello", "text/plain")
    assert found.event.calendar == ()
    again = read_calendar(calendar_text([written_event(found.event, found.files)]), NOW).events[0]
    assert again.files == found.files


def test_one_occurrence_of_a_series_that_is_elsewhere() -> None:
    found = read(f"RECURRENCE-ID;TZID=Europe/Berlin:20261208T090000\n{HOUR}SUMMARY:Just this\n", method="REQUEST")
    series = event(WEEKLY)
    assert found.original_in(series) == in_berlin(2026, 12, 8, 9)
    assert read(HOUR).original_in(series) is None
    dated = read(f"RECURRENCE-ID;VALUE=DATE:20261215\n{HOUR}", method="CANCEL")
    assert dated.original_in(series) == in_berlin(2026, 12, 15, 9)


# ------------------------------------------------------------ messages


def test_a_message_about_one_occurrence() -> None:
    series = event(WEEKLY + PEOPLE + ALARMS + "SUMMARY:Tea\nX-PRIVATE:mine\n")
    one = Occurrence(in_berlin(2026, 12, 8, 9), subject="Coffee")
    text = meeting_text(series, "CANCEL", NOW, occurrences=[one], comment="ill", more=["X-MORE:1"]).decode()
    for line in (
        "METHOD:CANCEL", "RECURRENCE-ID;TZID=Europe/Berlin:20261208T090000", "SUMMARY:Coffee", "STATUS:CANCELLED",
        "DTSTAMP:20261123T000000Z", "COMMENT:ill", "X-MORE:1", "DTSTART;TZID=Europe/Berlin:20261208T090000",
    ):  # fmt: skip
        assert f"{line}\r\n" in text
    assert "RRULE:FREQ=WEEKLY" not in text
    assert "X-PRIVATE" not in text
    assert "VALARM" not in text


def test_those_invited_are_busy_tentatively_until_they_answer() -> None:
    text = meeting_text(event(HOUR + PEOPLE), "REQUEST", NOW).decode()
    assert "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\r\nX-MICROSOFT-CDO-INTENDEDSTATUS:BUSY\r\n" in text


def test_lines_are_folded_and_end_with_crlf() -> None:
    data = calendar_text([written_event(replace(event(HOUR), subject="é" * 200))])
    rows = data.split(b"\r\n")
    assert max(map(len, rows)) <= 75
    assert b"\n" not in b"".join(rows)
    assert all(row.decode() is not None for row in rows), "no character is cut"


# ------------------------------------------------------------ bounds


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        calendar("SUMMARY:no start\n"),
        calendar("DTSTART:soon\n"),
        calendar("DTSTART:15001201T090000Z\n"),
        calendar("DTSTART:99991201T090000Z\n"),
        calendar(*[HOUR] * 501),
        calendar(HOUR + "BEGIN:A\n" * 10),
        b"X" * (512 * 1024 + 1),
    ],
)
def test_what_is_no_calendar_raises_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(CalendarFault):
        read_calendar(data, NOW)


def test_much_of_everything_is_bounded() -> None:
    many: dict[str, Any] = {
        "EXDATE": ",".join(f"2027{month:02}{day:02}T090000Z" for month in range(1, 13) for day in range(1, 29)) * 5,
        "X-LONG": "x" * 300_000,
    }
    found = event(f"{HOUR}RRULE:FREQ=DAILY\n" + "".join(f"{name}:{value}\n" for name, value in many.items()))
    assert len(found.exceptions) <= 1000
    assert not any(line.startswith("X-LONG") for line in found.calendar)


@pytest.mark.timeout(20)
def test_time_grows_with_the_size_of_what_a_stranger_sends_alone() -> None:
    """Each of these took minutes, or would, if something were looked at again for each part of it."""
    read_calendar(calendar(f"{HOUR}X-A{';A=b' * 100_000}:1\n"), NOW)
    days = [datetime(2020, 1, 1, 9) + timedelta(days=number) for number in range(1000)]  # noqa: DTZ001 - wall time
    gone = "".join(f"EXDATE:{day:%Y%m%dT%H%M%SZ}\n" for day in days)
    found = event(f"DTSTART:20200101T090000Z\nRRULE:FREQ=DAILY;COUNT=999\n{gone}")
    assert len(found.exceptions) == 999
    lines(found)
    lines(event(HOUR + "".join(f"X-A;TZID=Zone{number}:1\n" for number in range(10_000))))


def test_an_occurrence_of_a_series_that_is_elsewhere_comes_out_as_one() -> None:
    text = calendar(
        f"RECURRENCE-ID:20261208T090000Z\n{HOUR}SUMMARY:One\n", f"RECURRENCE-ID:20261215T090000Z\n{HOUR}SUMMARY:Two\n"
    )
    found = [one.item for one in items_of(text, NOW, OWNER)]
    assert [isinstance(one, Event) and one.instance for one in found] == [
        datetime(2026, 12, 8, 9, tzinfo=UTC),
        datetime(2026, 12, 15, 9, tzinfo=UTC),
    ]
    assert "RECURRENCE-ID:20261208T090000Z" in lines(found[0])  # type: ignore[arg-type]


def test_what_the_organizer_knows_of_an_attendee_stays_in_the_calendar() -> None:
    time = datetime(2026, 12, 1, 8, tzinfo=UTC)
    attendee = Attendee("bob@example.test", "Bob", 3, 1, time, time, time + timedelta(hours=1))
    meeting = replace(event(HOUR + PEOPLE), attendees=(attendee,))
    text = calendar_text([written_event(meeting)])
    assert read_calendar(text, NOW).events[0].event.attendees == (attendee,)
    assert b"X-EASD" not in meeting_text(meeting, "REQUEST", NOW)
