"""When the owner of a mailbox is away, and what is answered meanwhile (MS-ASCMD Oof)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Self

from easd.model.frozen import dataclass


class AbsenceState(IntEnum):
    """MS-ASCMD OofState (R3531-R3533)."""

    DISABLED = 0
    GLOBAL = 1
    TIME_BASED = 2


class Audience(StrEnum):
    """Who may be answered (MS-ASCMD R3514-R3516); the value is the attribute of Absence that holds their reply."""

    INTERNAL = "internal"
    EXTERNAL_KNOWN = "external_known"
    EXTERNAL_UNKNOWN = "external_unknown"


@dataclass(frozen=True, slots=True)
class Reply:
    """What one audience is told, as HTML or as plain text; nothing unless it is `enabled`."""

    enabled: bool = False
    text: str = ""
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class Absence:
    """The settings of one mailbox. `start` and `end` count for TIME_BASED alone; without them it has no bounds."""

    state: AbsenceState = AbsenceState.DISABLED
    start: datetime | None = None
    end: datetime | None = None
    internal: Reply = Reply()
    external_known: Reply = Reply()
    external_unknown: Reply = Reply()

    def in_force(self, now: datetime) -> bool:
        """Whether the owner is away at that moment."""
        if self.state is not AbsenceState.TIME_BASED:
            return self.state is AbsenceState.GLOBAL
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)

    def reply(self, audience: Audience) -> Reply:
        """What that audience is told."""
        found: Reply = getattr(self, audience.value)
        return found

    def with_replies(self, replies: Mapping[Audience, Reply]) -> Self:
        """The same absence with these replies; those that are not named stay."""
        return replace(
            self,
            internal=replies.get(Audience.INTERNAL, self.internal),
            external_known=replies.get(Audience.EXTERNAL_KNOWN, self.external_known),
            external_unknown=replies.get(Audience.EXTERNAL_UNKNOWN, self.external_unknown),
        )

    def is_same(self, other: "Absence") -> bool:
        """Whether these are settings of one absence: the same state and times, whatever is answered."""
        return (self.state, self.start, self.end) == (other.state, other.start, other.end)
