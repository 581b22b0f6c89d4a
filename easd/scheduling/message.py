"""A meeting message as a value (iTIP, RFC 5546), and how two of them are told apart by age."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from easd.model.event import Event, Occurrence, moment_of

_LONG_AGO: Final = datetime(1601, 1, 1, tzinfo=UTC)


class Method(StrEnum):
    """What a message asks for (RFC 5546 section 1.4)."""

    REQUEST = "REQUEST"
    REPLY = "REPLY"
    CANCEL = "CANCEL"
    COUNTER = "COUNTER"
    ADD = "ADD"
    DECLINECOUNTER = "DECLINECOUNTER"


FORWARDED: Final = "X-EASD-FORWARDED"
"""The method of a notice to the organizer that somebody has forwarded the meeting. Other servers know none: to them it
is a mail for people alone.
"""


class MessageType:
    """MS-ASEMAIL MeetingMessageType (R533-R539, R1070)."""

    UNSPECIFIED: Final = 0
    FIRST: Final = 1
    FULL_UPDATE: Final = 2
    INFORMATIONAL: Final = 3
    OUTDATED: Final = 4


@dataclass(frozen=True, slots=True)
class Message:
    """One meeting message. `senders` are the addresses, in lower case, of the one person who has sent it. With
    `original` it is about that one occurrence of a series alone, which `event` then is; `original` is when it begins by
    the rule, as times are kept where the series is known, else a moment. `timed`: it says when the meeting is.
    `onwards`: it is about all later occurrences, too.
    """

    method: Method
    senders: frozenset[str]
    event: Event
    original: datetime | None = None
    timed: bool = True
    onwards: bool = False

    @property
    def age(self) -> "Age":
        return Age(self.event.sequence, self.event.stamp)


@dataclass(frozen=True, slots=True)
class Age:
    """How new a revision of a meeting is: the organizer's count, and when it was sent (SEQUENCE, DTSTAMP)."""

    sequence: int = 0
    stamp: datetime | None = None

    def follows(self, other: "Age") -> bool:
        """Whether this is the newer one: by the count, then by the time (RFC 5546 section 2.1.5)."""
        return (self.sequence, _time(self.stamp)) > (other.sequence, _time(other.stamp))


def _time(stamp: datetime | None) -> datetime:
    return stamp.replace(microsecond=0) if stamp is not None else _LONG_AGO


def age_of(event: Event, exception: Occurrence | None = None) -> Age:
    """The age of what a calendar has of a meeting, or of one occurrence."""
    if exception is None or exception.sequence is None:
        return Age(event.sequence, event.stamp)
    return Age(exception.sequence, exception.stamp)


def is_organizer(event: Event, addresses: frozenset[str]) -> bool:
    """Whether one of these addresses is the organizer's."""
    return (event.organizer_email or "").lower() in addresses


def times_of(event: Event) -> tuple[datetime, datetime]:
    """The moments at which an event begins and ends."""
    starts, ends = (moment_of(time, event.where, all_day=event.all_day) for time in (event.start, event.end))
    return starts, ends
