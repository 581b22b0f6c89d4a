"""Keys and generations, one rule at a time (MS-ASCMD)."""

from dataclasses import replace

import pytest

from easd.sync.apply import Commands
from easd.sync.diff import has_changes, plan
from easd.sync.generations import (
    RECEIPTS_MAX,
    SCAN_LIMIT,
    How,
    Opened,
    arrived,
    begin,
    commit,
    departed,
    rest,
)
from easd.sync.ranges import UidSet
from easd.sync.state import CollectionState, Receipt, Snapshot, StaleKey, decode, encode
from tests.support.sync_memory import MemoryMailbox


def mailbox(items: int = 3) -> MemoryMailbox:
    made = MemoryMailbox(1)
    for number in range(items):
        made.add(1, 10 * (number + 1), {})
    return made


def opened(box: MemoryMailbox, state: CollectionState | None, key: str) -> Opened:
    return begin(state, key, box.view(1), lambda: 77)


def fresh(box: MemoryMailbox) -> CollectionState:
    return opened(box, None, "0").state


def answered(box: MemoryMailbox, state: CollectionState, key: str | None = None) -> CollectionState:
    """The state after a Sync with this key, by default the current one, that told all there was."""
    start = opened(box, state, key or state.key)
    return commit(start, plan(start.base, box.view(1), 0, 100).take(100).after)


def test_key_0_gives_a_key_and_nothing_else_R4606() -> None:
    start = opened(mailbox(), None, "0")
    assert start.how is How.NEW
    assert start.state == CollectionState(77, 1, Snapshot(1, 3))
    assert start.state.key == "77-1"


def test_key_0_starts_a_new_epoch_R4598() -> None:
    box = mailbox()
    old = answered(box, fresh(box))
    new = begin(old, "0", box.view(1), lambda: 78).state
    assert new.key == "78-1"
    assert not new.current.known
    with pytest.raises(StaleKey):
        opened(box, new, old.key)


@pytest.mark.parametrize("epoch", [1, 2, 2**63 - 1])
def test_an_epoch_is_not_used_twice_in_a_row(epoch: int) -> None:
    box = mailbox()
    state = begin(None, "0", box.view(1), lambda: epoch).state
    again = begin(state, "0", box.view(1), lambda: epoch).state
    assert 1 <= again.epoch < 2**63
    assert again.epoch != epoch


def test_a_new_epoch_is_drawn_for_key_0_only() -> None:
    box = mailbox()
    assert begin(fresh(box), "77-1", box.view(1), lambda: pytest.fail("drawn")).how is How.CURRENT


def test_the_current_key_acknowledges_the_last_answer() -> None:
    box = mailbox()
    state = answered(box, fresh(box))
    start = opened(box, state, state.key)
    assert start.how is How.CURRENT
    assert start.base == state.current
    assert start.acknowledged
    assert start.state.previous is None
    assert not opened(box, start.state, state.key).acknowledged


def test_the_previous_key_goes_back() -> None:
    box = mailbox()
    first = fresh(box)
    state = answered(box, first)
    start = opened(box, state, first.key)
    assert start.how is How.RETRY
    assert start.base == state.previous == first.current
    assert start.state == state


def test_every_answer_gets_a_fresh_key_a_retry_too_R4599() -> None:
    box = mailbox()
    first = fresh(box)
    second = answered(box, first)
    third = answered(box, second, first.key)
    fourth = answered(box, third, first.key)
    assert [s.key for s in (first, second, third, fourth)] == ["77-1", "77-2", "77-3", "77-4"]
    assert fourth.previous is not None
    assert fourth.previous.generation == 1
    for dead in (second.key, third.key):
        with pytest.raises(StaleKey):
            opened(box, fourth, dead)


def test_an_acknowledged_generation_is_gone() -> None:
    box = mailbox()
    first = fresh(box)
    second = answered(box, first)
    third = answered(box, second)
    with pytest.raises(StaleKey):
        opened(box, third, first.key)


@pytest.mark.parametrize("key", ["78-1", "77-2", "garbage"])
def test_any_other_key_is_stale_R4425(key: str) -> None:
    box = mailbox()
    with pytest.raises(StaleKey):
        opened(box, fresh(box), key)


def test_a_key_without_a_state_is_stale_R4425() -> None:
    with pytest.raises(StaleKey):
        opened(mailbox(), None, "77-1")


def test_a_watermark_below_pruned_tombstones_is_stale() -> None:
    box = mailbox()
    state = answered(box, fresh(box))
    box.remove(1, 1)
    assert opened(box, state, state.key).how is How.CURRENT
    box.prune(1, box.modseq)
    with pytest.raises(StaleKey):
        opened(box, state, state.key)
    assert opened(box, fresh(box), "77-1").how is How.CURRENT


def test_a_watermark_from_the_future_is_stale() -> None:
    """The store was restored from an old copy: numbers will be given out again."""
    box = mailbox()
    state = answered(box, fresh(box))
    with pytest.raises(StaleKey):
        opened(mailbox(2), state, state.key)


def test_a_key_cannot_be_tried_for_ever() -> None:
    box = mailbox()
    start = opened(box, fresh(box), "77-1")
    receipt = Receipt("1", "d", 1, 1, 0)
    state = commit(start, start.base, [receipt] * RECEIPTS_MAX)
    assert opened(box, state, "77-1").how is How.RETRY
    state = commit(start, start.base, [receipt] * (RECEIPTS_MAX + 1))
    with pytest.raises(StaleKey):
        opened(box, state, "77-1")


def test_receipts_stay_with_the_base_and_do_not_outlive_it_R961() -> None:
    box = mailbox()
    start = opened(box, fresh(box), "77-1")
    commands = Commands(start.base, box.view(1))
    item = box.add(1, 5, {})
    commands.done(commands.add("1", "d"), item.uid, item.mod_seq)
    state = commit(start, commands.after, commands.receipts)
    assert state.previous is not None
    assert state.previous.receipts == (Receipt("1", "d", item.uid, item.mod_seq, 0),)
    assert state.previous.known == UidSet()
    assert state.current.receipts == ()
    assert state.current.known == UidSet.parse("4")


def test_a_retry_looks_at_all_rows() -> None:
    box = mailbox()
    state = answered(box, fresh(box))
    assert opened(box, state, state.key).scan_limit == SCAN_LIMIT
    assert opened(box, state, "77-1").scan_limit is None


def test_nothing_happened_nothing_is_stored() -> None:
    box = mailbox()
    state = opened(box, answered(box, fresh(box)), "77-2").state
    start = opened(box, state, state.key)
    assert rest(start, plan(start.base, box.view(1), 0, 10)) is None
    assert rest(start) is None


def test_an_acknowledgement_is_stored() -> None:
    box = mailbox()
    state = answered(box, fresh(box))
    start = opened(box, state, state.key)
    assert rest(start, plan(start.base, box.view(1), 0, 10)) == replace(state, previous=None)
    assert rest(start) == replace(state, previous=None)


def test_what_was_passed_over_is_stored_and_the_key_stays() -> None:
    box = mailbox()
    state = answered(box, fresh(box))
    box.remove(1, box.add(1, 99, {}).uid)
    start = opened(box, state, state.key)
    stored = rest(start, plan(start.base, box.view(1), 0, 10))
    assert stored is not None
    assert stored.key == state.key
    assert stored.previous is None
    assert stored.current == replace(state.current, watermark=box.modseq)


def test_an_empty_retry_is_kept_in_mind_until_the_client_shows_what_it_holds() -> None:
    """Ping has no key: by the lost answer it would tell of a change that Sync has not, again and again."""
    box = mailbox(0)
    first = fresh(box)
    item = box.add(1, 10, {})
    state = answered(box, first)
    box.remove(1, item.uid)
    start = opened(box, state, first.key)
    todo = plan(start.base, box.view(1), 0, 10)
    assert not todo.steps
    assert todo.passed
    stored = rest(start, todo)
    assert stored == replace(state, retried=True)
    assert (stored.held, stored.held_key) == (state.previous, first.key)
    assert not has_changes(stored.held, box.view(1), 0)
    assert decode(encode(stored)) == stored
    assert rest(opened(box, stored, first.key)) is None
    assert opened(box, stored, state.key).state == replace(state, previous=None)
    assert not answered(box, stored, first.key).retried


@pytest.mark.parametrize("held", [False, True])
def test_an_own_move_is_known_of_in_both_generations_R289(held: bool) -> None:
    box = mailbox()
    first = fresh(box)
    state = answered(box, first)
    item = box.add(1, 40, {})
    state = arrived(state, item.uid, item.mod_seq, held=held)
    assert state.previous is not None
    for snapshot in (state.current, state.previous):
        assert snapshot.own == {4: 4}
        assert 4 in snapshot.unsure
        assert (4 in snapshot.known) is held
        commands = Commands(snapshot, box.view(1))
        assert commands.change(4, "read").action.status == 1
    assert arrived(first, 4, 4).previous is None


def test_an_item_that_the_client_moved_in_and_out_is_not_told_of() -> None:
    box = mailbox()
    first = fresh(box)
    state = answered(box, first)
    item = box.add(1, 40, {})
    state = arrived(state, item.uid, item.mod_seq)
    box.remove(1, item.uid)
    left = departed(state, item.uid)
    for snapshot in (left.current, left.previous):
        assert snapshot is not None
        assert item.uid not in snapshot.unsure
    assert has_changes(state.current, box.view(1), 0)
    assert not has_changes(left.current, box.view(1), 0)
    assert departed(first, item.uid) is first
    assert departed(arrived(first, 4, 4), 4).previous is None
