"""A request that waits is asked again, each time its mailbox changes, whether its device may still come in.

So a device that is blocked, is to wipe itself or has to provision anew hears of it at once, not when the wait is over.
Whoever changes something of the kind moves the counter of the mailbox.
"""

from collections.abc import Callable
from dataclasses import replace

from easd.eas.status import EasError
from easd.service import partnership, refusal
from easd.service.context import Answer, Context, Hold
from easd.service.registry import Entry


def watched(context: Context, entry: Entry, hold: Hold) -> Answer | Hold:
    """The hold, asked as above; once at the beginning too, for what came between the request and the hold."""
    return _refused(context, entry, partnership.admit) or _guarded(context, entry, hold)


def _guarded(context: Context, entry: Entry, hold: Hold) -> Hold:
    return replace(hold, again=_Again(context, entry, hold.again))


class _Again:
    """`Hold.again` after the question."""

    __slots__ = ("again", "context", "entry")

    def __init__(self, context: Context, entry: Entry, again: Callable[[bool], Answer | Hold]) -> None:
        self.context, self.entry, self.again = context, entry, again

    def __call__(self, changed: bool) -> Answer | Hold:
        if changed and (answer := _refused(self.context, self.entry, partnership.readmit)):
            return answer
        outcome = self.again(changed)
        return _guarded(self.context, self.entry, outcome) if isinstance(outcome, Hold) else outcome


def _refused(context: Context, entry: Entry, admit: Callable[[Context, Entry], None]) -> Answer | None:
    """The refusal, if there is one (HttpError where it is an HTTP status). A removed partnership is no reason: the
    command itself says what becomes of it.
    """
    request = context.request
    device = context.services.store.device(context.mailbox_id, request.device_id, request.device_type)
    if device is None:
        return None
    try:
        admit(replace(context, device=device), entry)
    except EasError as error:
        return refusal.refuse(entry, request.version, error, request.policy_key)
    return None
