"""Moments as the store orders them: milliseconds since 1970 UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware datetime, rounded down. TypeError for a naive one."""
    return (moment - _EPOCH) // _MILLISECOND


def moment(milliseconds: int) -> datetime:
    """The aware datetime in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND
