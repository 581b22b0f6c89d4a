"""A device's day at each version, over real HTTP: provision, folders, items of every class, push, files, sending."""

import asyncio
from datetime import UTC, datetime

import pytest

from easd.client import Device
from easd.eas.commands.sync import AddResult, ClientAdd
from easd.eas.items.contacts import dump_contact
from easd.eas.status import PingStatus
from easd.eas.versions import DIALECTS, V12_1, Version, until
from easd.model.contact import Contact
from easd.model.folder import FolderType
from easd.wbxml import Element, Writer, tag
from tests.support.fetching import PICTURE, with_files
from tests.support.server import PASSWORD, RunningServer, running_server

_SOON = 20.0
_PEOPLE = {"alice": "1", "bob": "2"}


def _device(server: RunningServer, name: str, version: Version) -> Device:
    return Device(server.url, f"{name}@example.test", PASSWORD, f"PHONE{_PEOPLE[name]}", version=version)


async def _begun(device: Device, *types: FolderType) -> list[str]:
    """The folders of these types, synchronised."""
    await device.provision()
    await device.folder_sync()
    folders = [device.folder_of(type_).server_id for type_ in types]
    for folder in folders:
        await device.sync_all(folder)
    return folders


def _everything(element: Element) -> list[Element]:
    return [element, *(each for child in element.children for each in _everything(child))]


def _task(subject: str) -> bytes:
    writer = Writer()
    for name, value in (("Subject", subject), ("Importance", "1"), ("Complete", "0"), ("Sensitivity", "0")):
        writer.text(tag(f"Tasks:{name}"), value)
    return writer.fragment()


async def _added(device: Device, folder: str, data: bytes) -> None:
    result = await device.sync(folder, [ClientAdd("1", data)])
    assert result is not None
    (answer,) = result.responses
    assert isinstance(answer, AddResult)
    assert answer.status == 1


def _texts(device: Device, folder: str, name: str) -> list[str]:
    items = device.replica[folder].items.values()
    return [each.text for item in items for each in _everything(item) if each.name == name]


@pytest.mark.parametrize("version", list(Version), ids=lambda version: version.text)
async def test_a_device_does_its_main_job_at_every_version(sqlite_people: str, version: Version) -> None:
    with running_server(sqlite_people) as server:
        async with _device(server, "alice", version) as device, _device(server, "bob", version) as bob:
            assert version in (await device.options()).versions
            kinds = FolderType.INBOX, FolderType.CONTACTS, FolderType.TASKS
            inbox, contacts, tasks = await _begun(device, *kinds)
            await _push(server, device, inbox)
            await _files(device, inbox, version)
            zoe = Contact(datetime.now(UTC), first_name="Zoë")
            await _added(device, contacts, dump_contact(zoe, None, version))
            await _added(device, tasks, _task("Bake"))
            await bob.provision()
            await bob.send_mail(b"To: alice@example.test\r\nFrom: bob@example.test\r\nSubject: Lunch\r\n\r\nNoon?\r\n")
            async with asyncio.timeout(_SOON):
                while "Lunch" not in _texts(device, inbox, "Email:Subject"):
                    await device.sync_all(inbox)
        async with _second(server, version) as other:
            _, contacts, tasks = await _begun(other, *kinds)
            assert _texts(other, contacts, "Contacts:FirstName") == ["Zoë"]
            assert _texts(other, tasks, "Tasks:Subject") == ["Bake"]


def _second(server: RunningServer, version: Version) -> Device:
    """Another device of alice's."""
    return Device(server.url, "alice@example.test", PASSWORD, "PHONE3", version=version)


async def _push(server: RunningServer, device: Device, inbox: str) -> None:
    """A Ping hears of a delivery, and a Sync brings it."""
    held = asyncio.create_task(device.ping([inbox], 300))
    await asyncio.to_thread(server.deliver, "alice@example.test", with_files().as_bytes())
    told = await asyncio.wait_for(held, _SOON)
    assert (told.status, told.folders) == (PingStatus.CHANGES, (inbox,))
    assert await device.get_item_estimate(inbox) == 1
    await device.sync_all(inbox)


async def _files(device: Device, inbox: str, version: Version) -> None:
    """The message whole, and its file, by whatever command the version has."""
    ((server_id, item),) = device.replica[inbox].items.items()
    body = {"AirSyncBase:Data", "Email:Body"}
    assert any("see the files" in each.text for each in _everything(item) if each.name in body)
    wanted = {"AirSyncBase:FileReference", "Email:AttName"}
    reference = next(each.text for each in _everything(item) if each.name in wanted)
    if version in until(V12_1):
        assert await device.get_attachment(reference) == PICTURE
    if DIALECTS[version].item_operations:
        assert (await device.fetch_attachment(reference)).data == PICTURE
        assert (await device.fetch_item(inbox, server_id)).subject
    else:
        (fetched,) = await device.fetch(inbox, [server_id])
        assert fetched.status == 1
