"""Digits for half hours (MS-ASCMD MergedFreeBusy R3319-R3336)."""

from datetime import UTC, datetime, timedelta

import pytest

from easd.model.free_busy import SLOT, Busy, Occupied, merged

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
AWAY = Occupied(NOON, NOON + timedelta(minutes=5), Busy.AWAY)


def at(minutes: float, seconds: float = 0) -> datetime:
    return NOON + timedelta(minutes=minutes, seconds=seconds)


@pytest.mark.parametrize(
    "start, digits",
    [(at(0), "30"), (at(4, 59), "30"), (at(5), "00")],
    ids=["R3334", "R3335", "R3336"],
)
def test_five_minutes_away_as_the_document_counts_them(start: datetime, digits: str) -> None:
    assert merged([AWAY], start, at(60)) == digits


@pytest.mark.parametrize(
    "start, end, count",
    [(at(60), at(90), 1), (at(59, 59), at(90), 2), (at(60), at(90, 1), 2), (at(0), at(60 * 24), 48)],
)
def test_the_last_digit_stands_for_what_is_left_R3329_R3330_R3331(start: datetime, end: datetime, count: int) -> None:
    assert merged([], start, end) == "0" * count


def test_the_highest_counts_where_several_meet_R3327() -> None:
    spans = [
        Occupied(at(25), at(30), Busy.BUSY),
        Occupied(at(0), at(35), Busy.TENTATIVE),
        Occupied(at(-60), at(1), Busy.FREE),
        Occupied(at(115), at(600), Busy.AWAY),
        Occupied(at(-600), at(-1), Busy.AWAY),
    ]
    assert merged(spans, NOON, at(120)) == "2103"
    assert merged(reversed(spans), NOON, at(120)) == "2103"


def test_a_span_that_only_touches_the_time_does_not_count() -> None:
    assert merged([Occupied(NOON - SLOT, NOON, Busy.BUSY), Occupied(at(30), at(60), Busy.BUSY)], NOON, at(30)) == "0"
