"""Compressed RTF, by the examples of MS-OXRTFCP."""

import pytest
from hypothesis import given, strategies as st

from easd.eas.items.compressed_rtf import expanded
from easd.eas.schema import Malformed

HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


@pytest.mark.parametrize(
    "data, document",
    [
        (HELLO, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
        (CROSSING, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        (b"\x10\0\0\0\x03\0\0\0MELA\0\0\0\0abcdef", b"abc"),
        (HELLO[:30], b"{\\rtf1\\ansi\\ansicpg1252"),
    ],
    ids=["simple", "crossing", "plain", "cut"],
)
def test_examples(data: bytes, document: bytes) -> None:
    assert expanded(data, 1000) == document


@pytest.mark.parametrize("data", [b"", b"x" * 16, HELLO[:15], HELLO.replace(b"LZFu", b"LZFv")])
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(Malformed):
        expanded(data, 1000)


def test_what_is_too_much() -> None:
    with pytest.raises(Malformed):
        expanded(HELLO, 42)


@given(st.binary(max_size=300), st.integers(0, 500))
def test_any_bytes_are_bounded(content: bytes, size: int) -> None:
    assert len(expanded(b"\0\0\0\0" + size.to_bytes(4, "little") + b"LZFu\0\0\0\0" + content, 500)) <= size
