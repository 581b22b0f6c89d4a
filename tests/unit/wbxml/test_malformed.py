"""What the decoder refuses: by name, with the reason, the offset, and no cost beyond the document's own size."""

import tracemalloc
from typing import Any

import pytest

from easd.wbxml import Element, Limits, WbxmlError, WbxmlLimitError, decode, encode, tag
from tests.support.wbxml_malformed import HEADER, MALFORMED, Malformed

SYNC = tag("AirSync:Sync")
KEY = tag("AirSync:SyncKey")


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case.name)
def test_refused_with_reason_and_offset(case: Malformed) -> None:
    with pytest.raises(WbxmlError) as caught:
        decode(case.document)
    assert case.reason in caught.value.reason
    assert caught.value.offset == case.offset
    assert str(caught.value) == f"{caught.value.reason} (at byte {case.offset})"
    assert not isinstance(caught.value, WbxmlLimitError)


def _rich() -> bytes:
    """A document with every kind of token."""
    text = [Element(KEY, "aé"), Element(KEY, bytes(200)), Element(tag("Email:Subject"), ""), Element(KEY, [])]
    return encode(Element(SYNC, [*text, Element(tag("Ping:Ping"), [Element(SYNC)]), Element(KEY)]))


def test_refused_when_cut_at_any_byte() -> None:
    document = _rich()
    decode(document)
    for length in range(len(document)):
        with pytest.raises(WbxmlError) as caught:
            decode(document[:length])
        assert 0 <= caught.value.offset <= length


@pytest.mark.parametrize(
    "limits, body, offset, reason",
    [
        (Limits(max_bytes=6), b"\x45\x01\x01", 6, "document of 7 bytes, more than 6"),
        (Limits(max_elements=0), b"\x05", 4, "more than 0 elements"),
        (Limits(max_elements=2), b"\x45\x0b\x0b\x01", 6, "more than 2 elements"),
        (Limits(max_elements=2), b"\x45\x03\x00\x03\x00\x01", 7, "more than 2 elements"),
        (Limits(max_depth=2), b"\x45" * 3 + b"\x01" * 3, 6, "more than 2 elements inside each other"),
        (Limits(max_text_bytes=2), b"\x45\x03abc\x00\x01", 5, "text of more than 2 bytes"),
        (Limits(max_text_bytes=2), b"\x45\x4b\x03abc\x00\x01\x01", 6, "text of more than 2 bytes"),
        (Limits(max_text_bytes=2), b"\x45\xc3\x03abc\x01", 5, "text of more than 2 bytes"),
        (Limits(max_text_bytes=2), b"\x45\x03ab\x00\x03c\x00\x01", 9, "text of more than 2 bytes"),
        (Limits(), b"\x00\x00" * 5 + b"\x05", 12, "more than 4 SWITCH_PAGE in a row"),
        (Limits(), b"\x45" + b"\x00\x00" * 5 + b"\x01", 13, "more than 4 SWITCH_PAGE in a row"),
        (Limits(), b"\x45\x03\x00" + b"\x00\x00" * 5 + b"\x01", 15, "more than 4 SWITCH_PAGE in a row"),
    ],
)
def test_refused_beyond_a_limit(limits: Limits, body: bytes, offset: int, reason: str) -> None:
    with pytest.raises(WbxmlLimitError) as caught:
        decode(HEADER + body, limits)
    assert reason in caught.value.reason
    assert caught.value.offset == offset


class CountedBytes(bytes):
    """A document that counts how many of its bytes the decoder looks at: by index, by slice, and by search."""

    looked_at: int

    def __getitem__(self, key: Any) -> Any:
        found: int | bytes = super().__getitem__(key)
        self.looked_at += len(found) if isinstance(found, bytes) else 1
        return found

    def find(self, wanted: Any, start: Any = 0, end: Any = None) -> int:
        found = super().find(wanted, start, end)
        self.looked_at += (found if found >= 0 else len(self)) - start + 1
        return found


def _looked_at(body: bytes) -> float:
    """How often the decoder looks at each byte of a document, on average; whether it accepts it does not matter."""
    document = CountedBytes(HEADER + body)
    document.looked_at = 0
    generous = Limits(max_depth=10**9, max_elements=10**9, max_bytes=10**9, max_text_bytes=10**9)
    try:
        decode(document, generous)
    except WbxmlError:
        return document.looked_at / len(document)
    return document.looked_at / len(document)


SHAPES = {
    "node flood": (b"\x45", b"\x0b", b"\x01"),
    "empty containers": (b"\x45", b"\x4b\x01", b"\x01"),
    "short texts": (b"\x45", b"\x4b\x03a\x00\x01", b"\x01"),
    "one long text": (b"\x45\x4b\x03", b"a", b"\x00\x01\x01"),
    "one text in many runs": (b"\x45\x4b", b"\x03ab\x00", b"\x01\x01"),
    "one text in many opaque runs": (b"\x45", b"\xc3\x02ab", b"\x01"),
    "opaque runs after inline ones": (b"\x45", b"\x03a\x00\xc3\x01b", b"\x01"),
    "page switches": (b"\x45", b"\x00\x02\x14", b"\x01"),
    "many texts, the last one not terminated": (b"\x45", b"\x4b\x03ab\x00\x01", b"\x4b\x03a"),
    "depth bomb": (b"", b"\x45", b""),
    "integer without end": (b"\x45\xc3", b"\xff", b""),
    "zeros": (b"", b"\x00", b""),
    "NUL after each open tag": (b"\x45", b"\x4b\x03\x00", b""),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_looks_at_each_byte_a_bounded_number_of_times(shape: str) -> None:
    """Linear time, by counting the work: sixteen times the size must not mean more looks at each byte."""
    before, repeated, after = SHAPES[shape]
    small, large = (_looked_at(before + repeated * count + after) for count in (500, 8_000))
    assert large <= 4
    assert large <= small + 0.1


@pytest.mark.parametrize(
    "body",
    [b"\x45\xc3\x8f\xff\xff\xff\x7f", b"\x45" * 100_000, b"\x45" + b"\x0b" * 100_000, b"\x45\xc3" + b"\xff" * 100_000],
    ids=["opaque length of 4 GiB", "depth bomb", "node flood", "integer without end"],
)
def test_memory_stays_small(body: bytes) -> None:
    document = HEADER + body
    tracemalloc.start()
    try:
        with pytest.raises(WbxmlError):
            decode(document, Limits(max_elements=1000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 300_000
