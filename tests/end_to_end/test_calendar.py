"""A calendar as two devices of one user have it, over HTTP."""

import asyncio

from easd.client import Device
from easd.eas.commands.item_operations import MAILBOX, Fetch, Fetched
from easd.eas.commands.sync import AddResult, ClientAdd, ClientChange, ClientDelete
from easd.eas.versions import V14_1, V16_1, Version
from easd.model.folder import FolderType
from easd.wbxml import Element
from tests.support.checked import CheckedTransport
from tests.support.events import BERLIN, event_data
from tests.support.server import PASSWORD, running_server
from tests.support.world import child, text

_SERIES = event_data(
    Subject="Stand-up",
    Timezone=BERLIN,
    StartTime="20261201T090000Z",
    EndTime="20261201T100000Z",
    Recurrence={"Type": "1", "Interval": "1", "DayOfWeek": "62"},
    ClientUid="of-the-phone",
)


async def _started(device: Device) -> str:
    """The Calendar of a device that has synchronised it."""
    await device.provision()
    await device.folder_sync()
    folder = device.folder_of(FolderType.CALENDAR).server_id
    await device.sync_all(folder)
    return folder


def _device(url: str, version: Version) -> Device:
    name = f"PHONE{int(version)}"
    return Device(url, "alice@example.test", PASSWORD, name, version=version, transport=CheckedTransport())


async def test_a_series_reaches_the_other_phone_by_push_and_loses_one_occurrence(people: str) -> None:
    with running_server(people) as server:
        async with _device(server.url, V16_1) as new, _device(server.url, V14_1) as old:
            folder = await _started(new)
            assert await _started(old) == folder
            held = asyncio.create_task(old.ping([folder], 300))
            result = await new.sync(folder, [ClientAdd("c1", _SERIES)])
            assert result is not None
            (added,) = result.responses
            assert isinstance(added, AddResult)
            assert added.server_id is not None
            assert isinstance(added.data, Element)
            told = await asyncio.wait_for(held, 20)
            assert told.folders == (folder,)
            await old.sync_all(folder)
            item = old.replica[folder].items[added.server_id]
            assert text(item, "Calendar:Subject") == "Stand-up"
            assert text(item, "Calendar:UID") == text(added.data, "Calendar:UID")
            await new.sync(folder, [ClientDelete(added.server_id, instance_id="20261202T090000Z")])
            late = event_data(Subject="Late stand-up")
            await new.sync(folder, [ClientChange(added.server_id, late, instance_id="20261203T090000Z")])
            await old.sync_all(folder)
            exceptions = child(old.replica[folder].items[added.server_id], "Calendar:Exceptions")
            assert exceptions is not None
            assert [text(each, "Calendar:Subject") for each in exceptions.children] == ["", "Late stand-up"]
            (fetched,) = await old.item_operations([Fetch(MAILBOX, collection_id=folder, server_id=added.server_id)])
            assert isinstance(fetched, Fetched)
            assert isinstance(fetched.properties, Element)
            assert text(fetched.properties, "Calendar:Subject") == "Stand-up"
