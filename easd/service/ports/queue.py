"""The queue of mail on its way: whatever anybody sends, and what comes from outside, goes through it."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from easd.model.outgoing import Envelope, Outbound


class Taking(Protocol):
    """A transaction that takes entries of one message off the queue."""

    @property
    def taken(self) -> Sequence[Outbound]:
        """Those of the entries that were still there: nobody else settles them."""

    @property
    def settled(self) -> bool:
        """True if another process has settled all of them: there is nothing to do."""

    @property
    def raw(self) -> bytes:
        """The message. LookupError if nothing was taken."""

    def queue(self, envelope: Envelope, raw: bytes, at: datetime) -> None:
        """Put a message into the queue, in this transaction."""


class Queue(Protocol):
    """All that waits. Any method may raise Unavailable."""

    def enqueue(self, envelope: Envelope, raw: bytes, at: datetime) -> None:
        """Put a message of nobody here into the queue, for all recipients or, where it fails, for none."""

    def queued(self, limit: int) -> Sequence[Outbound]:
        """The oldest entries that are due, without those that are known to be for other servers."""

    def settling(self, entries: Sequence[Outbound]) -> AbstractContextManager[Taking]:
        """Take entries of one message off the queue."""

    def discard(self, entry: Outbound) -> bool:
        """Take an entry off the queue and deliver it to nobody; False if another process has settled it."""

    def spread(self, entry: Outbound, recipients: Iterable[str]) -> bool:
        """Put an entry for each of these in the place of one; False if another process has settled it."""
