"""Two devices of one user over real HTTP: what one says of a message, the other is told, and nothing else."""

import pytest

from easd.client import Device
from easd.eas.commands.sync import ServerChange
from easd.eas.versions import V12_0, V14_0, Version, since
from easd.model.email import Flag, FlagStatus
from easd.model.folder import FolderType
from easd.wbxml import Element
from tests.support.server import PASSWORD, RunningServer, running_server
from tests.support.versions import at

VOICE = (
    b"From: bob@example.test\r\nSubject: call\r\nContent-Class: voice\r\nX-CallingTelephoneNumber: +49 30 1234\r\n"
    b"X-VoiceMessageDuration: 17\r\nMIME-Version: 1.0\r\nContent-Type: audio/wav\r\n"
    b'Content-Disposition: attachment; filename="call.wav"\r\n\r\nx\r\n'
)

VOICED = {"Email2:UmCallerID": "+49 30 1234", "Email2:UmAttDuration": "17", "Email2:UmAttOrder": "1"}


def _device(server: RunningServer, name: str, version: Version) -> Device:
    return Device(server.url, "alice@example.test", PASSWORD, name, version=version)


async def _inbox(device: Device) -> str:
    await device.provision()
    await device.folder_sync()
    inbox = device.folder_of(FolderType.INBOX).server_id
    await device.sync_all(inbox)
    return inbox


async def _told(device: Device, inbox: str) -> list[str]:
    """The names of what the one Change says."""
    result = await device.sync(inbox)
    assert result is not None
    (command,) = result.commands
    assert isinstance(command, ServerChange)
    assert isinstance(command.data, Element)
    return [element.name for element in command.data.children]


@pytest.mark.timeout(120)
@at(since(V12_0))
async def test_a_change_of_one_device_is_all_that_the_other_hears(sqlite_people: str, version: Version) -> None:
    with running_server(sqlite_people) as server:
        server.deliver("alice@example.test", VOICE)
        async with _device(server, "PHONE1", version) as one, _device(server, "PHONE2", version) as other:
            inbox = await _inbox(one)
            assert await _inbox(other) == inbox
            ((letter, item),) = other.replica[inbox].items.items()
            told = {each.name: each.text for each in _everything(item) if each.name in VOICED}
            assert told == (VOICED if version in since(V14_0) else {})
            await one.mark_read(inbox, letter)
            assert await _told(other, inbox) == ["Email:Read"]
            await one.flag(inbox, letter, Flag(FlagStatus.ACTIVE, "for follow up"))
            assert await _told(other, inbox) == ["Email:Flag"]
            if version in since(V14_0):
                await one.categorize(inbox, letter, ("Blue",))
                assert await _told(other, inbox) == ["Email:Categories"]


def _everything(element: Element) -> list[Element]:
    return [element, *(each for child in element.children for each in _everything(child))]
