"""When events keep their owner busy, series and their exceptions included."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings, strategies as st

from easd.model.busy_times import busy_times
from easd.model.event import Event, Occurrence
from easd.model.free_busy import Busy, Occupied
from easd.model.occurrences import days, days_between
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.zone import local, zone

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)
DAILY = Recurrence(RecurrenceType.DAILY)


def spans(event: Event, start: datetime, end: datetime) -> list[tuple[datetime, Busy]]:
    found = sorted(busy_times(event, start, end), key=lambda one: one.start)
    return [(one.start, one.busy) for one in found if one.start < end and one.end > start]


def test_a_series_keeps_its_wall_time_when_clocks_change() -> None:
    there = zone("Europe/Berlin", b"")
    nine_there = local(NINE - HOUR, there)
    event = Event(nine_there, nine_there + HOUR, NINE, zone="Europe/Berlin", recurrence=DAILY)
    week = spans(event, NINE, NINE + 7.5 * DAY)
    assert [start.hour for start, _ in week] == [8, 8, 8, 8, 8, 7, 7]


def test_exceptions_take_the_place_of_their_occurrence() -> None:
    moved = Occurrence(NINE + DAY, start=NINE + DAY + 3 * HOUR, end=NINE + DAY + 4 * HOUR, busy_status=3)
    gone = Occurrence(NINE + 2 * DAY, deleted=True)
    cancelled = Occurrence(NINE + 3 * DAY, meeting_status=5)
    event = Event(NINE, NINE + HOUR, NINE, recurrence=DAILY, exceptions=(moved, gone, cancelled), meeting_status=1)
    assert spans(event, NINE, NINE + 5 * DAY) == [
        (NINE, Busy.BUSY),
        (NINE + DAY + 3 * HOUR, Busy.AWAY),
        (NINE + 4 * DAY, Busy.BUSY),
    ]


def test_a_whole_day_is_that_of_its_zone() -> None:
    day = datetime(2026, 1, 10, tzinfo=UTC)
    event = Event(day, day + DAY, NINE, zone="America/New_York", all_day=True)
    (found,) = busy_times(event, day, day + 3 * DAY)
    assert found == Occupied(day + 5 * HOUR, day + 29 * HOUR, Busy.BUSY)


def test_free_events_elsewhere_and_empty_ones_keep_nobody_busy() -> None:
    for event in (
        Event(NINE, NINE + HOUR, NINE, busy_status=0),
        Event(NINE, NINE + HOUR, NINE, busy_status=4),
        Event(NINE, NINE, NINE),
        Event(NINE, NINE + HOUR, NINE, meeting_status=7),
    ):
        assert not spans(event, NINE - DAY, NINE + DAY)


RULES = st.one_of(
    st.builds(Recurrence, st.just(RecurrenceType.DAILY), st.integers(1, 40)),
    st.builds(
        lambda interval, mask: Recurrence(RecurrenceType.WEEKLY, interval, day_of_week=mask),
        st.integers(1, 5),
        st.integers(1, 127),
    ),
    st.builds(
        lambda interval, day: Recurrence(RecurrenceType.MONTHLY, interval, day_of_month=day),
        st.integers(1, 5),
        st.integers(1, 31),
    ),
    st.builds(
        lambda day, month: Recurrence(RecurrenceType.YEARLY, day_of_month=day, month_of_year=month),
        st.integers(1, 31),
        st.integers(1, 12),
    ),
)


@given(RULES, st.dates(date(2000, 1, 1), date(2001, 1, 1)), st.integers(-100, 3000), st.integers(0, 400))
@settings(max_examples=100)
def test_the_days_of_a_window_are_those_of_the_whole_series(
    rule: Recurrence, first: date, after: int, length: int
) -> None:
    start = first + timedelta(days=after)
    end, until = start + timedelta(days=length), first + timedelta(days=2900)
    expected = [day for day in days(rule, first, until) if start <= day <= end]
    assert list(days_between(rule, first, start, end, until)) == expected
