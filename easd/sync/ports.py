"""What the engine asks of a store about one collection, inside one transaction.

A collection is a folder's items, or the folder hierarchy itself. No two rows of a collection share a mod_seq: a batch
takes one each. Times are milliseconds since 1970 UTC. Every answer comes from one snapshot of the mailbox: the one
whose counter is `modseq`.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from easd.model.frozen import dataclass


class Position(NamedTuple):
    """A place in the order that filters and first syncs go by: newest first, later uid first."""

    sort_time: int
    uid: int


@dataclass(frozen=True, slots=True)
class Change:
    """The latest thing that happened to one uid. `sort_time` is None where the item is gone (deleted or moved away).

    Where items are placed by their conversations: `conversation` is that of the item, also of one that is gone, and
    `kin_time` the place of what is left of it (None: nothing).
    """

    uid: int
    mod_seq: int
    sort_time: int | None
    conversation: bytes | None = None
    kin_time: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One item that is there."""

    uid: int
    mod_seq: int
    sort_time: int


class CollectionView(Protocol):
    """One collection at one moment.

    `by_conversation`: all `sort_time`s are those of the newest item of the conversation in this collection, so that an
    item can change its place by what happens to another one; `kin` tells of those. Else each item has its own place.
    """

    @property
    def by_conversation(self) -> bool:
        return False

    @property
    def lift(self) -> int:
        """By how much (ms) the sort_times of short messages are higher here than they are kept (`easd.sync.lifted`)."""
        return 0

    @property
    def modseq(self) -> int:
        """The mailbox's counter: all writes up to and including it are visible."""

    @property
    def pruned(self) -> int:
        """The highest mod_seq whose tombstone may have been pruned from this collection (0: none).

        A watermark below it can no longer be trusted. That of a quiet collection stays behind the mailbox's counter
        for ever, so what was pruned elsewhere must not count here.
        """

    def changes(self, after: int, limit: int) -> Sequence[Change]:
        """Items and tombstones with mod_seq > `after`, ascending by it, at most `limit`. Costs O(log n + answer)."""

    def kin(self, change: Change) -> Sequence[Entry]:
        """The other items of the changed item's conversation whose own mod_seq is lower; none without conversations."""
        return ()

    def before(self, position: Position, not_older: int, limit: int) -> Sequence[Entry]:
        """Items strictly before `position` with sort_time >= `not_older`, descending by (sort_time, uid), at most
        `limit`.
        """

    def between(self, start: Position, end: int, limit: int) -> Sequence[Entry]:
        """Items at or after `start` with sort_time < `end`, ascending by (sort_time, uid), at most `limit`."""

    def count_before(self, position: Position, not_older: int) -> int:
        """How many items `before` would give without a limit."""

    def entry(self, uid: int) -> Change | None:
        """The item or its tombstone; None if the uid never was here, or its tombstone was pruned."""
