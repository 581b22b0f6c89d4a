"""Commands that nobody carries out: the client is told again what is there, sooner or later (docs/adr/0009)."""

from dataclasses import replace

import pytest

from easd.sync.apply import Commands
from easd.sync.conflict import Action, Op
from easd.sync.diff import Kind, estimate, plan
from easd.sync.ranges import UidSet
from easd.sync.state import CollectionState, Snapshot, decode, encode
from tests.support.sync_memory import MemoryMailbox

NOBODYS = 2**62


def held(*sort_times: int) -> tuple[MemoryMailbox, Snapshot]:
    """A folder with items 1, 2, 3 ... and a client that holds them."""
    box = MemoryMailbox(1)
    for sort_time in sort_times:
        box.add(1, sort_time, {})
    base = plan(Snapshot(1, len(sort_times)), box.view(1), 0, 10).take(10).after
    return box, base


def refused(box: MemoryMailbox, base: Snapshot, *wishes: tuple[Op, int]) -> tuple[list[Action], Snapshot]:
    commands = Commands(base, box.view(1))
    return [commands.refuse(op, uid) for op, uid in wishes], commands.after


def told(box: MemoryMailbox, base: Snapshot, cutoff: int = 0, limit: int = 10) -> list[tuple[Kind, int]]:
    return [(command.kind, command.uid) for command in plan(base, box.view(1), cutoff, limit).commands]


def test_each_command_that_is_refused_is_answered_and_made_good() -> None:
    box, base = held(10, 20, 30)
    wishes = ((Op.CHANGE, 1), (Op.DELETE, 2), (Op.ADD, NOBODYS), (Op.CHANGE, 9), (Op.DELETE, 9))
    actions, after = refused(box, base, *wishes)
    missing = [Action.MISSING] * 2
    assert actions == [Action.CONFLICT, Action.ALREADY, Action.KEEP, *missing]
    assert told(box, after) == [(Kind.CHANGE, 1), (Kind.ADD, 2), (Kind.DELETE, NOBODYS)]
    assert estimate(after, box.view(1), 0) == 3


def test_what_was_told_is_owed_no_longer_and_the_rest_still_is() -> None:
    box, base = held(10, 20)
    _, after = refused(box, base, (Op.CHANGE, 1), (Op.DELETE, 2))
    take = plan(after, box.view(1), 0, 1).take(1)
    assert take.more
    assert take.after.owed == UidSet.parse("2")
    last = plan(take.after, box.view(1), 0, 1).take(1)
    assert not last.more
    assert not last.after.owed
    assert last.after.known == base.known
    assert told(box, last.after) == []


@pytest.mark.parametrize("limit", [1, 10])
def test_what_has_changed_meanwhile_is_told_once(limit: int) -> None:
    box, base = held(10, 20, 30)
    _, after = refused(box, base, (Op.CHANGE, 1), (Op.DELETE, 2), (Op.DELETE, 3))
    box.write(1, 1, None, {"a": "1"})
    box.write(1, 2, None, {"a": "1"})
    box.remove(1, 3)
    found, current = [], after
    while (step := plan(current, box.view(1), 0, limit).take(limit)).commands:
        found += [(command.kind, command.uid) for command in step.commands]
        current = step.after
    assert found == [(Kind.CHANGE, 1), (Kind.ADD, 2)]  # it has removed 3 itself
    assert not current.owed
    assert current.known == UidSet.parse("1:2")


def test_what_the_filter_leaves_out_waits_for_a_wider_one() -> None:
    box, base = held(10, 20)
    _, after = refused(box, base, (Op.DELETE, 1), (Op.CHANGE, 2))
    tight = plan(after, box.view(1), 15, 10).take(10)
    assert [(c.kind, c.uid) for c in tight.commands] == [(Kind.CHANGE, 2)]
    box.write(1, 1, None, {"a": "1"})
    tight = plan(tight.after, box.view(1), 15, 10).take(10)
    assert not tight.commands
    assert told(box, tight.after) == [(Kind.ADD, 1)]


def test_a_delete_of_what_is_gone_by_now_needs_no_making_good() -> None:
    box, base = held(10)
    box.remove(1, 1)
    actions, after = refused(box, base, (Op.DELETE, 1), (Op.DELETE, 1))
    assert actions == [Action.ALREADY, Action.ALREADY]
    assert told(box, after) == []


@pytest.mark.parametrize("still", [True, False])
def test_who_deletes_what_was_never_added_hears_no_more_of_it(still: bool) -> None:
    box, base = held(10)
    _, after = refused(box, base, (Op.ADD, NOBODYS))
    commands = Commands(after, box.view(1))
    if still:
        assert commands.refuse(Op.DELETE, NOBODYS) is Action.ALREADY
    else:  # meanwhile the user may write
        assert commands.delete(NOBODYS).action is Action.MISSING
    assert told(box, commands.after) == []
    assert commands.after.known == base.known


def test_who_may_write_meanwhile_deletes_what_was_to_be_told_again() -> None:
    box, base = held(10)
    _, after = refused(box, base, (Op.CHANGE, 1))
    commands = Commands(after, box.view(1))
    verdict = commands.delete(1)
    commands.done(verdict, 1, box.remove(1, 1))
    assert told(box, commands.after) == []


def test_what_is_owed_is_written_down_and_read_again() -> None:
    _, base = held(10)
    for snapshot in (replace(base, owed=UidSet.parse("1")), replace(base, owed=UidSet.parse("1"), lift=5)):
        state = CollectionState(7, 1, snapshot)
        assert decode(encode(state)) == state
