"""RRULEs as other programs write them: what we make of one has the days that an independent library finds in it."""

from datetime import date, datetime
from itertools import islice

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import given, strategies as st

from easd.model.occurrences import days
from easd.model.recurrence_rule import recurrence_of

_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_some_days = st.lists(st.sampled_from(_DAYS), min_size=1, max_size=7, unique=True).map(",".join)
_month_parts = st.one_of(
    st.integers(1, 28).map(lambda day: f"BYMONTHDAY={day}"),
    st.just("BYMONTHDAY=-1"),
    st.just("BYMONTHDAY=28,29,30,31;BYSETPOS=-1"),
    st.tuples(st.sampled_from([1, 2, 3, 4, -1, "+1", "+2"]), st.sampled_from(_DAYS)).map(
        lambda p: f"BYDAY={p[0]}{p[1]}"
    ),
    st.tuples(_some_days, st.sampled_from([1, 2, 3, 4, -1])).map(lambda parts: f"BYDAY={parts[0]};BYSETPOS={parts[1]}"),
    st.tuples(st.sampled_from(_DAYS), st.sampled_from([1, 8, 15, 22])).map(
        lambda parts: f"BYDAY={parts[0]};BYMONTHDAY={','.join(map(str, range(parts[1], parts[1] + 7)))}"
    ),
)
_week_parts = st.none() | _some_days.map(lambda text: f"BYDAY={text}")
_week_starts = st.none() | st.sampled_from(_DAYS).map(lambda day: f"WKST={day}")
_months = st.integers(1, 12).map(lambda month: f"BYMONTH={month}")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A rule that the protocol has words for, with its parts in any order."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts: list[str | None] = []
    interval = draw(st.integers(1, 4))
    if frequency == "DAILY":
        parts.append(draw(_week_parts) if interval == 1 else None)
    elif frequency == "WEEKLY":
        parts += [draw(_week_parts), draw(_week_starts)]
    elif frequency == "MONTHLY":
        parts.append(draw(_month_parts))
    else:
        parts += [draw(_months), draw(_month_parts)]
    parts.append(draw(st.none() | st.just(f"INTERVAL={interval}")) if interval == 1 else f"INTERVAL={interval}")
    parts.append(draw(st.none() | st.integers(1, 40).map(lambda count: f"COUNT={count}")))
    return ";".join(draw(st.permutations([f"FREQ={frequency}", *filter(None, parts)])))


def _naive(wall: datetime) -> datetime:
    return wall


@given(texts(), st.dates(date(1990, 1, 1), date(2040, 1, 1)))
def test_a_rule_of_another_program_has_the_days_that_it_means(text: str, first: date) -> None:
    start = datetime.combine(first, datetime.min.time())
    rule = recurrence_of(text, start, _naive)
    library = [moment.date() for moment in islice(rrulestr(text, dtstart=start), 40)]
    assert list(islice(days(rule, first), 40)) == library
