"""The queue of mail on its way: whatever anybody sends, and what comes from outside, goes through it."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from easd.model.dkim import DkimKey
from easd.model.outgoing import Ending, Envelope, Outbound, Waiting


class Taking(Protocol):
    """A transaction that ends the work on entries of one message."""

    @property
    def taken(self) -> Sequence[Outbound]:
        """Those of the entries that were still there to be ended: nobody else does."""

    @property
    def settled(self) -> bool:
        """True if others have settled all of them: there is nothing to do."""

    @property
    def raw(self) -> bytes:
        """The message. LookupError if nothing was taken."""

    def queue(self, envelope: Envelope, raw: bytes, at: datetime) -> None:
        """Put a message into the queue, in this transaction."""


class Queue(Protocol):
    """All that waits. Any method may raise Unavailable.

    What is for here is delivered by anybody at any time: a transaction takes it off. What is for elsewhere takes time,
    so a worker first claims it, for a while that it may make longer; whoever comes later than that finds it free again.
    """

    def enqueue(self, envelope: Envelope, raw: bytes, at: datetime) -> None:
        """Put a message of nobody here into the queue, for all recipients or, where it fails, for none."""

    def queued(self, limit: int) -> Sequence[Outbound]:
        """The oldest entries that are due, without those that are known to be for other servers."""

    def queued_raw(self, entry: Outbound) -> bytes:
        """The message of an entry. LookupError if the entry is settled."""

    def settling(self, entries: Sequence[Outbound], ending: Ending = Ending.DONE) -> AbstractContextManager[Taking]:
        """End the work on entries of one message."""

    def discard(self, entry: Outbound) -> bool:
        """Take an entry off the queue and deliver it to nobody; False if another process has settled it."""

    def spread(self, entry: Outbound, recipients: Iterable[str]) -> bool:
        """Put an entry for each of these in the place of one; False if another process has settled it."""

    def route(self, entry: Outbound, *, elsewhere: bool) -> None:
        """Note whether the entry is for another server, and let go of it."""

    def claim(self, worker: str, until: datetime, limit: int) -> Sequence[Outbound]:
        """The oldest entries for other servers that are due and nobody has; they are the worker's until then, and each
        has been attempted once more.
        """

    def renew(self, worker: str, until: datetime) -> None:
        """What the worker has is its own until then."""

    def release(self, worker: str) -> None:
        """What the worker has is free for everybody."""

    def waiting(self) -> Waiting:
        """How much waits."""

    def dkim_keys(self, domain: str) -> Sequence[DkimKey]:
        """With what mail from that domain is signed; nothing for a domain of others."""
