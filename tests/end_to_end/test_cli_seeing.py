"""What a device and the server said to each other, seen by the command line while the server runs."""

import time
import zipfile
from pathlib import Path
from typing import Any

from easd.client import Device
from easd.model.folder import FolderType
from tests.support.command_line import Ended, easd
from tests.support.server import PASSWORD, RunningServer, running_server

LETTER = b"From: Bob <bob@example.test>\r\nSubject: Geheim\r\n\r\nAt noon?\r\n"


def run(server: RunningServer, *arguments: str) -> Ended:
    return easd("device", *arguments, environ=server.environ)


def seen(server: RunningServer, command: str, folder: str) -> dict[str, Any]:
    """The last event of the command, as soon as the server has kept one about the folder."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        events = run(server, "timeline", "alice", "PHONE1", "--json").json
        found = [e for e in events if e["command"] == command and any(c["folder"] == folder for c in e["collections"])]
        if found:
            last: dict[str, Any] = found[-1]
            return last
    raise AssertionError(f"no {command} is kept")


async def test_a_device_is_recorded_seen_and_captured(people: str, tmp_path: Path) -> None:
    with running_server(people) as server:
        server.deliver("alice", LETTER)
        async with Device(server.url, "alice@example.test", PASSWORD, "PHONE1") as device:
            await device.provision()
            await device.folder_sync()
            inbox = device.folder_of(FolderType.INBOX).server_id
            await device.sync_all(inbox)
            assert run(server, "capture", "alice", "PHONE1", str(tmp_path / "early.zip")).code in (0, 1)
            assert "is recorded until" in run(server, "record", "alice", "PHONE1", "--minutes", "5").err
            last = None
            deadline = time.monotonic() + 20
            while last is None and time.monotonic() < deadline:  # until the server has heard of it
                await device.sync_all(inbox)
                events = run(server, "timeline", "alice", "PHONE1", "--json").json
                last = next((event for event in events if event["command"] == "Sync"), None)
            server.deliver("alice", LETTER)
            await device.sync_all(inbox)
        event = seen(server, "Sync", "Inbox")
        assert event["http"] == 200
        table = run(server, "timeline", "alice", "PHONE1")
        assert "Inbox" in table.out
        assert "Geheim" not in table.out
        file = tmp_path / "capture.zip"
        assert "exchanges are in" in run(server, "capture", "alice", "PHONE1", str(file)).err
        with zipfile.ZipFile(file) as bundle:
            assert {"http.tsv", "index.tsv"} <= set(bundle.namelist())
            assert not any(b"Geheim" in bundle.read(name) for name in bundle.namelist())
        assert "no longer" in run(server, "record", "alice", "PHONE1", "--minutes", "0").err


def test_what_cannot_be_is_refused(people: str) -> None:
    with running_server(people, environ={"EASD_RECORDING_EXCHANGES": "off"}) as server:
        for arguments in (
            ("timeline", "alice", "NONE"),
            ("record", "alice", "NONE"),
            ("capture", "alice", "NONE", "x"),
        ):
            ended = run(server, *arguments)
            assert (ended.code, ended.out) == (1, "")
        assert "recording.exchanges is off" in run(server, "record", "alice", "NONE").err
