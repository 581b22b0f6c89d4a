"""When somebody is free, as a digit for each half hour (MS-ASCMD MergedFreeBusy)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import IntEnum

from easd.model.frozen import dataclass

SLOT = timedelta(minutes=30)


class Busy(IntEnum):
    """What a digit means; where several meet in a slot, the highest counts (MS-ASCMD R3321-R3327)."""

    FREE = 0
    TENTATIVE = 1
    BUSY = 2
    AWAY = 3
    NO_DATA = 4


@dataclass(frozen=True, slots=True)
class Occupied:
    """A span of time, its end not included, as aware moments."""

    start: datetime
    end: datetime
    busy: Busy


def merged(spans: Iterable[Occupied], start: datetime, end: datetime) -> str:
    """The digits from `start` on; the last one stands for what is left of the time, up to half an hour (R3329, R3330).

    A span counts for each slot of which it has a moment (R3332).
    """
    count = -(-(end - start) // SLOT)
    digits = [Busy.FREE] * count
    for span in spans:
        first, after = max((span.start - start) // SLOT, 0), min(-(-(span.end - start) // SLOT), count)
        for slot in range(first, after):
            digits[slot] = max(digits[slot], span.busy)
    return "".join(str(int(digit)) for digit in digits)
