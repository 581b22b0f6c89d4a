"""Whom a user writes to."""

from datetime import datetime

from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody whom the owner of a mailbox has written to.

    `address` is lower case, `name` the last that was written with it (may be empty), `count` how many messages went
    there, `last` when the last one did (an aware datetime).
    """

    address: str
    name: str
    count: int
    last: datetime
