"""A group made while the server runs, as devices meet it over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from easd.client import Device
from easd.eas.commands import resolve_recipients
from easd.eas.commands.resolve_recipients import AvailabilityOptions, ResolveOptions, ResolveRecipientsRequest
from easd.eas.request import Command
from easd.model.folder import FolderType
from tests.support.checked import CheckedTransport
from tests.support.server import PASSWORD, RunningServer, running_server


@asynccontextmanager
async def _device(server: RunningServer, name: str) -> AsyncIterator[Device]:
    async with Device(server.url, f"{name}@example.test", PASSWORD, transport=CheckedTransport()) as device:
        await device.provision()
        await device.folder_sync()
        yield device


async def _subjects(device: Device) -> list[str]:
    inbox = device.folder_of(FolderType.INBOX).server_id
    await device.sync_all(inbox)
    return [item.subject for item in await device.mail(inbox)]


async def test_mail_to_a_group_its_entry_and_its_free_time(people: str) -> None:
    with running_server(people) as server:
        ended = await asyncio.to_thread(server.run, "group", "add", "staff", "bob", "carol", "--name", "Our staff")
        assert ended.returncode == 0, ended.stderr
        async with _device(server, "alice") as alice, _device(server, "bob") as bob, _device(server, "carol") as carol:
            await alice.send_mail(b"To: staff@example.test, bob@example.test\r\nSubject: To all\r\n\r\nHello\r\n")
            assert [await _subjects(one) for one in (alice, bob, carol)] == [[], ["To all"], ["To all"]]
            found = await alice.search("staff")
            assert found.total == 1
            span = AvailabilityOptions("2026-11-23T09:00:00.000Z", "2026-11-23T10:00:00.000Z")
            asked = ResolveRecipientsRequest(("Our staff",), ResolveOptions(availability=span))
            document = resolve_recipients
            told = await alice.session.command(Command.RESOLVE_RECIPIENTS, document.REQUEST, document.RESPONSE, asked)
            (recipient,) = told.responses[0].recipients
            assert (recipient.email_address, recipient.display_name) == ("staff@example.test", "Our staff")
            assert recipient.availability is not None
            assert recipient.availability.merged_free_busy == "00"
