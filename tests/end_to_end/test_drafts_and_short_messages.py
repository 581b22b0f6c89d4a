"""Drafts and short messages over real HTTP, with the project's client: written on one device, told to another, sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from easd.client import Device
from easd.client.device import Habits
from easd.eas.commands.sync import (
    AddResult,
    ClientAdd,
    ClientChange,
    ClientCommand,
    ClientDelete,
    ServerAdd,
    SyncCollectionResult,
)
from easd.eas.items.attachments import AttachmentAdd
from easd.eas.items.body import BodyData
from easd.eas.items.draft import DraftChange, dump_draft
from easd.eas.items.short_message import ShortMessage, dump_short_message
from easd.eas.versions import V14_0, V16_0, Version, since
from easd.model.email import AttachmentMethod, BodyType
from easd.model.folder import FolderType
from tests.support.server import PASSWORD, RunningServer, running_server
from tests.support.versions import at

WHEN = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
CALLER = '"Carol" [MOBILE:+14255550123]'


def _device(server: RunningServer, name: str, version: Version, user: str = "alice") -> Device:
    habits = Habits(short_messages=version in since(V14_0))
    return Device(server.url, f"{user}@example.test", PASSWORD, name, version=version, habits=habits)


async def _folder(device: Device, type_: FolderType) -> str:
    await device.provision()
    await device.folder_sync()
    folder = device.folder_of(type_).server_id
    await device.sync_all(folder)
    return folder


async def _did(device: Device, folder: str, *commands: ClientCommand) -> SyncCollectionResult:
    result = await device.sync(folder, commands)
    assert result is not None
    assert all(response.status == 1 for response in result.responses), result.responses
    return result


def _added(result: SyncCollectionResult) -> str:
    (response,) = result.responses
    assert isinstance(response, AddResult)
    assert response.server_id is not None
    return response.server_id


def _classes(commands: Sequence[object]) -> list[str | None]:
    return [command.class_ for command in commands if isinstance(command, ServerAdd)]


@pytest.mark.timeout(120)
@at(since(V16_0))
async def test_a_draft_of_one_device_is_finished_and_sent_on_another(sqlite_people: str, version: Version) -> None:
    file = AttachmentAdd("a1", b"1. begin", "plan.txt", AttachmentMethod.NORMAL, content_type="text/plain")
    draft = DraftChange(
        to="bob@example.test",
        subject="Plans",
        body=BodyData(BodyType.HTML, data=b"<p>First words</p>"),
        attachments=(file,),
    )
    with running_server(sqlite_people) as server:
        async with (
            _device(server, "PHONE1", version) as phone,
            _device(server, "TABLET1", version) as tablet,
            _device(server, "PHONE2", version, "bob") as other,
        ):
            drafts = await _folder(phone, FolderType.DRAFTS)
            assert await _folder(tablet, FolderType.DRAFTS) == drafts
            made = _added(await _did(phone, drafts, ClientAdd("c1", dump_draft(draft, version))))
            await tablet.sync_all(drafts)
            (seen,) = await tablet.mail(drafts)
            assert (seen.server_id, seen.subject, [a.display_name for a in seen.attachments]) == (
                made,
                "Plans",
                ["plan.txt"],
            )
            last = replace(draft, body=BodyData(BodyType.PLAIN, data=b"Last words"), attachments=())
            await _did(tablet, drafts, ClientChange(made, dump_draft(last, version), send=True))
            assert await tablet.mail(drafts) == []
            inbox = await _folder(other, FolderType.INBOX)
            (letter,) = await other.mail(inbox)
            assert (letter.subject, letter.body) == ("Plans", "Last words")
            assert [a.display_name for a in letter.attachments] == ["plan.txt"]
            await phone.sync_all(drafts)
            assert await phone.mail(drafts) == []


@pytest.mark.timeout(120)
@at(since(V14_0))
async def test_a_short_message_of_one_device_is_one_on_another(sqlite_people: str, version: Version) -> None:
    words = BodyData(BodyType.PLAIN, data="Grüße 👋".encode())
    message = ShortMessage(from_=CALLER, date_received=WHEN, body=words)
    with running_server(sqlite_people) as server:
        server.deliver("alice@example.test", b"From: bob@example.test\r\nSubject: letter\r\n\r\nHello\r\n")
        async with _device(server, "PHONE1", version) as phone, _device(server, "TABLET1", version) as tablet:
            inbox = await _folder(phone, FolderType.INBOX)
            assert await _folder(tablet, FolderType.INBOX) == inbox
            command = ClientAdd("c1", dump_short_message(message, version), "SMS")
            made = _added(await _did(phone, inbox, command))
            result = await tablet.sync(inbox)
            assert result is not None
            assert _classes(result.commands) == ["SMS"]
            held = {item.server_id: item for item in await tablet.mail(inbox)}
            assert (held[made].from_, held[made].body, held[made].received) == (CALLER, "Grüße 👋", WHEN)
            await tablet.mark_read(inbox, made)
            await phone.sync_all(inbox)
            assert {item.server_id: item.read for item in await phone.mail(inbox)}[made]
            await _did(tablet, inbox, ClientDelete(made))
            await phone.sync_all(inbox)
            assert [item.subject for item in await phone.mail(inbox)] == ["letter"]
