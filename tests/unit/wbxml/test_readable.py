"""The XML form for people: what it looks like, that it loses nothing, and what it refuses."""

import pytest

from easd.wbxml import Element, tag
from easd.wbxml.readable import ReadableError, from_xml, to_xml

SYNC = tag("AirSync:Sync")
KEY = tag("AirSync:SyncKey")
SUBJECT = tag("Email:Subject")

DOCUMENT = Element(
    SYNC,
    [
        Element(KEY, "1 < 2 & 3\r\n"),
        Element(KEY),
        Element(KEY, []),
        Element(KEY, ""),
        Element(KEY, "\x01\\u0041"),
        Element(KEY, "a\\b"),
        Element(KEY, b""),
        Element(KEY, "é]]>".encode()),
        Element(KEY, b"\xff\x00"),
        Element(KEY, b"\x01"),
        Element(SUBJECT, [Element(SUBJECT, "  ")]),
    ],
)

SHOWN = """\
<Sync xmlns="AirSync" xmlns:email="Email">
  <SyncKey>1 &lt; 2 &amp; 3&#13;
</SyncKey>
  <SyncKey/>
  <SyncKey content="open"/>
  <SyncKey content="text"/>
  <SyncKey content="escaped">\\u0001\\u005cu0041</SyncKey>
  <SyncKey>a\\b</SyncKey>
  <SyncKey content="opaque"/>
  <SyncKey content="opaque">é]]&gt;</SyncKey>
  <SyncKey content="base64">/wA=</SyncKey>
  <SyncKey content="base64">AQ==</SyncKey>
  <email:Subject>
    <email:Subject>  </email:Subject>
  </email:Subject>
</Sync>
"""


def test_each_kind_of_content_has_its_form() -> None:
    assert to_xml(DOCUMENT) == SHOWN


def test_nothing_is_lost() -> None:
    assert from_xml(SHOWN) == DOCUMENT


def test_written_by_hand() -> None:
    declaration = '<?xml version="1.0" encoding="latin-1"?><!-- é -->'
    text = '<a:Sync xmlns:a="AirSync">\n<a:SyncKey>é</a:SyncKey> </a:Sync>'
    assert from_xml(declaration + text) == Element(SYNC, [Element(KEY, "é")])


def test_base64_may_be_broken_into_lines() -> None:
    assert from_xml('<Sync xmlns="AirSync" content="base64">\n/w\n A=\n</Sync>') == Element(SYNC, b"\xff\x00")


@pytest.mark.parametrize(
    "xml, line, reason",
    [
        ("", 1, "empty"),
        ("<Sync", 1, "Start Tag"),
        ('<Sync xmlns="AirSync">\n</Sink>', 2, "tag mismatch"),
        ("<Sync/>", 1, "no code page has the element ':Sync'"),
        ('<Sync xmlns="AirSync">\n<SyncKy/></Sync>', 2, "did you mean AirSync:SyncKey"),
        ('<!DOCTYPE x [<!ENTITY e "1">]><Sync xmlns="AirSync">&e;</Sync>', 1, "document type"),
        ('<Sync xmlns="AirSync">&e;</Sync>', 1, "Entity 'e' not defined"),
        ('<Sync xmlns="AirSync" id="1"/>', 1, "attribute id"),
        ('<Sync xmlns="AirSync" content="xml"/>', 1, "content='xml'"),
        ('<Sync xmlns="AirSync"><SyncKey/>text</Sync>', 1, "Sync has text"),
        ('<Sync xmlns="AirSync">text<SyncKey/></Sync>', 1, "Sync has text"),
        ('<Sync xmlns="AirSync" content="text"><SyncKey/></Sync>', 1, "content='text' beside elements"),
        ('<Sync xmlns="AirSync" content="open">a</Sync>', 1, "text where content='open'"),
        ('<Sync xmlns="AirSync" content="base64">a?</Sync>', 1, "base64"),
        ('<Sync xmlns="AirSync" content="escaped">a\\n</Sync>', 1, "a backslash that is not followed by u"),
        ("\n\ud800", 2, "lone surrogate"),
        ('<Sync xmlns="AirSync">' * 101 + "</Sync>" * 101, 1, "more than 100 elements inside each other"),
    ],
)
def test_refused_with_reason_and_line(xml: str, line: int, reason: str) -> None:
    with pytest.raises(ReadableError) as caught:
        from_xml(xml)
    assert reason in caught.value.reason
    assert caught.value.line == line
    assert str(caught.value).endswith(f"(line {line})")
