"""Delegates: who hears of meeting messages for somebody else (MS-ASCMD Substitute Meeting Invitation Email)."""

from typing import Any

import pytest

from easd.eas.commands.meeting_response import SendResponse, UserResponse
from easd.eas.commands.sync import ClientAdd
from easd.eas.versions import V12_0, V14_1, V16_1, Version, since
from easd.model.folder import FolderType
from easd.model.outgoing import Envelope
from easd.model.share import Chosen
from easd.service.submission import deliver_queued
from easd.store import Grants
from tests.support.events import event_data
from tests.support.meetings import answer, event, events, meeting_mail, respond, sent
from tests.support.sharing import share
from tests.support.versions import at
from tests.support.world import World, child, text

AT = "carl@elsewhere.test"
"""Who organizes."""


def delegate(world: World, *, decides: bool = False) -> None:
    """Let bob hear of alice's meetings."""
    Grants(world.sql).delegate(world.user("alice").id, "bob@example.test", decides=decides)


def invite(world: World, *lines: str, head: bytes = b"", sender: str = AT, **more: object) -> str:
    """A meeting message to alice through the queue, by default an invitation from elsewhere; its ServerId."""
    values = {"sender": sender, "organizer": sender, **more}
    raw = head + meeting_mail(*lines, **values)  # type: ignore[arg-type]
    world.sql.enqueue(Envelope.of("carl@elsewhere.test", ("alice@example.test",)), raw, world.now)
    deliver_queued(world.services)
    return list(world.items(world.folder().id))[-1]


def shown_type(world: World, version: Version, name: str, letter: str) -> str | None:
    """The MeetingMessageType of a mail on somebody's phone."""
    phone = world.phone(name, version)
    if name != "alice":
        phone.folder_sync()
    folder = letter.partition(":")[0]
    phone.sync_all(folder)
    meeting = child(phone.held(folder).items[letter], "Email:MeetingRequest")
    return None if meeting is None else text(meeting, "Email2:MeetingMessageType")


@at(since(V12_0))
def test_a_delegate_gets_a_substitute_for_the_request_R5600_R5604_R5605_R5606_R5607_R5613_R5614_R5617_R5704_R5822(
    world: World, version: Version
) -> None:
    delegate(world)
    original = invite(world)
    before = world.items(original.partition(":")[0])[original]
    phone = world.phone("bob", version)
    phone.sync_all(phone.folder())
    (item,) = phone.held(phone.folder()).items.values()
    assert text(item, "Email:To") == '"Bob" <bob@example.test>'
    assert child(item, "Email:Cc") is None
    assert AT in text(item, "Email:From")
    assert text(item, "Email:Subject") == "Meeting request for Alice: Lunch"
    assert (text(item, "Email:MessageClass"), text(item, "Email:ContentClass")) == (
        "IPM.Note",
        "urn:content-classes:message",
    )
    body = child(item, "AirSyncBase:Body")
    assert body is not None
    said = text(body, "AirSyncBase:Data")
    assert all(word in said for word in ("Lunch", "2026-11-25 10:00 - 11:00", "Office"))
    assert child(item, "Email:MeetingRequest") is None
    assert events(world, "bob") == {}
    assert world.items(original.partition(":")[0])[original] == before


def test_a_substitute_keeps_conversation_and_importance_R5608_R5610_R5611_R5612_R5616_R5618_R5619_R5621(
    world: World,
) -> None:
    delegate(world)
    letter = invite(world, head=b"Message-ID: <first@elsewhere.test>\r\nImportance: high\r\n")
    original = world.items(letter.partition(":")[0])[letter].email
    (found,) = world.items(world.folder(FolderType.INBOX, "bob").id, "bob").values()
    copied = (
        "received", "from_", "thread_topic", "importance", "read", "conversation_id", "categories",
        "flag", "native_body_type",
    )  # fmt: skip
    assert [getattr(found.email, attr) for attr in copied] == [getattr(original, attr) for attr in copied]


@pytest.mark.parametrize(
    "told, more",
    [
        (["Canceled meeting of Alice: Lunch"], {"method": "CANCEL"}),
        ([], {"lines": ("CLASS:PRIVATE",)}),  # the owner's alone
        ([], {"sender": "bob@example.test"}),  # by the delegate
        ([], {"method": "DECLINECOUNTER"}),
    ],
)
def test_what_delegates_are_told_of(world: World, told: list[str], more: dict[str, Any]) -> None:
    delegate(world)
    invite(world, *more.pop("lines", ()), **more)
    assert sent(world, "bob") == told


@at(since(V14_1))
def test_who_leaves_the_answer_to_a_delegate_has_a_copy_and_the_delegate_answers_R5859_MS_ASEMAIL_R538(
    world: World, version: Version
) -> None:
    world.admin.create_user("carl@example.test", "Carl", "")
    delegate(world, decides=True)
    share(world)
    letter = invite(world, sender="carl@example.test")
    assert shown_type(world, version, "alice", letter) == "5"
    assert shown_type(world, version, "bob", letter) == "1"
    phone = world.phone("bob", version)
    phone.folder_sync()
    send = SendResponse() if version > V14_1 else None
    (result,) = respond(phone, answer(letter, UserResponse.ACCEPTED, send=send))
    assert (result.status, event(world).response_type) == (1, 3)
    said = [item.email for item in world.items(world.folder(FolderType.INBOX, "carl").id, "carl").values()]
    shown = [(each.from_[0].address, each.sender.address if each.sender else "") for each in said]
    assert shown == ([("alice@example.test", "bob@example.test")] if send else [])


def test_a_meeting_by_a_delegate_is_from_its_owner_on_whose_behalf_it_is_sent_MS_ASEMAIL_R725(world: World) -> None:
    world.admin.create_user("carl@example.test", "Carl", "")
    share(world, "bob", "alice", Chosen.CALENDAR)
    phone, folder = world.phone("bob", V16_1), str(world.folder(FolderType.CALENDAR).id)
    phone.folder_sync()
    phone.sync_all(folder)
    invited = [{"Email": "carl@example.test", "Name": "Carl"}]
    times = {"StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
    phone.sync(folder, ClientAdd("1", event_data(Subject="Lunch", Attendees=invited, MeetingStatus="1", **times)))
    (found,) = world.items(world.folder(FolderType.INBOX, "carl").id, "carl").values()
    sender = found.email.sender
    assert sender is not None
    assert (found.email.from_[0].address, sender.address) == ("alice@example.test", "bob@example.test")
