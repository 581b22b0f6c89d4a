"""Plans: what they tell, how they can be cut, what they cost (MS-ASCMD)."""

from dataclasses import replace

import pytest

from easd.sync.diff import Command, Kind, Plan, additions, estimate, has_changes, look, plan
from easd.sync.ports import CollectionView, Position
from easd.sync.ranges import UidSet
from easd.sync.state import BELOW_ALL, Snapshot
from tests.support.sync_memory import MemoryMailbox, MemoryView

NOTHING = Snapshot(generation=1, watermark=0)


def mailbox(*sort_times: int) -> MemoryMailbox:
    """One folder with items 1, 2, 3 ... of these sort_times."""
    made = MemoryMailbox(1)
    for sort_time in sort_times:
        made.add(1, sort_time, {})
    return made


def told(todo: Plan) -> list[tuple[str, int]]:
    return [(command.kind.value, command.uid) for command in todo.commands]


def synced(box: MemoryMailbox, cutoff: int = 0, base: Snapshot = NOTHING) -> Snapshot:
    """What a client holds that has got everything."""
    take = plan(base, box.view(1), cutoff, 10_000).take(10_000)
    assert not take.more
    return take.after


def test_first_sync_gives_the_newest_first() -> None:
    base = replace(NOTHING, watermark=3)
    todo = plan(base, mailbox(20, 30, 10).view(1), 0, 10)
    assert told(todo) == [("Add", 2), ("Add", 1), ("Add", 3)]


def test_items_dated_before_1970_are_there_without_a_filter_R3076() -> None:
    box = mailbox(-(10**12), 5)
    assert told(plan(NOTHING, box.view(1), 0, 10)) == [("Add", 2), ("Add", 1)]
    assert synced(box).covered == Position(BELOW_ALL, 0)
    assert told(plan(NOTHING, box.view(1), 1, 10)) == [("Add", 2)]


def test_what_happened_after_the_watermark_comes_in_order() -> None:
    box = mailbox(10, 20, 30)
    base = synced(box)
    box.add(1, 5, {})
    box.write(1, 2, None, {"a": "1"})
    box.remove(1, 1)
    box.write(1, 4, None, {"a": "2"})
    todo = plan(base, box.view(1), 0, 10)
    assert told(todo) == [("Change", 2), ("Delete", 1), ("Add", 4)]
    assert todo.commands[2] == Command(Kind.ADD, 4, 7)
    assert todo.take(10).after.known == UidSet.parse("2:4")


def test_what_came_and_went_is_not_told() -> None:
    box = mailbox(10)
    base = synced(box)
    box.remove(1, box.add(1, 50, {}).uid)
    todo = plan(base, box.view(1), 0, 10)
    assert not todo.steps
    assert todo.passed == 1
    assert todo.take(0).after.watermark == box.modseq


def test_an_item_that_gets_too_old_is_a_soft_delete_R3964() -> None:
    box = mailbox(10, 20)
    base = synced(box, 10)
    box.write(1, 2, 5, {})
    assert told(plan(base, box.view(1), 10, 10)) == [("SoftDelete", 2)]


def test_a_tighter_filter_drops_the_oldest_first_and_a_wider_one_brings_them_back() -> None:
    box = mailbox(10, 20, 30, 40)
    base = synced(box)
    todo = plan(base, box.view(1), 30, 1)
    assert told(todo) == [("SoftDelete", 1)]
    cut = todo.take(1)
    assert cut.more
    assert cut.after.floor == Position(10, 2)
    rest = plan(cut.after, box.view(1), 30, 10)
    assert told(rest) == [("SoftDelete", 2)]
    wide = plan(rest.take(1).after, box.view(1), 20, 10)
    assert told(wide) == [("Add", 2)]
    assert told(plan(wide.take(1).after, box.view(1), 0, 10)) == [("Add", 1)]


def test_a_filter_that_widens_again_at_once_drops_nothing_more() -> None:
    box = mailbox(10, 20, 30, 40)
    cut = plan(synced(box), box.view(1), 30, 1).take(1)
    assert told(plan(cut.after, box.view(1), 0, 10)) == [("Add", 1)]


def test_own_write_is_not_told_but_a_later_one_is() -> None:
    box = mailbox(10)
    base = synced(box)
    own = box.write(1, 1, None, {"a": "1"})
    mine = replace(base, own={1: own.mod_seq})
    assert not plan(mine, box.view(1), 0, 10).steps
    assert plan(mine, box.view(1), 0, 10).take(0).after.own == {}
    box.write(1, 1, None, {"a": "2"})
    assert told(plan(mine, box.view(1), 0, 10)) == [("Change", 1)]


def test_own_write_stays_own_until_the_watermark_has_passed_it() -> None:
    box = mailbox(10, 20)
    base = synced(box)
    box.write(1, 2, None, {"a": "1"})
    own = box.write(1, 1, None, {"a": "1"})
    todo = plan(replace(base, own={1: own.mod_seq}), box.view(1), 0, 0)
    assert todo.take(0) == ((), replace(base, own={1: own.mod_seq}), True)


@pytest.mark.parametrize("count", range(5))
def test_a_plan_can_be_cut_anywhere(count: int) -> None:
    box = mailbox(10, 20, 30)
    base = synced(box, 20)
    box.remove(1, 3)
    box.add(1, 25, {})
    whole = told(plan(base, box.view(1), 0, 10))
    assert whole == [("Delete", 3), ("Add", 4), ("Add", 1)]
    take = plan(base, box.view(1), 0, 10).take(count)
    assert len(take.commands) == min(count, 3)
    assert take.more is (count < 3)
    assert told(plan(take.after, box.view(1), 0, 10)) == whole[count:]


def test_more_is_said_only_if_there_is_more_R3456() -> None:
    box = mailbox(10, 20)
    assert not plan(NOTHING, box.view(1), 0, 2).take(2).more
    assert plan(NOTHING, box.view(1), 0, 1).take(1).more
    assert len(plan(NOTHING, box.view(1), 0, 1).commands) == 1


def test_rows_are_looked_at_up_to_the_bound() -> None:
    box = mailbox(50)
    base = synced(box, 40)
    for _ in range(10):
        box.add(1, 10, {})
    todo = plan(base, box.view(1), 40, 10, scan_limit=4)
    assert not todo.steps
    assert not todo.finished
    assert todo.passed == 4
    assert todo.take(10).more
    assert todo.take(0).after.watermark == base.watermark + 4


@pytest.mark.parametrize("rows", range(1, 6))
def test_the_bound_counts_in_every_phase(rows: int) -> None:
    box = mailbox(10, 20, 30, 40, 50)
    base = synced(box)
    for cutoff, known in ((30, "3:5"), (0, "1:5")):
        seen: list[tuple[str, int]] = []
        for _ in range(20):
            todo = plan(base, box.view(1), cutoff, 10, rows)
            assert todo.passed <= rows
            seen += told(todo)
            base = todo.take(10).after
            if todo.finished:
                break
        assert len(seen) == 2
        assert base.known == UidSet.parse(known)


def test_the_cost_follows_the_changes_not_the_folder() -> None:
    box = mailbox(*range(1000, 4000))
    base = synced(box)
    box.write(1, 5, None, {"a": "1"})
    view = box.view(1)
    assert isinstance(view, MemoryView)
    assert told(plan(base, view, 0, 100)) == [("Change", 5)]
    assert view.rows == 1
    assert not has_changes(plan(base, view, 0, 100).take(1).after, view, 0)
    assert view.rows == 2
    assert told(plan(base, view, 1003, 2))
    assert view.rows <= 2 + 1 + 3


def test_a_first_filter_after_an_unfiltered_key_0_does_not_walk_through_the_folder() -> None:
    box = mailbox(*range(1000, 4000))
    view = box.view(1)
    assert isinstance(view, MemoryView)
    assert len(plan(replace(NOTHING, watermark=3000), view, 3990, 100).commands) == 10
    assert view.rows == 10


def test_items_on_one_spot_are_told_one_by_one() -> None:
    """The folder hierarchy: all have one sort_time."""
    box = mailbox(*[0] * 5)
    base, seen = NOTHING, []
    for _ in range(5):
        take = plan(base, box.view(1), 0, 1).take(1)
        seen += [command.uid for command in take.commands]
        base = take.after
    assert seen == [5, 4, 3, 2, 1]
    assert not has_changes(base, box.view(1), 0)


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("happens, expected", [("", "Add"), ("remove", "Delete"), ("age", "SoftDelete")])
def test_an_unsure_uid_is_told_in_any_case(held: bool, happens: str, expected: str) -> None:
    box = mailbox(10)
    base = replace(synced(box, 10), covered=Position(99, 0))
    new = box.add(1, 20, {})
    base = replace(base, unsure=UidSet.parse("2"), own={2: new.mod_seq}, known=UidSet.parse("1:2" if held else "1"))
    if happens == "remove":
        box.remove(1, 2)
    elif happens == "age":
        box.write(1, 2, 5, {})
    todo = plan(base, box.view(1), 10, 10)
    assert told(todo) == [("Change" if held and not happens else expected, 2)]
    assert not todo.take(1).after.unsure
    assert todo.take(0).after.unsure


def estimates(base: Snapshot, view: CollectionView, cutoff: int) -> tuple[int, int]:
    return estimate(base, view, cutoff), len(plan(base, view, cutoff, 1000).commands)


def test_estimate_is_exact() -> None:
    box = mailbox(*range(10, 40))
    half = plan(replace(NOTHING, watermark=30), box.view(1), 15, 7).take(7).after
    box.remove(1, 30)
    box.write(1, 29, None, {"a": "1"})
    box.write(1, 28, 3, {})
    box.add(1, 50, {})
    for cutoff in (0, 12, 15, 20, 38, 60):
        counted, listed = estimates(half, box.view(1), cutoff)
        assert counted == listed
    assert estimates(synced(box), box.view(1), 0) == (0, 0)


def test_look_passes_over_what_is_not_told() -> None:
    box = mailbox(50)
    base = synced(box, 40)
    box.add(1, 10, {})
    seen = look(base, box.view(1), 40)
    assert seen is not None
    assert seen.watermark == 2
    box.add(1, 45, {})
    assert look(seen, box.view(1), 40) is None
    assert has_changes(base, box.view(1), 40)


def test_additions_are_what_would_be_new() -> None:
    box = mailbox(50)
    base = synced(box, 40)
    box.write(1, 1, None, {"a": "1"})
    box.remove(1, 1)
    box.add(1, 10, {})
    assert not additions(base, box.view(1), 40, 0)
    new = box.add(1, 45, {})
    assert additions(base, box.view(1), 40, 0)
    assert not additions(base, box.view(1), 40, new.mod_seq)
    assert additions(replace(NOTHING, watermark=box.modseq - 1), box.view(1), 40, 0)


def test_additions_are_looked_for_page_by_page() -> None:
    box = mailbox(50)
    base = synced(box, 40)
    for _ in range(1100):
        box.add(1, 10, {})
    assert not additions(base, box.view(1), 40, 0)
    box.add(1, 41, {})
    assert additions(base, box.view(1), 40, 0)
