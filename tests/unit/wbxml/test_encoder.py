"""The writer: bytes on the wire, pages switched only where needed, fragments that fit everywhere."""

import pytest

from easd.wbxml import Element, Tag, Writer, decode, encode, tag

SYNC = tag("AirSync:Sync")
KEY = tag("AirSync:SyncKey")
MORE = tag("AirSync:MoreAvailable")
SUBJECT = tag("Email:Subject")
DATA = tag("AirSyncBase:Data")
HEADER = b"\x03\x01\x6a\x00"


def test_each_method_by_its_bytes() -> None:
    writer = Writer()
    writer.start(SYNC)
    writer.empty(MORE)
    writer.text(KEY, "é")
    writer.text(KEY, "")
    writer.utf8(SUBJECT, b"x")
    writer.opaque(SUBJECT, b"\x00" * 128)
    writer.opaque(DATA, b"")
    writer.empty(SUBJECT)
    writer.start(DATA)
    writer.end()
    writer.end()
    assert writer.document() == HEADER + b"".join(
        (
            b"\x45",
            b"\x14",
            b"\x4b\x03\xc3\xa9\x00\x01",
            b"\x4b\x03\x00\x01",
            b"\x00\x02\x54\x03x\x00\x01",
            b"\x54\xc3\x81\x00" + b"\x00" * 128 + b"\x01",
            b"\x00\x11\x4b\xc3\x00\x01",
            b"\x00\x02\x14",
            b"\x00\x11\x4b\x01",
            b"\x01",
        )
    )


def test_nul_is_left_out_of_text() -> None:
    writer = Writer()
    writer.start(SYNC)
    writer.text(KEY, "\0a\0b\0")
    writer.utf8(KEY, b"a\0\0b")
    writer.tree(Element(KEY, "a\0b"))
    writer.end()
    assert [child.content for child in decode(writer.document()).children] == ["ab", "ab", "ab"]


def test_lone_surrogate_is_an_error_of_the_caller() -> None:
    with pytest.raises(UnicodeEncodeError):
        Writer().text(KEY, "\ud800")


def test_fragment_has_no_header_and_returns_to_page_0() -> None:
    writer = Writer()
    writer.text(SUBJECT, "a")
    assert writer.fragment() == b"\x00\x02\x54\x03a\x00\x01\x00\x00"
    writer = Writer()
    writer.text(KEY, "a")
    assert writer.fragment() == b"\x4b\x03a\x00\x01"


def test_fragment_fits_wherever_the_writer_is() -> None:
    item = Writer()
    item.text(SUBJECT, "a")
    fragment = item.fragment()
    writer = Writer()
    writer.start(SYNC)
    writer.raw(fragment)
    writer.empty(DATA)
    writer.raw(fragment)
    writer.empty(MORE)
    writer.end()
    subject = Element(SUBJECT, "a")
    assert decode(writer.document()) == Element(SYNC, [subject, Element(DATA), subject, Element(MORE)])


def test_tree_inside_a_document() -> None:
    writer = Writer()
    writer.start(SYNC)
    writer.tree(Element(SUBJECT, [Element(KEY, "1"), Element(DATA, b"2")]))
    writer.tree(Element(KEY))
    writer.end()
    inner = Element(SUBJECT, [Element(KEY, "1"), Element(DATA, b"2")])
    assert decode(writer.document()) == Element(SYNC, [inner, Element(KEY)])


def test_tree_of_any_depth() -> None:
    root = Element(SYNC)
    for _ in range(5_000):
        root = Element(SYNC, [root])
    assert encode(root) == HEADER + b"\x45" * 5_000 + b"\x05" + b"\x01" * 5_000


def test_end_without_start() -> None:
    with pytest.raises(ValueError, match="without an open element"):
        Writer().end()


def test_document_with_an_open_element() -> None:
    writer = Writer()
    writer.start(SYNC)
    with pytest.raises(ValueError, match="1 elements are still open"):
        writer.document()
    with pytest.raises(ValueError, match="1 elements are still open"):
        writer.fragment()


def test_tag_that_no_page_has() -> None:
    with pytest.raises(KeyError):
        Writer().empty(Tag(0x0305))
