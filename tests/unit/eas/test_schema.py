"""The table machinery: what loads, what is refused and with which words, and what is written."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given, strategies as st

from easd.eas.schema import (
    BASE64,
    BOOLEAN,
    BYTES,
    COMPACT_DATE,
    DATE,
    DATE_OR_EMPTY,
    FRAGMENT,
    PRESENCE,
    TAGS,
    TEXT,
    TRUE_ONLY,
    UTF8,
    Boolean,
    Choice,
    Document,
    Enumeration,
    Fault,
    Integer,
    Kind,
    ListOf,
    Malformed,
    OptionalInteger,
    Prop,
    Schema,
    Text,
    text_of,
)
from easd.eas.versions import V12_1, V14_0, V14_1, V16_1, Version, since, until
from easd.wbxml import Element, Writer, decode, tag

STATUS = tag("AirSync:Status")
SYNC = tag("AirSync:Sync")


class Size(IntEnum):
    """Two sizes, one of which does not fit into a small number."""

    SMALL = 1
    LARGE = 70_000


def load(kind: Kind, content: str | bytes | list[Element] | None) -> Any:
    return kind.load(Element(STATUS, content), V16_1)


def dump(kind: Kind, value: Any) -> Element | None:
    """The element that is written in a document of its own; None if nothing is."""
    writer = Writer()
    writer.start(SYNC)
    kind.dump(writer, STATUS, value, V16_1)
    writer.end()
    children = decode(writer.document()).children
    return children[0] if children else None


def written(kind: Kind, value: Any) -> str | bytes | list[Element] | None:
    element = dump(kind, value)
    assert element is not None
    return element.content


# ---------------------------------------------------------------- kinds


@pytest.mark.parametrize(
    "kind, content, value",
    [
        (TEXT, "a", "a"),
        (TEXT, "", ""),
        (TEXT, None, ""),
        (TEXT, [], ""),
        (TEXT, "é".encode(), "é"),
        (Text(2), "ab", "ab"),
        (Integer(-1, 5), " -1 ", -1),
        (Integer(), "4294967295", 2**32 - 1),
        (OptionalInteger(), None, None),
        (OptionalInteger(), " ", None),
        (OptionalInteger(0, 9), "9", 9),
        (Enumeration(Size), "70000", Size.LARGE),
        (BOOLEAN, "1", True),
        (BOOLEAN, " 0 ", False),
        (BOOLEAN, None, True),  # MS-ASDTYPE R6
        (Boolean(empty=False), "", False),
        (TRUE_ONLY, "0", False),
        (PRESENCE, None, True),
        (PRESENCE, [], True),
        (BYTES, b"\0", b"\0"),
        (BYTES, "é", "é".encode()),
        (UTF8, "é", "é".encode()),
        (BASE64, "AAEC", b"\0\1\2"),
        (BASE64, "AA\r\n EC", b"\0\1\2"),
        (BASE64, b"\0\1", b"\0\1"),
        (BASE64, None, b""),
        (DATE_OR_EMPTY, None, None),
        (TAGS, None, ()),
        (TAGS, [Element(SYNC), Element(STATUS)], (SYNC, STATUS)),
    ],
)
def test_content_loads(kind: Kind, content: Any, value: object) -> None:
    assert load(kind, content) == value


@pytest.mark.parametrize(
    "kind, content, reason",
    [
        (TEXT, [Element(SYNC)], "elements where text is expected"),
        (TEXT, b"\xff", "not UTF-8"),
        (Text(2), "abc", "longer than 2"),
        (Text(required=True), "", "empty"),
        (Integer(), "", "not a number"),
        (Integer(), "1.5", "not a number"),
        (Integer(), "--1", "not a number"),
        (Integer(), "١", "not a number"),
        (Integer(), "1_0", "not a number"),
        (Integer(), "9" * 5000, "not a number"),
        (Integer(1, 5), "0", r"0 is not in 1\.\.5"),
        (OptionalInteger(1, 5), "6", r"6 is not in 1\.\.5"),
        (Enumeration(Size), "2", "not a value of Size"),
        (Enumeration(Size), "x", "not a number"),
        (Boolean(), None, "not a boolean"),
        (BOOLEAN, "true", "not a boolean"),
        (PRESENCE, "1", "must be empty"),
        (BASE64, "A", "not base64"),
        (BASE64, "é", "not base64"),
        (DATE, None, "not a date"),
        (TAGS, "x", "text where elements are expected"),
    ],
)
def test_bad_content_is_refused_in_words(kind: Kind, content: Any, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        load(kind, content)


@pytest.mark.parametrize(
    "kind, value, content",
    [
        (TEXT, "a", "a"),
        (Integer(), 7, "7"),
        (Integer(), Size.SMALL, "1"),
        (Integer(), 1000, "1000"),
        (Integer(-5), -1, "-1"),
        (Enumeration(Size), Size.LARGE, "70000"),
        (OptionalInteger(), None, None),
        (OptionalInteger(), 300, "300"),
        (BOOLEAN, True, "1"),
        (BOOLEAN, False, "0"),
        (TRUE_ONLY, True, "1"),
        (PRESENCE, True, None),
        (BYTES, b"ab", b"ab"),
        (UTF8, b"ab", "ab"),
        (BASE64, b"\0\1\2", "AAEC"),
        (TAGS, (), None),
        (TAGS, (SYNC, STATUS), [Element(SYNC), Element(STATUS)]),
        (FRAGMENT, b"", []),
        (FRAGMENT, bytes((0x05,)), [Element(SYNC)]),
        (FRAGMENT, Element(SYNC, [Element(STATUS, "1")]), [Element(STATUS, "1")]),
        (FRAGMENT, Element(SYNC), None),
    ],
)
def test_value_is_written(kind: Kind, value: object, content: object) -> None:
    assert written(kind, value) == content


@pytest.mark.parametrize("kind", [TRUE_ONLY, PRESENCE])
def test_false_of_a_mark_leaves_nothing_behind(kind: Kind) -> None:
    assert dump(kind, False) is None


def test_fragment_is_read_as_the_element_itself() -> None:
    element = Element(STATUS, [Element(SYNC)])
    assert FRAGMENT.load(element, V16_1) is element


# ---------------------------------------------------------------- dates

MOMENT = datetime(2026, 3, 29, 1, 2, 3, 456_789, tzinfo=UTC)


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2026-03-29T01:02:03.456Z", MOMENT.replace(microsecond=456_000)),
        ("2026-03-29T01:02:03Z", MOMENT.replace(microsecond=0)),
        ("20260329T010203Z", MOMENT.replace(microsecond=0)),
        (" 2026-03-29 ", datetime(2026, 3, 29, tzinfo=UTC)),
        ("2026-03-29T01:02:03.4567891Z", MOMENT),
        ("2026-03-29T09:02:03.4567891+08:00", MOMENT),
        ("2026-03-28T23:02:03-02:00", MOMENT.replace(microsecond=0)),
        ("2026-03-29T01:02:03", MOMENT.replace(microsecond=0)),
        ("2026-03-29T01:02:03.456", MOMENT.replace(microsecond=456_000)),
        ("2026-03-28T24:00:00.000Z", datetime(2026, 3, 29, tzinfo=UTC)),
    ],
)
def test_both_forms_of_a_date_are_read(text: str, moment: datetime) -> None:
    assert load(DATE, text) == moment
    assert load(COMPACT_DATE, text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T00:00:00.000Z", "yesterday", "2026-03-29T25:02:03", "2" * 40, "0001-01-01T00:00:00+08:00",
        "2026-03-29T24:00:01Z", "2026-W13-7", "2026-03-29 01:02:03Z", "2026-03-29T01:02:03.12345678Z", "٢٠٢٦-03-29",
    ],
)  # fmt: skip
def test_date_that_cannot_be_read_is_the_fault_of_a_date_R4818(text: str) -> None:
    with pytest.raises(Malformed, match="not a date") as caught:
        load(DATE, text)
    assert caught.value.fault is Fault.DATE


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-5))])
def test_date_is_written_in_utc_with_milliseconds(zone: timezone) -> None:
    assert written(DATE, MOMENT.astimezone(zone)) == "2026-03-29T01:02:03.456Z"
    assert written(COMPACT_DATE, MOMENT.astimezone(zone)) == "20260329T010203Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_date_comes_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert load(DATE, str(written(DATE, moment))) == moment


# ---------------------------------------------------------------- containers

_LIST = ListOf("AirSync:Status", Integer(0, 9), at_least=1, at_most=2)


def _status(content: str) -> Element:
    return Element(STATUS, content)


def test_list_holds_its_elements_in_order() -> None:
    assert load(_LIST, [_status("2"), _status("1")]) == (2, 1)
    assert written(_LIST, (2, 1)) == [_status("2"), _status("1")]


@pytest.mark.parametrize(
    "content, reason",
    [
        (None, "fewer than 1"),
        ([_status("1")] * 3, "more than 2"),
        ([Element(SYNC)], "unexpected element AirSync:Sync"),
        ([_status("x")], "Status: not a number"),
    ],
)
def test_list_refuses_what_does_not_belong(content: Any, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        load(_LIST, content)


def test_empty_list_is_left_out_or_kept() -> None:
    assert dump(_LIST, ()) is None
    assert written(ListOf("AirSync:Status", TEXT, keep_empty=True), ()) is None


_CHOICE = Choice({"AirSync:Status": (int, Integer()), "AirSync:SyncKey": (str, TEXT)})


def test_choice_keeps_the_order_of_different_elements() -> None:
    content = [Element(tag("AirSync:SyncKey"), "k"), _status("1"), Element(tag("AirSync:SyncKey"), "l")]
    assert load(_CHOICE, content) == ("k", 1, "l")
    assert written(_CHOICE, ("k", 1, "l")) == content
    assert dump(_CHOICE, ()) is None


@pytest.mark.parametrize(
    "content, reason", [([Element(SYNC)], "unexpected element AirSync:Sync"), ([_status("x")], "Status: not a number")]
)
def test_choice_refuses_what_does_not_belong(content: Any, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        load(_CHOICE, content)


# ---------------------------------------------------------------- tables


@dataclass(frozen=True, slots=True)
class Thing:
    """A value with an attribute of every sort."""

    key: str
    size: int | None = None
    limit: int | None = None
    names: tuple[str, ...] = ()
    mixed: tuple[int | str, ...] = ()
    old: str | None = None
    when: datetime | None = None


THING = Schema(
    Thing,
    (
        Prop("AirSync:SyncKey", "key", TEXT, required=True),
        Prop("AirSync:WindowSize", "size", Integer(), versions=since(V14_0)),
        Prop("AirSync:Limit", "limit", OptionalInteger(), always=True),
        Prop("AirSync:Class", "names", TEXT, many=True),
        Prop("AirSync:Status", "mixed", Integer(), many=True, holds=int),
        Prop("AirSync:ClientId", "mixed", TEXT, many=True, holds=str),
        Prop("AirSync:ServerId", "old", TEXT, versions=until(V12_1)),
        Prop("AirSync:Wait", "when", DATE),
    ),
)
DOCUMENT = Document("AirSync:Sync", THING)
WHOLE = Thing("k", 5, None, ("a", "b"), ("x", 1, "y"), when=datetime(2026, 1, 1, tzinfo=UTC))


def _sync(*children: Element) -> Element:
    return Element(SYNC, list(children))


KEY = Element(tag("AirSync:SyncKey"), "k")


def test_document_round_trip_keeps_the_order_of_mixed_rows() -> None:
    root = decode(DOCUMENT.encode(WHOLE, V16_1))
    assert [child.name.partition(":")[2] for child in root.children] == [
        "SyncKey", "WindowSize", "Limit", "Class", "Class", "ClientId", "Status", "ClientId", "Wait",
    ]  # fmt: skip
    assert DOCUMENT.load(root, V16_1) == WHOLE


def test_row_of_another_version_is_neither_written_nor_read() -> None:
    assert THING.knows(tag("AirSync:WindowSize"), V14_0)
    assert not THING.knows(tag("AirSync:WindowSize"), V12_1)
    root = decode(DOCUMENT.encode(Thing("k", 5, old="o"), V12_1))
    assert DOCUMENT.load(root, V12_1) == Thing("k", old="o")
    with pytest.raises(Malformed, match="Sync: unexpected element AirSync:ServerId"):
        DOCUMENT.load(root, V14_1)


@pytest.mark.parametrize(
    "root, message",
    [
        (Element(STATUS), "the root is AirSync:Status, not AirSync:Sync"),
        (_sync(), "Sync: AirSync:SyncKey is missing"),
        (_sync(KEY, KEY), "Sync: more than one AirSync:SyncKey"),
        (_sync(Element(tag("AirSync:WindowSize"), "x")), "Sync/WindowSize: not a number: 'x'"),
        (Element(SYNC, "text"), "Sync: holds text where elements are expected"),
    ],
)
def test_document_that_is_not_allowed_is_refused_with_its_path(root: Element, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        DOCUMENT.load(root, V16_1)
    assert str(caught.value) == message


def test_fault_keeps_its_kind_and_reason_on_the_way_up() -> None:
    outer = Malformed("bad", "Inner", Fault.DATE).inside("Outer")
    assert (outer.path, outer.reason, outer.fault) == ("Outer/Inner", "bad", Fault.DATE)


def test_table_for_an_attribute_that_does_not_exist_fails_at_once() -> None:
    with pytest.raises(TypeError, match="Thing has no attribute 'nothing'"):
        Schema(Thing, (Prop("AirSync:SyncKey", "nothing", TEXT),))


def test_two_rows_for_one_tag_in_one_version_fail_at_once() -> None:
    row = Prop("AirSync:SyncKey", "key", TEXT)
    with pytest.raises(TypeError, match="two rows for one tag"):
        Schema(Thing, (row, row))


def test_text_of_an_element_with_children_is_refused() -> None:
    with pytest.raises(Malformed, match="elements where text"):
        text_of(_sync(KEY))


@pytest.mark.parametrize("version", list(Version))
def test_children_alone_are_a_fragment(version: Version) -> None:
    writer = Writer()
    THING.dump_children(writer, Thing("k"), version)
    assert written(FRAGMENT, writer.fragment()) == [KEY, Element(tag("AirSync:Limit"))]
