"""A calendar as two devices of one user have it, over HTTP."""

import asyncio
from pathlib import Path

from easd.client import Device
from easd.eas.commands.item_operations import MAILBOX, Fetch, Fetched
from easd.eas.commands.sync import AddResult, ClientAdd, ClientChange, ClientDelete
from easd.eas.versions import V14_1, V16_1, Version
from easd.model.folder import FolderType
from easd.wbxml import Element
from tests.support.checked import CheckedTransport
from tests.support.command_line import easd
from tests.support.events import BERLIN, event_data
from tests.support.server import PASSWORD, running_server, variables
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


FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:from-a-file
DTSTART;TZID=W. Europe Standard Time:20261201T100000
DTEND;TZID=W. Europe Standard Time:20261201T110000
RRULE:FREQ=MONTHLY;BYDAY=-1FR;WKST=SU
SUMMARY:Payday
X-ODD:no phone knows this
END:VEVENT
END:VCALENDAR
"""


async def test_a_file_reaches_a_waiting_phone_and_comes_out_with_its_edit(people: str, tmp_path: Path) -> None:
    file = tmp_path / "a.ics"
    file.write_text(FILE)
    with running_server(people) as server:
        async with _device(server.url, V16_1) as phone:
            folder = await _started(phone)
            held = asyncio.create_task(phone.ping([folder], 300))
            assert easd("import", "ics", str(file), "alice", environ=variables(people)).code == 0
            assert (await asyncio.wait_for(held, 20)).folders == (folder,)
            await phone.sync_all(folder)
            ((server_id, item),) = phone.replica[folder].items.items()
            rule = child(item, "Calendar:Recurrence")
            assert rule is not None
            assert (text(rule, "Calendar:DayOfWeek"), text(rule, "Calendar:WeekOfMonth")) == ("32", "5")
            await phone.sync(folder, [ClientChange(server_id, event_data(Subject="Payday!"))])
    out = easd("export", "ics", "alice", environ=variables(people)).out.splitlines()
    assert {"SUMMARY:Payday!", "X-ODD:no phone knows this", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;WKST=SU"} <= {*out}
