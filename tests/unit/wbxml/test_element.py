"""The tree node: five kinds of content that are never mixed up, and the few ways to look into it."""

import pytest

from easd.wbxml import ContentError, Element, Tag, tag

SYNC = tag("AirSync:Sync")
KEY = tag("AirSync:SyncKey")
STATUS = tag("AirSync:Status")


def test_five_kinds_of_empty_are_five_things() -> None:
    contents: list[str | bytes | list[Element] | None] = [None, [], "", b"", [Element(KEY)]]
    for i, left in enumerate(contents):
        for j, right in enumerate(contents):
            assert (Element(KEY, left) == Element(KEY, right)) == (i == j)


def test_equal_needs_the_same_tag_content_and_type() -> None:
    assert Element(SYNC, [Element(KEY, "1")]) == Element(SYNC, [Element(KEY, "1")])
    assert Element(KEY, "1") != Element(STATUS, "1")
    assert Element(KEY, "1") != Element(KEY, "2")
    assert Element(KEY, "1") != "1"


def test_is_not_hashable_because_it_can_change() -> None:
    with pytest.raises(TypeError):
        hash(Element(KEY))


def test_children_and_find() -> None:
    first, second = Element(KEY, "1"), Element(KEY, "2")
    root = Element(SYNC, [first, Element(STATUS), second])
    assert root.find(KEY) is first
    assert root.find_all(KEY) == [first, second]
    assert root.find(SYNC) is None
    assert first.children == []
    assert first.find(KEY) is None


@pytest.mark.parametrize("content, text", [(None, ""), ([], ""), ("", ""), ("a", "a"), (b"", ""), ("é".encode(), "é")])
def test_text(content: str | bytes | list[Element] | None, text: str) -> None:
    assert Element(KEY, content).text == text


@pytest.mark.parametrize("content, reason", [([Element(KEY)], "holds elements"), (b"\xff", "holds binary data")])
def test_no_text(content: bytes | list[Element], reason: str) -> None:
    with pytest.raises(ContentError, match=f"AirSync:Sync {reason} where text was expected"):
        _ = Element(SYNC, content).text


@pytest.mark.parametrize(
    "content, shown",
    [
        (None, "<AirSync:Sync/>"),
        ([], "<AirSync:Sync: 0 children>"),
        ("a", "<AirSync:Sync: 'a'>"),
        (b"a" * 61, f"<AirSync:Sync: {b'a' * 60!r}... 61 in all>"),
    ],
)
def test_repr(content: str | bytes | list[Element] | None, shown: str) -> None:
    assert repr(Element(SYNC, content)) == shown


def test_name_of_a_tag_that_no_page_has() -> None:
    assert Element(Tag(0x0305)).name == "tag 0x0305"
