"""What was found out about a message from outside."""

from enum import StrEnum

from easd.model.frozen import dataclass


class Demand(StrEnum):
    """What the domain of a message's author demands of mail that fails its DMARC check (RFC 7489 section 6.3)."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`header` is the Authentication-Results field, with its line end, empty where nothing was checked; `demand` what
    is demanded of this message, NONE where it passed; `domain` who demands it.
    """

    header: bytes = b""
    demand: Demand = Demand.NONE
    domain: str = ""
