"""Keys and generations: where an exchange starts from, and what is stored when it ends.

The rules (docs/adr/0003-sync-engine.md gives the reasons):
- Key 0 starts a new epoch; the keys of the old one are dead (MS-ASCMD R4598).
- The current key proves that the client has the last answer: the generation before it is dead.
- The previous key says that the last answer was lost: the exchange starts from the generation before it, with its
  receipts.
- Any other key is stale (R4425).
- An answer that says anything gets a number never given out before, also on a retry: the key of the lost answer is
  then dead.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import Enum
from typing import Final

from easd.model.altered import altered
from easd.model.frozen import dataclass
from easd.sync.diff import Plan
from easd.sync.ports import CollectionView
from easd.sync.state import CollectionState, Key, Receipt, Snapshot, StaleKey, parse_key

SCAN_LIMIT: Final = 10_000
"""Rows that one exchange looks at, at most, in one transaction."""

RECEIPTS_MAX: Final = 5_000
"""Receipts with which a key can be tried again: nobody can make the state grow without end."""


class How(Enum):
    """How an exchange came to its starting point."""

    NEW = "new"
    CURRENT = "current"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Opened:
    """The start of an exchange.

    base: what the client holds. state: what is right to be stored if nothing happens at all; `acknowledged` says that
    this differs from what is stored. A NEW one has no more to it: store `state`, answer its key and no items (MS-ASCMD
    R4606, R5555).
    """

    state: CollectionState
    base: Snapshot
    how: How
    acknowledged: bool = False

    @property
    def scan_limit(self) -> int | None:
        """How many rows `plan` may look at (None: no bound). A retry has none: it has no way to store how far it came
        (see `rest`).
        """
        return SCAN_LIMIT if self.how is How.CURRENT else None


def begin(state: CollectionState | None, key: str, view: CollectionView, epoch_source: Callable[[], int]) -> Opened:
    """Where an exchange with this key starts. `epoch_source` gives a random number in 1 .. 2**63 - 1; it is asked for
    key 0 only.

    StaleKey: the key is unknown or dead, or the store cannot tell any more what happened since.
    """
    wanted = parse_key(key)
    if wanted is None:
        return _restart(state, view, epoch_source())
    if state is None or wanted.epoch != state.epoch:
        raise StaleKey("no such epoch")
    opened = _found(state, wanted)
    if not view.pruned <= opened.base.watermark <= view.modseq:
        raise StaleKey("tombstones since then are pruned, or the store was set back")
    return opened


def _restart(state: CollectionState | None, view: CollectionView, epoch: int) -> Opened:
    if state is not None and epoch == state.epoch:
        epoch = epoch + 1 if epoch == 1 else epoch - 1
    base = Snapshot(generation=1, watermark=view.modseq)
    return Opened(CollectionState(epoch, 1, base), base, How.NEW, acknowledged=True)


def _found(state: CollectionState, wanted: Key) -> Opened:
    if wanted.generation == state.current.generation:
        alone = state if state.previous is None else CollectionState(state.epoch, state.minted, state.current)
        return Opened(alone, state.current, How.CURRENT, alone is not state)
    if state.previous is not None and wanted.generation == state.previous.generation:
        if len(state.previous.receipts) > RECEIPTS_MAX:
            raise StaleKey("tried too often")
        return Opened(state, state.previous, How.RETRY)
    raise StaleKey("no such generation")


def commit(opened: Opened, after: Snapshot, receipts: Iterable[Receipt] = ()) -> CollectionState:
    """The state to store with an answer that says something: `after` becomes the current generation, the base the
    previous one.

    receipts: those of the base and of this request (`Commands.receipts`); they live as long as the base does.
    """
    minted = opened.state.minted + 1
    current = altered(after, generation=minted, receipts=())
    return CollectionState(opened.state.epoch, minted, current, altered(opened.base, receipts=tuple(receipts)))


def rest(opened: Opened, todo: Plan | None = None) -> CollectionState | None:
    """The state to store when there is nothing to say and the key stays; None if nothing needs to be stored.

    What the plan passed over without a word is not looked at again (the silent advance). After a retry both
    generations stay as they are: a later retry may still claim a receipt, and then what happened to that item must not
    have been passed over; and the client may hold either key, if the request was an old one that came late. But it is
    kept that it came, for Ping has no key to tell by: by the lost answer it would say "changed" again and again.
    """
    if opened.how is How.RETRY:
        return None if opened.state.retried else replace(opened.state, retried=True)
    if todo is not None and todo.passed:
        return replace(opened.state, current=replace(todo.take(0).after, receipts=()))
    return opened.state if opened.acknowledged else None


def arrived(state: CollectionState, uid: int, mod_seq: int, *, held: bool = False) -> CollectionState:
    """The state after this client itself moved an item into the collection (MoveItems), where it got this uid and
    mod_seq.

    Nobody knows whether the client gets the answer with the new id, or whether it held the latest version. So it is
    told of the item in any case at its next Sync, in either generation: an Add (which it treats as a change if it holds
    the item: MS-ASCMD R757, R289), or a Delete or SoftDelete if the item is no longer there for it. Until then its
    commands for that id are no conflicts with its own move. The folder the item came from needs nothing: the tombstone
    there gives a Delete, harmless if the client has removed the item itself.

    held: for clients that make a duplicate of such an Add. They are told of a Change; should the answer be lost for
    good, such a client may miss the item.
    """

    def told(snapshot: Snapshot) -> Snapshot:
        known = snapshot.known.add(uid) if held else snapshot.known
        return replace(snapshot, known=known, unsure=snapshot.unsure.add(uid), own={**snapshot.own, uid: mod_seq})

    previous = None if state.previous is None else told(state.previous)
    return replace(state, current=told(state.current), previous=previous)


def departed(state: CollectionState, uid: int) -> CollectionState:
    """The state after this client itself moved an item out of the collection.

    If it had moved the item in before, and was not told of it since, it need not be told that it is gone: it has used
    the id of the first move, so it has that answer. An item that it was told of gives a Delete, as R289 says.
    """
    if not any(uid in snapshot.unsure for snapshot in (state.current, state.previous) if snapshot is not None):
        return state

    def told(snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, unsure=snapshot.unsure.remove(uid))

    previous = None if state.previous is None else told(state.previous)
    return replace(state, current=told(state.current), previous=previous)
