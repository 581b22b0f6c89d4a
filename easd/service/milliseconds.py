"""Moments as the store orders them."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware datetime."""
    return int(moment.timestamp() * 1000)


def moment(milliseconds: int) -> datetime:
    """The aware datetime in UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)
