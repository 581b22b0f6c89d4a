"""UidSet against plain sets."""

import pytest
from hypothesis import given, strategies as st

from easd.sync.ranges import UidSet, UidSetBuilder

UIDS = st.sets(st.integers(1, 40))


@given(UIDS, UIDS)
def test_is_a_set(ours: set[int], theirs: set[int]) -> None:
    a, b = UidSet.from_iterable(ours), UidSet.from_iterable(theirs)
    assert list(a) == sorted(ours)
    assert len(a) == len(ours)
    assert bool(a) is bool(ours)
    assert set(a | b) == ours | theirs
    assert set(a - b) == ours - theirs
    assert {uid for uid in range(42) if uid in a} == ours
    assert (a == b) is (ours == theirs)
    assert hash(a) == hash(UidSet.from_iterable(sorted(ours, reverse=True)))


@given(UIDS, st.integers(1, 41))
def test_one_more_or_less(uids: set[int], uid: int) -> None:
    a = UidSet.from_iterable(uids)
    assert set(a.add(uid)) == uids | {uid}
    assert set(a.remove(uid)) == uids - {uid}
    assert set(a) == uids


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 12)), max_size=60))
def test_builder(steps: list[tuple[bool, int]]) -> None:
    builder, plain = UidSetBuilder(), set[int]()
    for add, uid in steps:
        (builder.add if add else builder.remove)(uid)
        (plain.add if add else plain.discard)(uid)
        assert (uid in builder) is (uid in plain)
    assert builder.build() == UidSet.from_iterable(plain)


@given(UIDS)
def test_both_written_forms_come_back(uids: set[int]) -> None:
    a = UidSet.from_iterable(uids)
    assert UidSet.parse(str(a)) == a
    assert UidSet.of_gaps(a.gaps()) == a


def test_text() -> None:
    a = UidSet.from_iterable([*range(1, 501), 502])
    assert str(a) == "1:500,502"
    assert repr(a) == "UidSet('1:500,502')"
    assert [*UidSet.parse("7,9:10").ranges()] == [range(7, 8), range(9, 11)]
    assert str(UidSet()) == ""


@pytest.mark.parametrize("text", ["x", "1:", ":1", "1,", "2:1", "3,1", "1:2,3", "0", "-1", " 1", "1:2:3", "١", "1\n"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="uid set"):
        UidSet.parse(text)


@pytest.mark.parametrize("gaps", [[1], [0, 1], [1, 0], [1, -1], [1, 1.5], [1, True], ["1", "2"]])
def test_other_gaps_are_refused(gaps: list[int]) -> None:
    with pytest.raises(ValueError, match="gaps"):
        UidSet.of_gaps(gaps)


@pytest.mark.parametrize("uid", [0, -1])
def test_uids_are_positive(uid: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        UidSet().add(uid)


def test_a_large_folder_is_small() -> None:
    a = UidSet.from_iterable(range(1, 100_001)).remove(50_000)
    assert len(a) == 99_999
    assert str(a) == "1:49999,50001:100000"
