"""A request that waits is asked again, each time its mailbox changes, whether its device may still come in.

So a device that is blocked, is to wipe itself or has to provision anew hears of it at once, not when the wait is over.
Whoever changes something of the kind moves the counter of the mailbox.
"""

from collections.abc import Callable
from dataclasses import replace

from easd.eas.status import EasError
from easd.service import refusal
from easd.service.admission import Admission
from easd.service.context import Answer, Hold


def watched(admission: Admission, hold: Hold) -> Answer | Hold:
    """The hold, asked as above; once at the beginning too, for what came between the request and the hold."""
    asked = _Again(admission, hold.again)
    return asked.told(first=True) or replace(hold, again=asked)


class _Again:
    """`Hold.again` after the question."""

    __slots__ = ("admission", "again")

    def __init__(self, admission: Admission, again: Callable[[bool], Answer | Hold]) -> None:
        self.admission, self.again = admission, again

    def __call__(self, changed: bool) -> Answer | Hold:
        if not changed:
            return self.again(False)
        if (told := self.told()) is not None:
            return told
        outcome = self.again(True)
        if not isinstance(outcome, Hold):
            return outcome
        # What came after the question, and before the counter that it waits from now on, would wake nobody any more.
        return self.told() or replace(outcome, again=_Again(self.admission, outcome.again))

    def told(self, *, first: bool = False) -> Answer | Hold | None:
        """What ends the wait because of the device itself; None if it may go on. At the `first` question a Ping under
        an old policy may (MS-ASPROV R757), unless it is this moment that made it old.
        """
        now = self.admission.again()
        if now is None:  # a removed partnership is no reason: the command itself says what becomes of it
            return None
        turned = self._turned(now)
        if (answer := _refused(now, Admission.admit if first and not turned else Admission.readmit)) is not None:
            return answer
        return self.again(False) if turned else None  # the next request begins anew

    def _turned(self, now: Admission) -> bool:
        """Whether other things hold for the device by now: a quarantine, the limits of another policy."""
        return now.waits is not self.admission.waits or now.context.rules != self.admission.context.rules


def _refused(now: Admission, admit: Callable[[Admission], None]) -> Answer | None:
    """The refusal, if there is one (HttpError where it is an HTTP status)."""
    try:
        admit(now)
    except EasError as error:
        return refusal.refuse(now.entry, now.context.version, error, now.context.request.policy_key)
    return None
