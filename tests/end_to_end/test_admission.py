"""Devices are let in, kept waiting and blocked by the command line while a server of its own process serves them."""

import asyncio
import time

import httpx
import pytest

from easd.client import ClientError, Device
from easd.client.errors import HttpFailure, StatusFailure
from easd.eas.versions import DIALECTS, Version
from easd.model.folder import FolderType
from tests.support.command_line import easd
from tests.support.server import PASSWORD, RunningServer, running_server

AT_ONCE = 1.0
"""Seconds within which what an administrator says is in force, also for requests that are held."""

LETTER = b"From: Bob <bob@example.test>\r\nSubject: Lunch\r\n\r\nAt noon?\r\n"


def said(server: RunningServer, *arguments: str) -> None:
    done = easd(*arguments, environ=server.environ)
    assert done.code == 0, done.err


async def heard(server: RunningServer, waiting: "asyncio.Task[object]", *arguments: str) -> float:
    """Seconds from the end of the command until the held request ends."""
    await asyncio.sleep(0)
    await asyncio.to_thread(server.wait_until_held)
    await asyncio.to_thread(said, server, *arguments)
    before = time.monotonic()
    await asyncio.wait([waiting], timeout=10)
    assert waiting.done()
    return time.monotonic() - before


@pytest.mark.parametrize("version", list(Version), ids=lambda version: version.text)
async def test_quarantine_approval_and_block_at_every_version(sqlite_people: str, version: Version) -> None:
    with running_server(sqlite_people) as server:
        said(server, "access-rule", "remove", "Default")
        said(server, "access-rule", "undecided", "quarantine")
        server.deliver("alice", LETTER)
        async with Device(server.url, "alice@example.test", PASSWORD, "PHONE1", version=version) as device:
            await device.provision()
            await device.folder_sync()
            inbox = device.folder_of(FolderType.INBOX).server_id
            await device.sync_all(inbox)
            [notice] = await device.mail(inbox)
            assert notice.subject.endswith("waits for approval")
            [pending] = easd("device", "list", "--pending", "--json", environ=server.environ).json
            assert (pending["device"], pending["state"]) == ("PHONE1", "quarantined")

            ping: asyncio.Task[object] = asyncio.create_task(device.ping([inbox], 300))
            assert await heard(server, ping, "device", "approve", "alice", "PHONE1") < AT_ONCE
            assert (await device.ping([inbox], 300)).status == 2
            await device.sync_all(inbox)
            assert {item.subject for item in await device.mail(inbox)} == {notice.subject, "Lunch"}
            assert easd("device", "list", "--pending", "--json", environ=server.environ).json == []
            again = easd("device", "approve", "alice", "PHONE1", environ=server.environ)
            assert (again.code, "does not wait" in again.err) == (1, True)

            ping = asyncio.create_task(device.ping([inbox], 300))
            assert await heard(server, ping, "device", "block", "alice", "PHONE1") < AT_ONCE
            with pytest.raises(ClientError) as caught:
                ping.result()
            by_status = DIALECTS[version].common_status
            assert isinstance(caught.value, StatusFailure if by_status else HttpFailure)
            with pytest.raises(ClientError):
                await device.folder_sync()


async def test_a_rule_blocks_a_held_ping_on_both_databases(people: str) -> None:
    with running_server(people) as server:
        async with Device(server.url, "alice@example.test", PASSWORD, "PHONE1") as device:
            await device.provision()
            await device.folder_sync()
            inbox = device.folder_of(FolderType.INBOX).server_id
            await device.sync_all(inbox)
            kind = easd("device", "show", "alice", "PHONE1", "--json", environ=server.environ).json["type"]
            ping: asyncio.Task[object] = asyncio.create_task(device.ping([inbox], 300))
            assert await heard(server, ping, "access-rule", "add", "No", "DENY", "--type", kind) < AT_ONCE
            with pytest.raises(StatusFailure, match="blocked"):
                ping.result()


async def test_access_control_answers_126_and_closes_autodiscover_MS_ASCMD_R4869(
    sqlite_people: str,
) -> None:
    with running_server(sqlite_people) as server:
        async with Device(server.url, "alice@example.test", PASSWORD, "PHONE1") as device:
            await device.provision()
            await device.folder_sync()
            inbox = device.folder_of(FolderType.INBOX).server_id
            await device.sync_all(inbox)
            ping: asyncio.Task[object] = asyncio.create_task(device.ping([inbox], 300))
            rule = ("access-control", "put", "NotHere", "DENY", "--ip-range", "127.0.0.0/8", "--user", "alice")
            assert await heard(server, ping, *rule) < AT_ONCE
            with pytest.raises(StatusFailure, match="126"):
                ping.result()
            with pytest.raises(StatusFailure, match="126"):
                await device.folder_sync()
            async with httpx.AsyncClient() as web:
                asked = await web.post(
                    f"{server.url}/autodiscover/autodiscover.xml", auth=("alice@example.test", PASSWORD)
                )
                assert asked.status_code == 403
                other = await web.post(
                    f"{server.url}/autodiscover/autodiscover.xml", auth=("bob@example.test", PASSWORD)
                )
                assert other.status_code == 200
            said(server, "access-control", "remove", "NotHere")
            await device.folder_sync()
