"""Folders of others on a real device: shared while the server runs, pushed, written to, and taken away (B23)."""

import asyncio
import time
from collections.abc import Iterator, Sequence

import pytest

from easd.client import Device
from easd.eas.commands.sync import AddResult, ClientAdd
from easd.eas.versions import V14_1, V16_1, Version
from easd.model.folder import FolderType
from easd.model.organisation import Permission
from easd.model.share import Chosen, Rights
from easd.store import Administration, Grants, Shares, SqlStore, open_store
from tests.support.checked import CheckedTransport
from tests.support.events import event_data
from tests.support.server import PASSWORD, RunningServer, running_server

_LUNCH = event_data(Subject="Lunch", StartTime="20261201T120000Z", EndTime="20261201T130000Z")
_SOON = 10.0
"""Seconds after which something is taken not to come: it comes within one."""
_AT_ONCE = 1.0
"""Within so many seconds a permission that is withdrawn is over for devices that wait, too."""


def _device(server: RunningServer, name: str, version: Version) -> Device:
    address = f"{name}@example.test"
    return Device(server.url, address, PASSWORD, f"PHONE{name}", version=version, transport=CheckedTransport())


class _Office:
    """What an administrator's process does to the database of the server."""

    def __init__(self, store: SqlStore) -> None:
        accounts = Administration(store)
        self.owner, self.reader = accounts.user("alice@example.test"), accounts.user("bob@example.test")
        self.grants, self.shares = Grants(store), Shares(store)

    def share(self) -> None:
        self.grants.grant(self.owner.id, self.reader.address, [Permission.FULL_ACCESS])
        for chosen in (Chosen.INBOX, Chosen.CALENDAR):
            self.shares.add(self.reader.id, self.owner.id, chosen, Rights(writable=True, private=False))

    def revoke(self) -> None:
        self.grants.revoke(self.owner.id, self.reader.address, [Permission.FULL_ACCESS])


@pytest.fixture
def office(people: str) -> Iterator[_Office]:
    store = open_store(people)
    yield _Office(store)
    store.close()


async def _started(device: Device) -> tuple[str, str]:
    """Inbox and Calendar of a device that has synchronised them."""
    await device.provision()
    await device.folder_sync()
    inbox, calendar = (device.folder_of(kind).server_id for kind in (FolderType.INBOX, FolderType.CALENDAR))
    await device.sync_all(inbox)
    await device.sync_all(calendar)
    return inbox, calendar


async def test_a_shared_mailbox_on_a_phone_from_the_share_to_its_end_B23(people: str, office: _Office) -> None:
    with running_server(people) as server:
        async with _device(server, "alice", V14_1) as alice, _device(server, "bob", V16_1) as bob:
            inbox, calendar = await _started(alice)
            own, _ = await _started(bob)
            asked = asyncio.create_task(bob.ping([own], 300))
            await asyncio.to_thread(office.share)
            assert (await asyncio.wait_for(asked, _SOON)).status == 7
            changes = await bob.folder_sync()
            assert {(entry.server_id, int(entry.type)) for entry in changes.adds} == {(inbox, 12), (calendar, 13)}
            await bob.sync_all(inbox)
            await bob.sync_all(calendar)
            asked = asyncio.create_task(bob.ping([own, inbox], 300))
            await alice.send_mail(b"To: alice@example.test\r\nSubject: To all of us\r\n\r\nHello\r\n")
            assert (await asyncio.wait_for(asked, _SOON)).folders == (inbox,)
            await bob.sync_all(inbox)
            (letter,) = await bob.mail(inbox)
            assert letter.subject == "To all of us"
            await alice.sync_all(inbox)
            await bob.mark_read(inbox, letter.server_id)
            await alice.sync_all(inbox)
            assert [item.read for item in await alice.mail(inbox)] == [True]
            waiting = asyncio.create_task(alice.ping([calendar], 300))
            result = await bob.sync(calendar, [ClientAdd("c1", _LUNCH)])
            assert result is not None
            (added,) = result.responses
            assert isinstance(added, AddResult)
            assert (await asyncio.wait_for(waiting, _SOON)).folders == (calendar,)
            await alice.sync_all(calendar)
            assert [*alice.replica[calendar].items] == [added.server_id]
            assert await _withdrawn(server, office, bob, (own, inbox, calendar)) < _AT_ONCE


async def _withdrawn(server: RunningServer, office: _Office, bob: Device, folders: Sequence[str]) -> float:
    """For how many seconds a held Ping of the reader goes on after the permission is gone. Where other programs have
    slowed the machine down, it is tried again.
    """
    took = 0.0
    for _ in range(3):
        held = asyncio.create_task(bob.ping(folders, 300))
        await asyncio.to_thread(server.wait_until_held)
        await asyncio.to_thread(office.revoke)
        since = time.monotonic()
        assert (await asyncio.wait_for(held, _SOON)).status == 7
        took = time.monotonic() - since
        changes = await bob.folder_sync()
        assert {gone.server_id for gone in changes.deletes} == set(folders[1:])
        if took < _AT_ONCE:
            break
        await asyncio.to_thread(office.share)
        await bob.folder_sync()
        for folder in folders[1:]:
            await bob.sync_all(folder)
    return took
