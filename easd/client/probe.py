"""`easd probe`: be a device of a server for a moment, and show what it sees."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from easd.client.device import Device, Habits
from easd.client.errors import ClientError
from easd.client.mail import MailItem
from easd.client.transport import TraceEntry
from easd.eas.commands.folder_sync import FolderEntry
from easd.eas.status import PingStatus
from easd.eas.versions import Version
from easd.model.folder import FolderType

_SHOWN = 20
_HEARTBEAT = 480
"""Seconds: what phones start with."""
_HEARTBEAT_LEAST = 60
OK, FAILED, INTERRUPTED = 0, 1, 130


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """What the command line says. `watch`: stay, and show new mail as it comes. `rounds` bounds the watching (None:"""

    """no end)."""

    url: str
    user: str
    password: str = field(repr=False)
    watch: bool = False
    trace: bool = False
    as_json: bool = False
    version: Version | None = None
    device_id: str = "EASDPROBE00000000000000000000001"
    base64: bool = False
    shown: int = _SHOWN
    rounds: int | None = None
    transport: httpx.AsyncBaseTransport | None = None


async def probe(settings: ProbeSettings, console: Console | None = None) -> int:
    """Provision, read the folders and the newest mail of the inbox, and perhaps watch it. The exit code: 0, or 1 with
    the reason in words on the console.
    """
    screen = console or Console()
    device = Device(
        settings.url,
        settings.user,
        settings.password,
        settings.device_id,
        "easdprobe",
        settings.version,
        transport=settings.transport,
        base64=settings.base64,
        habits=Habits(window_size=settings.shown),
        trace=(lambda entry: _trace(screen, entry)) if settings.trace else None,
    )
    try:
        async with device:
            await _look(device, settings, screen)
    except ClientError as error:
        _say(screen, settings, {"error": str(error)}, f"[red]{escape(str(error))}[/red]")
        return FAILED
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    return OK


async def _look(device: Device, settings: ProbeSettings, screen: Console) -> None:
    options = await device.options()
    version = await device.session.version()
    await device.provision()
    await device.folder_sync()
    inbox = device.folder_of(FolderType.INBOX).server_id
    await device.sync_all(inbox)
    mail = (await device.mail(inbox))[: settings.shown]
    if settings.as_json:
        _print_json(screen, _report(device, version, [v.text for v in options.versions], mail))
    else:
        offered = ", ".join(v.text for v in options.versions)
        screen.print(f"speaks {offered}; using [bold]{version.text}[/bold]; policy key {device.session.policy_key}")
        screen.print(_folder_table(list(device.folders.values())))
        screen.print(_mail_table(mail))
    if settings.watch:
        async with aclosing(_watch(device, inbox, settings.rounds)) as news:
            async for item in news:
                _say(screen, settings, {"new": _summary(item)}, f"[green]new[/green] {_line(item)}")


async def _watch(device: Device, inbox: str, rounds: int | None) -> AsyncGenerator[MailItem, None]:
    """Mail as it comes, by Ping and Sync, as a phone does it."""
    heartbeat, done = _HEARTBEAT, 0
    while rounds is None or done < rounds:
        done += 1
        told = await device.ping([inbox], heartbeat)
        if told.status == PingStatus.INVALID_HEARTBEAT:
            heartbeat = told.heartbeat_interval or _HEARTBEAT_LEAST
        elif told.status == PingStatus.HIERARCHY_CHANGED:
            await device.folder_sync()
        elif told.status == PingStatus.CHANGES:
            known = set(device.replica[inbox].items)
            await device.sync_all(inbox)
            for item in await device.mail(inbox):
                if item.server_id not in known:
                    yield item


# ---------------------------------------------------------------- what is shown


def _folder_table(folders: list[FolderEntry]) -> Table:
    table = Table(title="Folders")
    for heading in ("Id", "Name", "Type", "In"):
        table.add_column(heading)
    names = {folder.server_id: folder.name for folder in folders}
    for folder in folders:
        table.add_row(
            folder.server_id, escape(folder.name), _type_name(folder), escape(names.get(folder.parent_id, ""))
        )
    return table


def _type_name(folder: FolderEntry) -> str:
    if folder.type in FolderType.__members__.values():
        return FolderType(folder.type).name.lower().replace("_", " ")
    return str(folder.type)


def _mail_table(items: list[MailItem]) -> Table:
    table = Table(title="Inbox")
    for heading in ("Received", "From", "Subject", ""):
        table.add_column(heading)
    for item in items:
        received = f"{item.received:%Y-%m-%d %H:%M}" if item.received else ""
        table.add_row(
            received, escape(item.from_), escape(item.subject), _marks(item), style=None if item.read else "bold"
        )
    return table


def _marks(item: MailItem) -> str:
    marks = ("!" if item.importance > 1 else "", "flag" if item.flag else "", "file" if item.attachments else "")
    return " ".join(mark for mark in marks if mark)


def _line(item: MailItem) -> str:
    return escape(f"{item.from_}: {item.subject}")


def _summary(item: MailItem) -> dict[str, Any]:
    return {
        "id": item.server_id,
        "received": item.received.isoformat() if item.received else None,
        "from": item.from_,
        "subject": item.subject,
        "read": item.read,
        "attachments": [attachment.display_name for attachment in item.attachments],
    }


def _report(device: Device, version: Version, offered: list[str], mail: list[MailItem]) -> dict[str, Any]:
    folders = [
        {"id": folder.server_id, "parent": folder.parent_id, "name": folder.name, "type": folder.type}
        for folder in device.folders.values()
    ]
    return {
        "versions": offered,
        "version": version.text,
        "policy_key": device.session.policy_key,
        "folders": folders,
        "inbox": [_summary(item) for item in mail],
    }


def _say(screen: Console, settings: ProbeSettings, as_json: dict[str, Any], text: str) -> None:
    if settings.as_json:
        _print_json(screen, as_json)
    else:
        screen.print(text)


def _print_json(screen: Console, value: dict[str, Any]) -> None:
    """One line a value, for programs: without colour or wrapping."""
    screen.print(json.dumps(value, ensure_ascii=False), markup=False, highlight=False, soft_wrap=True)


def _trace(screen: Console, entry: TraceEntry) -> None:
    screen.print(f"[cyan]{'>' if entry.sent else '<'}[/cyan] {escape(entry.line)}")
    if entry.text:
        screen.print(Syntax(entry.text, "xml", background_color="default", word_wrap=True))
