"""A meeting between two people over HTTP: the invitation is pushed, and so is the answer."""

import asyncio

from easd.client import Device
from easd.eas.commands.meeting_response import MeetingAnswer, SendResponse, UserResponse
from easd.eas.commands.sync import AddResult, ClientAdd
from easd.eas.versions import V16_1
from easd.model.folder import FolderType
from tests.support.checked import CheckedTransport
from tests.support.events import event_data
from tests.support.server import PASSWORD, running_server
from tests.support.world import child, text

_LUNCH = event_data(
    Subject="Lunch",
    StartTime="20261201T120000Z",
    EndTime="20261201T130000Z",
    MeetingStatus="1",
    Attendees=[{"Email": "bob@example.test", "Name": "Bob"}],
    ClientUid="lunch",
)


async def _started(device: Device) -> tuple[str, str]:
    """Inbox and Calendar of a device that has synchronised them."""
    await device.provision()
    await device.folder_sync()
    inbox, calendar = (device.folder_of(kind).server_id for kind in (FolderType.INBOX, FolderType.CALENDAR))
    await device.sync_all(inbox)
    await device.sync_all(calendar)
    return inbox, calendar


def _device(url: str, name: str) -> Device:
    address = f"{name}@example.test"
    return Device(url, address, PASSWORD, f"PHONE{name}", version=V16_1, transport=CheckedTransport())


async def test_an_invitation_is_pushed_and_so_is_the_answer(people: str) -> None:
    with running_server(people) as server:
        async with _device(server.url, "alice") as alice, _device(server.url, "bob") as bob:
            own, hers = await _started(alice)
            inbox, his = await _started(bob)
            asked = asyncio.create_task(bob.ping([inbox, his], 300))
            result = await alice.sync(hers, [ClientAdd("c1", _LUNCH)])
            assert result is not None
            (added,) = result.responses
            assert isinstance(added, AddResult)
            assert added.server_id is not None
            assert (await asyncio.wait_for(asked, 20)).folders != ()
            await bob.sync_all(inbox)
            await bob.sync_all(his)
            (letter,) = bob.replica[inbox].items
            assert len(bob.replica[his].items) == 1
            answered = asyncio.create_task(alice.ping([own, hers], 300))
            said = MeetingAnswer(UserResponse.ACCEPTED, inbox, letter, send=SendResponse())
            (told,) = await bob.meeting_response([said])
            assert (told.status, told.calendar_id) == (1, next(iter(bob.replica[his].items)))
            assert own in (await asyncio.wait_for(answered, 20)).folders
            await alice.sync_all(hers)
            attendees = child(alice.replica[hers].items[added.server_id], "Calendar:Attendees")
            assert attendees is not None
            assert [text(each, "Calendar:AttendeeStatus") for each in attendees.children] == ["3"]
