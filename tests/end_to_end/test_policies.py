"""A change of policy, made by the command line, as devices see it that a server of its own process serves."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyactivesync import StatusError

from easd.client import ClientError, Device
from easd.eas.status import PingStatus
from easd.eas.versions import V12_0, V12_1, Version, since, until
from easd.model.folder import FolderType
from easd.wbxml import Element
from tests.end_to_end.test_pyactivesync import INBOX, PICTURE, Person, give
from tests.support.command_line import Ended, easd
from tests.support.fetching import with_files
from tests.support.server import PASSWORD, RunningServer, running_server

_AT_ONCE = 5.0
"""Seconds within which a waiting device must hear of a change: far less on an idle machine, far less than its wait."""


def _run(server: RunningServer, *arguments: str) -> Ended:
    done = easd(*arguments, environ=server.environ)
    assert done.code == 0, done.err
    return done


def _set(server: RunningServer, *settings: str) -> None:
    _run(server, "policy", "set", "strict", *settings)
    _run(server, "policy", "assign", "strict", "--everybody")


_PASSWORDS = ("DevicePasswordEnabled=1", "MinDevicePasswordLength=6", "MaxInactivityTimeDeviceLock=300")


def _acknowledged(server: RunningServer) -> str:
    return str(_run(server, "device", "show", "alice", "PHONE1", "--json").json["policy_acknowledged"])


def _changed(server: RunningServer, before: str) -> None:
    """Return as soon as the device has acknowledged another policy than `before`."""
    deadline = time.monotonic() + _AT_ONCE
    while _acknowledged(server) == before:
        assert time.monotonic() < deadline, "the device was not asked to provision"


def _file(item: Element) -> str:
    """The reference of the first file of a message."""
    waiting = [item]
    while waiting:
        found = waiting.pop(0)
        if found.name in {"AirSyncBase:FileReference", "Email:AttName"}:
            return found.text
        waiting.extend(found.children)
    raise AssertionError("no file")


@pytest.mark.parametrize("version", list(Version), ids=lambda version: version.text)
async def test_a_waiting_device_gets_the_new_policy_at_once_at_every_version(
    sqlite_people: str, version: Version
) -> None:
    """The client provisions when it is told to, and waits on; then a file that it could have fetched is refused."""
    with running_server(sqlite_people) as server:
        async with Device(server.url, "alice@example.test", PASSWORD, "PHONE1", version=version) as device:
            await device.provision()
            await device.folder_sync()
            inbox = device.folder_of(FolderType.INBOX).server_id
            await asyncio.to_thread(server.deliver, "alice@example.test", with_files().as_bytes())
            await device.sync_all(inbox)
            ping = asyncio.create_task(device.ping([inbox], 300))
            await asyncio.to_thread(server.wait_until_held)
            before = await asyncio.to_thread(_acknowledged, server)
            await asyncio.to_thread(_set, server, *_PASSWORDS, "AttachmentsEnabled=0")
            await asyncio.to_thread(_changed, server, before)
            await asyncio.to_thread(server.wait_until_held)
            if version in since(V12_0):
                assert device.session.policy is not None
                assert device.session.policy.min_device_password_length == 6
            await asyncio.to_thread(server.deliver, "alice@example.test", b"Subject: next\r\n\r\nx\r\n")
            assert (await asyncio.wait_for(ping, _AT_ONCE)).status == PingStatus.CHANGES
            ((_, item),) = device.replica[inbox].items.items()
            fetched = device.get_attachment if version in until(V12_1) else device.fetch_attachment
            with pytest.raises(ClientError):
                await fetched(_file(item))


def test_pyactivesync_is_told_to_provision_and_goes_on_under_the_new_policy(people: str) -> None:
    with running_server(people, tls=True) as server:
        give(server, "with a file", picture=True)
        alice = Person(server, "alice")
        (file,) = alice.client.fetch_item(alice.folders[INBOX], alice.only(INBOX, "with a file").server_id).attachments
        assert file.file_reference is not None
        assert alice.client.fetch_attachment(file.file_reference) == PICTURE
        with ThreadPoolExecutor(1) as pool:
            ping = pool.submit(alice.client.ping, alice.folders[INBOX], heartbeat=60, timeout=90)
            server.wait_until_held()
            _set(server, *_PASSWORDS, "MaxAttachmentSize=100")
            assert ping.result(_AT_ONCE).status == "144"
        with pytest.raises(StatusError, match="144"):
            alice.sync(INBOX)
        alice.client.provision()
        give(server, "after it")
        assert alice.only(INBOX, "after it")
        assert alice.client.fetch_attachment(file.file_reference) == b""  # it looks at the status of the whole alone
