"""Moments as the store orders them."""

from datetime import datetime


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware datetime."""
    return int(moment.timestamp() * 1000)
