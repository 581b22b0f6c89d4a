"""Blobs are kept once and go when nothing needs them; old tombstones go and are accounted for."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select

from easd.model.device import Device, Wipe, WipeKind
from easd.model.folder import FolderType
from easd.model.outgoing import Envelope
from easd.service.ports import HIERARCHY, SyncRow
from easd.store import Administration, Upkeep, blobs
from easd.store.prepared import Prepared, param
from easd.store.tables import blobs as blob_rows, chunks, loose_blobs, texts
from easd.sync.ports import Change
from tests.support.stores import START, Clock, mail, when
from tests.unit.store.conftest import Home

_HOUR = 3600


def _counts(home: Home) -> tuple[int, ...]:
    """Rows of blobs, chunks, texts and notes."""
    tables = (blob_rows, chunks, texts, loose_blobs)
    counted = [Prepared(select(func.count()).select_from(table)) for table in tables]
    return tuple(home.store.database.once(statement)[0][0] for statement in counted)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "CHUNK", 10)


def test_equal_bytes_are_kept_once_for_all_mailboxes(home: Home) -> None:
    for mailbox in (home.mailbox, *home.others):
        with home.store.writing(mailbox) as writing:
            for _ in range(3):
                writing.add_mail(writing.folders()[0].id, mail(1))
            writing.queue(Envelope.of("a@example.test", ["b@example.test"]), mail(1).raw, when(START))
    assert _counts(home) == (1, 1, 1, 0)


@pytest.mark.parametrize("size", [0, 9, 10, 11, 20, 35])
def test_any_range_of_a_blob_is_read_from_its_chunks(home: Home, size: int, small_chunks: None) -> None:
    data = bytes(range(size))
    with home.store.writing(home.mailbox) as writing:
        message = mail(1)
        blob_id = writing.add_mail(home.inbox, replace(message, raw=data)).blob_id
        assert blob_id is not None
        assert writing.blob(blob_id) == data
        for start in range(size + 2):
            for length in range(size + 2):
                assert writing.blob_range(blob_id, start, length) == data[start : start + length]
        with pytest.raises(ValueError, match="range"):
            writing.blob_range(blob_id, -1, 1)
        with pytest.raises(ValueError, match="range"):
            writing.blob_range(blob_id, 0, -1)
    assert _counts(home)[1] == -(-size // 10)


def test_a_range_reads_only_the_chunks_that_hold_it(home: Home, small_chunks: None) -> None:
    with home.store.writing(home.mailbox) as writing:
        message = mail(1)
        stored = writing.add_mail(home.inbox, replace(message, raw=b"0123456789" * 5))
        assert stored.blob_id is not None
        writing.session.run(Prepared(delete(chunks).where(~chunks.c.number.between(param("a"), param("b")))), a=1, b=2)
        assert writing.blob_range(stored.blob_id, 15, 10) == b"5678901234"


def test_a_blob_goes_with_its_last_use_and_not_before_the_hour_is_over(home: Home, clock: Clock) -> None:
    upkeep = Upkeep(home.store)
    with home.store.writing(home.mailbox) as writing:
        for _ in range(2):
            writing.add_mail(home.inbox, mail(1))
        writing.queue(Envelope.of("a@example.test", ["b@example.test"]), mail(1).raw, when(START))
        writing.add_mail(home.inbox, mail(2))
        writing.remove(home.inbox, 1)
    clock.forward(_HOUR + 1)
    assert upkeep.collect_blobs() == 0
    assert _counts(home) == (2, 2, 2, 0)
    with home.store.writing(home.mailbox) as writing:
        writing.remove(home.inbox, 2)
    assert upkeep.collect_blobs() == 0
    assert home.store.discard(home.store.queued(1)[0])
    assert upkeep.collect_blobs() == 1
    assert _counts(home) == (1, 1, 1, 0)
    with home.store.reading(home.mailbox) as reading:
        [kept] = reading.items(home.inbox, [3]).values()
        assert kept.blob_id is not None
        assert reading.blob(kept.blob_id) == mail(2).raw


def test_a_blob_that_was_put_lately_is_left_and_noted_still(home: Home, clock: Clock) -> None:
    upkeep = Upkeep(home.store)
    for number in range(5):
        with home.store.writing(home.mailbox) as writing:
            writing.add_mail(home.inbox, mail(number))
            writing.remove(home.inbox, number + 1)
    assert upkeep.collect_blobs(batch=2) == 0
    assert _counts(home)[3] == 5
    clock.forward(_HOUR - 60)
    with home.store.writing(home.mailbox) as writing:
        writing.add_mail(home.inbox, mail(0))
        writing.remove(home.inbox, 6)
    clock.forward(120)
    assert upkeep.collect_blobs(batch=2) == 4
    clock.forward(_HOUR)
    assert upkeep.collect_blobs(batch=2) == 1
    assert _counts(home) == (0, 0, 0, 0)


def test_a_moved_message_keeps_its_blob(home: Home, clock: Clock) -> None:
    with home.store.writing(home.mailbox) as writing:
        writing.add_mail(home.inbox, mail(1))
        moved = writing.move(home.inbox, 1, home.trash)
    clock.forward(2 * _HOUR)
    assert Upkeep(home.store).collect_blobs() == 0
    with home.store.reading(home.mailbox) as reading:
        assert moved.blob_id is not None
        assert reading.blob(moved.blob_id) == mail(1).raw


def test_blobs_of_removed_folders_mailboxes_and_users_go(home: Home, clock: Clock) -> None:
    admin, upkeep = Administration(home.store), Upkeep(home.store)
    with home.store.writing(home.mailbox) as writing:
        folder = writing.add_folder(0, "Work", FolderType.USER_MAIL)
        writing.add_mail(folder.id, mail(1))
        writing.add_mail(home.inbox, mail(2))
        writing.remove_folder(folder.id)
    with home.store.writing(home.others[0]) as writing:
        writing.add_mail(writing.folders()[0].id, mail(3))
    clock.forward(2 * _HOUR)
    assert upkeep.collect_blobs() == 1
    admin.reset_mailbox(home.mailbox)
    assert upkeep.collect_blobs() == 1
    admin.remove_user(admin.user("bob@example.test").id)
    assert upkeep.collect_blobs() == 1
    assert _counts(home) == (0, 0, 0, 0)


def test_pruned_tombstones_are_accounted_for_in_their_folder_alone(home: Home, clock: Clock) -> None:
    with home.store.writing(home.mailbox) as writing:
        for number in range(3):
            writing.add_mail(home.inbox, mail(number))
        writing.move(home.inbox, 1, home.trash)
        old = writing.remove(home.inbox, 2)
    clock.forward(100)
    with home.store.writing(home.mailbox) as writing:
        young = writing.remove(home.inbox, 3)
    before = home.store.modseq(home.mailbox)
    assert Upkeep(home.store).prune_tombstones(when(START + 50_000)) == 2
    assert Upkeep(home.store).prune_tombstones(when(START + 50_000)) == 0
    with home.store.writing(home.mailbox) as writing:
        inbox, trash = writing.collection(home.inbox), writing.collection(home.trash)
        assert (inbox.pruned, trash.pruned, writing.collection(HIERARCHY).pruned) == (old, 0, 0)
        assert inbox.changes(0, 9) == [Change(3, young, None)]
        assert inbox.entry(2) is None
        assert writing.moved_to(home.inbox, 1) is None
        assert writing.modseq == before
        assert writing.add_mail(home.inbox, mail(9)).uid == 4


def test_pruned_folders_are_accounted_for_in_the_hierarchy(home: Home, clock: Clock) -> None:
    with home.store.writing(home.mailbox) as writing:
        folder = writing.add_folder(0, "Work", FolderType.USER_MAIL)
        writing.remove_folder(folder.id)
        gone = writing.modseq
    assert Upkeep(home.store).prune_tombstones(when(START)) == 0
    assert Upkeep(home.store).prune_tombstones(when(START + 1)) == 1
    with home.store.reading(home.mailbox) as reading:
        view = reading.collection(HIERARCHY)
        assert view.pruned == gone
        assert view.entry(folder.id) is None
    with home.store.writing(home.mailbox) as writing:
        assert writing.add_folder(0, "Next", FolderType.USER_MAIL).id > folder.id


def test_old_client_ids_are_forgotten(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        writing.remember_sent("old", when(START - 1))
        writing.remember_sent("new", when(START))
    assert Upkeep(home.store).prune_sent(when(START)) == 1
    with home.store.reading(home.mailbox) as reading:
        assert [reading.sent_before(name) for name in ("old", "new")] == [False, True]


def test_silent_partnerships_are_forgotten_with_their_states(home: Home) -> None:
    """But not one with an order to wipe, and not one that was heard of meanwhile."""
    old, fresh = when(START), when(START + 86_400_000)
    order = Wipe(WipeKind.ACCOUNT, old)
    with home.store.writing(home.mailbox) as writing:
        for name, heard, wipes in (("old", old, ()), ("lost", old, (order,)), ("fresh", fresh, ())):
            made = writing.save_device(Device(0, home.user_id, name, "iPhone", last_seen=heard, wipes=wipes))
            writing.save_sync_row(made.id, home.inbox, SyncRow(b"s", b"o"))
    gone = Upkeep(home.store).prune_devices(when(START + 1))
    assert [device.device_id for device in gone] == ["old"]
    with home.store.reading(home.mailbox) as reading:
        assert [device.device_id for device in reading.devices()] == ["lost", "fresh"]
        assert reading.sync_rows(gone[0].id) == {}
    assert Upkeep(home.store).prune_devices(when(START + 1)) == []
