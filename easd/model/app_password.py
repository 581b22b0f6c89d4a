"""App passwords: secrets that this server makes, one for each device of a user."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AppPassword:
    """What is known of one. `device_id` is that of the device which used it first, in lower case; empty: none has."""

    id: int
    user_id: int
    name: str
    created: datetime
    device_id: str = ""
    last_used: datetime | None = None
