"""MoveItems (MS-ASCMD MoveItems): each move with a status of its own; what moved comes by Sync to every device."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from easd.eas.commands import move_items
from easd.eas.commands.move_items import Move, MoveItemsRequest, MoveResult
from easd.eas.commands.sync import ServerAdd, ServerDelete, SyncRequest
from easd.eas.items.email import EmailChange
from easd.eas.request import Command
from easd.eas.status import CommonStatus
from easd.eas.versions import SUPPORTED, V12_1, V14_0, Version, since, until
from easd.model.folder import FolderType
from easd.service.ports import Unavailable, Writing
from easd.wbxml import Element, encode, tag
from tests.support.asking import Told, tell
from tests.support.versions import at
from tests.support.world import Phone, World, emails

INVALID_SOURCE, INVALID_TARGET, SUCCESS, SAME_FOLDER, CANNOT_MOVE, LOCKED = 1, 2, 3, 4, 5, 7


def send(phone: Phone, *moves: Move) -> Told:
    if phone.policy_key == 0:
        phone.provision()
    return tell(phone, Command.MOVE_ITEMS, move_items.REQUEST.encode(MoveItemsRequest(moves), phone.version))


def move(phone: Phone, *moves: tuple[str, str, str]) -> tuple[MoveResult, ...]:
    """What became of moves, each given as message, its folder and the target."""
    response = move_items.RESPONSE.load(send(phone, *(Move(*each) for each in moves)).root, phone.version)
    assert response.status is None
    return response.responses


def archive(phone: Phone) -> str:
    """The ServerId of a folder of mail that is neither Inbox nor anything special."""
    phone.folder()
    return next(entry.server_id for entry in phone.hierarchy.folders.values() if entry.name == "Archive")


# ---------------------------------------------------------------- success


def test_a_moved_message_gets_a_new_id_in_the_target_R290_R3977(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = world.deliver("moved")
    inbox, target = phone.folder(), archive(phone)
    (result,) = move(phone, (server_id, inbox, target))
    assert (result.source_id, result.status) == (server_id, SUCCESS)
    assert {key: email.subject for key, email in emails(world, target).items()} == {result.target_id: "moved"}
    assert not world.items(inbox)


def test_the_device_learns_of_both_ends_by_sync_R289(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = world.deliver()
    inbox, target = phone.folder(), archive(phone)
    phone.sync_all(inbox)
    phone.sync_all(target)
    (result,) = move(phone, (server_id, inbox, target))
    assert phone.sync(inbox).commands == (ServerDelete(server_id),)
    (added,) = phone.sync(target).commands
    assert isinstance(added, ServerAdd)
    assert added.server_id == result.target_id
    phone.agrees(inbox)
    phone.agrees(target)


@at(since(V14_0))
def test_nothing_is_moved_into_the_cache_of_recipients_105_R4821(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = world.deliver()
    for cache in (phone.folder(FolderType.RECIPIENT_INFORMATION), "RI"):
        (result,) = move(phone, (server_id, phone.folder(), cache))
        assert (result.status, result.target_id) == (CommonStatus.INVALID_COMBINATION_OF_IDS, None)
    assert [email.subject for email in emails(world, phone.folder()).values()] == ["Letter 1"]


def test_other_devices_learn_of_it_too(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    inbox, target = phone.folder(), archive(phone)
    other = world.phone()
    other.folder()
    for folder in (inbox, target):
        other.sync_all(folder)
    move(phone, (server_id, inbox, target))
    for folder in (inbox, target):
        other.sync_all(folder)
        other.agrees(folder)
    assert not other.held(inbox).items
    assert len(other.held(target).items) == 1


def test_a_move_keeps_what_is_known_of_the_message(world: World, phone: Phone) -> None:
    server_id = world.deliver("kept", body="the body\r\n")
    world.change(server_id, read=True, categories=("Blue",))
    inbox, target = phone.folder(), archive(phone)
    before = emails(world, inbox)[server_id]
    (result,) = move(phone, (server_id, inbox, target))
    assert emails(world, target)[result.target_id or ""] == before


def test_several_moves_are_done_in_their_order_with_mixed_success(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    first, second = world.deliver(), world.deliver()
    inbox, target = phone.folder(), archive(phone)
    trash = phone.folder(FolderType.DELETED_ITEMS)
    found = move(phone, (first, inbox, target), (f"{inbox}:99", inbox, target), (second, inbox, trash))
    assert [(result.source_id, result.status) for result in found] == [
        (first, SUCCESS),
        (f"{inbox}:99", INVALID_SOURCE),
        (second, SUCCESS),
    ]
    assert [result.target_id is None for result in found] == [False, True, False]


def test_there_and_back_again(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    inbox, target = phone.folder(), archive(phone)
    for folder in (inbox, target):
        phone.sync_all(folder)
    (there,) = move(phone, (server_id, inbox, target))
    for folder in (inbox, target):
        phone.sync_all(folder)
        phone.agrees(folder)
    (back,) = move(phone, (there.target_id or "", target, inbox))
    assert back.status == SUCCESS
    assert back.target_id not in (server_id, None)  # an id is never used again
    for folder in (inbox, target):
        phone.sync_all(folder)
        phone.agrees(folder)
    assert list(phone.held(inbox).items) == [back.target_id]


def test_a_message_may_be_changed_under_its_new_id_before_sync_tells_of_it(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    inbox, target = phone.folder(), archive(phone)
    for folder in (inbox, target):
        phone.sync_all(folder)
    moved = phone.move(server_id, inbox, target)
    result = phone.sync(target, phone.change(moved.target_id or "", EmailChange(read=True)))
    assert result.responses == ()  # no conflict with the device's own move
    assert emails(world, target)[moved.target_id or ""].read
    phone.sync_all(target)
    phone.agrees(target)


def test_a_message_that_is_gone_before_sync_tells_of_its_new_id_leaves_no_ghost(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    inbox, target = phone.folder(), archive(phone)
    for folder in (inbox, target):
        phone.sync_all(folder)
    moved = phone.move(server_id, inbox, target)
    world.remove(moved.target_id or "")
    assert phone.sync(target).commands == (ServerDelete(moved.target_id or ""),)


def test_a_message_that_the_device_moves_on_gives_no_delete_of_what_it_was_never_told(
    world: World, phone: Phone
) -> None:
    server_id = world.deliver()
    inbox, target = phone.folder(), archive(phone)
    for folder in (inbox, target):
        phone.sync_all(folder)
    there = phone.move(server_id, inbox, target)
    phone.move(there.target_id or "", target, inbox)
    assert phone.exchange(SyncRequest((phone.collection(target),))) is None


def test_a_move_whose_answer_was_lost_is_status_1_when_repeated_and_told_by_sync_R4208(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    server_id = world.deliver()
    inbox, target = phone.folder(), archive(phone)
    for folder in (inbox, target):
        phone.sync_all(folder)
    move(phone, (server_id, inbox, target))
    (repeated,) = move(phone, (server_id, inbox, target))
    assert (repeated.status, repeated.target_id) == (INVALID_SOURCE, None)
    for folder in (inbox, target):
        phone.sync_all(folder)
        phone.agrees(folder)
    assert (len(world.items(inbox)), len(world.items(target))) == (0, 1)


def test_the_same_message_to_two_folders_in_one_request_is_status_5_R4222(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    inbox, target, trash = phone.folder(), archive(phone), phone.folder(FolderType.DELETED_ITEMS)
    found = move(phone, (server_id, inbox, target), (server_id, inbox, trash))
    assert [result.status for result in found] == [SUCCESS, CANNOT_MOVE]
    assert (len(world.items(target)), len(world.items(trash))) == (1, 0)


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize("source", ["99", "x", "0", "-1", "9" * 30])
def test_an_unknown_source_folder_is_status_1_R4207(world: World, version: Version, source: str) -> None:
    phone = world.phone(version=version)
    server_id = world.deliver()
    (result,) = move(phone, (server_id, source, archive(phone)))
    assert result == MoveResult(server_id, INVALID_SOURCE)
    assert list(world.items(phone.folder())) == [server_id]


@pytest.mark.parametrize("message", ["{inbox}:99", "x", "{other}:1", "1", ":", "{inbox}:", "{inbox}:1:1"])
def test_an_unknown_message_is_status_1_R4208(world: World, phone: Phone, message: str) -> None:
    world.deliver()
    inbox, target = phone.folder(), archive(phone)
    named = message.format(inbox=inbox, other=phone.folder(FolderType.DRAFTS))
    assert move(phone, (named, inbox, target)) == (MoveResult(named, INVALID_SOURCE),)


def test_a_message_that_was_moved_elsewhere_before_is_status_1_R4208(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    inbox, target, trash = phone.folder(), archive(phone), phone.folder(FolderType.DELETED_ITEMS)
    world.move(server_id, trash)
    assert move(phone, (server_id, inbox, target)) == (MoveResult(server_id, INVALID_SOURCE),)


def test_a_message_that_was_deleted_is_status_1_R4208(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    world.remove(server_id)
    assert move(phone, (server_id, phone.folder(), archive(phone))) == (MoveResult(server_id, INVALID_SOURCE),)


@pytest.mark.parametrize("target", ["99", "x", "0", "9" * 30])
def test_an_unknown_target_folder_is_status_2_R4212(world: World, version: Version, target: str) -> None:
    phone = world.phone(version=version)
    server_id = world.deliver()
    assert move(phone, (server_id, phone.folder(), target)) == (MoveResult(server_id, INVALID_TARGET),)
    assert list(world.items(phone.folder())) == [server_id]


@pytest.mark.parametrize("type_", [FolderType.CALENDAR, FolderType.CONTACTS, FolderType.TASKS, FolderType.NOTES])
def test_a_message_does_not_go_into_a_folder_of_another_class(world: World, phone: Phone, type_: FolderType) -> None:
    server_id = world.deliver()
    assert move(phone, (server_id, phone.folder(), phone.folder(type_))) == (MoveResult(server_id, INVALID_TARGET),)
    assert list(world.items(phone.folder())) == [server_id]


def test_a_move_to_the_same_folder_is_status_4_R4219(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = world.deliver()
    assert move(phone, (server_id, phone.folder(), phone.folder())) == (MoveResult(server_id, SAME_FOLDER),)
    assert list(world.items(phone.folder())) == [server_id]


def test_several_targets_for_one_message_are_status_5_R4222(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    first, second = world.deliver(), world.deliver()
    inbox, target, trash = phone.folder(), archive(phone), phone.folder(FolderType.DELETED_ITEMS)
    wrong = _element(first, inbox, target, trash)
    told = tell(phone, Command.MOVE_ITEMS, encode(_request(wrong, _element(second, inbox, target))))
    found = move_items.RESPONSE.load(told.root, version).responses
    assert [(result.source_id, result.status) for result in found] == [(first, CANNOT_MOVE), (second, SUCCESS)]
    assert list(world.items(inbox)) == [first]


class _Busy:
    """The store, in which the mailbox is locked by somebody else at each second attempt to write."""

    def __init__(self, world: World) -> None:
        self._store = world.sql
        self._attempts = 0

    @contextmanager
    def writing(self, mailbox_id: int) -> Iterator[Writing]:
        self._attempts += 1
        if self._attempts % 2 == 0:
            raise Unavailable("the mailbox is locked")
        with self._store.writing(mailbox_id) as box:
            yield box

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_a_locked_mailbox_is_status_7_and_the_others_are_moved_R4225(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    first, second, third = (world.deliver() for _ in range(3))
    inbox, target = phone.folder(), archive(phone)
    world.through(_Busy(world))
    moves = tuple((each, inbox, target) for each in (first, second, third))
    assert [result.status for result in move(phone, *moves)] == [SUCCESS, LOCKED, SUCCESS]
    world.through(world.sql)
    assert list(world.items(inbox)) == [second]
    assert [result.status for result in move(phone, *moves)] == [INVALID_SOURCE, SUCCESS, INVALID_SOURCE]
    assert len(world.items(target)) == 3


def test_nobody_moves_what_belongs_to_somebody_else(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    inbox, target = phone.folder(), archive(phone)
    stranger = world.phone("bob")
    (result,) = move(stranger, (server_id, inbox, target))
    assert result.status == INVALID_SOURCE
    (result,) = move(stranger, (f"{stranger.folder()}:1", stranger.folder(), target))
    assert result.status == INVALID_TARGET
    assert list(world.items(inbox)) == [server_id]


# ---------------------------------------------------------------- the whole request


def test_1000_moves_are_not_too_many_and_1001_are_R5653(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    moves = [Move("1:1", "x", "y")] * 1000
    assert len(move_items.RESPONSE.load(send(phone, *moves).root, version).responses) == 1000
    told = send(phone, *moves, Move("1:1", "x", "y"))
    assert (told.http, told.status) == ((200, 103) if version in since(V14_0) else (400, None))


@pytest.mark.parametrize(
    "children",
    [
        [],
        [Element(tag("Move:Move"))],
        [Element(tag("Move:Move"), [Element(tag("Move:SrcMsgId"), "1:1"), Element(tag("Move:SrcFldId"), "1")])],
        [Element(tag("Move:SrcMsgId"), "1:1")],
        [Element(tag("Move:Move"), "text")],
    ],
    ids=["nothing", "empty Move", "no target", "no Move", "text"],
)
@pytest.mark.parametrize("version", SUPPORTED, ids=lambda version: version.text)
def test_a_request_that_breaks_the_rules_is_103_or_400_R4817_R7547(
    world: World, version: Version, children: list[Element]
) -> None:
    phone = world.phone(version=version)
    phone.provision()
    told = tell(phone, Command.MOVE_ITEMS, encode(_request(*children)))
    assert (told.http, told.status) == ((400, None) if version in until(V12_1) else (200, 103))


def _request(*moves: Element) -> Element:
    return Element(tag("Move:MoveItems"), list(moves))


def _element(message: str, source: str, *targets: str) -> Element:
    named = [("SrcMsgId", message), ("SrcFldId", source), *(("DstFldId", target) for target in targets)]
    return Element(tag("Move:Move"), [Element(tag(f"Move:{name}"), text) for name, text in named])
