"""A folder whose short messages are lifted from where they are set apart (`easd.model.short_message`), for a device
that wants both classes, each through a window of its own.

One cut-off cannot let the newer part of both through as they lie. So all short messages are moved up by the same span,
until their window begins where that of the mail does. Two ranges of the folder's order are merged; nothing is kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from heapq import merge
from itertools import islice

from easd.model.short_message import APART, BELOW_MAIL
from easd.sync.ports import Change, CollectionView, Entry, Position

_EARLIEST = -(2**63)
_FIRST_MAIL = Position(BELOW_MAIL, 0)


def windows(mail: int, short: int | None) -> tuple[int, int]:
    """The cut-off for the engine, and the span (ms) by which short messages are lifted.

    `mail` and `short` are the cut-offs (ms, 0: none) of the two classes; `short` is None where no short messages are
    wanted. The span is the same at every time, for both windows move alike.
    """
    if short is None:
        return mail or BELOW_MAIL, 0
    if not mail:
        return short and short - APART, 0
    return mail, mail - short + APART if short else 2 * APART


class Lifted:
    """`view` with its short messages lifted by `lift` ms."""

    def __init__(self, view: CollectionView, lift: int) -> None:
        self._view, self.lift = view, lift

    @property
    def by_conversation(self) -> bool:
        return self._view.by_conversation

    @property
    def modseq(self) -> int:
        return self._view.modseq

    @property
    def pruned(self) -> int:
        return self._view.pruned

    def changes(self, after: int, limit: int) -> Sequence[Change]:
        return [self._moved(row) for row in self._view.changes(after, limit)]

    def kin(self, change: Change) -> Sequence[Entry]:
        return self._view.kin(change)  # short messages are in no conversation

    def before(self, position: Position, not_older: int, limit: int) -> Sequence[Entry]:
        mail = self._view.before(position, max(not_older, BELOW_MAIL), limit)
        short = self._view.before(min(self._down(position), _FIRST_MAIL), self._below(not_older), limit)
        return _first(merge(mail, self._up(short), key=_place, reverse=True), limit)

    def between(self, start: Position, end: int, limit: int) -> Sequence[Entry]:
        mail = self._view.between(max(start, _FIRST_MAIL), end, limit)
        short = self._view.between(self._down(start), min(self._below(end), BELOW_MAIL), limit)
        return _first(merge(mail, self._up(short), key=_place), limit)

    def count_before(self, position: Position, not_older: int) -> int:
        mail = self._view.count_before(position, max(not_older, BELOW_MAIL))
        return mail + self._view.count_before(min(self._down(position), _FIRST_MAIL), self._below(not_older))

    def entry(self, uid: int) -> Change | None:
        found = self._view.entry(uid)
        return None if found is None else self._moved(found)

    def _moved(self, row: Change) -> Change:
        if row.sort_time is None or row.sort_time >= BELOW_MAIL:
            return row
        return replace(row, sort_time=row.sort_time + self.lift)

    def _up(self, short: Iterable[Entry]) -> list[Entry]:
        return [replace(entry, sort_time=entry.sort_time + self.lift) for entry in short]

    def _below(self, time: int) -> int:
        return max(time - self.lift, _EARLIEST)

    def _down(self, position: Position) -> Position:
        return Position(self._below(position.sort_time), position.uid)


def _place(entry: Entry) -> Position:
    return Position(entry.sort_time, entry.uid)


def _first(entries: Iterable[Entry], limit: int) -> list[Entry]:
    return list(islice(entries, limit))
