"""How often something recurs, in the terms of the protocol (MS-ASCAL, MS-ASTASK, MS-ASEMAIL Recurrence)."""

from datetime import datetime
from enum import IntEnum

from easd.model.frozen import dataclass


class RecurrenceType(IntEnum):
    """MS-ASCAL Type: what a recurrence counts. There is no 4."""

    DAILY = 0
    WEEKLY = 1
    MONTHLY = 2
    MONTHLY_NTH = 3
    YEARLY = 5
    YEARLY_NTH = 6


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One rule. None: not said.

    `day_of_week` is a sum of 1 (Sunday) to 64 (Saturday), `week_of_month` 1 to 5 (5: the last), `first_day_of_week` 0
    (Sunday) to 6. The rule ends after `occurrences`, or with `until`, or never.
    """

    type: RecurrenceType
    interval: int | None = None
    until: datetime | None = None
    occurrences: int | None = None
    day_of_week: int | None = None
    day_of_month: int | None = None
    week_of_month: int | None = None
    month_of_year: int | None = None
    calendar_type: int | None = None
    is_leap_month: bool | None = None
    first_day_of_week: int | None = None
