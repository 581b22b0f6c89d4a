"""Ping (MS-ASCMD Ping, Monitoring Folders for New Items): what it waits for, what it remembers, every status."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from easd.eas.commands import ping
from easd.eas.commands.ping import PingFolder, PingRequest, PingResponse
from easd.eas.items.email import EmailChange
from easd.eas.request import Command
from easd.eas.versions import V12_1, V16_1, Version
from easd.model.folder import FolderType
from easd.service.context import Hold
from easd.service.ports import HIERARCHY, Unavailable
from easd.wbxml import Element, decode, encode, tag
from tests.support.faults import FaultyStore
from tests.support.world import NOW, Phone, World, filtered


@pytest.fixture
def settled(phone: Phone, inbox: str) -> Phone:
    """The phone once it holds all of its Inbox."""
    phone.sync_all(inbox)
    return phone


def held(outcome: PingResponse | Hold) -> Hold:
    assert isinstance(outcome, Hold), outcome
    return outcome


def answered(outcome: PingResponse | Hold) -> PingResponse:
    assert isinstance(outcome, PingResponse), "held"
    return outcome


def test_nothing_new_is_waited_for_and_status_1_in_the_end_R4233_R5638(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = held(phone.ping(inbox, heartbeat=480))
    assert (hold.seconds, hold.mailbox_id) == (480, world.user().mailbox_id)
    assert answered(phone.ping_again(hold, changed=False)) == PingResponse(1)


def test_status_2_names_the_folders_at_once_R4235_R4236(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox, drafts = phone.folder(), phone.folder(FolderType.DRAFTS)
    for folder in (inbox, drafts):
        phone.sync_all(folder)
    world.deliver()
    assert answered(phone.ping(drafts, inbox)) == PingResponse(2, (inbox,))


def test_status_2_as_soon_as_mail_comes_R5639(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = held(phone.ping(inbox))
    world.deliver()
    assert answered(phone.ping_again(hold)) == PingResponse(2, (inbox,))
    assert len(phone.sync(inbox).commands) == 1


def test_mail_moved_in_counts_as_new_R5640(world: World, settled: Phone, inbox: str) -> None:
    away = world.move(world.deliver(), settled.folder(FolderType.DELETED_ITEMS))
    hold = held(settled.ping(inbox))
    world.move(away, inbox)
    assert answered(settled.ping_again(hold)).status == 2


def test_other_changes_do_not_end_the_wait_R5641(world: World, settled: Phone, inbox: str) -> None:
    changed, removed, moved = (world.deliver() for _ in range(3))
    settled.sync(inbox)
    hold = held(settled.ping(inbox))
    world.change(changed, read=True)
    hold = held(settled.ping_again(hold))
    world.remove(removed)
    hold = held(settled.ping_again(hold))
    world.move(moved, settled.folder(FolderType.DELETED_ITEMS))
    hold = held(settled.ping_again(hold))
    world.deliver()
    assert answered(settled.ping_again(hold)).status == 2


def test_changes_that_wait_already_are_told_at_once(world: World, settled: Phone, inbox: str) -> None:
    letter = world.deliver()
    settled.sync(inbox)
    world.change(letter, read=True)
    assert answered(settled.ping(inbox)).status == 2
    assert len(settled.sync(inbox).commands) == 1
    held(settled.ping(inbox))


def test_ones_own_changes_are_nothing_new(world: World, settled: Phone, inbox: str) -> None:
    letter = world.deliver()
    settled.sync(inbox)
    hold = held(settled.ping(inbox))
    settled.sync(inbox, settled.change(letter, EmailChange(read=True)))
    held(settled.ping_again(hold))
    held(settled.ping(inbox))


def test_mail_outside_the_filter_is_nothing_new(world: World, settled: Phone, inbox: str) -> None:
    settled.quiet(inbox, options=filtered(1))
    hold = held(settled.ping(inbox))
    world.deliver(received=NOW - timedelta(days=5))
    held(settled.ping_again(hold))
    held(settled.ping(inbox))
    settled.quiet(inbox)


def test_changed_is_said_only_if_Sync_has_something_to_give(world: World, settled: Phone, inbox: str) -> None:
    """Whatever happens, Ping and Sync agree: the endless loop of the two is the worst drain of a battery."""
    letters = [world.deliver(received=NOW - timedelta(hours=5 * n)) for n in range(8)]
    settled.sync_all(inbox, options=filtered(1))
    steps: list[Callable[[], object]] = [
        lambda: world.change(letters[0], read=True),
        lambda: world.change(letters[7], read=True),
        lambda: world.remove(letters[6]),
        lambda: world.remove(letters[1]),
        lambda: world.forward(hours=7),
        lambda: world.change(letters[2], received=NOW - timedelta(days=9)),
        lambda: world.remove(world.deliver()),
        lambda: world.forward(minutes=5),
    ]
    for step in steps:
        step()
        outcome = settled.ping(inbox)
        if isinstance(outcome, Hold):
            settled.quiet(inbox)
        else:
            assert outcome == PingResponse(2, (inbox,))
            assert settled.sync(inbox).commands
        held(settled.ping(inbox))


# ------------------------------------------------------------ what is remembered


def test_a_request_without_a_body_is_the_last_one_R335_R322(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    held(phone.ping(inbox, heartbeat=300))
    outcome = phone.post(Command.PING, b"")
    assert isinstance(outcome, Hold)
    assert outcome.seconds == 300
    world.deliver()
    assert answered(phone.ping_again(outcome)).folders == (inbox,)


def test_interval_and_folders_are_remembered_apart_R5632_R5634_R5836_R3152(settled: Phone, inbox: str) -> None:
    held(settled.ping(inbox, heartbeat=300))
    assert held(settled.ping(heartbeat=400)).seconds == 400
    assert held(settled.ping(inbox, heartbeat=None)).seconds == 400


def test_new_folders_take_the_place_of_the_old_ones(world: World, settled: Phone, inbox: str) -> None:
    drafts = settled.folder(FolderType.DRAFTS)
    settled.sync_all(drafts)
    held(settled.ping(inbox))
    held(settled.ping(drafts))
    world.deliver()
    held(settled.ping())


def test_memory_that_cannot_be_read_is_as_none(world: World, settled: Phone, inbox: str) -> None:
    held(settled.ping(inbox))
    device = settled.device
    assert device is not None
    with world.writing() as box:
        box.save_device(type(device)(device.id, device.user_id, device.device_id, device.device_type, ping=b"{"))
    settled.policy_key = None
    assert answered(settled.ping()).status == 3


# ------------------------------------------------------------ the other statuses


@pytest.mark.parametrize("heartbeat", [None, 60])
def test_status_3_where_nothing_completes_the_request_R4240_R4241(
    world: World, version: Version, heartbeat: int | None
) -> None:
    phone = world.phone(version=version)
    phone.folder()
    outcome = phone.post(Command.PING, b"") if heartbeat is None else phone.ping(heartbeat=heartbeat)
    assert not isinstance(outcome, Hold)
    assert ping.RESPONSE.load(decode(phone.last.body), version).status == 3
    if heartbeat is None:
        assert answered(phone.ping(phone.folder(), heartbeat=None)).status == 3


@pytest.mark.parametrize(
    "children",
    [
        [Element(tag("Ping:HeartbeatInterval"), "ten")],
        [Element(tag("Ping:Folders"), [])],
        [Element(tag("Ping:Folders"), [Element(tag("Ping:Folder"), [])])],
        [Element(tag("Ping:Folders"), [Element(tag("Ping:Folder"), [Element(tag("Ping:Id"), "1")])])],
        [Element(tag("AirSync:SyncKey"), "0")],
        None,
    ],
)
def test_status_4_for_a_request_that_breaks_the_grammar_R4243_R4244(
    world: World, version: Version, children: list[Element] | None
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    held(phone.ping(inbox))  # what is remembered does not complete such a request
    phone.post(Command.PING, encode(Element(tag("Ping:Ping"), children)))
    assert ping.RESPONSE.load(decode(phone.last.body), version).status == 4


@pytest.mark.parametrize("asked, nearest", [(59, 60), (0, 60), (-7, 60), (3541, 3540), (2**31, 3540)])
def test_status_5_with_the_nearest_interval_R4247_R4248_R5690_R5691(
    world: World, version: Version, asked: int, nearest: int
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    assert answered(phone.ping(inbox, heartbeat=asked)) == PingResponse(5, heartbeat_interval=nearest)
    assert held(phone.ping(heartbeat=nearest)).seconds == nearest  # the folders are remembered (R5634)


def test_status_6_with_the_number_that_is_allowed_R4253_R3259(world: World, version: Version) -> None:
    world.limit(ping_folders_max=3)
    phone = world.phone(version=version)
    phone.folder()
    folders = list(phone.hierarchy.folders)
    assert answered(phone.ping(*folders[:4])) == PingResponse(6, max_folders=3)
    held(phone.ping(*folders[:3]))


@pytest.mark.parametrize(
    "version, name, sound",
    [
        (V16_1, "Notes", True),
        (V12_1, "Notes", False),
        (V12_1, "Tasks", True),
        (V16_1, "SMS", False),
        (V16_1, "", False),
    ],
    indirect=["version"],
)
def test_status_4_for_a_class_that_there_is_not_R914_R6277_R6282_R6283(
    world: World, version: Version, name: str, sound: bool
) -> None:
    phone = world.phone(version=version)
    request = PingRequest(60, (PingFolder(phone.folder(), name),))
    outcome = phone.post(Command.PING, ping.REQUEST.encode(request, version))
    assert isinstance(outcome, Hold) if sound else ping.RESPONSE.load(decode(phone.last.body), version).status == 4


def test_status_4_for_the_same_folder_twice_R6699(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    assert answered(phone.ping(inbox, phone.folder(FolderType.DRAFTS), inbox)) == PingResponse(4)
    assert answered(phone.ping()) == PingResponse(3)  # nothing of it is remembered


def test_status_7_for_a_hierarchy_that_has_changed_R4257(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = held(phone.ping(inbox))
    with world.writing() as box:
        box.add_folder(0, "New", FolderType.USER_MAIL)
    assert answered(phone.ping_again(hold)).status == 7
    assert answered(phone.ping(inbox)).status == 7
    phone.folder_sync()
    held(phone.ping(inbox))


def test_status_7_for_a_watched_folder_that_was_deleted_once(world: World, phone: Phone) -> None:
    with world.writing() as box:
        extra = box.add_folder(0, "Extra", FolderType.USER_MAIL).id
    phone.folder_sync()
    phone.sync_all(str(extra))
    hold = held(phone.ping(str(extra)))
    with world.writing() as box:
        box.remove_folder(extra)
    assert answered(phone.ping_again(hold)).status == 7
    phone.folder_sync()
    held(phone.ping(str(extra)))


def test_status_7_for_a_device_of_which_nothing_is_known_any_more_R4258(
    world: World, settled: Phone, inbox: str
) -> None:
    device = settled.device
    assert device is not None
    world.admin.remove_device(world.user().mailbox_id, device.id)
    assert answered(settled.ping(inbox)).status == 7
    settled.folder_sync(key="0")
    held(settled.ping(inbox))


def test_status_7_for_a_hierarchy_state_that_cannot_be_read(world: World, settled: Phone, inbox: str) -> None:
    device = settled.device
    assert device is not None
    with world.writing() as box:
        row = box.sync_row(device.id, HIERARCHY)
        assert row is not None
        box.save_sync_row(device.id, HIERARCHY, type(row)(b"?", b""))
    assert answered(settled.ping(inbox)).status == 7


@pytest.mark.parametrize("error", [Unavailable(), ArithmeticError("secret")])
def test_status_8_for_a_fault_of_the_server_R4261(world: World, settled: Phone, inbox: str, error: Exception) -> None:
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    hold = held(settled.ping(inbox))
    faults.fail("collection", error)
    assert answered(settled.ping_again(hold)).status == 8
    assert answered(settled.ping(inbox)).status == 8
    assert type(error).__name__ in settled.notes
    assert "secret" not in settled.notes
    faults.faults.clear()
    held(settled.ping(inbox))


def test_a_folder_whose_state_cannot_be_read_is_sent_to_Sync(world: World, settled: Phone, inbox: str) -> None:
    device = settled.device
    assert device is not None
    with world.writing() as box:
        row = box.sync_row(device.id, int(inbox))
        assert row is not None
        box.save_sync_row(device.id, int(inbox), type(row)(b"?", row.options))
    told = settled.ping(inbox)
    assert not isinstance(told, Hold)
    assert (told.status, told.folders) == (2, (inbox,))
    assert settled.sync(inbox, lose=True).status == 3
    settled.held(inbox).sync_key = "0"
    settled.held(inbox).items.clear()
    settled.sync_all(inbox)
    held(settled.ping(inbox))
