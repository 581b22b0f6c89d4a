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
    now = admission.again()  # a removed partnership is no reason: the command itself says what becomes of it
    return (now and _refused(now, Admission.admit)) or _guarded(admission, hold)


def _guarded(admission: Admission, hold: Hold) -> Hold:
    return replace(hold, again=_Again(admission, hold.again))


class _Again:
    """`Hold.again` after the question."""

    __slots__ = ("admission", "again")

    def __init__(self, admission: Admission, again: Callable[[bool], Answer | Hold]) -> None:
        self.admission, self.again = admission, again

    def __call__(self, changed: bool) -> Answer | Hold:
        now = self.admission.again() if changed else None
        if now is not None and (answer := _refused(now, Admission.readmit)):
            return answer
        turned = now is not None and self._turned(now)  # then the next request begins anew
        outcome = self.again(changed and not turned)
        return _guarded(self.admission, outcome) if isinstance(outcome, Hold) else outcome

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
