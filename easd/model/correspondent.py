"""Whom a user writes to."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody whom the owner of a mailbox has written to: the address (lower case), the last name that was written with
    it (may be empty), how many messages went there, and when the last one did (an aware datetime).
    """

    address: str
    name: str
    count: int
    last: datetime
