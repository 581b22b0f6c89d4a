"""Short messages lifted to where the mail is: the view is that of a folder in which they lie there."""

from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from easd.model.short_message import APART, BELOW_MAIL, time_of
from easd.sync.diff import Kind, estimate, plan
from easd.sync.generations import begin, commit
from easd.sync.lifted import Lifted, windows
from easd.sync.ports import CollectionView, Position
from easd.sync.state import ABOVE_ALL, Snapshot, decode, encode
from tests.support.sync_memory import MemoryMailbox

DAY = 86_400_000
NOW = 20_000 * DAY
LETTERS = st.lists(st.tuples(st.booleans(), st.integers(-20 * DAY, 0)), max_size=12)
CUTOFFS = st.one_of(st.just(0), st.integers(1, 15).map(lambda days: NOW - days * DAY))


def folder(letters: Sequence[tuple[bool, int]], lift: int | None = None) -> CollectionView:
    """A folder with these items (short, time after NOW); with `lift`, short messages lie where that would put them."""
    box = MemoryMailbox(1)
    for short, time in letters:
        apart = 0 if not short else -APART + (lift or 0)
        box.add(1, NOW + time + apart, {})
    return box.view(1)


@given(LETTERS, CUTOFFS, CUTOFFS, st.integers(-21, 1), st.integers(1, 14), st.integers(1, 5))
def test_every_question_is_answered_as_by_a_folder_that_is_so(
    letters: list[tuple[bool, int]], mail: int, short: int, days: int, uid: int, limit: int
) -> None:
    cutoff, lift = windows(mail, short)
    seen, real = Lifted(folder(letters), lift), folder(letters, lift)
    for position in (Position(NOW + days * DAY, uid), ABOVE_ALL, Position(-(2**63), 0)):
        for oldest in (cutoff or -(2**63), NOW - 10 * DAY):
            assert seen.before(position, oldest, limit) == real.before(position, oldest, limit)
            assert seen.between(position, oldest, limit) == real.between(position, oldest, limit)
            assert seen.count_before(position, oldest) == real.count_before(position, oldest)
    assert seen.changes(uid, limit) == real.changes(uid, limit)
    assert [seen.entry(number) for number in range(14)] == [real.entry(number) for number in range(14)]


@given(LETTERS, CUTOFFS, st.one_of(st.none(), CUTOFFS))
def test_each_class_is_told_through_its_own_window(
    letters: list[tuple[bool, int]], mail: int, short: int | None
) -> None:
    cutoff, lift = windows(mail, short)
    view = Lifted(folder(letters), lift) if lift else folder(letters)
    todo = plan(Snapshot(1, 0), view, cutoff, 100)
    wanted = {
        number
        for number, (is_short, time) in enumerate(letters, 1)
        if (short is not None and NOW + time >= short if is_short else NOW + time >= mail)
    }
    assert {command.uid for command in todo.commands} == wanted
    assert estimate(Snapshot(1, 0), view, cutoff) == len(wanted)


@given(LETTERS, st.lists(st.tuples(CUTOFFS, st.one_of(st.none(), CUTOFFS)), min_size=2, max_size=4))
def test_a_device_that_changes_its_mind_ends_with_what_it_wants(
    letters: list[tuple[bool, int]], wishes: list[tuple[int, int | None]]
) -> None:
    held: set[int] = set()
    state = begin(None, "0", folder([]), lambda: 7).state
    for mail, short in wishes:
        cutoff, lift = windows(mail, short)
        view = Lifted(folder(letters), lift) if lift else folder(letters)
        opened = begin(decode(encode(state)), state.key, view, lambda: 7)
        todo = plan(opened.base, view, cutoff, 100)
        for command in todo.commands:
            assert (command.uid in held) == (command.kind is not Kind.ADD)
            held.symmetric_difference_update({command.uid} if command.kind is not Kind.CHANGE else ())
        state = commit(opened, todo.take(100).after)
        assert held == {
            number
            for number, (is_short, time) in enumerate(letters, 1)
            if (short is not None and NOW + time >= short if is_short else NOW + time >= mail)
        }


@pytest.mark.parametrize("hours", [0, 1, 1000])
def test_time_passes_and_the_places_stay(hours: int) -> None:
    moment = hours * 3_600_000
    assert windows(NOW + moment, NOW + moment - DAY)[1] == windows(NOW, NOW - DAY)[1]
    assert windows(NOW + moment, 0)[1] == windows(NOW, 0)[1]


def test_the_time_of_a_short_message_is_told_from_its_place() -> None:
    assert [time_of(NOW), time_of(NOW - APART), time_of(0), time_of(-APART)] == [NOW, NOW, 0, 0]
    assert time_of(BELOW_MAIL) == BELOW_MAIL
