"""Moments as the store orders them: milliseconds since 1970 UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware datetime, rounded down. TypeError for a naive one."""
    return (moment - _EPOCH) // _MILLISECOND


def moment(milliseconds: int) -> datetime:
    """The aware datetime in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


FARTHEST: Final = 2**48
"""All times that there are lie within so many milliseconds of 1970."""

_TURNED: Final = 2 * FARTHEST


def oldest_first(milliseconds: int) -> int:
    """The sort_time of an item of that time which comes before those of later times. It lies above all times."""
    return _TURNED - milliseconds


def turned_back(sort_time: int) -> int:
    """The time of an item whose sort_time may be one of `oldest_first`."""
    return _TURNED - sort_time if sort_time > FARTHEST else sort_time
