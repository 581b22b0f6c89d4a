"""What the decoder accepts, and what it makes of it."""

import pytest

from easd.wbxml import Element, Limits, decode, encode, tag

SYNC = tag("AirSync:Sync")
KEY = tag("AirSync:SyncKey")
SUBJECT = tag("Email:Subject")

SYNC_OPEN = 0x45
KEY_OPEN = 0x4B


def body(*parts: int | bytes) -> bytes:
    """The usual header and these bytes."""
    return b"\x03\x01\x6a\x00" + b"".join(bytes((part,)) if isinstance(part, int) else part for part in parts)


@pytest.mark.parametrize(
    "document, root",
    [
        (body(0x05), Element(SYNC)),
        (body(SYNC_OPEN, 0x01), Element(SYNC, [])),
        (body(SYNC_OPEN, b"\x03\x00", 0x01), Element(SYNC, "")),
        (body(SYNC_OPEN, b"\xc3\x00", 0x01), Element(SYNC, b"")),
        (body(SYNC_OPEN, b"\x03a\x00", 0x01), Element(SYNC, "a")),
        (body(SYNC_OPEN, b"\xc3\x02\x00\xff", 0x01), Element(SYNC, b"\x00\xff")),
        (body(SYNC_OPEN, 0x0B, 0x01), Element(SYNC, [Element(KEY)])),
        (body(SYNC_OPEN, KEY_OPEN, 0x01, 0x01), Element(SYNC, [Element(KEY, [])])),
        (body(SYNC_OPEN, KEY_OPEN, b"\x03\x00", 0x01, 0x01), Element(SYNC, [Element(KEY, "")])),
        (body(SYNC_OPEN, KEY_OPEN, b"\xc3\x01\x00", 0x01, 0x01), Element(SYNC, [Element(KEY, b"\x00")])),
        (body(SYNC_OPEN, KEY_OPEN, b"\x03\xc3\xa9\x00", 0x01, 0x01), Element(SYNC, [Element(KEY, "é")])),
        (body(SYNC_OPEN, KEY_OPEN, b"\x03a\x00", 0x01, 0x0B, 0x01), Element(SYNC, [Element(KEY, "a"), Element(KEY)])),
        (body(b"\x00\x02", 0x14), Element(SUBJECT)),
        (body(SYNC_OPEN, b"\x00\x02", 0x54, b"\x03a\x00", 0x01, 0x01), Element(SYNC, [Element(SUBJECT, "a")])),
    ],
)
def test_canonical_document(document: bytes, root: Element) -> None:
    assert decode(document) == root
    assert encode(root) == document


@pytest.mark.parametrize(
    "document, root",
    [
        (body(SYNC_OPEN, b"\x03a\x00\x03b\x00", 0x01), Element(SYNC, "ab")),
        (body(SYNC_OPEN, KEY_OPEN, b"\x03a\x00\x03\x00\x03b\x00", 0x01, 0x01), Element(SYNC, [Element(KEY, "ab")])),
        (body(SYNC_OPEN, b"\xc3\x01a\xc3\x01b", 0x01), Element(SYNC, b"ab")),
        (body(SYNC_OPEN, b"\x03a\x00\xc3\x01\xff\x03b\x00", 0x01), Element(SYNC, b"a\xffb")),
        (body(SYNC_OPEN, b"\x00\x02\x03a\x00", 0x01), Element(SYNC, "a")),
        (body(SYNC_OPEN, b"\x03a\x00\x00\x02", 0x01), Element(SYNC, "a")),
        (body(SYNC_OPEN, b"\x00\x02", 0x01), Element(SYNC, [])),
        (
            body(SYNC_OPEN, KEY_OPEN, b"\x03a\x00\x00\x02", 0x01, 0x14, 0x01),
            Element(SYNC, [Element(KEY, "a"), Element(SUBJECT)]),
        ),
        (body(b"\x00\x02\x00\x00\x00\x02\x00\x00", 0x05), Element(SYNC)),
    ],
)
def test_document_that_is_not_canonical(document: bytes, root: Element) -> None:
    """Text in several runs is joined; SWITCH_PAGE may stand where it has no effect."""
    assert decode(document) == root


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("charset", [0, 106])
def test_header_variants(version: int, charset: int) -> None:
    assert decode(bytes((version, 1, charset, 0, 0x05))) == Element(SYNC)


def test_control_characters_are_text() -> None:
    assert decode(body(SYNC_OPEN, b"\x03\x01\x02\x1f\x00", 0x01)).content == "\x01\x02\x1f"


@pytest.mark.parametrize("size", [127, 128, 16_383, 16_384, 2_097_152])
def test_opaque_length_of_each_size(size: int) -> None:
    root = Element(SYNC, bytes(size))
    assert decode(encode(root)) == root


def test_everything_at_its_limit_is_accepted() -> None:
    document = body(SYNC_OPEN, KEY_OPEN, b"\x03abc\x00", 0x01, KEY_OPEN, b"\xc3\x03abc", 0x01, 0x01)
    limits = Limits(max_depth=2, max_elements=4, max_bytes=len(document), max_text_bytes=3)
    assert decode(document, limits) == Element(SYNC, [Element(KEY, "abc"), Element(KEY, b"abc")])


def test_depth_at_its_limit_is_accepted() -> None:
    root = Element(SYNC)
    for _ in range(3):
        root = Element(SYNC, [root])
    assert decode(encode(root), Limits(max_depth=3)) == root
