"""Calendars with rules that the protocol has no words for: what they mean is kept, and comes out again."""

from dataclasses import replace
from datetime import date

import pytest

from easd.mime.compose import NewAttachment
from easd.mime.icalendar.read import read_calendar
from easd.mime.icalendar.write import calendar_text, meeting_text, written_event
from easd.model.event import Event
from easd.model.occurrences import days_between
from easd.model.recurrence import Recurrence, RecurrenceType
from tests.unit.mime.test_icalendar import HOUR, NOW, calendar, event, lines, read


def begins(found: Event, until: date = date(2028, 12, 31)) -> list[str]:
    """The days on which a series takes place, as exceptions have it."""
    rule = found.recurrence
    assert rule is not None
    gone = {each.original.date() for each in found.exceptions if each.deleted}
    plain = days_between(rule, found.start.date(), found.start.date(), until, found.last_day)
    return [f"{day:%y%m%d}" for day in plain if day not in gone]


MONTHLY_31 = "DTSTART:20260131T090000Z\nDTEND:20260131T100000Z\nRRULE:FREQ=MONTHLY;BYMONTHDAY=31{}\n"


def test_a_day_that_a_month_lacks_is_left_out_as_in_RFC_5545_and_the_rule_comes_out_as_it_came() -> None:
    found = event(MONTHLY_31.format(""))
    assert begins(found, date(2026, 12, 31)) == ["260131", "260331", "260531", "260731", "260831", "261031", "261231"]
    assert found.recurrence == Recurrence(RecurrenceType.MONTHLY, 1, day_of_month=31)
    assert len(found.exceptions) < 60
    assert [line for line in lines(found) if line.startswith(("RRULE", "EXDATE"))] == [
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=31"
    ]
    shown = meeting_text(found, "REQUEST", NOW).decode()
    assert "BYMONTHDAY=28,29,30,31;BYSETPOS=-1" in shown
    assert "EXDATE:20260228T090000Z" in shown.replace("\r\n ", "")


@pytest.mark.parametrize(
    "rule, wanted",
    [
        (";COUNT=3", ["260131", "260331", "260531"]),
        (";UNTIL=20260601T000000Z", ["260131", "260331", "260531"]),
        (";INTERVAL=3;COUNT=3", ["260131", "260731", "261031"]),
    ],
)
def test_a_number_of_occurrences_counts_those_alone_that_there_are(rule: str, wanted: list[str]) -> None:
    found = event(MONTHLY_31.format(rule))
    assert begins(found) == wanted
    assert f"RRULE:FREQ=MONTHLY;BYMONTHDAY=31{rule}" in lines(found)


def test_the_twenty_ninth_of_february_is_in_leap_years_alone() -> None:
    found = event("DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29\n")
    assert begins(found) == ["240229", "280229"]


def test_a_phone_that_changes_the_rule_keeps_what_was_taken_out() -> None:
    found = event(MONTHLY_31.format(";COUNT=3"))
    assert found.recurrence is not None
    changed = replace(found, recurrence=replace(found.recurrence, interval=2))
    written = [line for line in lines(changed) if line.startswith(("RRULE", "EXDATE"))]
    assert written[0].startswith("RRULE:FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=28,29,30,31;BYSETPOS=-1")


def test_Exchange_and_Outlook_mean_the_last_day_of_a_short_month_MS_OXCICAL_2_1_3_2_2_3() -> None:
    data = calendar(MONTHLY_31.format(";COUNT=3")).replace(b"PRODID:x", b"PRODID:Microsoft Exchange Server 2010")
    found = read_calendar(data, NOW).events[0].event
    assert begins(found) == ["260131", "260228", "260331"]
    again = read_calendar(calendar_text([written_event(found)]), NOW).events[0].event
    assert begins(again) == begins(found)


WEEKLY_4 = HOUR + "SUMMARY:Talk\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20261222T090000Z\n"
ONWARDS = (
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20261208T090000Z\nDTSTART:20261209T100000Z\nDTEND:20261209T120000Z\n"
    "SUMMARY:Later\n"
)


def test_a_change_of_this_and_all_later_occurrences_is_one_of_each() -> None:
    single = "RECURRENCE-ID:20261215T090000Z\nDTSTART:20261215T090000Z\nDTEND:20261215T100000Z\nSUMMARY:Once\n"
    found = event(WEEKLY_4, ONWARDS, single)
    shown = [
        (each.original.day, each.deleted, each.start and each.start.day, each.subject) for each in found.exceptions
    ]
    assert shown == [(8, False, 9, "Later"), (15, False, None, "Once"), (22, True, None, None)]
    assert not any("THISANDFUTURE" in line for line in lines(found))
    again = read_calendar(calendar_text([written_event(found)]), NOW).events[0].event
    assert again.exceptions == found.exceptions


def test_a_change_without_an_end_is_told_of_as_many_as_are_of_use_and_stays_in_the_calendar() -> None:
    found = event(WEEKLY_4.replace(";COUNT=4", ""), ONWARDS)
    assert 100 < len(found.exceptions) <= 501
    assert any("THISANDFUTURE" in line for line in lines(found))


def test_what_follows_a_large_change_has_bounds() -> None:
    found = event(WEEKLY_4.replace(";COUNT=4", ""), ONWARDS + f"DESCRIPTION:{'x' * 100_000}\n")
    assert sum(len(each.body.text) for each in found.exceptions if each.body) <= 600_000


def test_files_of_an_occurrence_go_out_and_come_in_with_it() -> None:
    file = "ATTACH;ENCODING=BASE64;VALUE=BINARY;FMTTYPE=text/plain;FILENAME={}:YQ==\n"
    single = "RECURRENCE-ID:20261208T090000Z\nDTSTART:20261208T100000Z\nDTEND:20261208T110000Z\n"
    found = read(WEEKLY_4 + file.format("a.txt"), single + file.format("b.txt"))
    own = {day: [each.name for each in files] for day, files in found.own_files.items()}
    assert ([each.name for each in found.files], own) == (["a.txt"], {date(2026, 12, 8): ["b.txt"]})
    written = written_event(found.event, found.files, {date(2026, 12, 8): [NewAttachment("c.txt", b"c")]})
    again = read_calendar(calendar_text([written]), NOW).events[0]
    assert [[each.name for each in files] for files in again.own_files.values()] == [["c.txt"]]


def test_many_changes_of_all_later_occurrences_cost_little_and_none_is_lost() -> None:
    """Daily for eight thousand years, each year another time: no test of time, but of what is made."""
    daily = "DTSTART:17000101T090000Z\nDTEND:17000101T100000Z\nRRULE:FREQ=DAILY\n"
    ones = [ONWARDS.replace("20261208", f"{year}1208") for year in range(2000, 2400)]
    found = event(daily, *ones)
    assert len(found.exceptions) <= 10 * 500
    assert sum("THISANDFUTURE" in line for line in lines(found)) == 400
