"""What a request says in elements of AirSyncBase: their number, order, place and type (MS-ASAIRS 3.2.5.1)."""

from typing import Any

import pytest

from easd.eas.commands import item_operations, search
from easd.eas.commands.options import BODY_OPTIONS, BODY_PREFERENCE, OPTIONS
from easd.eas.items.body import BODY_ASKED, BODY_OF_EVENT_ASKED
from easd.eas.items.contacts import load_contact
from easd.eas.items.draft import load_draft
from easd.eas.items.event_change import load_event
from easd.eas.items.notes import load_note
from easd.eas.items.place import PLACE
from easd.eas.items.tasks import load_task
from easd.eas.schema import Document, Malformed, Schema
from easd.eas.versions import V14_1, V16_1
from easd.wbxml import Element, tag
from easd.wbxml.readable import from_xml


def element(name: str, *children: tuple[str, str]) -> Element:
    return Element(tag(f"AirSyncBase:{name}"), [Element(tag(f"AirSyncBase:{name}"), text) for name, text in children])


TYPE, TEXT = ("Type", "1"), ("Data", "words")
SIZE, TRUNCATED, PREVIEW = ("EstimatedDataSize", "5"), ("Truncated", "1"), ("Preview", "w")


@pytest.mark.parametrize(
    "schema, children",
    [
        (BODY_PREFERENCE, (("TruncationSize", "9"), TYPE)),
        (BODY_PREFERENCE, (TYPE, ("AllOrNone", "1"), ("TruncationSize", "9"))),
        (BODY_PREFERENCE, (TYPE, ("Preview", "9"), ("AllOrNone", "1"))),
        (BODY_PREFERENCE, (TYPE, ("TruncationSize", "4294967296"))),
        (BODY_ASKED, (TEXT, TYPE)),
        (BODY_ASKED, (TYPE, TEXT, SIZE)),
        (BODY_ASKED, (TYPE, TRUNCATED, SIZE, TEXT)),
        (BODY_ASKED, (("Type", "a"), TEXT)),
        (BODY_ASKED, (TYPE, TYPE, TEXT)),
        (BODY_OF_EVENT_ASKED, (("Type", "3"), TEXT)),
        (BODY_OF_EVENT_ASKED, (("Type", "4"), TEXT)),
    ],
    ids=[
        "R348", "R150", "R150 Preview", "R299", "R112 R10038", "R112 size", "R112 truncated", "R10014", "R10037",
        "R1400 R1401 RTF", "R1400 R1401 MIME",
    ],
)  # fmt: skip
def test_what_breaks_the_grammar_of_bodies(schema: Schema[Any], children: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Malformed):
        schema.load(element("Body", *children), V16_1)


def test_all_that_a_body_may_have_in_its_order_R112() -> None:
    assert BODY_ASKED.load(element("Body", TYPE, SIZE, TRUNCATED, TEXT, PREVIEW), V16_1).data == b"words"


def test_part_is_in_no_request_R245() -> None:
    part = Element(tag("ItemOperations:Part"), "1")
    with pytest.raises(Malformed):
        BODY_ASKED.load(Element(tag("AirSyncBase:Body"), [*element("Body", TYPE, TEXT).children, part]), V16_1)


_STORE = "<Store><Name>Mailbox</Name><Query>x</Query><Options>{}</Options></Store>"
_FETCH = "<Fetch><Store>Mailbox</Store><Options>{}</Options></Fetch>"


@pytest.mark.parametrize("name, type_", [("BodyPreference", "1"), ("BodyPartPreference", "2")])
@pytest.mark.parametrize(
    "document, form",
    [
        (Document("AirSync:Options", OPTIONS), '<Options xmlns="AirSync" xmlns:b="AirSyncBase">{}</Options>'),
        (
            item_operations.REQUEST,
            f'<ItemOperations xmlns="ItemOperations" xmlns:b="AirSyncBase">{_FETCH}</ItemOperations>',
        ),
        (search.REQUEST, f'<Search xmlns="Search" xmlns:b="AirSyncBase">{_STORE}</Search>'),
    ],
    ids=["Sync R10016", "ItemOperations R10030", "Search R10034"],
)
def test_one_preference_for_each_type_R146_R158(document: Document[Any], form: str, name: str, type_: str) -> None:
    once = f"<b:{name}><b:Type>{type_}</b:Type></b:{name}>"
    document.load(from_xml(form.format(once)), V14_1)
    with pytest.raises(Malformed):
        document.load(from_xml(form.format(once * 2)), V14_1)


def test_no_option_of_bodies_forgets_that_a_type_is_wanted_once() -> None:
    assert {row.attr for row in BODY_OPTIONS if row.distinct == "type"} == {"body_preferences", "body_part_preferences"}


@pytest.mark.parametrize("load", [load_contact, load_event, load_note, load_task])
def test_the_native_type_may_be_said_and_is_one_of_three_R232_R234_R236(load: Any) -> None:
    def said(value: str) -> Element:
        return Element(tag("AirSync:ApplicationData"), element("Body", ("NativeBodyType", value)).children)

    for value in "123":
        load(said(value), V16_1)
    for value in ("0", "4", "a"):
        with pytest.raises(Malformed):
            load(said(value), V16_1)


def test_no_request_has_a_message_part_R123() -> None:
    part = Element(tag("AirSyncBase:BodyPart"), element("Body", ("Type", "2"), TEXT).children)
    with pytest.raises(Malformed):
        load_draft(Element(tag("AirSync:ApplicationData"), [part]), V16_1)


@pytest.mark.parametrize("number", ["11.56", "-1.", ".5", "1.5E2", "+7"])
def test_coordinates_are_doubles_R1001_R1031_R1037_R1194_R1234(number: str) -> None:
    assert PLACE.load(element("Location", ("Latitude", number), ("Altitude", number)), V16_1).latitude == float(number)


@pytest.mark.parametrize("number", ["a", "1,5", "1_0", "١", "NaN", "INF", "infinity", "1e999", "0x1", "9" * 65])
def test_what_is_no_double_is_no_coordinate_R1001_R1194(number: str) -> None:
    with pytest.raises(Malformed):
        PLACE.load(element("Location", ("Accuracy", number)), V16_1)
