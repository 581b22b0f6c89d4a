"""A compressed set of uids, kept as sorted ranges."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from operator import sub

from easd.model.frozen import dataclass

_TEXT = re.compile(r"(?:[0-9]+(?::[0-9]+)?(?:,[0-9]+(?::[0-9]+)?)*)?")


@dataclass(frozen=True, slots=True, repr=False)
class UidSet:
    """An immutable set of positive integers. Its size follows the number of its ranges, not of its members.

    `bounds` ascends strictly: a range of members starts at each even place and ends before the number at the next odd
    place. So a number is a member if an odd count of bounds is not above it, and adding or removing one number toggles
    two bounds.
    """

    bounds: tuple[int, ...] = ()

    @classmethod
    def from_iterable(cls, uids: Iterable[int]) -> "UidSet":
        """The set of these. ValueError unless all are positive."""
        builder = UidSetBuilder()
        for uid in uids:
            builder.add(uid)
        return builder.build()

    @classmethod
    def parse(cls, text: str) -> "UidSet":
        """The set written as `1:500,502` (both ends inclusive), as `str` gives it. ValueError for anything else."""
        if not _TEXT.fullmatch(text):
            raise ValueError("not a uid set")
        bounds = [0]
        for part in text.split(",") if text else ():
            first, _, last = part.partition(":")
            bounds += (int(first), int(last or first) + 1)
        if any(a >= b for a, b in pairwise(bounds)):
            raise ValueError("the ranges of a uid set ascend, and do not touch")
        return cls(tuple(bounds[1:]))

    @classmethod
    def of_gaps(cls, gaps: Sequence[int]) -> "UidSet":
        """The set with these distances between its bounds, the first from 0: the form that `gaps` gives. ValueError
        unless they are pairs of positive integers.
        """
        if len(gaps) % 2 or not {*map(type, gaps)} <= {int} or min(gaps, default=1) <= 0:
            raise ValueError("the gaps of a uid set are pairs of positive integers")
        return cls(tuple(accumulate(gaps)))

    def gaps(self) -> list[int]:
        """The distances between the bounds: shorter than the text form where the ranges are many, and faster."""
        return list(map(sub, self.bounds, (0, *self.bounds)))

    def ranges(self) -> Iterator[range]:
        """The ranges in ascending order; no two touch."""
        bounds = iter(self.bounds)
        return (range(start, next(bounds)) for start in bounds)

    def add(self, uid: int) -> "UidSet":
        """This set with `uid`."""
        builder = UidSetBuilder(self)
        builder.add(uid)
        return builder.build()

    def remove(self, uid: int) -> "UidSet":
        """This set without `uid`; the same where it is no member."""
        builder = UidSetBuilder(self)
        builder.remove(uid)
        return builder.build()

    def __contains__(self, uid: int) -> bool:
        return bisect_right(self.bounds, uid) % 2 == 1

    def __len__(self) -> int:
        return sum(self.bounds[1::2]) - sum(self.bounds[::2])

    def __bool__(self) -> bool:
        return bool(self.bounds)

    def __iter__(self) -> Iterator[int]:
        for span in self.ranges():
            yield from span

    def __or__(self, other: "UidSet") -> "UidSet":
        return self._combine(other, lambda mine, theirs: mine or theirs)

    def __sub__(self, other: "UidSet") -> "UidSet":
        return self._combine(other, lambda mine, theirs: mine and not theirs)

    def _combine(self, other: "UidSet", keep: Callable[[bool, bool], bool]) -> "UidSet":
        bounds: list[int] = []
        for bound in sorted({*self.bounds, *other.bounds}):
            if keep(bound in self, bound in other) != bool(len(bounds) % 2):
                bounds.append(bound)
        return UidSet(tuple(bounds))

    def __str__(self) -> str:
        return ",".join(f"{r.start}:{r[-1]}" if len(r) > 1 else f"{r.start}" for r in self.ranges())

    def __repr__(self) -> str:
        return f"UidSet({str(self)!r})"


class UidSetBuilder:
    """A mutable uid set, to make many changes to. Each is a binary search and a shift of the bounds above."""

    __slots__ = ("_bounds",)

    def __init__(self, start: UidSet | None = None) -> None:
        self._bounds = [] if start is None else list(start.bounds)

    def add(self, uid: int) -> None:
        """Make `uid` a member. ValueError unless it is positive."""
        if uid <= 0:
            raise ValueError("a uid is positive")
        if uid not in self:
            self._toggle(uid)

    def remove(self, uid: int) -> None:
        """Make `uid` no member."""
        if uid in self:
            self._toggle(uid)

    def __contains__(self, uid: int) -> bool:
        return bisect_right(self._bounds, uid) % 2 == 1

    def build(self) -> UidSet:
        """The members so far."""
        return UidSet(tuple(self._bounds))

    def _toggle(self, uid: int) -> None:
        first = last = bisect_left(self._bounds, uid)
        edges: list[int] = []
        for bound in (uid, uid + 1):
            if last < len(self._bounds) and self._bounds[last] == bound:
                last += 1
            else:
                edges.append(bound)
        self._bounds[first:last] = edges
