"""RRULE to Recurrence and back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.recurrence_rule import NotExpressible, recurrence_of, rule_text

T = RecurrenceType
START = datetime.fromisoformat("2026-11-25T10:30")
"""A Wednesday."""


def utc(wall: datetime) -> datetime:
    return (wall - timedelta(hours=1)).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "rule, expected",
    [
        ("FREQ=DAILY", Recurrence(T.DAILY, 1)),
        ("FREQ=DAILY;INTERVAL=3;COUNT=5", Recurrence(T.DAILY, 3, occurrences=5)),
        ("FREQ=DAILY;COUNT=5000", Recurrence(T.DAILY, 1, occurrences=999)),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", Recurrence(T.WEEKLY, 1, day_of_week=62, first_day_of_week=1)),
        ("FREQ=WEEKLY", Recurrence(T.WEEKLY, 1, day_of_week=8, first_day_of_week=1)),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SA,SU", Recurrence(T.WEEKLY, 2, day_of_week=65, first_day_of_week=0)),
        ("FREQ=MONTHLY", Recurrence(T.MONTHLY, 1, day_of_month=25)),
        ("FREQ=MONTHLY;BYMONTHDAY=31", Recurrence(T.MONTHLY, 1, day_of_month=31)),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", Recurrence(T.MONTHLY, 1, day_of_month=30)),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", Recurrence(T.MONTHLY_NTH, 1, day_of_week=127, week_of_month=5)),
        ("FREQ=MONTHLY;BYDAY=2TU", Recurrence(T.MONTHLY_NTH, 1, day_of_week=4, week_of_month=2)),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", Recurrence(T.MONTHLY_NTH, 1, day_of_week=4, week_of_month=2)),
        (
            "FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=8,9,10,11,12,13,14",
            Recurrence(T.MONTHLY_NTH, 1, day_of_week=4, week_of_month=2),
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            Recurrence(T.MONTHLY_NTH, 1, day_of_week=62, week_of_month=5),
        ),
        ("FREQ=YEARLY", Recurrence(T.YEARLY, 1, day_of_month=25, month_of_year=11)),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", Recurrence(T.YEARLY, 1, day_of_month=29, month_of_year=2)),
        ("FREQ=MONTHLY;BYMONTH=3;BYMONTHDAY=1", Recurrence(T.YEARLY, 1, day_of_month=1, month_of_year=3)),
        (
            "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            Recurrence(T.YEARLY_NTH, 1, day_of_week=16, week_of_month=4, month_of_year=11),
        ),
        (
            "FREQ=DAILY;UNTIL=20270101T090000Z",
            Recurrence(T.DAILY, 1, until=datetime(2027, 1, 1, 9, tzinfo=UTC)),
        ),
        (
            "FREQ=DAILY;UNTIL=20270101T090000",
            Recurrence(T.DAILY, 1, until=datetime(2027, 1, 1, 8, tzinfo=UTC)),
        ),
        (
            "FREQ=DAILY;UNTIL=20270101",
            Recurrence(T.DAILY, 1, until=datetime(2027, 1, 1, 9, 30, tzinfo=UTC)),
        ),
    ],
)
def test_rule_is_said_in_words_of_the_protocol_R653(rule: str, expected: Recurrence) -> None:
    assert recurrence_of(rule, START, utc) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=9,12",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=YEARLY;BYMONTH=1,7",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=DAILY;BYMONTH=1",
        "FREQ=DAILY;INTERVAL=2;BYDAY=MO",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=1000",
        "FREQ=DAILY;COUNT=x",
        "FREQ=DAILY;UNTIL=20261399",
        "FREQ=DAILY;UNTIL=soon",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=MONTHLY;BYMONTHDAY=1,15",
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=MONTHLY;BYMONTHDAY=1,2;BYSETPOS=-1",
        "FREQ=MONTHLY;BYDAY=1MO,3MO",
        "FREQ=MONTHLY;BYDAY=1MO,1TU",
        "FREQ=MONTHLY;BYDAY=5MO",
        "FREQ=MONTHLY;BYDAY=-2MO",
        "FREQ=MONTHLY;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=1",
    ],
)
def test_what_the_protocol_has_no_words_for_is_refused(rule: str) -> None:
    with pytest.raises(NotExpressible):
        recurrence_of(rule, START, utc)


DAYS = st.integers(1, 127)
MONTHS = st.integers(1, 12)
WEEKS = st.integers(1, 5)
EVERY = st.integers(1, 999)
ENDS = st.one_of(
    st.just({}),
    st.builds(lambda n: {"occurrences": n}, st.integers(1, 999)),
    st.builds(lambda n: {"until": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n)}, st.integers(0, 10**9)),
)
RULES = st.one_of(
    st.builds(lambda i, e: Recurrence(T.DAILY, i, **e), EVERY, ENDS),
    st.builds(
        lambda i, d, f, e: Recurrence(T.WEEKLY, i, day_of_week=d, first_day_of_week=f, **e),
        EVERY,
        DAYS,
        st.integers(0, 6),
        ENDS,
    ),
    st.builds(lambda i, d, e: Recurrence(T.MONTHLY, i, day_of_month=d, **e), EVERY, st.integers(1, 31), ENDS),
    st.builds(
        lambda i, d, w, e: Recurrence(T.MONTHLY_NTH, i, day_of_week=d, week_of_month=w, **e), EVERY, DAYS, WEEKS, ENDS
    ),
    st.builds(
        lambda i, d, m, e: Recurrence(T.YEARLY, i, day_of_month=d, month_of_year=m, **e),
        EVERY,
        st.integers(1, 31),
        MONTHS,
        ENDS,
    ),
    st.builds(
        lambda i, d, w, m, e: Recurrence(T.YEARLY_NTH, i, day_of_week=d, week_of_month=w, month_of_year=m, **e),
        EVERY,
        DAYS,
        WEEKS,
        MONTHS,
        ENDS,
    ),
)


def every_day_of_a_week(rule: Recurrence) -> bool:
    """The first to fourth day of a month have two names; the day of the month is the plain one."""
    return rule.day_of_week == 127 and rule.week_of_month is not None and rule.week_of_month < 5


@given(RULES.filter(lambda rule: not every_day_of_a_week(rule)))
def test_what_a_device_says_comes_back_from_its_rule(rule: Recurrence) -> None:
    assert recurrence_of(rule_text(rule), START, utc) == rule


def test_the_first_day_of_a_month_is_day_1() -> None:
    text = rule_text(Recurrence(T.MONTHLY_NTH, 1, day_of_week=127, week_of_month=1))
    assert recurrence_of(text, START, utc) == Recurrence(T.MONTHLY, 1, day_of_month=1)


def test_a_day_that_a_month_lacks_is_its_last() -> None:
    assert rule_text(Recurrence(T.MONTHLY, 1, day_of_month=31)) == "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"


def test_weekdays_of_a_daily_rule_are_a_week() -> None:
    assert rule_text(Recurrence(T.DAILY, 1, day_of_week=62)) == "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"


def test_the_end_of_whole_days_is_a_date() -> None:
    rule = Recurrence(T.DAILY, until=datetime(2027, 1, 1, tzinfo=UTC))
    assert rule_text(rule, dates=True) == "FREQ=DAILY;UNTIL=20270101"


@pytest.mark.parametrize(
    "rule",
    [
        Recurrence(T.WEEKLY),
        Recurrence(T.MONTHLY),
        Recurrence(T.MONTHLY_NTH, day_of_week=1),
        Recurrence(T.YEARLY, day_of_month=1),
        Recurrence(T.MONTHLY, day_of_month=1, calendar_type=8),
        Recurrence(T.MONTHLY, day_of_month=1, calendar_type=15, is_leap_month=True),
    ],
)
def test_rules_without_what_they_need_or_of_other_calendars_have_no_text(rule: Recurrence) -> None:
    with pytest.raises(NotExpressible):
        rule_text(rule)
