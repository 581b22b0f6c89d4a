"""Engines with one thing broken each. What finds the true engine right must find each of these wrong."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from easd.sync.apply import Commands
from easd.sync.conflict import Policy
from easd.sync.diff import Plan, Planner, Take
from easd.sync.generations import How, Opened, arrived, begin, commit
from easd.sync.ports import Change, CollectionView
from easd.sync.state import ABOVE_ALL, CollectionState, Receipt, Snapshot
from tests.support.sync_driver import Engine

EpochSource = Callable[[], int]


def no_receipts(opened: Opened, after: Snapshot, receipts: Iterable[Receipt] = ()) -> CollectionState:
    return commit(opened, after)


def no_previous(opened: Opened, after: Snapshot, receipts: Iterable[Receipt] = ()) -> CollectionState:
    return replace(commit(opened, after, receipts), previous=None)


def shared_known(opened: Opened, after: Snapshot, receipts: Iterable[Receipt] = ()) -> CollectionState:
    state = commit(opened, after, receipts)
    return replace(state, previous=replace(opened.base, known=after.known, receipts=tuple(receipts)))


def lasting_receipts(opened: Opened, after: Snapshot, receipts: Iterable[Receipt] = ()) -> CollectionState:
    state = commit(opened, after, receipts)
    return replace(state, current=replace(state.current, receipts=tuple(receipts)))


def same_key_at_retry(opened: Opened, after: Snapshot, receipts: Iterable[Receipt] = ()) -> CollectionState:
    state = commit(opened, after, receipts)
    if opened.how is not How.RETRY:
        return state
    return replace(state, minted=state.minted - 1, current=replace(state.current, generation=state.minted - 1))


def lost_is_received(state: CollectionState | None, key: str, view: CollectionView, source: EpochSource) -> Opened:
    opened = begin(state, key, view, source)
    return replace(opened, base=opened.state.current) if opened.how is How.RETRY else opened


def retry_from_now(state: CollectionState | None, key: str, view: CollectionView, source: EpochSource) -> Opened:
    opened = begin(state, key, view, source)
    if opened.how is not How.RETRY:
        return opened
    return replace(opened, base=replace(opened.base, watermark=opened.state.current.watermark))


def blind_to_pruning(state: CollectionState | None, key: str, view: CollectionView, source: EpochSource) -> Opened:
    if state is not None:
        state = replace(state, current=replace(state.current, watermark=max(state.current.watermark, view.pruned)))
    return begin(state, key, view, source)


def covered_to_the_end(todo: Plan, count: int) -> Take:
    take = todo.take(count)
    return take._replace(after=replace(take.after, covered=todo.end.covered))


def watermark_to_the_end(todo: Plan, count: int) -> Take:
    take = todo.take(count)
    return take._replace(after=replace(take.after, watermark=todo.end.watermark))


def more_for_ever(todo: Plan, count: int) -> Take:
    take = todo.take(count)
    return take._replace(more=True)


class EchoById(Planner):
    def is_echo(self, row: Change) -> bool:
        return row.uid in self.base.own


class RefusalsUntold(Planner):
    def repay(self) -> bool:
        return True


class NoShrinking(Planner):
    def shrink(self) -> bool:
        return True


class CoveredStays(Planner):
    """Does not come by again where a tighter filter has dropped something."""

    def __init__(
        self, base: Snapshot, view: CollectionView, cutoff: int, limit: int, scan_limit: int | None = None
    ) -> None:
        super().__init__(base, view, cutoff, limit, scan_limit)
        self.covered = base.covered


class FloorStays(Planner):
    """Does not notice that an item got an older date."""

    def scan(self) -> bool:
        self.floor, floor = ABOVE_ALL, self.floor
        finished = super().scan()
        self.floor = floor if self.base.known else self.floor
        return finished


class KinForgotten(Planner):
    """Tells of the item alone that has given its conversation another place."""

    def _settle_kin(self, row: Change) -> bool:
        return True


class KinOnceAndForAll(Planner):
    """Looks at a conversation as it was when it was first seen, not as it is when the plan is cut and made anew."""

    def _settle_kin(self, row: Change) -> bool:
        steps, self.steps = self.steps, []
        super()._settle_kin(row)
        self.steps = steps + self.steps[:1]
        return not self._full


class FloorAboveKin(Planner):
    """Does not notice that a conversation went to an older place."""

    def _settle_kin(self, row: Change) -> bool:
        floor = self.floor
        finished = super()._settle_kin(row)
        self.floor = floor
        return finished


class OutcomesUntold(Commands):
    """Takes what it made of a write for what the client has sent."""

    def again(self, uid: int) -> None:
        return


class MixturesUntold(Commands):
    """Takes every write of the client for one whose outcome it has."""

    def _settle(self, receipt: Receipt) -> None:
        super()._settle(replace(receipt, over=0))


class ReceiptsAtPresent(Commands):
    """Takes what an earlier try wrote for what is there now."""

    def _settle(self, receipt: Receipt) -> None:
        entry = self._entry(receipt.uid)
        super()._settle(replace(receipt, mod_seq=entry.mod_seq) if entry else receipt)


class NeverConflicting(Commands):
    def __init__(self, base: Snapshot, view: CollectionView, policy: Policy = Policy.SERVER_WINS) -> None:
        super().__init__(base, view, Policy.CLIENT_WINS)


class EditsIgnored(Commands):
    """Answers an edited Add with the receipt of the unedited one."""

    def add(self, client_id: str, digest: str):  # type: ignore[no-untyped-def]
        known = [r for r in self.base.receipts if r.client_id == client_id]
        return super().add(client_id, known[-1].digest if known else digest)


def planning(planner: type[Planner]) -> Callable[..., Plan]:
    def planned(base: Snapshot, view: CollectionView, cutoff: int, limit: int, scan_limit: int | None = None) -> Plan:
        return planner(base, view, cutoff, limit, scan_limit).run()

    return planned


def arrived_unseen(state: CollectionState, uid: int, mod_seq: int, *, held: bool = False) -> CollectionState:
    return state


def arrived_for_sure(state: CollectionState, uid: int, mod_seq: int, *, held: bool = False) -> CollectionState:
    told = arrived(state, uid, mod_seq, held=True)
    return replace(told, current=replace(told.current, unsure=state.current.unsure))


def ping_by_modseq(base: Snapshot, view: CollectionView, cutoff: int) -> bool:
    return view.modseq > base.watermark


def ping_by_rows(base: Snapshot, view: CollectionView, cutoff: int) -> bool:
    return bool(view.changes(base.watermark, 1))


def estimate_by_rows(base: Snapshot, view: CollectionView, cutoff: int) -> int:
    return len(view.changes(base.watermark, 10**6))


REFUSALS_UNTOLD: Final = Engine(plan=planning(RefusalsUntold))

MUTANTS: Final = {
    "no receipts": Engine(commit=no_receipts),
    "one generation only, the old key refused": Engine(commit=no_previous),
    "one generation only, the old key taken for the new": Engine(begin=lost_is_received),
    "known set shared by both generations": Engine(commit=shared_known),
    "echo suppressed by id": Engine(plan=planning(EchoById)),
    "receipts valid after the generation": Engine(commit=lasting_receipts),
    "watermark advanced at retry": Engine(begin=retry_from_now),
    "key of the lost answer given again": Engine(commit=same_key_at_retry),
    "MoreAvailable without covered": Engine(take=covered_to_the_end),
    "watermark moved past what was not told": Engine(take=watermark_to_the_end),
    "MoreAvailable for ever": Engine(take=more_for_ever),
    "SoftDelete forgotten when the filter moves": Engine(plan=planning(NoShrinking)),
    "a wider filter brings nothing back": Engine(plan=planning(CoveredStays)),
    "floor not lowered": Engine(plan=planning(FloorStays)),
    "pruned tombstones ignored": Engine(begin=blind_to_pruning),
    "conversations: the others forgotten": Engine(plan=planning(KinForgotten)),
    "conversations: one of the others told": Engine(plan=planning(KinOnceAndForAll)),
    "conversations: floor not lowered": Engine(plan=planning(FloorAboveKin)),
    "outcomes untold": Engine(commands=OutcomesUntold),
    "mixtures untold": Engine(commands=MixturesUntold),
    "receipts at the present modseq": Engine(commands=ReceiptsAtPresent),
    "edited Adds answered by receipt": Engine(commands=EditsIgnored),
    "the client always wins": Engine(commands=NeverConflicting),
    "own moves unseen": Engine(arrived=arrived_unseen),
    "own moves taken for received": Engine(arrived=arrived_for_sure),
    "Ping by modseq only": Engine(has_changes=ping_by_modseq),
    "Ping by rows": Engine(has_changes=ping_by_rows),
    "estimate by rows": Engine(estimate=estimate_by_rows),
}

RARE: Final = {"conversations: one of the others told": 2700, "conversations: floor not lowered": 2300}
"""Faults that one history of thousands shows, and the numbers a little before those that do today."""
