"""Empty and partial requests, and requests that wait (MS-ASCMD Empty Sync Request, Partial, Wait)."""

from datetime import timedelta

import pytest

from easd.eas.commands.sync import REQUEST, ClientDelete, ServerAdd, SyncRequest, SyncResponse
from easd.eas.items.email import EmailChange
from easd.eas.request import Command
from easd.eas.versions import V12_1, V14_0, Version, since
from easd.model.folder import FolderType
from easd.service.context import Answer, Hold
from easd.service.ports import Unavailable
from easd.wbxml import Element, encode, tag
from tests.support.asking import tell
from tests.support.faults import FaultyStore
from tests.support.world import NOW, Phone, World, filtered

SINCE_14 = sorted(since(V14_0))


@pytest.fixture
def settled(phone: Phone, inbox: str) -> Phone:
    """The phone once it holds all of its Inbox."""
    phone.sync_all(inbox)
    return phone


def wait(phone: Phone, *folders: str, minutes: int = 10) -> Hold:
    """A request that has nothing to say yet, and waits."""
    outcome = phone.exchange(SyncRequest(tuple(map(phone.collection, folders)), wait=minutes))
    assert isinstance(outcome, Hold), outcome
    return outcome


def wake(phone: Phone, hold: Hold, *folders: str) -> SyncResponse | Hold | None:
    """What a held request says now that the mailbox has changed."""
    request = SyncRequest(tuple(map(phone.collection, folders)))
    outcome = hold.again(True)
    return outcome if isinstance(outcome, Hold) else phone.take(request, phone.checked(outcome))


# ------------------------------------------------------------ empty


@pytest.mark.parametrize("version", sorted(since(V12_1)), ids=lambda version: version.text)
def test_nothing_to_say_is_an_answer_without_a_document_R667_R679(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    phone.quiet(inbox)
    assert (phone.last.status, phone.last.body) == (200, b"")


@pytest.mark.parametrize("version", sorted(since(V12_1)), ids=lambda version: version.text)
def test_an_empty_request_stands_for_the_last_one_R673_R675(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    for _ in range(2):
        assert phone.exchange(None) is None
    new = world.deliver()
    response = phone.exchange(None)
    assert isinstance(response, SyncResponse)
    assert [c.server_id for c in response.collections[0].commands] == [new]


def test_an_empty_request_waits_as_long_as_the_last_one(settled: Phone, inbox: str) -> None:
    wait(settled, inbox, minutes=7)
    outcome = settled.exchange(None)
    assert isinstance(outcome, Hold)
    assert outcome.seconds == 7 * 60


def test_an_empty_request_keeps_windows_and_options(world: World, settled: Phone, inbox: str) -> None:
    settled.quiet(inbox, window_size=2, options=filtered(1))
    for _ in range(3):
        world.deliver()
    world.deliver(received=NOW - timedelta(days=3))
    response = settled.exchange(None)
    assert isinstance(response, SyncResponse)
    (result,) = response.collections
    assert (len(result.commands), result.more_available) == (2, True)
    assert [len(r.commands) for r in settled.sync_all(inbox)] == [1]


def test_a_new_request_takes_the_place_of_the_remembered_one_R674(world: World, settled: Phone, inbox: str) -> None:
    drafts = settled.folder(FolderType.DRAFTS)
    settled.sync_all(drafts)
    world.deliver()
    assert settled.exchange(None) is None  # the last request named the drafts alone


@pytest.mark.parametrize(
    "fault", ["grammar", "two waits", "wait out of range"], ids=lambda fault: fault.replace(" ", "-")
)
def test_a_request_that_cannot_be_served_takes_the_place_of_the_remembered_one_too_R674(
    settled: Phone, inbox: str, fault: str
) -> None:
    """An empty request after it is answered 13: the device says anew what it wants."""
    assert settled.exchange(None) is None
    asked = settled.collection(inbox)
    bad = {
        "grammar": (encode(Element(tag("AirSync:Sync"), [Element(tag("AirSync:Status"), "1")])), 4),
        "two waits": (REQUEST.encode(SyncRequest((asked, asked)), settled.version), 4),
        "wait out of range": (REQUEST.encode(SyncRequest((asked,), wait=100), settled.version), 14),
    }
    body, status = bad[fault]
    assert tell(settled, Command.SYNC, body).status == status
    assert tell(settled, Command.SYNC, b"").status == 13
    assert settled.exchange(SyncRequest((asked,))) is None
    assert settled.exchange(None) is None


def test_the_memory_outlives_a_restart_of_the_server(world: World, settled: Phone, inbox: str) -> None:
    again = world.phone(device_id=settled.device_id)
    again.policy_key = settled.policy_key
    assert again.exchange(None) is None
    assert inbox in settled.hierarchy.folders


def test_a_lost_answer_to_an_empty_request_is_given_again(world: World, settled: Phone, inbox: str) -> None:
    assert settled.exchange(None) is None
    world.deliver()
    assert settled.exchange(None, lose=True) is not None
    again = settled.exchange(None)
    assert isinstance(again, SyncResponse)
    assert len(again.collections[0].commands) == 1
    settled.agrees(inbox)


# ------------------------------------------------------------ Partial


@pytest.mark.parametrize("version", sorted(since(V12_1)), ids=lambda version: version.text)
def test_a_partial_request_is_completed_by_the_last_one_R3644(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox, deleted, drafts = map(phone.folder, (FolderType.INBOX, FolderType.DELETED_ITEMS, FolderType.DRAFTS))
    for folder in (inbox, deleted, drafts):
        phone.start(folder)
    assert phone.exchange(SyncRequest((phone.collection(inbox), phone.collection(deleted)))) is None
    here, there = world.deliver(), world.move(world.deliver(), deleted)
    response = phone.exchange(SyncRequest((phone.collection(drafts, window_size=5),), partial=True))
    assert isinstance(response, SyncResponse)
    told = {r.collection_id: [c.server_id for c in r.commands] for r in response.collections}
    assert told == {inbox: [here], deleted: [there]}


def test_a_partial_request_may_change_the_wait_alone_R3643(settled: Phone, inbox: str) -> None:
    wait(settled, inbox, minutes=7)
    outcome = settled.exchange(SyncRequest(partial=True, wait=9))
    assert isinstance(outcome, Hold)
    assert outcome.seconds == 9 * 60


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
def test_a_partial_request_may_ask_for_HeartbeatInterval_in_place_of_Wait(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    wait(phone, inbox, minutes=7)
    outcome = phone.exchange(SyncRequest(partial=True, heartbeat_interval=100))
    assert isinstance(outcome, Hold)
    assert outcome.seconds == 100


def test_a_partial_request_names_what_is_new_and_it_is_remembered_too(world: World, settled: Phone, inbox: str) -> None:
    deleted = settled.folder(FolderType.DELETED_ITEMS)
    settled.start(deleted)
    assert settled.exchange(SyncRequest((settled.collection(inbox),))) is None
    assert settled.exchange(SyncRequest((settled.collection(deleted),), partial=True)) is None
    world.deliver()
    world.move(world.deliver(), deleted)
    response = settled.exchange(None)
    assert isinstance(response, SyncResponse)
    assert {r.collection_id for r in response.collections} == {inbox, deleted}


def test_a_folder_that_is_gone_since_makes_a_partial_request_status_13(world: World, phone: Phone) -> None:
    with world.writing() as box:
        extra = box.add_folder(0, "Extra", FolderType.USER_MAIL).id
    phone.folder_sync()
    phone.sync_all(str(extra))
    with world.writing() as box:
        box.remove_folder(extra)
    with pytest.raises(Exception, match="status 13"):
        phone.exchange(SyncRequest(partial=True, wait=5))


# ------------------------------------------------------------ what is held, and for how long


@pytest.mark.parametrize("version", sorted(since(V12_1)), ids=lambda version: version.text)
def test_a_request_with_nothing_to_say_waits_R5595_R5788(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = wait(phone, inbox)
    assert (hold.mailbox_id, hold.seconds) == (world.user().mailbox_id, 600)


@pytest.mark.parametrize("minutes", [1, 59])
def test_the_bounds_of_Wait_are_inside_R3227_R3228(settled: Phone, inbox: str, minutes: int) -> None:
    assert wait(settled, inbox, minutes=minutes).seconds == minutes * 60


@pytest.mark.parametrize("seconds", [60, 3540])
def test_the_bounds_of_HeartbeatInterval_are_inside_R3229_R3230(settled: Phone, inbox: str, seconds: int) -> None:
    outcome = settled.exchange(SyncRequest((settled.collection(inbox),), heartbeat_interval=seconds))
    assert isinstance(outcome, Hold)
    assert outcome.seconds == seconds


def test_when_the_time_is_over_the_answer_is_empty_R5595(settled: Phone, inbox: str) -> None:
    assert wait(settled, inbox).again(False) == Answer()


def test_what_is_there_already_is_told_at_once(world: World, settled: Phone, inbox: str) -> None:
    world.deliver()
    assert len(settled.sync(inbox, wait=10).commands) == 1


def test_a_start_is_answered_at_once(phone: Phone, inbox: str) -> None:
    assert phone.sync(inbox, sync_key="0", wait=10).status == 1


def test_commands_are_answered_at_once_R5599_R5789(world: World, settled: Phone, inbox: str) -> None:
    letter = world.deliver()
    settled.sync(inbox)
    assert settled.sync(inbox, settled.change(letter, EmailChange(read=True)), wait=10).status == 1
    assert settled.sync(inbox, ClientDelete(letter), wait=10).status == 1


def test_an_error_of_one_collection_is_answered_at_once(settled: Phone, inbox: str) -> None:
    assert settled.sync(inbox, sync_key="7-7", wait=10).status == 3


# ------------------------------------------------------------ what ends the wait


@pytest.mark.parametrize("version", sorted(since(V12_1)), ids=lambda version: version.text)
def test_new_mail_ends_the_wait_R5596(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = wait(phone, inbox)
    new = world.deliver()
    response = wake(phone, hold, inbox)
    assert isinstance(response, SyncResponse)
    assert [(type(c), c.server_id) for c in response.collections[0].commands] == [(ServerAdd, new)]
    phone.quiet(inbox)


def test_mail_moved_in_ends_the_wait_R5596(world: World, settled: Phone, inbox: str) -> None:
    deleted = settled.folder(FolderType.DELETED_ITEMS)
    away = world.move(world.deliver(), deleted)
    hold = wait(settled, inbox)
    world.move(away, inbox)
    assert isinstance(wake(settled, hold, inbox), SyncResponse)


def test_other_changes_do_not_end_the_wait_and_go_with_the_next_answer_R5598(
    world: World, settled: Phone, inbox: str
) -> None:
    changed, removed, moved = (world.deliver() for _ in range(3))
    settled.sync(inbox)
    hold = wait(settled, inbox)
    world.change(changed, read=True)
    world.remove(removed)
    world.move(moved, settled.folder(FolderType.DELETED_ITEMS))
    again = wake(settled, hold, inbox)
    assert isinstance(again, Hold)
    assert again.since > hold.since
    new = world.deliver()
    response = wake(settled, again, inbox)
    assert isinstance(response, SyncResponse)
    assert {c.server_id for c in response.collections[0].commands} == {changed, removed, moved, new}
    settled.agrees(inbox)


def test_time_passing_does_not_end_the_wait_R5598(world: World, settled: Phone, inbox: str) -> None:
    world.deliver()
    settled.sync(inbox, options=filtered(1))
    hold = wait(settled, inbox)
    world.forward(days=3)
    assert isinstance(wake(settled, hold, inbox), Hold)


def test_mail_in_another_folder_or_outside_the_window_does_not_end_the_wait(
    world: World, settled: Phone, inbox: str
) -> None:
    settled.quiet(inbox, options=filtered(1))
    hold = wait(settled, inbox)
    world.deliver(received=NOW - timedelta(days=5))
    again = wake(settled, hold, inbox)
    assert isinstance(again, Hold)
    world.deliver(to="bob")
    drafts = settled.folder(FolderType.DRAFTS)
    settled.sync_all(drafts)
    world.deliver()
    assert isinstance(wake(settled, wait(settled, drafts), drafts), Hold)


def test_news_of_one_of_several_collections_end_the_wait(world: World, settled: Phone, inbox: str) -> None:
    deleted = settled.folder(FolderType.DELETED_ITEMS)
    settled.sync_all(deleted)
    hold = wait(settled, deleted, inbox)
    world.deliver()
    response = wake(settled, hold, deleted, inbox)
    assert isinstance(response, SyncResponse)
    assert [r.collection_id for r in response.collections] == [inbox]


def test_a_collection_without_GetChanges_does_not_end_the_wait(world: World, settled: Phone, inbox: str) -> None:
    hold = settled.exchange(SyncRequest((settled.collection(inbox, get_changes=False),), wait=5))
    assert isinstance(hold, Hold)
    world.deliver()
    assert isinstance(hold.again(True), Hold)


def test_a_change_of_another_phone_does_not_end_the_wait_and_comes_next(
    world: World, settled: Phone, inbox: str
) -> None:
    letter = world.deliver()
    settled.sync(inbox)
    hold = wait(settled, inbox)
    other = world.phone()
    other.sync_all(other.folder())
    other.sync(inbox, other.change(letter, EmailChange(read=True)))
    assert isinstance(wake(settled, hold, inbox), Hold)
    assert [c.server_id for c in settled.sync(inbox).commands] == [letter]


def test_a_deleted_folder_ends_the_wait_with_status_12(world: World, phone: Phone) -> None:
    with world.writing() as box:
        extra = box.add_folder(0, "Extra", FolderType.USER_MAIL).id
    phone.folder_sync()
    phone.sync_all(str(extra))
    hold = wait(phone, str(extra))
    with world.writing() as box:
        box.remove_folder(extra)
    response = wake(phone, hold, str(extra))
    assert isinstance(response, SyncResponse)
    assert [r.status for r in response.collections] == [12]


# ------------------------------------------------------------ overtaken


def test_a_held_request_that_was_overtaken_answers_nothing_and_takes_nothing(
    world: World, settled: Phone, inbox: str
) -> None:
    hold = wait(settled, inbox)
    new = world.deliver()
    settled.sync(inbox)
    assert hold.again(True) == Answer()
    assert list(settled.held(inbox).items) == [new]
    world.deliver()
    assert hold.again(True) == Answer()
    assert len(settled.sync(inbox).commands) == 1
    settled.agrees(inbox)


def test_a_held_request_after_a_new_start_answers_nothing(world: World, settled: Phone, inbox: str) -> None:
    hold = wait(settled, inbox)
    settled.start(inbox)
    world.deliver()
    assert hold.again(True) == Answer()
    settled.sync_all(inbox)
    settled.agrees(inbox)


def test_a_lost_answer_of_a_held_request_is_given_again(world: World, settled: Phone, inbox: str) -> None:
    hold = wait(settled, inbox)
    world.deliver()
    assert isinstance(hold.again(True), Answer)  # and nobody hears it
    assert len(settled.sync(inbox).commands) == 1
    settled.agrees(inbox)


@pytest.mark.parametrize("error, status", [(Unavailable(), 16), (ArithmeticError(), 5)])
def test_a_fault_while_it_waits_is_status_16_or_5_R4467_R4435(
    world: World, settled: Phone, inbox: str, error: Exception, status: int
) -> None:
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    hold = wait(settled, inbox)
    world.deliver()
    faults.fail("collection", error, times=1)
    answer = hold.again(True)
    assert isinstance(answer, Answer)
    with pytest.raises(Exception, match=f"status {status}"):
        settled.take(None, settled.checked(answer))
    assert len(settled.sync(inbox).commands) == 1
