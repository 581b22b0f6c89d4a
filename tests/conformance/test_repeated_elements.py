"""Elements that are said more than once (MS-ASCMD): where the outcome is undefined, nobody is refused for it, as by
Exchange.
"""

import pytest

from easd.eas.commands import get_item_estimate, search, sync
from easd.eas.commands.options import OPTIONS
from easd.eas.request import Command
from easd.eas.versions import V16_1
from easd.service import ids
from easd.wbxml import Element, encode, tag
from tests.support.asking import tell, value
from tests.support.world import Phone, World


def element(name: str, *content: Element | str) -> Element:
    if len(content) == 1 and isinstance(content[0], str):
        return Element(tag(name), content[0])
    return Element(tag(name), [part for part in content if isinstance(part, Element)])


@pytest.mark.parametrize(
    "name, attribute, first, last",
    [
        ("Class_R938", "class_", "Email", "SMS"),
        ("Conflict_R2075", "conflict", "0", "1"),
        ("FilterType_R3075", "filter_type", "1", "3"),
        ("MaxItems_R3280_R3272", "max_items", "5", "7"),
        ("MIMESupport_R3404", "mime_support", "0", "2"),
        ("MIMETruncation_R3432", "mime_truncation", "1", "8"),
    ],
)
def test_the_last_of_equal_options_counts(name: str, attribute: str, first: str, last: str) -> None:
    named = f"AirSync:{name.partition('_')[0]}"
    options = OPTIONS.load(element("AirSync:Options", element(named, first), element(named, last)), V16_1)
    assert str(getattr(options, attribute)) == last


def test_a_Sync_with_equal_options_is_served_R938_R2075_R3075_R3404_R3432(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    key = phone.start(inbox)
    world.deliver()
    twice = [
        element(f"AirSync:{name}", value)
        for name, value in (("FilterType", "3"), ("MIMETruncation", "8"), ("MIMESupport", "0"), ("Conflict", "1"))
        for _ in range(2)
    ]
    collection = element(
        "AirSync:Collection",
        element("AirSync:SyncKey", key),
        element("AirSync:CollectionId", inbox),
        element("AirSync:Options", *twice),
    )
    body = encode(element("AirSync:Sync", element("AirSync:Collections", collection)))
    (result,) = value(phone, sync.RESPONSE, tell(phone, Command.SYNC, body)).collections
    assert (result.status, len(result.commands)) == (1, 1)


def test_a_Sync_with_no_command_in_Commands_is_served_R2058(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    key = phone.start(inbox)
    world.deliver()
    collection = element(
        "AirSync:Collection",
        element("AirSync:SyncKey", key),
        element("AirSync:CollectionId", inbox),
        element("AirSync:Commands"),
    )
    body = encode(element("AirSync:Sync", element("AirSync:Collections", collection)))
    (result,) = value(phone, sync.RESPONSE, tell(phone, Command.SYNC, body)).collections
    assert (result.status, len(result.commands), result.responses) == (1, 1, ())


def test_a_Search_with_equal_options_is_served_R2143_R3374_R3723_R3747(world: World, phone: Phone) -> None:
    phone.provision()
    world.deliver("a plan")
    asked = [
        *(element("Search:Range", pages) for pages in ("0-9", "0-0")),
        *(element(name) for name in ("Search:DeepTraversal", "Search:RebuildResults") for _ in range(2)),
        *(element("AirSync:MIMESupport", "0") for _ in range(2)),
    ]
    found = _search(phone, [element("Search:FreeText", "plan")], asked)
    assert (found.status, found.range) == (1, "0-0")


def test_a_Search_with_several_dates_takes_them_together_R7568_R7572(world: World, phone: Phone) -> None:
    phone.provision()
    world.deliver("a plan")
    for tomorrow, matches in (("2026-11-24T00:00:00.000Z", 0), ("2026-11-22T12:00:00.000Z", 1)):
        dates = [
            element(f"Search:{name}", element("Email:DateReceived"), element("Search:Value", day))
            for name, days in (
                ("GreaterThan", ("2026-11-22T00:00:00.000Z", tomorrow)),
                ("LessThan", ("2026-12-01T00:00:00.000Z", "2026-12-02T00:00:00.000Z")),
            )
            for day in days
        ]
        found = _search(phone, [element("AirSync:Class", "Email"), *dates], [])
        assert (found.status, found.total or 0) == (1, matches)


def _search(phone: Phone, parts: list[Element], options: list[Element]) -> search.StoreResult:
    store = element(
        "Search:Store",
        element("Search:Name", "Mailbox"),
        element("Search:Query", element("Search:And", *parts)),
        element("Search:Options", *options),
    )
    answer = value(phone, search.RESPONSE, tell(phone, Command.SEARCH, encode(element("Search:Search", store))))
    assert answer.response is not None
    return answer.response.store


def test_an_estimate_with_equal_options_is_told_R3272(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    key = phone.start(inbox)
    world.deliver()
    collection = element(
        "GetItemEstimate:Collection",
        element("AirSync:SyncKey", key),
        element("GetItemEstimate:CollectionId", inbox),
        element("AirSync:Options", *(element("AirSync:FilterType", "3") for _ in range(2))),
    )
    collections = element("GetItemEstimate:Collections", collection)
    body = encode(element("GetItemEstimate:GetItemEstimate", collections))
    (told,) = value(phone, get_item_estimate.RESPONSE, tell(phone, Command.GET_ITEM_ESTIMATE, body)).responses
    assert (told.status, told.collection and told.collection.estimate) == (1, 1)


def test_ids_have_at_most_64_characters_R985_R5869_R2036_R5862_R2219_R5870_R3905_R5872_R3978_R5882() -> None:
    largest = 2**63 - 1
    assert len(str(largest)) <= 64
    assert len(ids.server_id(largest, largest)) <= 64
    assert len(ids.long_id(largest, largest)) <= 64
