"""What the server remembers of one device and one collection, and how that is written down."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Final, NamedTuple

import msgspec

from easd.model.frozen import dataclass
from easd.sync.ports import Position
from easd.sync.ranges import UidSet

ABOVE_ALL: Final = Position(2**63 - 1, 2**63 - 1)
"""A position that no item reaches: nothing is covered yet."""

BELOW_ALL: Final = -(2**63)
"""The sort_time that takes the place of a cut-off where there is no filter: items dated before 1970 are in, too."""

VOID: Final = b""
"""What is kept of a collection with which the device is to begin anew: every key but 0 is stale."""

_FORMAT: Final = 1
_write: Final = msgspec.json.Encoder().encode
_read: Final = msgspec.json.Decoder(list[Any]).decode
_KEY: Final = re.compile(r"([1-9][0-9]{0,18})-([1-9][0-9]{0,18})")


class StaleKey(Exception):
    """A SyncKey that this collection cannot go on from: Status 3 (MS-ASCMD R4425), or 4 in GetItemEstimate (R4594).
    The text is for the log.
    """


class CorruptState(ValueError):
    """Stored bytes that are no state: Status 3 (MS-ASCMD R4426), and worth a line in the log."""


class Key(NamedTuple):
    """A SyncKey taken apart. Its text is opaque to clients and at most 39 characters long (64 allowed: MS-ASCMD
    R4604).
    """

    epoch: int
    generation: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.generation}"


def parse_key(text: str) -> Key | None:
    """The key that a client sent; None for `0`, with which a collection begins (MS-ASCMD R4598). StaleKey if we never
    make such keys.
    """
    if text == "0":
        return None
    found = _KEY.fullmatch(text)
    if not found:
        raise StaleKey("not a key of ours")
    return Key(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class Receipt:
    """One client command that was carried out in a request whose answer may be lost.

    `client_id` is that of an Add, None for a Change. `digest` stands for the content of the command. `mod_seq` is what
    the write got, `over` the mod_seq of the version it was laid over (0: the write left nothing of an older version).
    """

    client_id: str | None
    digest: str
    uid: int
    mod_seq: int
    over: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a client holds after one answer.

    - generation: the number of the answer.
    - watermark: the counter up to which the client has been told of everything it holds.
    - known: the uids it holds.
    - unsure: uids it is to be told of in any case. It may hold the item without our knowledge (see `arrived`), or a
      version that is neither the one before its own last write nor the one after it.
    - floor: nothing that it holds, and was told of, lies before this position.
    - covered: an item that it does not hold, though it has not changed after the watermark and is inside the filter,
      lies before this position.
    - own: the client's own writes after the watermark, mod_seq by uid.
    - receipts: the commands of all requests that came with this generation's key.
    - owed: uids whose commands were refused, so that the client holds something else than what is there. Nothing has
      happened to them after the watermark; they are told all the same.
    - by_conversation, lift: by which places floor and covered go (see `CollectionView`).
    """

    generation: int
    watermark: int
    known: UidSet = field(default_factory=UidSet)
    unsure: UidSet = field(default_factory=UidSet)
    floor: Position = ABOVE_ALL
    covered: Position = ABOVE_ALL
    own: Mapping[int, int] = field(default_factory=dict)
    receipts: tuple[Receipt, ...] = ()
    by_conversation: bool = False
    lift: int = 0
    owed: UidSet = field(default_factory=UidSet)


@dataclass(frozen=True, slots=True)
class CollectionState:
    """Two generations at most: the last answer, and the one before as long as the last may be lost. `minted`: the
    highest number given out. `retried`: the last request came with the key of the one before, and there was nothing to
    say; so that is what the client holds, as far as we know.
    """

    epoch: int
    minted: int
    current: Snapshot
    previous: Snapshot | None = None
    retried: bool = False

    @property
    def key(self) -> str:
        """The SyncKey of the current generation."""
        return str(Key(self.epoch, self.current.generation))

    @property
    def held(self) -> Snapshot:
        """What the client holds, as far as its last request tells."""
        return self.previous if self.retried and self.previous is not None else self.current

    @property
    def held_key(self) -> str:
        """The SyncKey with which its next request comes, as far as its last one tells."""
        return str(Key(self.epoch, self.held.generation))


def encode(state: CollectionState) -> bytes:
    """The state as compact text, some hundred bytes for a normal folder."""
    snapshots = [_listed(s) for s in (state.current, state.previous) if s is not None]
    retried = [1] if state.retried else []
    return _write([_FORMAT, state.epoch, state.minted, *snapshots, *retried])


def decode(data: bytes) -> CollectionState:
    """The state that `encode` wrote. CorruptState for anything else."""
    if data == VOID:
        raise CorruptState("the device is to begin anew")
    try:
        form, epoch, minted, *snapshots = _read(data)
        if form != _FORMAT:
            raise CorruptState("a state of another format")
        previous = _snapshot(snapshots[1]) if len(snapshots) > 1 else None
        return CollectionState(epoch, minted, _snapshot(snapshots[0]), previous, len(snapshots) > 2)
    except (msgspec.MsgspecError, ValueError, TypeError, IndexError, RecursionError) as error:
        raise CorruptState("stored bytes are no sync state") from error


def _listed(s: Snapshot) -> list[object]:
    receipts = [[r.client_id, r.digest, r.uid, r.mod_seq, r.over] for r in s.receipts]
    places = [None if p == ABOVE_ALL else p for p in (s.floor, s.covered)]
    mode: list[object] = [int(s.by_conversation), s.lift] if s.lift or s.owed else [1] if s.by_conversation else []
    if s.owed:
        mode.append(s.owed.gaps())
    return [s.generation, s.watermark, s.known.gaps(), s.unsure.gaps(), *places, [*s.own.items()], receipts, *mode]


def _snapshot(listed: Sequence[Any]) -> Snapshot:
    generation, watermark, known, unsure, floor, covered, own, receipts, *mode = listed
    return Snapshot(
        generation,
        watermark,
        UidSet.of_gaps(known),
        UidSet.of_gaps(unsure),
        ABOVE_ALL if floor is None else Position(*floor),
        ABOVE_ALL if covered is None else Position(*covered),
        dict(own),
        tuple(Receipt(*r) for r in receipts),
        by_conversation=bool(mode and mode[0]),
        lift=int(mode[1]) if len(mode) > 1 else 0,
        owed=UidSet.of_gaps(mode[2]) if len(mode) > 2 else UidSet(),
    )
