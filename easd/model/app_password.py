"""App passwords: secrets that this server makes, one for each device of a user."""

from datetime import datetime

from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class AppPassword:
    """What is known of one. `device_id` is that of the device which used it first, in lower case; empty: none has."""

    id: int
    user_id: int
    name: str
    created: datetime
    device_id: str = ""
    last_used: datetime | None = None
