"""What to tell a client: the difference between what it holds and what is there, in steps that can be cut anywhere.

First what it is owed because its commands were refused: few items, and nothing has happened to them. Then three
phases, each in an order in which the place reached says all about what is left:
1. what changed after the watermark, in that order;
2. once that is done, what the client holds and the filter leaves out by now, oldest first;
3. once that is done, what is inside the filter and was never told, newest first.

The invariant they keep: of the items with mod_seq <= watermark, the client holds no other version than the present
one; those it holds lie at or after `floor`; those inside the filter that it does not hold lie before `covered`.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import Final, NamedTuple

from easd.model.altered import altered
from easd.model.frozen import dataclass
from easd.sync.ports import Change, CollectionView, Position
from easd.sync.ranges import UidSet, UidSetBuilder
from easd.sync.state import ABOVE_ALL, BELOW_ALL, Snapshot

_PAGE_MIN: Final = 64
_PAGE_MAX: Final = 1024
_NO_BOUND: Final = 2**62


class Kind(Enum):
    """What a command of the server does to the client's copy (MS-ASCMD 2.2.3.32)."""

    ADD = "Add"
    CHANGE = "Change"
    DELETE = "Delete"
    SOFT_DELETE = "SoftDelete"


class Command(NamedTuple):
    """One command to a client, about the version `mod_seq` of an item."""

    kind: Kind
    uid: int
    mod_seq: int


class Marks(NamedTuple):
    """How far a plan has come: the like-named fields of a Snapshot."""

    watermark: int
    floor: Position
    covered: Position


class Step(NamedTuple):
    """A command, and the marks once it is told."""

    command: Command
    marks: Marks


class Take(NamedTuple):
    """A part of a plan: the commands, what the client holds after them, and whether there is more to come
    (MoreAvailable).
    """

    commands: tuple[Command, ...]
    after: Snapshot
    more: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What to tell, in order, up to `limit` commands; one more step may be here, as the proof that there is more.

    finished: everything was looked at. passed: rows looked at. If a plan is not finished and has no commands, its
    bound of rows was reached: store `rest(...)` and plan again, in a new transaction.
    """

    base: Snapshot
    limit: int
    steps: tuple[Step, ...]
    end: Marks
    finished: bool
    passed: int

    @property
    def commands(self) -> tuple[Command, ...]:
        """All commands of the plan."""
        return tuple(step.command for step in self.steps[: self.limit])

    def take(self, count: int) -> Take:
        """The first `count` commands (fewer if there are fewer). An answer with MoreAvailable must take at least one,
        to make progress.
        """
        sent = self.steps[: min(count, self.limit)]
        whole = len(sent) == len(self.steps)
        marks = self.end if whole else sent[-1].marks if sent else _marks(self.base)
        commands = tuple(step.command for step in sent)
        return Take(commands, _after(self.base, commands, marks), not (whole and self.finished))


def plan(base: Snapshot, view: CollectionView, cutoff: int, limit: int, scan_limit: int | None = None) -> Plan:
    """What to tell a client that holds `base`, up to `limit` commands.

    cutoff: items with an older sort_time (ms) are not for this client; 0: no filter. scan_limit: rows to look at, at
    most; None: no bound. The cost follows the number of commands and of rows passed over, never the size of the
    collection.
    """
    return Planner(base, view, cutoff, limit, scan_limit).run()


def look(base: Snapshot, view: CollectionView, cutoff: int) -> Snapshot | None:
    """None if a Sync from `base` would give at least one command. Else `base`, moved past everything it would not
    tell, for the next look.
    """
    todo = plan(base, view, cutoff, limit=0)
    return None if todo.steps else todo.take(0).after


def has_changes(base: Snapshot, view: CollectionView, cutoff: int) -> bool:
    """Whether a Sync from `base` would give at least one command; what Ping reports."""
    return look(base, view, cutoff) is None


def additions(base: Snapshot, view: CollectionView, cutoff: int, since: int) -> bool:
    """Whether a Sync from `base` would add an item that came after the counter `since`: what ends a wait (MS-ASCMD
    R5639, R5641, R5596, R5598).
    """
    planner = Planner(base, view, cutoff, 0)
    after = max(base.watermark, since)
    while rows := view.changes(after, _PAGE_MAX):
        if any(planner.lacks(row) for row in rows):
            return True
        after = rows[-1].mod_seq
    return False


def estimate(base: Snapshot, view: CollectionView, cutoff: int) -> int:
    """How many commands all Syncs from `base` on would give (MS-ASCMD R2289), without walking through what was never
    told.
    """
    return Planner(base, view, cutoff, _NO_BOUND).count()


class Planner:
    """One plan in the making."""

    def __init__(
        self, base: Snapshot, view: CollectionView, cutoff: int, limit: int, scan_limit: int | None = None
    ) -> None:
        self.base = base = _placed(_due(base, view) if base.owed else base, view)
        self.view = view
        self.cutoff = cutoff or BELOW_ALL
        self.limit = limit
        self.left = _NO_BOUND if scan_limit is None else scan_limit
        self.known = UidSetBuilder(base.known)
        self.watermark = base.watermark
        self.floor = base.floor
        # What a tighter filter drops may be asked for again by a wider one: the third phase has to come by there again.
        self.covered = max(base.covered, self._bottom)
        self.steps: list[Step] = []
        self.passed = 0
        self._settled: set[bytes] = set()

    @property
    def _bottom(self) -> Position:
        return Position(self.cutoff, 0)

    def run(self) -> Plan:
        """The plan."""
        finished = self.repay() and self.scan() and self.shrink() and self.backfill()
        marks = Marks(self.watermark, self.floor, self.covered)
        return Plan(self.base, self.limit, tuple(self.steps), marks, finished, self.passed)

    def count(self) -> int:
        """How many commands the plan would have without any limit.

        After two phases all that the client holds is there and inside the filter: what it lacks is all there is less
        that.
        """
        self.repay()
        self.scan()
        self.shrink()
        missing = 0
        if self.covered > self._bottom:
            missing = self.view.count_before(Position(2**63 - 1, 2**63 - 1), self.cutoff) - len(self.known.build())
        return len(self.steps) + missing

    def repay(self) -> bool:
        """What was refused is told as it is; True if all of it was. What has changed since has a row in the first
        phase, and what the filter leaves out waits until it lets it in.
        """
        for uid in self.base.owed:
            row = self.view.entry(uid) or Change(uid, 0, None)
            if row.mod_seq > self.base.watermark:
                continue
            held = uid in self.known
            if row.sort_time is None or row.sort_time < self.cutoff:
                kind = None if not held else Kind.DELETE if row.sort_time is None else Kind.SOFT_DELETE
            else:
                kind = Kind.CHANGE if held else Kind.ADD
                self.floor = min(self.floor, Position(row.sort_time, uid))
            if kind is not None:
                self._tell(Command(kind, uid, row.mod_seq))
            if self._full:
                return False
        return True

    def scan(self) -> bool:
        """The first phase; True if it came to its end."""
        while room := self._room():
            rows = self.view.changes(self.watermark, room)
            for row in rows:
                self.watermark = row.mod_seq - 1
                if not self._settle_kin(row):
                    return False
                self.watermark = row.mod_seq
                self._pass(row)
                if self._full:
                    return False
            if len(rows) < room:
                self.watermark = self.view.modseq
                return True
        return False

    def _pass(self, row: Change) -> None:
        self._count_row()
        kind = self.judge(row)
        if kind is Kind.ADD:
            self.known.add(row.uid)
        if row.sort_time is not None and row.uid in self.known and kind is not Kind.SOFT_DELETE:
            self.floor = min(self.floor, Position(row.sort_time, row.uid))
        if kind is not None:
            self._tell(Command(kind, row.uid, row.mod_seq))

    def _settle_kin(self, row: Change) -> bool:
        """What else is told because a conversation has got another place: once a plan, for the place is the present
        one. Items with a later mod_seq have rows of their own. False if it was cut; the plan comes by the row again.
        """
        if row.conversation is None or row.kin_time is None or row.conversation in self._settled:
            return True
        self._settled.add(row.conversation)
        if row.kin_time >= self.cutoff:
            self.floor = min(self.floor, Position(row.kin_time, 0))
        for entry in self.view.kin(row):
            held = entry.uid in self.known
            place = Position(row.kin_time, entry.uid)
            if row.kin_time < self.cutoff and held:
                self._tell(Command(Kind.SOFT_DELETE, entry.uid, entry.mod_seq))
            elif not held and place >= max(self.covered, self._bottom):
                self._tell(Command(Kind.ADD, entry.uid, entry.mod_seq))
            if self._full:
                return False
        return True

    def judge(self, row: Change) -> Kind | None:
        """What to tell of a row after the watermark."""
        held, unsure = row.uid in self.known, row.uid in self.base.unsure
        if row.sort_time is None:
            return Kind.DELETE if held or unsure else None
        if row.sort_time < self.cutoff:
            return Kind.SOFT_DELETE if held or unsure else None
        unsure = unsure or row.uid in self.base.owed
        if held:
            return None if self.is_echo(row) and not unsure else Kind.CHANGE
        # Before `covered` the third phase brings it.
        return Kind.ADD if unsure or Position(row.sort_time, row.uid) >= self.covered else None

    def lacks(self, row: Change) -> bool:
        """Whether the client would be told of the row's item as new, be it in this phase or, before `covered`, in the
        third: where a folder was empty, or nothing was told of it yet, everything is before `covered`.
        """
        return row.sort_time is not None and row.sort_time >= self.cutoff and row.uid not in self.known

    def is_echo(self, row: Change) -> bool:
        """Whether this very version is the client's own. A later one of the same item is not."""
        return self.base.own.get(row.uid) == row.mod_seq

    def shrink(self) -> bool:
        """The second phase; True if it came to its end."""
        while self.floor < self._bottom:
            room = self._room()
            if not room:
                return False
            rows = self.view.between(self.floor, self.cutoff, room)
            for row in rows:
                self._count_row()
                self.floor = Position(row.sort_time, row.uid + 1)
                if row.uid in self.known:
                    self._tell(Command(Kind.SOFT_DELETE, row.uid, row.mod_seq))
                if self._full:
                    return False
            if len(rows) < room:
                self.floor = self._bottom
        return True

    def backfill(self) -> bool:
        """The third phase; True if it came to its end."""
        while self.covered > self._bottom:
            room = self._room()
            if not room:
                return False
            rows = self.view.before(self.covered, self.cutoff, room)
            for row in rows:
                self._count_row()
                self.covered = Position(row.sort_time, row.uid)
                if row.uid not in self.known:
                    self.floor = min(self.floor, self.covered)
                    self._tell(Command(Kind.ADD, row.uid, row.mod_seq))
                if self._full:
                    return False
            if len(rows) < room:
                self.covered = self._bottom
        return True

    def _room(self) -> int:
        wanted = self.limit + 1 - len(self.steps)
        return min(max(wanted, _PAGE_MIN), _PAGE_MAX, self.left)

    @property
    def _full(self) -> bool:
        return len(self.steps) > self.limit

    def _count_row(self) -> None:
        self.passed += 1
        self.left -= 1

    def _tell(self, command: Command) -> None:
        _apply(self.known, (command,))
        self.steps.append(Step(command, Marks(self.watermark, self.floor, self.covered)))


def _placed(base: Snapshot, view: CollectionView) -> Snapshot:
    """The snapshot with marks in the order of the view's places. Where that is another one than before, both phases
    that go by places begin anew.
    """
    if (base.by_conversation, base.lift) == (view.by_conversation, view.lift):
        return base
    floor = Position(BELOW_ALL, 0) if base.known else ABOVE_ALL
    return replace(base, floor=floor, covered=ABOVE_ALL, by_conversation=view.by_conversation, lift=view.lift)


def _due(base: Snapshot, view: CollectionView) -> Snapshot:
    """The snapshot without what is owed to nobody: the client does not hold it, and it is gone by now."""

    def is_due(uid: int) -> bool:
        row = view.entry(uid)
        return uid in base.known or (row is not None and row.sort_time is not None)

    return replace(base, owed=UidSet.from_iterable(filter(is_due, base.owed)))


def _apply(known: UidSetBuilder, commands: Iterable[Command]) -> None:
    for command in commands:
        if command.kind in (Kind.DELETE, Kind.SOFT_DELETE):
            known.remove(command.uid)
        else:
            known.add(command.uid)


def _after(base: Snapshot, commands: tuple[Command, ...], marks: Marks) -> Snapshot:
    known = UidSetBuilder(base.known)
    _apply(known, commands)
    # Every row of an unsure uid makes a command: those told are no longer unsure, the others are still to come.
    told = UidSet.from_iterable(c.uid for c in commands) if base.unsure or base.owed else UidSet()
    unsure = base.unsure - told if base.unsure else base.unsure
    owed = base.owed - told if base.owed else base.owed
    own = {uid: mod_seq for uid, mod_seq in base.own.items() if mod_seq > marks.watermark}
    return altered(base, known=known.build(), unsure=unsure, owed=owed, own=own, **marks._asdict())


def _marks(snapshot: Snapshot) -> Marks:
    return Marks(snapshot.watermark, snapshot.floor, snapshot.covered)
