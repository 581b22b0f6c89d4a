"""The server as people run it: its own process, started, used and stopped."""

import asyncio
import json
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from easd.client import AuthenticationFailed, Device, TraceEntry
from easd.client.errors import StatusFailure
from easd.config import load
from easd.demo import loader
from easd.demo.command import Wish, demo_settings
from easd.demo.mail import messages
from easd.eas.commands.find import FindQuery, GalCriterion, MailBoxCriterion
from easd.eas.commands.item_operations import Fetch, Fetched
from easd.eas.commands.ping import PingResponse
from easd.eas.commands.search import FreeText, InCollection
from easd.eas.status import PingStatus
from easd.model.folder import FolderType
from easd.model.outgoing import Envelope
from easd.service.delivery import deliver
from tests.support.checked import CheckedTransport
from tests.support.server import (
    PASSWORD,
    Clock,
    RunningServer,
    free_port,
    in_process_app,
    launched,
    office,
    run_easd,
    running_demo,
    running_server,
    variables,
)

_MESSAGE = b"From: Bob <bob@example.test>\r\nSubject: Lunch\r\n\r\nAt noon?\r\n"
_HEARTBEAT = 300
_SOON = 20.0


@asynccontextmanager
async def _device(
    url: str, name: str = "alice", trace: Callable[[TraceEntry], None] | None = None
) -> AsyncIterator[tuple[Device, str]]:
    """A device that has synchronised its inbox, and the inbox."""
    async with Device(url, f"{name}@example.test", PASSWORD, trace=trace, transport=CheckedTransport()) as device:
        await device.provision()
        await device.folder_sync()
        inbox = device.folder_of(FolderType.INBOX).server_id
        await device.sync_all(inbox)
        yield device, inbox


@asynccontextmanager
async def _held_ping(server: RunningServer) -> AsyncIterator[tuple[Device, str, "asyncio.Task[PingResponse]"]]:
    """A Ping that the server holds: its own figures say so."""
    async with _device(server.url) as (device, inbox):
        held = asyncio.create_task(device.ping([inbox], _HEARTBEAT))
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(_SOON):
            while "easd_holds 1.0" not in (await client.get(f"{server.url}/metrics")).text:
                assert not held.done(), held
        yield device, inbox, held


# ---------------------------------------------------------------- serving


async def test_a_delivery_by_another_process_wakes_a_held_ping(people: str) -> None:
    with running_server(people) as server:
        async with _held_ping(server) as (device, inbox, held):
            ended = await asyncio.to_thread(server.run, "deliver", "alice", standard_input=_MESSAGE)
            assert ended.returncode == 0, ended.stderr
            told = await asyncio.wait_for(held, _SOON)
            assert (told.status, told.folders) == (PingStatus.CHANGES, (inbox,))
            await device.sync_all(inbox)
            assert [item.subject for item in await device.mail(inbox)] == ["Lunch"]


async def test_a_message_sent_through_one_process_wakes_a_ping_in_another(people: str) -> None:
    with running_server(people) as one, running_server(people) as other:
        async with _held_ping(one) as (_, inbox, held), _device(other.url, "bob") as (bob, _):
            await bob.send_mail(b"To: alice@example.test\r\n" + _MESSAGE)
            told = await asyncio.wait_for(held, _SOON)
            assert (told.status, told.folders) == (PingStatus.CHANGES, (inbox,))


async def test_folders_and_conversations_over_the_wire(people: str) -> None:
    with running_server(people) as server:
        async with _device(server.url) as (device, inbox):
            folder = await device.create_folder("Talk")
            await device.update_folder(folder.server_id, "Talks")
            ended = await asyncio.to_thread(server.run, "deliver", "alice", standard_input=_MESSAGE)
            assert ended.returncode == 0, ended.stderr
            await device.sync_all(inbox)
            (item,) = await device.mail(inbox)
            await device.always_move(item.data.conversation_id or b"", folder.server_id)
            for collection, count in ((inbox, 0), (folder.server_id, 1)):
                await device.sync_all(collection)
                assert len(await device.mail(collection)) == count
            await device.empty_folder(folder.server_id)
            await device.delete_folder(folder.server_id)
            assert (await device.folder_sync()).count == 0


async def test_a_stop_answers_the_held_requests(people: str) -> None:
    with running_server(people) as server:
        async with _held_ping(server) as (_, _, held):
            server.process.send_signal(signal.SIGTERM)
            told = await asyncio.wait_for(held, _SOON)
            assert told.status == PingStatus.NO_CHANGES
        assert await asyncio.to_thread(server.process.wait, _SOON) == 0
        assert {line["level"] for line in server.log()} == {"info"}


async def test_a_changed_password_counts_at_once_in_a_running_server(people: str) -> None:
    with running_server(people) as server:
        async with _device(server.url) as (device, _):
            ended = await asyncio.to_thread(
                server.run, "user", "passwd", "alice", "--password-stdin", standard_input=b"other\n"
            )
            assert ended.returncode == 0, ended.stderr
            with pytest.raises(AuthenticationFailed):
                await device.folder_sync()


def test_tls_and_readiness(sqlite_url: str) -> None:
    with running_server(sqlite_url, tls=True) as server:
        assert server.url.startswith("https://")
        assert server.get("/readyz").json() == {"ready": True, "failed": []}
        assert server.get("/Microsoft-Server-ActiveSync").status_code in (401, 501)


def test_serve_makes_and_upgrades_the_database(database_url: str) -> None:
    with running_server(database_url, fresh=True) as server:
        assert json.loads(server.run("check", "--json").stdout)["database"]["current"] is True


async def test_what_was_queued_while_no_server_ran_is_delivered_at_the_start(people: str) -> None:
    with office(people) as opened, opened.store.writing(opened.user("bob").mailbox_id) as box:
        box.queue(Envelope.of("bob@example.test", ["alice@example.test"]), _MESSAGE, datetime.now(UTC))
    with running_server(people) as server:
        async with _device(server.url) as (device, inbox), asyncio.timeout(_SOON):
            while not await device.mail(inbox):
                await device.sync_all(inbox)
            assert [item.subject for item in await device.mail(inbox)] == ["Lunch"]


@pytest.mark.parametrize("which", ["EASD_SERVER_PORT", "EASD_METRICS_PORT"])
def test_a_port_that_is_taken_is_one_line_that_names_it(which: str, sqlite_people: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = {"EASD_SERVER_PORT": "0", which: str(port), "EASD_LOG_LEVEL": "warning"}
        ended = run_easd("serve", environ=variables(sqlite_people, given))
    assert ended.returncode == 1
    assert ended.stderr.count(b"\n") == 1
    assert b"Address already in use" in ended.stderr
    assert str(port).encode() in ended.stderr


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="no SO_REUSEPORT here")
def test_servers_share_a_port_and_a_sqlite_file(sqlite_people: str, tmp_path: Path) -> None:
    port, shared = free_port(), {"EASD_SERVER_REUSE_PORT": "true"}
    with (
        launched(sqlite_people, port, tmp_path / "one", shared) as one,
        launched(sqlite_people, port, tmp_path / "other", shared) as other,
    ):
        while not all(any("status" in line for line in server.log()) for server in (one, other)):
            answer = httpx.options(f"{one.url}/Microsoft-Server-ActiveSync", auth=("alice", PASSWORD))
            assert answer.status_code == 200


# ---------------------------------------------------------------- the probe and the demonstration


def test_probe_tells_programs_what_it_sees(sqlite_people: str) -> None:
    with running_server(sqlite_people) as server:
        server.deliver("alice@example.test", _MESSAGE)
        ended = run_easd("probe", server.url, "alice", "--json", environ={"EASD_PASSWORD": PASSWORD})
        assert ended.returncode == 0, ended.stderr
        report = json.loads(ended.stdout)
        assert report["version"] == "16.1"
        assert [item["subject"] for item in report["inbox"]] == ["Lunch"]
        wrong = run_easd("probe", server.url, "alice", environ={"EASD_PASSWORD": "wrong"})
        assert wrong.returncode == 1
        assert b"401" in wrong.stdout + wrong.stderr


def test_probe_trusts_the_certificate_it_is_given(sqlite_people: str) -> None:
    with running_server(sqlite_people, tls=True) as server:
        given = {"EASD_PASSWORD": PASSWORD}
        command = ("probe", server.url, "alice", "--json")
        assert run_easd(*command, environ=given).returncode == 1
        for trust in (["--ca-file", str(server.certificate)], ["--insecure"]):
            ended = run_easd(*command, *trust, environ=given)
            assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_demonstration_is_loaded_served_and_used_again(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    first = run_easd("demo", "--data", str(data), "--load-only")
    assert first.returncode == 0, first.stderr
    assert b" messages loaded into " in first.stderr
    with running_demo(data, {"EASD_DEMO_PASSWORD": PASSWORD}) as server:
        probe = run_easd("probe", server.url, "alice@example.test", "--json", environ={"EASD_PASSWORD": PASSWORD})
        assert probe.returncode == 0, (probe.stdout, probe.stderr, server.log_file.read_text())
        assert len(json.loads(probe.stdout)["inbox"]) == 20
        told = server.log_file.read_text()
    assert "is used again" in told
    assert f"Server    {server.url.removeprefix('http://')}" in told


def test_the_demonstration_of_everything_is_loaded_quickly(tmp_path: Path) -> None:
    """The figure is told where the test's output is shown (`-rP`)."""
    began = time.monotonic()
    settings = demo_settings(load(None, {}), Wish("127.0.0.1", 0, tmp_path, ""))
    count = loader.load(settings, loader.MAIL, PASSWORD, datetime.now(UTC), lambda _done, _of: None, loader.AGENDA)
    seconds = time.monotonic() - began
    sys.stdout.write(f"{count} messages of the demonstration loaded in {seconds:.2f} s\n")
    assert count == sum(1 for _ in messages(loader.MAIL))


# ---------------------------------------------------------------- in one process


async def test_the_application_in_this_process_with_a_clock(people: str) -> None:
    clock = Clock()
    with in_process_app(people, clock) as application:
        transport = CheckedTransport(httpx.ASGITransport(app=application.asgi))
        async with Device("http://test", "alice@example.test", PASSWORD, transport=transport) as device:
            await device.folder_sync()
            inbox = device.folder_of(FolderType.INBOX).server_id
            await device.sync_all(inbox)
            clock.advance(hours=2)
            alice = application.services.directory.find("alice@example.test")
            assert alice is not None
            held = asyncio.create_task(device.ping([inbox], _HEARTBEAT))
            await asyncio.wait_for(application.gateway.hub.somebody_waits(), _SOON)
            await asyncio.to_thread(deliver, application.store, alice, _MESSAGE, clock())
            assert (await asyncio.wait_for(held, _SOON)).status == PingStatus.CHANGES
            await device.sync_all(inbox)
            [item] = await device.mail(inbox)
            assert item.received == clock.now


# ---------------------------------------------------------------- searching


async def test_a_device_searches_and_opens_what_it_has_found(people: str) -> None:
    with running_server(people) as server:
        server.deliver("alice@example.test", _MESSAGE)
        async with _device(server.url) as (device, inbox):
            found = await device.search((FreeText("noo"),))
            assert (found.total, found.range) == (1, "0-0")
            [result] = found.results
            (opened,) = await device.item_operations([Fetch("Mailbox", long_id=result.long_id)])
            assert isinstance(opened, Fetched)
            assert opened.status == 1
            listed = await device.search("bob")
            assert listed.total == 1
            told = await device.find(MailBoxCriterion(FindQuery("subject:lunch", "Email", inbox)))
            [message] = told.results
            assert (message.properties.subject, message.properties.preview) == ("Lunch", "At noon?")
            assert (await device.find(GalCriterion("bo"))).total == 1
            with pytest.raises(StatusFailure, match="no such folder"):
                await device.search((FreeText("noon"), InCollection("99")))
