"""ItemOperations EmptyFolderContents and Move (MS-ASCMD, MS-ASCON): whole folders, whole conversations."""

import pytest

from easd.eas.commands.folder_sync import ROOT
from easd.eas.commands.item_operations import (
    ConversationMoved,
    Emptied,
    EmptyFolderContents,
    EmptyOptions,
    MoveConversation,
    MoveOptions,
)
from easd.eas.versions import V12_0, V14_0, Version, since
from easd.mime.extract import extract
from easd.model.folder import FolderType
from easd.model.outgoing import Envelope
from easd.service.item_operations import empty, move
from easd.service.ports import Unavailable
from easd.service.submission import deliver_queued
from easd.store import conversations
from tests.support.faults import FaultyStore
from tests.support.fetching import operate
from tests.support.folder_changes import create, delete, same
from tests.support.world import Phone, World

ALWAYS = MoveOptions(move_always="")
ITEMS_ALONE = EmptyOptions()
WITH_FOLDERS = EmptyOptions(delete_sub_folders=True)
_WITH_MOVE = sorted(since(V14_0))


@pytest.fixture(params=sorted(since(V12_0)), ids=lambda version: version.text)
def version(request: pytest.FixtureRequest) -> Version:
    """Each version that has ItemOperations."""
    spoken: Version = request.param
    return spoken


@pytest.fixture
def phone(world: World, version: Version) -> Phone:
    """Alice's phone, which holds the hierarchy; once of each version."""
    made = world.phone(version=version)
    made.folder_sync()
    return made


@pytest.fixture(params=_WITH_MOVE, ids=lambda version: version.text)
def mover(world: World, request: pytest.FixtureRequest) -> Phone:
    """The same, of each version that moves conversations."""
    made = world.phone(version=request.param)
    made.folder_sync()
    return made


def emptied(phone: Phone, folder: str, options: EmptyOptions = ITEMS_ALONE) -> int:
    """The status of an EmptyFolderContents."""
    (result,) = operate(phone, EmptyFolderContents(folder, options))
    assert isinstance(result, Emptied)
    assert result.collection_id == folder  # R991
    return result.status


def moved(phone: Phone, conversation: bytes, target: str, options: MoveOptions = ALWAYS) -> int:
    """The status of a Move."""
    (result,) = operate(phone, MoveConversation(conversation, target, options))
    assert isinstance(result, ConversationMoved)
    assert result.conversation_id == conversation  # MS-ASCON R214, R216
    return result.status


def reply(number: int, to: str = "root") -> bytes:
    """A message of the conversation that `root` began."""
    chain = f"References: <{to}@example.test>\r\n" if number else ""
    name = to if not number else f"{to}.{number}"
    return (
        f"From: bob@example.test\r\nTo: alice@example.test\r\nSubject: {'Re: ' if number else ''}Talk\r\n"
        f"Message-ID: <{name}@example.test>\r\n{chain}\r\nWords {number}\r\n"
    ).encode()


def conversation(world: World, to: str = "root") -> bytes:
    return extract(reply(0, to), world.now).email.conversation_id


# ---------------------------------------------------------------- EmptyFolderContents


def test_a_folder_is_emptied_and_every_phone_hears_of_Deletes_R199_R2242(world: World, phone: Phone) -> None:
    folder = phone.folder(FolderType.DELETED_ITEMS)
    for _ in range(7):
        world.move(world.deliver(), folder)
    other = world.phone()
    inbox, keep = phone.folder(), world.deliver()
    for device in (phone, other):
        device.folder()
        device.sync_all(folder)
        device.sync_all(inbox)
    assert emptied(phone, folder) == 1
    for device in (phone, other):
        device.sync_all(folder)
        device.agrees(folder)
        assert not device.held(folder).items
        device.quiet(inbox)
    assert list(world.items(inbox)) == [keep]


def test_folders_inside_stay_unless_it_is_asked_for_R2167_R2244_R5535(world: World, phone: Phone) -> None:
    trash = phone.folder(FolderType.DELETED_ITEMS)
    outer = create(phone, "Outer", trash)
    inner = create(phone, "Inner", outer)
    for folder in (trash, outer, inner):
        world.move(world.deliver(), folder)
    assert emptied(phone, trash) == 1
    assert not world.items(trash)
    assert len(world.items(outer)) == len(world.items(inner)) == 1
    assert emptied(phone, trash, WITH_FOLDERS) == 1
    told = phone.folder_sync().changes
    assert told is not None
    assert {gone.server_id for gone in told.deletes} == {outer, inner}
    same(phone)


def test_a_special_folder_inside_stays_and_the_status_is_17_R4168(world: World, phone: Phone) -> None:
    outer = create(phone, "Outer")
    plain = create(phone, "Plain", outer)
    with world.writing() as box:
        journal = box.add_folder(int(outer), "Journal", FolderType.JOURNAL)
    trash = phone.folder(FolderType.DELETED_ITEMS)
    with world.writing() as box:
        box.change_folder(int(outer), int(trash), "Outer")
    phone.folder_sync()
    assert emptied(phone, trash, WITH_FOLDERS) == 17
    phone.folder_sync()
    assert plain not in phone.hierarchy.folders
    assert {outer, str(journal.id)} <= phone.hierarchy.folders.keys()


def test_big_folders_are_emptied_in_steps(world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(empty, "DELETES_AT_ONCE", 3)
    trash = phone.folder(FolderType.DELETED_ITEMS)
    inner = create(phone, "Inner", trash)
    for folder in (trash, inner):
        for _ in range(7):
            world.move(world.deliver(), folder)
    phone.sync_all(trash)
    assert emptied(phone, trash, WITH_FOLDERS) == 1
    phone.sync_all(trash)
    phone.agrees(trash)
    phone.folder_sync()
    same(phone)


def test_status_17_if_the_store_goes_away_on_the_way_and_the_rest_goes_by_the_next_try_R4168(
    world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(empty, "DELETES_AT_ONCE", 3)
    inbox = phone.folder()
    for _ in range(7):
        world.deliver()
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    phone.sync_all(inbox)
    calls = iter(range(9))
    fault = faults.fail("clear", Unavailable(), lambda *_: next(calls) == 1)
    assert emptied(phone, inbox) == 17
    assert len(world.items(inbox)) == 4
    faults.faults.remove(fault)
    assert emptied(phone, inbox) == 1
    phone.sync_all(inbox)
    phone.agrees(inbox)


def test_status_3_if_nothing_could_be_done_R4155(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    world.deliver()
    phone.sync_all(inbox)
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    faults.fail("clear", Unavailable())
    assert emptied(phone, inbox) == 3
    assert len(world.items(inbox)) == 1


def test_status_2_for_a_text_in_MoveAlways_MS_ASCON_R144(world: World, mover: Phone) -> None:
    letter = world.deliver(raw=reply(0))
    target = mover.folder(FolderType.DELETED_ITEMS)
    assert moved(mover, conversation(world), target, MoveOptions("MoveAlwaysContent")) == 2
    assert letter in world.items(mover.folder())


@pytest.mark.parametrize("missing", [ROOT, "999999", "nonsense"])
def test_status_6_for_a_folder_that_is_not_there_R4158(phone: Phone, missing: str) -> None:
    assert emptied(phone, missing) == 6


def test_status_16_for_the_recipient_cache_R4167(world: World, phone: Phone) -> None:
    with world.writing() as box:
        cache = box.special(FolderType.RECIPIENT_INFORMATION)
    assert emptied(phone, str(cache.id)) == 16
    assert emptied(phone, "RI") == 16  # MS-ASCMD R2037


def test_an_empty_folder_is_emptied_again(phone: Phone) -> None:
    folder = phone.folder(FolderType.DELETED_ITEMS)
    assert emptied(phone, folder) == emptied(phone, folder) == 1


def test_one_operation_that_fails_does_not_stop_the_next_R193_R194(world: World, phone: Phone) -> None:
    inbox = phone.folder()
    world.deliver()
    asked = EmptyFolderContents("999999"), EmptyFolderContents(inbox)
    assert operate(phone, *asked) == (Emptied(6, "999999"), Emptied(1, inbox))
    assert not world.items(inbox)


# ---------------------------------------------------------------- Move


def test_a_conversation_is_moved_from_all_folders_but_Sent_Items_MS_ASCON_R130_R172_R215(
    world: World, mover: Phone
) -> None:
    target, archive = create(mover, "Talk"), create(mover, "Other")
    sent, drafts = mover.folder(FolderType.SENT_ITEMS), mover.folder(FolderType.DRAFTS)
    world.deliver(raw=reply(0))
    world.move(world.deliver(raw=reply(1)), archive)
    in_sent = world.move(world.deliver(raw=reply(2)), sent)
    in_drafts = world.move(world.deliver(raw=reply(3)), drafts)
    stranger = world.deliver()
    inbox = mover.folder()
    for folder in (inbox, archive, target):
        mover.sync_all(folder)
    assert moved(mover, conversation(world), target) == 1
    assert list(world.items(inbox)) == [stranger]
    assert not world.items(archive)
    assert len(world.items(target)) == 2
    assert [*world.items(sent), *world.items(drafts)] == [in_sent, in_drafts]
    for folder in (inbox, archive, target):
        mover.sync_all(folder)
        mover.agrees(folder)


def test_later_mail_of_the_conversation_goes_there_at_delivery_MS_ASCON_R172_R215(world: World, mover: Phone) -> None:
    target = create(mover, "Talk")
    world.deliver(raw=reply(0))
    assert moved(mover, conversation(world), target) == 1
    later = world.deliver(raw=reply(1))
    assert later in world.items(target)
    assert world.deliver() in world.items(mover.folder())


def test_an_ignored_conversation_goes_to_Deleted_Items_MS_ASCON_R166_R213(world: World, mover: Phone) -> None:
    trash = mover.folder(FolderType.DELETED_ITEMS)
    world.deliver(raw=reply(0))
    assert moved(mover, conversation(world), trash) == 1
    world.deliver(raw=reply(1))
    assert len(world.items(trash)) == 2
    assert not world.items(mover.folder())


def test_mail_of_local_senders_obeys_too_MS_ASCON_R213(world: World, mover: Phone) -> None:
    trash = mover.folder(FolderType.DELETED_ITEMS)
    world.deliver(raw=reply(0))
    assert moved(mover, conversation(world), trash) == 1
    with world.writing("bob") as box:
        box.queue(Envelope.of("bob@example.test", ["alice@example.test"]), reply(1), world.now)
    assert deliver_queued(world.services) == 1
    assert len(world.items(trash)) == 2


def test_a_conversation_moved_to_the_Inbox_is_ignored_no_more(world: World, mover: Phone) -> None:
    trash, inbox = mover.folder(FolderType.DELETED_ITEMS), mover.folder()
    world.deliver(raw=reply(0))
    assert moved(mover, conversation(world), trash) == moved(mover, conversation(world), inbox) == 1
    later = world.deliver(raw=reply(1))
    assert len(world.items(inbox)) == 2
    assert later in world.items(inbox)


def test_the_last_wish_counts_and_the_same_wish_twice_is_one(world: World, mover: Phone) -> None:
    one, two = create(mover, "One"), create(mover, "Two")
    world.deliver(raw=reply(0))
    for target in (one, two, two):
        assert moved(mover, conversation(world), target) == 1
    world.deliver(raw=reply(1))
    assert (len(world.items(one)), len(world.items(two))) == (0, 2)


def test_the_rule_goes_with_its_folder(world: World, mover: Phone) -> None:
    target = create(mover, "Talk")
    world.deliver(raw=reply(0))
    assert moved(mover, conversation(world), target) == 1
    delete(mover, target)
    assert world.deliver(raw=reply(1)) in world.items(mover.folder())


def test_several_conversations_in_one_request_MS_ASCON_R169(world: World, mover: Phone) -> None:
    target = create(mover, "Talk")
    world.deliver(raw=reply(0))
    world.deliver(raw=reply(0, "second"))
    asked = [MoveConversation(conversation(world, name), target, ALWAYS) for name in ("root", "second")]
    assert [result.status for result in operate(mover, *asked)] == [1, 1]
    assert len(world.items(target)) == 2


def test_long_conversations_are_moved_in_steps(world: World, mover: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move, "MOVES_AT_ONCE", 3)
    target = create(mover, "Talk")
    for number in range(7):
        world.deliver(raw=reply(number))
    assert moved(mover, conversation(world), target) == 1
    assert len(world.items(target)) == 7


def test_status_17_if_the_store_goes_away_while_moving_R4168(
    world: World, mover: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move, "MOVES_AT_ONCE", 3)
    target = create(mover, "Talk")
    for number in range(7):
        world.deliver(raw=reply(number))
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    calls = iter(range(20))
    faults.fail("move", Unavailable(), lambda *_: next(calls) == 4)
    assert moved(mover, conversation(world), target) == 17
    assert len(world.items(target)) == 3
    faults.faults.clear()
    assert moved(mover, conversation(world), target) == 1
    assert len(world.items(target)) == 7


def test_status_155_without_MoveAlways_R3475_R4171(world: World, mover: Phone) -> None:
    letter = world.deliver(raw=reply(0))
    assert moved(mover, conversation(world), mover.folder(FolderType.DELETED_ITEMS), MoveOptions()) == 155
    assert letter in world.items(mover.folder())


@pytest.mark.parametrize("type_", [FolderType.OUTBOX, FolderType.DRAFTS, FolderType.CALENDAR, FolderType.CONTACTS])
def test_status_156_for_folders_that_mail_cannot_go_to_R4173_R4942_MS_ASCON_R175_R338(
    world: World, mover: Phone, type_: FolderType
) -> None:
    letter = world.deliver(raw=reply(0))
    assert moved(mover, conversation(world), mover.folder(type_)) == 156
    assert letter in world.items(mover.folder())


@pytest.mark.parametrize("missing", [ROOT, "999999", "nonsense"])
def test_status_6_for_a_folder_that_is_not_there_MS_ASCON_R317(world: World, mover: Phone, missing: str) -> None:
    world.deliver(raw=reply(0))
    assert moved(mover, conversation(world), missing) == 6


def test_status_6_for_a_conversation_that_is_not_there_MS_ASCON_R146(world: World, mover: Phone) -> None:
    world.deliver()
    assert moved(mover, b"NotExistConversationId", mover.folder(FolderType.DELETED_ITEMS)) == 6


def test_status_105_for_the_recipient_information_cache_MS_ASCON_R262(world: World, mover: Phone) -> None:
    world.deliver(raw=reply(0))
    assert moved(mover, conversation(world), mover.folder(FolderType.RECIPIENT_INFORMATION)) == 105


@pytest.mark.parametrize("identifier", [b"", b"x" * 65])
def test_status_2_for_what_is_no_conversation_R4154(mover: Phone, identifier: bytes) -> None:
    assert moved(mover, identifier, mover.folder(FolderType.DELETED_ITEMS)) == 2


def test_rules_have_an_end_and_the_oldest_goes(world: World) -> None:
    inbox, old = world.folder().id, [number.to_bytes(16, "big") for number in range(conversations.RULES_MAX)]
    with world.writing() as box:
        for at, name in enumerate(old):  # as they are saved, without a look at how many there are each time
            box.session.run(conversations._SAVE, mailbox_id=box.mailbox_id, conversation=name, folder_id=inbox, at=at)
        box.always_move(b"the newest", inbox)
        assert [box.goes_to(name) for name in (*old[:2], old[-1], b"the newest")] == [None, inbox, inbox, inbox]


def test_on_both_databases_a_conversation_moves_and_a_folder_is_emptied(any_world: World) -> None:
    phone = any_world.phone()
    target, inbox = create(phone, "Talk") if phone.folder() else "", phone.folder()
    any_world.deliver(raw=reply(0))
    phone.sync_all(inbox)
    assert moved(phone, conversation(any_world), target) == 1
    any_world.deliver(raw=reply(1))
    phone.sync_all(target)
    assert len(phone.held(target).items) == 2
    assert emptied(phone, target) == 1
    for folder in (inbox, target):
        phone.sync_all(folder)
        phone.agrees(folder)
