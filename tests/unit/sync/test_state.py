"""Keys, and states as they are written down (MS-ASCMD)."""

import json

import pytest

from easd.sync.ports import Position
from easd.sync.ranges import UidSet
from easd.sync.state import (
    ABOVE_ALL,
    CollectionState,
    CorruptState,
    Key,
    Receipt,
    Snapshot,
    StaleKey,
    decode,
    encode,
    parse_key,
)

FULL = Snapshot(
    generation=7,
    watermark=1234,
    known=UidSet.parse("1:90,95"),
    unsure=UidSet.parse("3"),
    floor=Position(-5, 1),
    covered=ABOVE_ALL,
    own={3: 1240},
    receipts=(Receipt("new-1", "abc", 95, 1230, 0), Receipt(None, "def", 3, 1240, 1100)),
)


def test_key_is_short_enough_R4604() -> None:
    assert len(str(Key(2**63 - 1, 2**63 - 1))) <= 64


def test_key_comes_back() -> None:
    assert parse_key(str(Key(2**63 - 1, 12))) == (2**63 - 1, 12)


def test_key_0_starts_anew_R4598() -> None:
    assert parse_key("0") is None


NOT_KEYS = ["", "00", "1", "1-", "-1", "0-1", "1-0", "01-1", "1-1 ", " 1-1", "1-1\n", "１-１", "1-1-1", "9" * 20 + "-1"]


@pytest.mark.parametrize("text", NOT_KEYS)
def test_a_key_that_is_none_of_ours_is_stale_R4425(text: str) -> None:
    with pytest.raises(StaleKey):
        parse_key(text)


@pytest.mark.parametrize("state", [CollectionState(1, 7, FULL), CollectionState(2**63 - 1, 8, Snapshot(8, 0), FULL)])
def test_state_comes_back(state: CollectionState) -> None:
    assert decode(encode(state)) == state


def test_key_of_a_state() -> None:
    assert CollectionState(5, 9, FULL).key == "5-7"


def test_a_normal_folder_takes_little_room() -> None:
    known = UidSet.from_iterable(uid for uid in range(1, 3001) if uid % 30)
    snapshot = Snapshot(9, 10**6, known, floor=Position(1_700_000_000_000, 1), covered=Position(1_700_000_000_000, 0))
    assert len(encode(CollectionState(2**62, 9, snapshot, snapshot))) < 1500


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"null",
        b"[1]",
        b"[1,2]",
        b"[1,2,3]",
        b"[1,2,3,4]",
        b"[1,2,3,null]",
        b"[1,2,3,[1,2,3]]",
        b"[1,2,3,[1,2,[3],[],null,null,[],[]]]",
        b"[1,2,3,[1,2,[],[],[1],null,[],[]]]",
        b"[1,2,3,[1,2,[],[],null,null,[1],[]]]",
        b"[1,2,3,[1,2,[],[],null,null,[],[[1]]]]",
        b"[" * 10_000,
    ],
)
def test_anything_else_is_corrupt_R4426(data: bytes) -> None:
    with pytest.raises(CorruptState):
        decode(data)


def test_a_state_of_another_format_is_not_guessed_at() -> None:
    listed = json.loads(encode(CollectionState(1, 7, FULL)))
    with pytest.raises(CorruptState):
        decode(json.dumps([2, *listed[1:]]).encode())
