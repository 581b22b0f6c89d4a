"""The multipart form of ItemOperations: packed, unpacked, and refused when it is not one."""

import pytest
from hypothesis import given, strategies as st

from easd.eas.multipart import MultipartError, header, unpack


def pack(parts: list[bytes]) -> bytes:
    return header([len(part) for part in parts]) + b"".join(parts)


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_parts_come_back(parts: list[bytes]) -> None:
    assert unpack(pack(parts)) == parts


def test_layout_is_count_offsets_and_lengths_then_the_bytes_R5509() -> None:
    packed = pack([b"ab", b"c"])
    assert packed == bytes.fromhex("02000000 14000000 02000000 16000000 01000000") + b"abc"


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"\1\0\0", "shorter than its count"),
        (b"\2\0\0\0" + b"\0" * 8, "2 parts do not fit"),
        (b"\xff\xff\xff\xff", "do not fit"),
        (b"\1\0\0\0\x0c\0\0\0\1\0\0\0", "leaves the data"),
        (b"\1\0\0\0\xff\xff\xff\xff\1\0\0\0", "leaves the data"),
    ],
)
def test_bytes_that_are_no_multipart_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(MultipartError, match=reason):
        unpack(data)
