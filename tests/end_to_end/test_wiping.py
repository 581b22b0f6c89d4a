"""Orders to wipe, given by the command line to devices that a server of its own process serves."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import pytest
from pyactivesync import ProvisionError, StatusError

from easd.client import ClientError, Device, StatusFailure, WipeRequested
from easd.client.errors import HttpFailure
from easd.eas.status import WipeStatus
from easd.eas.versions import DIALECTS, V16_1, Version
from easd.model.folder import FolderType
from tests.end_to_end.test_pyactivesync import INBOX, Person
from tests.support.command_line import Ended, easd
from tests.support.server import PASSWORD, RunningServer, office, running_server, variables

_AT_ONCE = 5.0
"""Seconds within which a waiting device must hear of an order: far less on an idle machine, far less than its wait."""


class Run(Protocol):
    def __call__(self, *arguments: str) -> Ended: ...


@pytest.fixture
def run(people: str) -> Run:
    """A command with the test's database."""
    return lambda *arguments: easd(*arguments, environ=variables(people))


def _refused(ended: Ended, words: str) -> None:
    assert (ended.code, ended.out) == (1, "")
    assert words in ended.err


def _order(server: RunningServer, device: str, *options: str) -> None:
    done = easd("device", "wipe", "alice", device, *options, environ=server.environ)
    assert done.code == 0, done.err


def _shown(server: RunningServer, device: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = easd("device", "show", "alice", device, "--json", environ=server.environ).json
    return found


async def _ended_by(server: RunningServer, device: Device, inbox: str, *options: str) -> ClientError:
    """What a held Ping ends with when the order is given."""
    held = asyncio.create_task(device.ping([inbox], 300))
    await asyncio.sleep(0)
    await asyncio.to_thread(server.wait_until_held)
    await asyncio.to_thread(_order, server, "PHONE1", *options)
    with pytest.raises(ClientError) as caught:
        await asyncio.wait_for(held, _AT_ONCE)
    return caught.value


@pytest.mark.parametrize("version", list(Version), ids=lambda version: version.text)
async def test_a_device_wipes_itself_at_every_version(sqlite_people: str, version: Version) -> None:
    with running_server(sqlite_people) as server:
        async with Device(server.url, "alice@example.test", PASSWORD, "PHONE1", version=version) as device:
            await device.provision()
            await device.folder_sync()
            inbox = device.folder_of(FolderType.INBOX).server_id
            await device.sync_all(inbox)
            told = await _ended_by(server, device, inbox, "--full", "--confirm", "PHONE1")
            assert isinstance(told, WipeRequested)
            assert not told.account_only
            with pytest.raises(WipeRequested):
                await device.folder_sync()
            with pytest.raises(WipeRequested):
                await device.session.acknowledge_wipe(status=WipeStatus.FAILED)
            await device.session.acknowledge_wipe()
            (wipe,) = _shown(server, "PHONE1")["wipes"]
            assert (wipe["kind"], wipe["state"], wipe["failures"]) == ("device", "done", 1)
            with pytest.raises((StatusFailure, HttpFailure)):
                await device.folder_sync()


@pytest.mark.parametrize("version", list(Version), ids=lambda version: version.text)
async def test_the_account_alone_is_wiped_where_the_version_can(sqlite_people: str, version: Version) -> None:
    """Before 16.1 the device is kept out instead, and nothing on it is erased (field note B 17)."""
    with running_server(sqlite_people) as server:
        async with Device(server.url, "alice@example.test", PASSWORD, "PHONE1", version=version) as device:
            await device.provision()
            await device.folder_sync()
            inbox = device.folder_of(FolderType.INBOX).server_id
            await device.sync_all(inbox)
            told = await _ended_by(server, device, inbox, "--yes")
            if DIALECTS[version].account_only_wipe:
                assert isinstance(told, WipeRequested)
                assert told.account_only
                await device.session.acknowledge_wipe(account_only=True)
                assert _shown(server, "PHONE1")["state"] == "wiped"
            else:
                assert isinstance(told, StatusFailure | HttpFailure)
                assert _shown(server, "PHONE1")["state"] == "to be wiped"


def test_pyactivesync_is_told_at_once_and_comes_back_when_the_order_is_taken_back(people: str) -> None:
    with running_server(people, tls=True) as server:
        alice = Person(server, "alice")
        alice.sync(INBOX)
        with ThreadPoolExecutor(1) as pool:
            ping = pool.submit(alice.client.ping, alice.folders[INBOX], heartbeat=60, timeout=90)
            server.wait_until_held()
            _order(server, "alicefirst", "--yes")
            assert ping.result(_AT_ONCE).status == "140"
        with pytest.raises(StatusError, match="140"):
            alice.sync(INBOX)
        with pytest.raises(ProvisionError):
            alice.client.provision()
        assert server.run("device", "wipe-cancel", "alice", "alicefirst").returncode == 0  # from another process
        alice.client.provision()
        subjects = {item.fields["Email.Subject"] for item in alice.sync(INBOX).values()}
        assert len(subjects) == 2
        assert all("wiped" in subject for subject in subjects)


def _phone(url: str) -> None:
    """alice's device PHONE1, of 16.1, which has synchronised once."""
    from tests.end_to_end.test_cli import add_device

    add_device(url, "alice", "PHONE1", "phone")


def test_a_full_wipe_is_ordered_by_its_name_alone(run: Run, people: str) -> None:
    _phone(people)
    _refused(run("device", "wipe", "alice", "PHONE1"), "use --yes")
    _refused(run("device", "wipe", "alice", "PHONE1", "--full", "--yes"), "--confirm PHONE1")
    _refused(run("device", "wipe", "alice", "PHONE1", "--full", "--confirm", "phone1"), "--confirm PHONE1")
    _refused(run("device", "wipe", "alice", "PHONE1", "--yes", "--reason", "x" * 501), "500 characters")
    assert run("device", "show", "alice", "PHONE1", "--json").json["wipes"] == []
    ended = run("device", "wipe", "alice", "PHONE1", "--full", "--confirm", "PHONE1", "--reason", "lost  in\na taxi")
    assert (ended.code, ended.err) == (0, "PHONE1 is told as soon as it connects\n")
    (wipe,) = run("device", "show", "alice", "PHONE1", "--json").json["wipes"]
    assert (wipe["kind"], wipe["state"], wipe["reason"]) == ("device", "pending", "lost in a taxi")
    assert "to be wiped" in run("device", "list").out
    assert "lost in a taxi" in run("device", "show", "alice", "PHONE1").out
    _refused(run("device", "wipe", "alice", "PHONE1", "--yes"), "an order to wipe PHONE1 stands already")


def test_an_order_is_taken_back_once(run: Run, people: str) -> None:
    _phone(people)
    _refused(run("device", "wipe-cancel", "alice", "PHONE1"), "no order to wipe PHONE1")
    assert run("device", "wipe", "alice", "PHONE1", "--yes").code == 0
    assert run("device", "wipe-cancel", "alice", "PHONE1").err == "taken back\n"
    _refused(run("device", "wipe-cancel", "alice", "PHONE1"), "no order to wipe PHONE1")


def test_what_hinders_a_wipe_is_said(run: Run, people: str) -> None:
    from tests.end_to_end.test_cli import add_device

    add_device(people, "alice", "OLD", "phone", Version.V14_1)
    add_device(people, "bob", "NEW", "phone", V16_1)
    assert "speaks 14.1, which has no word for this" in run("device", "wipe", "alice", "OLD", "--yes").err
    with office(people) as opened:
        opened.accounts.set_enabled(opened.user("bob").id, False)
    assert "the user is disabled" in run("device", "wipe", "bob", "NEW", "--yes").err


def test_an_organisation_can_forbid_to_wipe_whole_devices(run: Run, people: str) -> None:
    _phone(people)
    assert run("device", "full-wipe", "--json").json == {"organisation": "Example", "full_wipe": True}
    full = ("device", "wipe", "alice", "PHONE1", "--full", "--confirm", "PHONE1")
    assert run(*full).code == 0
    _refused(run("device", "full-wipe", "--forbid"), "PHONE1 of alice@example.test")
    assert run("device", "wipe-cancel", "alice", "PHONE1").code == 0
    assert "forbidden" in run("device", "full-wipe", "--organisation", "EXAMPLE", "--forbid").out
    _refused(run(*full), "forbids to wipe whole devices")
    assert run("device", "wipe", "alice", "PHONE1", "--yes").code == 0
    assert run("device", "wipe-cancel", "alice", "PHONE1").code == 0
    assert run("device", "full-wipe", "--allow", "--json").json["full_wipe"]
    assert run(*full).code == 0
    _refused(run("device", "full-wipe", "--organisation", "Nobody"), "no organisation Nobody")
    assert run("init", "--organisation", "Other", "--domain", "other.test").code == 0
    _refused(run("device", "full-wipe"), "one of Example, Other")


def test_orders_are_remembered_when_the_device_or_the_user_is_gone(run: Run, people: str) -> None:
    from tests.end_to_end.test_cli import add_device

    assert run("device", "wipes").err == "nothing was ever ordered to be wiped\n"
    for name in ("alice", "bob"):
        add_device(people, name, "PHONE1", "phone")
        assert run("device", "wipe", name, "PHONE1", "--yes", "--reason", f"{name}'s").code == 0
    assert run("device", "wipe-cancel", "alice", "PHONE1").code == 0
    assert run("device", "wipe", "alice", "PHONE1", "--yes").code == 0
    assert run("device", "remove", "alice", "PHONE1", "--yes").code == 0
    assert run("user", "remove", "bob", "--yes").code == 0
    states = [
        (one["user"], one["device"], one["state"], one["reason"]) for one in run("device", "wipes", "--json").json
    ]
    assert states == [
        ("alice@example.test", "PHONE1", "cancelled", "alice's"),
        ("bob@example.test", "PHONE1", "forgotten", "bob's"),
        ("alice@example.test", "PHONE1", "forgotten", ""),
    ]
    assert len(run("device", "wipes", "alice", "--json").json) == 2
    assert "forgotten" in run("device", "wipes").out
