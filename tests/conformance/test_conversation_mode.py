"""ConversationMode (MS-ASCMD, MS-ASCON 3.1.4.9): a conversation of which one message is inside the filter is whole."""

from datetime import timedelta
from typing import Any

import pytest

from easd.eas.commands import get_item_estimate
from easd.eas.commands.ping import PingResponse
from easd.eas.commands.sync import ServerAdd, ServerSoftDelete
from easd.eas.request import Command
from easd.eas.versions import V14_0, since
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.service.context import Answer, Hold
from tests.support.typed_items import Content, root
from tests.support.world import Phone, World, child, filtered, text

FILTER = filtered(2)
"""Three days."""
MODE: dict[str, Any] = {"conversation_mode": True, "options": FILTER}


@pytest.fixture(params=sorted(since(V14_0)), ids=lambda version: version.text)
def phone(world: World, request: pytest.FixtureRequest) -> Phone:
    """Alice's phone, of each version that has conversations."""
    made = world.phone(version=request.param)
    made.folder_sync()
    return made


_numbers = iter(range(10**6))


def letter(world: World, days: float, thread: str) -> str:
    """A message of the thread, some days old; its ServerId."""
    number = next(_numbers)
    raw = (
        f"From: bob@example.test\r\nTo: alice@example.test\r\nSubject: {thread}\r\nMessage-ID: <{number}@x.test>\r\n"
        f"References: <{thread}@x.test>\r\n\r\nWords\r\n"
    )
    return world.deliver(raw=raw.encode(), received=world.now - timedelta(days=days))


def estimated(phone: Phone, folder: str, **fields: Any) -> int | None:
    """How many commands a GetItemEstimate foresees."""
    collection = phone.estimate(folder, **fields).collection
    return collection.estimate if collection is not None else None


def shown(phone: Phone, folder: str, letter: str, name: str) -> str:
    """A text of the body that the phone holds."""
    body = child(phone.held(folder).items[letter], "AirSyncBase:Body")
    assert body is not None
    return text(body, f"AirSyncBase:{name}").strip()


def test_a_conversation_is_whole_if_one_message_is_inside_R2107_R2110_MS_ASCON_R330(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    whole = {letter(world, 1, "talk"), letter(world, 9, "talk"), letter(world, 300, "talk")}
    letter(world, 9, "old")
    phone.sync_all(inbox, **MODE)
    assert set(phone.held(inbox).items) == whole


def test_without_it_the_filter_alone_counts_R2109(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    inside = letter(world, 1, "talk")
    letter(world, 9, "talk")
    phone.sync_all(inbox, options=FILTER, conversation_mode=False)
    assert set(phone.held(inbox).items) == {inside}


def test_a_new_message_brings_the_old_ones_back_MS_ASCON_R232(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    old = {letter(world, days, "talk") for days in (9, 10, 11)}
    phone.sync_all(inbox, **MODE)
    assert not phone.held(inbox).items
    new = letter(world, 0, "talk")
    assert estimated(phone, inbox, conversation_mode=True, options=FILTER) == 4
    phone.sync_all(inbox, window_size=2, **MODE)
    assert set(phone.held(inbox).items) == {new, *old}
    phone.quiet(inbox, **MODE)


def test_a_conversation_ages_off_with_its_newest_message_MS_ASCON_R233(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    for days in (1, 9):
        letter(world, days, "talk")
    phone.sync_all(inbox, **MODE)
    world.forward(days=1)
    phone.quiet(inbox, **MODE)
    world.forward(days=2)
    result = phone.sync(inbox, **MODE)
    assert [type(command) for command in result.commands] == [ServerSoftDelete] * 2
    assert not phone.held(inbox).items


def test_what_falls_out_because_the_newest_went_is_soft_deleted_MS_ASCON_R223(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    newest, _ = letter(world, 1, "talk"), letter(world, 9, "talk")
    phone.sync_all(inbox, **MODE)
    world.remove(newest)
    phone.sync_all(inbox, **MODE)
    assert not phone.held(inbox).items
    phone.quiet(inbox, **MODE)


def test_it_can_be_switched_on_and_off_R2113(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    inside, outside = letter(world, 1, "talk"), letter(world, 9, "talk")
    phone.sync_all(inbox, options=FILTER)
    assert set(phone.held(inbox).items) == {inside}
    phone.sync_all(inbox, **MODE)
    assert set(phone.held(inbox).items) == {inside, outside}
    phone.sync_all(inbox, options=FILTER, conversation_mode=False)
    assert set(phone.held(inbox).items) == {inside}
    phone.quiet(inbox, options=FILTER, conversation_mode=False)


def test_other_folders_do_not_count_R2111_R2112(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    letter(world, 9, "talk")
    archive = next(i for i, entry in phone.hierarchy.folders.items() if entry.name == "Archive")
    world.move(letter(world, 1, "talk"), archive)
    phone.sync_all(inbox, **MODE)
    assert not phone.held(inbox).items


def test_old_messages_come_without_their_bodies_but_with_previews_R2108(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    new, old = letter(world, 1, "talk"), letter(world, 9, "talk")
    wish = BodyPreference(BodyType.PLAIN, 500, preview=50)
    phone.sync_all(inbox, conversation_mode=True, options=filtered(2, body_preferences=(wish,)))
    assert shown(phone, inbox, new, "Data") == "Words"
    assert shown(phone, inbox, old, "Data") == ""
    assert shown(phone, inbox, old, "Truncated") == "1"
    assert shown(phone, inbox, old, "Preview") == "Words"


def test_old_messages_come_with_their_message_parts_alone_where_no_body_is_asked_for_MS_ASCON_R242_R247(
    world: World,
) -> None:
    phone = world.phone()
    inbox = phone.folder()
    letters = letter(world, 1, "talk"), letter(world, 9, "talk")
    wish = (BodyPreference(BodyType.HTML, 500),)
    phone.sync_all(inbox, conversation_mode=True, options=filtered(2, body_part_preferences=wish))
    for each in letters:
        item = phone.held(inbox).items[each]
        part = child(item, "AirSyncBase:BodyPart")
        assert part is not None
        assert "Words" in text(part, "AirSyncBase:Data")
        assert child(item, "AirSyncBase:Body") is None


def test_an_estimate_counts_whole_conversations_if_asked_R2096_R2097(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    letter(world, 1, "talk")
    letter(world, 9, "talk")
    phone.start(inbox)
    for mode, count in ((True, 2), (False, 1), (None, 1)):
        assert estimated(phone, inbox, conversation_mode=mode, options=FILTER) == count


def test_a_Ping_says_what_the_Sync_will_give(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    letter(world, 9, "talk")
    phone.sync_all(inbox, **MODE)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    letter(world, 8, "talk")
    assert isinstance(phone.ping_again(hold), Hold)
    letter(world, 0, "talk")
    told = phone.ping_again(hold)
    assert isinstance(told, PingResponse)
    assert told.status == 2
    result = phone.sync(inbox)  # as before: the mode stays
    assert [type(command) for command in result.commands] == [ServerAdd] * 3


def test_a_lost_answer_is_told_again(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    old = letter(world, 9, "talk")
    phone.sync_all(inbox, options=FILTER)
    new = letter(world, 0, "talk")
    phone.sync(inbox, lose=True, **MODE)
    phone.sync_all(inbox, **MODE)
    assert set(phone.held(inbox).items) == {old, new}


def test_on_both_databases_conversations_are_whole(any_world: World) -> None:
    phone = any_world.phone()
    inbox = phone.folder()
    whole = {letter(any_world, days, "talk") for days in (0, 9, 20)}
    alone = any_world.deliver()
    phone.sync_all(inbox, window_size=1, **MODE)
    assert set(phone.held(inbox).items) == {alone, *whole}
    any_world.forward(days=4)
    phone.sync_all(inbox, **MODE)
    assert not phone.held(inbox).items


@pytest.mark.parametrize("mode, count", [(None, 2), ("1", 2), ("0", 1)], ids=["empty", "one", "zero"])
def test_ConversationMode_without_a_value_is_1(world: World, phone: Phone, mode: str | None, count: int) -> None:
    """MS-ASCON R116."""
    inbox = phone.folder()
    letter(world, 1, "talk")
    letter(world, 9, "talk")
    phone.start(inbox)
    options: Content = (("AirSync:FilterType", "2"),)
    collection: Content = (
        ("AirSync:SyncKey", phone.held(inbox).sync_key),
        ("AirSync:ConversationMode", mode),
        ("GetItemEstimate:CollectionId", inbox),
        ("AirSync:Options", options),
    )
    collections: Content = (("GetItemEstimate:Collection", collection),)
    body = root("GetItemEstimate:GetItemEstimate", {"GetItemEstimate:Collections": collections})
    answer = phone.post(Command.GET_ITEM_ESTIMATE, body)
    assert isinstance(answer, Answer)
    (found,) = phone.read(get_item_estimate.RESPONSE, answer).responses
    assert found.collection is not None
    assert found.collection.estimate == count
