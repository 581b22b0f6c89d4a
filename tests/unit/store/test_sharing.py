"""Folders of others in the store: what a device is told of, who may look, whose lock guards what."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from easd.model.account import User
from easd.model.device import Device
from easd.model.folder import FolderType
from easd.model.organisation import Permission
from easd.model.share import Chosen, Rights
from easd.service.ports import SyncRow
from easd.store import Grants, Shares, SqlStore
from easd.sync.ports import Position
from easd.sync.state import ABOVE_ALL, BELOW_ALL
from tests.support.stores import folders, mail, with_users

BOTH = Rights(writable=True, private=True)
KEPT = SyncRow(b"state", b"options")


class Desk:
    """Alice, who shares, and Bob with a device."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.alice, self.bob = with_users(store, "alice", "bob")
        self.inbox, self.trash = folders(store, self.alice.mailbox_id)
        with store.writing(self.bob.mailbox_id) as box:
            self.device = box.save_device(Device(0, self.bob.id, "D1", "Phone"))
        Grants(store).grant(self.alice.id, self.bob.address, [Permission.FULL_ACCESS])

    def share(self, chosen: Chosen = Chosen.INBOX) -> None:
        Shares(self.store).add(self.bob.id, self.alice.id, chosen, BOTH)

    def told(self) -> dict[int, str]:
        with self.store.reading(self.bob.mailbox_id) as box:
            return {number: mount.folder.name for number, mount in box.mounts(self.device).items()}


@pytest.fixture
def desk(store: SqlStore) -> Desk:
    return Desk(store)


def test_a_share_is_told_at_once_and_moves_the_reader_s_counter(desk: Desk) -> None:
    before = desk.store.modseq(desk.bob.mailbox_id)
    others = desk.store.modseq(desk.alice.mailbox_id)
    desk.share()
    assert desk.told() == {desk.inbox: "Alice"}
    assert desk.store.modseq(desk.bob.mailbox_id) > before
    assert desk.store.modseq(desk.alice.mailbox_id) == others


def test_own_and_shared_folders_are_one_collection(desk: Desk) -> None:
    desk.share(Chosen.ALL)
    with desk.store.reading(desk.bob.mailbox_id) as box:
        view = box.hierarchy(desk.device)
        own, told = {one.id for one in box.folders()}, desk.told().keys()
        changes = view.changes(0, 1000)
        assert {one.uid for one in changes} == own | told
        assert [one.mod_seq for one in changes] == sorted({one.mod_seq for one in changes})
        assert view.changes(0, 5) == changes[:5]
        before = view.before(ABOVE_ALL, BELOW_ALL, 1000)
        assert [one.uid for one in before] == sorted(own | told, reverse=True)
        assert view.count_before(ABOVE_ALL, BELOW_ALL) == len(before)
        middle = Position(0, before[3].uid)
        assert [one.uid for one in view.between(middle, 1, 10)] == [one.uid for one in before[3::-1]]
        assert view.before(middle, BELOW_ALL, 2) == before[4:6]
        assert view.entry(desk.inbox) is not None
        assert box.hierarchy(Device(0, desk.bob.id, "new", "Phone")).entry(desk.inbox) is None


def test_who_has_no_shares_has_the_plain_hierarchy(desk: Desk) -> None:
    with desk.store.reading(desk.bob.mailbox_id) as box:
        assert not box.shares
        assert type(box.hierarchy(desk.device)) is type(box.collection(0))


def test_what_is_unshared_leaves_a_tombstone_and_no_state(desk: Desk) -> None:
    desk.share()
    with desk.store.writing(desk.alice.mailbox_id) as box:
        box.save_sync_row(desk.device.id, desk.inbox, KEPT)
    shares = Shares(desk.store)
    assert shares.remove(desk.bob.id, [one.id for one in shares.of(desk.bob.id)]) == 1
    assert desk.told() == {}
    with desk.store.reading(desk.bob.mailbox_id) as box:
        gone = box.hierarchy(desk.device).entry(desk.inbox)
        assert gone is not None
        assert gone.sort_time is None
        assert box.sync_rows(desk.device.id) == {}
        assert box.access(desk.device, desk.inbox) is None


def test_a_state_is_kept_for_a_guest_of_the_folder_and_for_nobody_else(desk: Desk) -> None:
    desk.share()
    with desk.store.writing(desk.alice.mailbox_id) as box:
        box.save_sync_row(desk.device.id, desk.inbox, KEPT)
        with pytest.raises(KeyError):
            box.save_sync_row(desk.device.id, desk.trash, KEPT)
    with desk.store.reading(desk.alice.mailbox_id) as box:
        found = box.folder_and_state(desk.inbox, desk.device.id)
        assert found is not None
        assert found[1] == KEPT


def test_a_device_that_is_removed_while_a_guest_writes_leaves_no_state(desk: Desk) -> None:
    desk.share()

    def remove() -> None:
        with desk.store.writing(desk.bob.mailbox_id) as box:
            box.remove_device(desk.device.id)

    with ThreadPoolExecutor(1) as pool:
        with desk.store.writing(desk.alice.mailbox_id) as box:
            box.save_sync_row(desk.device.id, desk.inbox, KEPT)
            removed = pool.submit(remove)
        removed.result(30)
    with desk.store.reading(desk.bob.mailbox_id) as reading:
        assert reading.sync_rows(desk.device.id) == {}
        assert reading.devices() == []
    with desk.store.writing(desk.alice.mailbox_id) as box, pytest.raises(KeyError):
        box.save_sync_row(desk.device.id, desk.inbox, KEPT)


def _carry(store: SqlStore, source: User, target: User, times: int) -> Iterator[int]:
    """Messages of one mailbox are made anew in another, each in a transaction of both."""
    places = [folders(store, user.mailbox_id)[0] for user in (source, target)]
    for number in range(times):
        with store.writing_both(source.mailbox_id, target.mailbox_id) as (box, goal):
            kept = box.add_mail(places[0], mail(number))
            box.remove(places[0], kept.uid)
            yield goal.add_mail(places[1], mail(number)).uid


def test_two_that_move_in_opposite_directions_do_not_wait_for_each_other_for_ever(desk: Desk) -> None:
    with ThreadPoolExecutor(2) as pool:
        there = pool.submit(lambda: list(_carry(desk.store, desk.alice, desk.bob, 15)))
        back = pool.submit(lambda: list(_carry(desk.store, desk.bob, desk.alice, 15)))
        assert (len(there.result(60)), len(back.result(60))) == (15, 15)


def test_a_transaction_of_two_mailboxes_is_made_whole_or_not_at_all(desk: Desk, told: list[tuple[int, int]]) -> None:
    told.clear()
    before = [desk.store.modseq(user.mailbox_id) for user in (desk.alice, desk.bob)]

    def deliver(error: Exception | None) -> None:
        with desk.store.writing_both(desk.bob.mailbox_id, desk.alice.mailbox_id) as (box, goal):
            box.add_mail(box.special(FolderType.INBOX).id, mail(1))
            goal.add_mail(desk.inbox, mail(1))
            if error is not None:
                raise error

    with pytest.raises(ArithmeticError):
        deliver(ArithmeticError())
    assert [desk.store.modseq(user.mailbox_id) for user in (desk.alice, desk.bob)] == before
    assert told == []
    deliver(None)
    assert {mailbox for mailbox, _ in told} == {desk.bob.mailbox_id, desk.alice.mailbox_id}
