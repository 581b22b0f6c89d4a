"""No content passes, and what the protocol says stays."""

import pytest
from hypothesis import given, strategies as st

from easd.eas.redaction import KEPT, redacted
from easd.wbxml import Element, decode, encode, tag
from easd.wbxml.pages import NAMES

KEY = b"a secret of the process"
SAID = "Geheim 4711 für ada@analytical.net"
WORDS = ("Geheim", "4711", "für", "ada", "analytical", "net")


def masked(name: str, content: str | bytes) -> str | bytes:
    found = redacted(Element(tag(name), content), KEY).content
    assert isinstance(found, str | bytes)
    return found


@pytest.mark.parametrize("number", sorted(NAMES), ids=lambda number: NAMES[number])
def test_nothing_that_people_say_stays_in_any_element(number: int) -> None:
    name = NAMES[number]  # type: ignore[index]
    if tag(name) in KEPT:
        assert masked(name, "5:12") == "5:12"
        return
    for content in (SAID, SAID.encode()):
        found = masked(name, content)
        text = found if isinstance(found, str) else found.decode("latin-1")
        assert not any(word in text for word in WORDS)


@given(st.text(min_size=4))
def test_a_mask_says_nothing_but_the_shape(text: str) -> None:
    found = str(masked("Email:Subject", text))
    assert len(found) == len(text)
    assert all(a == b or b in "xX0" for a, b in zip(text, found, strict=True)) or found.startswith("2001")


def test_the_shape_stays() -> None:
    assert masked("Email:From", '"Ada L." <ada@example.org>') == '"Xxx X." <xxx@xxxxxxx.xxx>'
    assert masked("Email:DateReceived", "2026-11-25T18:00:01.000Z") == "2001-01-01T00:00:00.000Z"
    assert masked("Calendar:StartTime", "20261125T180001Z") == "20010101T000000Z"
    assert masked("Contacts:MobilePhoneNumber", "+49 170 1234567") == "+00 000 0000000"
    assert masked("Contacts:Picture", "iVBORw0KGgo=") == "xXXXXx0XXxx="
    assert masked("Email:Importance", "1") == "1"


def test_a_password_leaves_not_even_its_length() -> None:
    assert masked("Settings:Password", "123456") == "x"
    assert masked("ItemOperations:Password", "hunter2") == "x"


def test_what_is_alike_stays_alike_and_says_nothing() -> None:
    first, second = masked("Calendar:UID", "040000008200E0"), masked("Calendar:UID", "040000008200E1")
    assert first == masked("Calendar:UID", "040000008200E0") != second
    assert first != redacted(Element(tag("Calendar:UID"), "040000008200E0"), b"another process").content
    assert isinstance(masked("Email2:ConversationId", b"\x01\x02"), bytes)


def test_a_sent_message_is_another_one() -> None:
    raw = b"From: ada@example.org\r\nTo: bob@example.org\r\nSubject: Geheim\r\n\r\n4711\r\n"
    found = masked("ComposeMail:Mime", raw)
    assert isinstance(found, bytes)
    assert found.startswith(b"From: x@example.invalid")


def test_a_document_keeps_its_elements_in_their_order() -> None:
    collection = Element(
        tag("AirSync:Collection"),
        [
            Element(tag("AirSync:SyncKey"), "17-4"),
            Element(tag("AirSync:CollectionId"), "5"),
            Element(tag("AirSync:MoreAvailable")),
            Element(tag("AirSync:ApplicationData"), [Element(tag("Email:Subject"), "Geheim")]),
        ],
    )
    found = redacted(Element(tag("AirSync:Sync"), [collection]), KEY).children[0]
    assert [child.name for child in found.children] == [child.name for child in collection.children]
    assert [child.content for child in found.children[:3]] == ["17-4", "5", None]
    assert found.children[3].children[0].text == "Xxxxxx"
    assert decode(encode(found)) == found
