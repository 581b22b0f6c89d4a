"""Devices that are sent to Provision again and again, and never come in: how often, since when, and when to give up.

A device that acknowledges the policy properly and comes back with a wrong key, time after time, does not understand
what it is told. To send it to Provision once more helps nobody and empties its battery. Pure.
"""

from dataclasses import replace
from datetime import datetime

from easd.model.frozen import dataclass

_CYCLES = 5
"""So often a device may acknowledge a policy in vain before it is given up."""
_REFUSALS = 20
_REJECTIONS = 3
_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong since the device was last let in: `refusals` of requests for their policy key, `cycles` of a
    refusal, an acknowledgement and the next refusal, `rejections` of acknowledgements that said that the device does
    not comply. `said` is the status of its last acknowledgement, `acknowledged` whether it came after the last refusal.
    """

    since: datetime
    refusals: int = 0
    cycles: int = 0
    rejections: int = 0
    said: int | None = None
    acknowledged: bool = False

    @property
    def failing(self) -> bool:
        """Whether an administrator should know."""
        return self.hopeless or self.refusals >= _REFUSALS or self.rejections >= _REJECTIONS

    @property
    def hopeless(self) -> bool:
        """Whether to ask once more is of no use."""
        return self.cycles >= _CYCLES

    @property
    def counts(self) -> bool:
        """Whether one more refusal says anything new."""
        return self.acknowledged or (self.refusals < _COUNTED and not self.hopeless)

    @property
    def words(self) -> str:
        """For a log, and for an administrator."""
        what = "keeps failing" if self.failing else "has yet"
        return (
            f"the device {what} to provision since {self.since:%Y-%m-%d %H:%M}: {self.refusals} refusals, "
            f"{self.cycles} acknowledgements in vain, {self.rejections} rejected"
        )


def refused(trouble: Trouble | None, now: datetime) -> Trouble:
    """After a request was refused for its policy key."""
    before = trouble or Trouble(now)
    cycles = before.cycles + before.acknowledged
    return replace(before, refusals=min(before.refusals + 1, _COUNTED), cycles=cycles, acknowledged=False)


def acknowledged(trouble: Trouble | None, status: int) -> Trouble | None:
    """After an acknowledgement that was good; without a refusal before it there is no trouble."""
    return None if trouble is None else replace(trouble, said=status, acknowledged=True)


def rejected(trouble: Trouble | None, status: int, now: datetime) -> Trouble:
    """After an acknowledgement that said too little."""
    before = trouble or Trouble(now)
    return replace(before, rejections=min(before.rejections + 1, _COUNTED), said=status)
