"""Items: uids, counters, tombstones, moves, and what keeps mailboxes apart."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from easd.model.contact import Contact
from easd.model.email import BodyType, EmailTexts, Flag, FlagStatus
from easd.model.event import Event
from easd.model.folder import ItemClass
from easd.model.note_body import NoteBody
from easd.model.short_message import time_of
from easd.store import NoSuchMailbox
from easd.store.writing import SqlWriting
from easd.sync.ports import Change
from tests.support.stores import START, email, folders, mail
from tests.unit.store.conftest import Home


def test_an_added_message_is_there_with_its_bytes_and_texts(home: Home) -> None:
    new = mail(1)
    with home.store.writing(home.mailbox) as writing:
        stored = writing.add_mail(home.inbox, new)
    with home.store.reading(home.mailbox) as reading:
        assert reading.items(home.inbox, [stored.uid]) == {stored.uid: stored}
        assert stored.content == new.email
        assert stored.sort_time == START
        assert stored.blob_id is not None
        assert reading.blob(stored.blob_id) == new.raw
        assert reading.blob_size(stored.blob_id) == len(new.raw)
        assert reading.texts([stored.blob_id]) == {stored.blob_id: EmailTexts(b"Hello\r\n", b"<p>1</p>")}


def test_every_field_of_a_message_comes_back(home: Home) -> None:
    rich = replace(
        email(),
        sender=email().from_[0],
        references=("a", "b"),
        flag=Flag(FlagStatus.ACTIVE, subject="call", due_date=email().received),
        categories=("Red",),
        read=True,
        last_verb_time=email().received,
    )
    with home.store.writing(home.mailbox) as writing:
        stored = writing.add_mail(home.inbox, replace(mail(), email=rich))
    with home.store.reading(home.mailbox) as reading:
        assert reading.items(home.inbox, [stored.uid])[stored.uid].content == rich


def test_an_item_without_bytes_is_its_content_alone_and_moves_as_such(home: Home) -> None:
    contact = Contact(email().received, first_name="Zoë", categories=("Red",), body=NoteBody(BodyType.HTML, "<p>1</p>"))
    with home.store.writing(home.mailbox) as writing:
        stored = writing.add_item(home.inbox, ItemClass.CONTACTS, contact)
        assert (stored.content, time_of(stored.sort_time), stored.blob_id) == (contact, START, None)
        changed = writing.update_item(home.inbox, stored.uid, replace(contact, last_name="Ångström"))
        moved = writing.move(home.inbox, stored.uid, home.trash)
    with home.store.reading(home.mailbox) as reading:
        assert reading.items(home.trash, [moved.uid]) == {moved.uid: moved}
        assert moved.content == changed.content
        with pytest.raises(TypeError, match="Contact"):
            _ = moved.email


def test_an_event_is_found_by_its_UID_wherever_it_is_kept(home: Home) -> None:
    event = Event(email().received, email(0, 9_000).received, email().received, uid="one")
    with home.store.writing(home.mailbox) as writing:
        stored = writing.add_item(home.inbox, ItemClass.CALENDAR, event)
        second = writing.add_item(home.inbox, ItemClass.CALENDAR, replace(event, uid="two"))
        assert (stored.sort_time, stored.content) == (9_000, event)
        assert writing.event(home.inbox, "one") == stored
        writing.update_item(home.inbox, second.uid, replace(event, uid="three"))
        assert writing.event(home.inbox, "two") is None
        moved = writing.move(home.inbox, stored.uid, home.trash)
    with home.store.reading(home.mailbox) as reading:
        assert (reading.event(home.inbox, "one"), reading.event(home.trash, "one")) == (None, moved)
        assert reading.event(home.inbox, "") is None
    with home.store.writing(home.mailbox) as writing:
        writing.remove(home.trash, moved.uid)
        assert writing.event(home.trash, "one") is None


def test_uids_are_dense_ascending_and_not_reused(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        assert [writing.add_mail(home.inbox, mail(n)).uid for n in range(3)] == [1, 2, 3]
        writing.remove(home.inbox, 3)
    with home.store.writing(home.mailbox) as writing:
        assert writing.add_mail(home.inbox, mail(4)).uid == 4
        assert writing.add_mail(home.trash, mail(5)).uid == 1


def test_every_write_takes_the_next_number(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        start = writing.modseq
        first = writing.add_mail(home.inbox, mail(1))
        second = writing.update_item(home.inbox, 1, replace(first.email, read=True))
        third = writing.remove(home.inbox, 1)
        assert [first.mod_seq, second.mod_seq, third, writing.modseq] == [start + 1, start + 2, start + 3, start + 3]
    assert home.store.modseq(home.mailbox) == start + 3


def test_an_update_keeps_the_bytes_and_moves_the_sort_time(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        old = writing.add_mail(home.inbox, mail(1))
    with home.store.writing(home.mailbox) as writing:
        new = writing.update_item(home.inbox, old.uid, replace(old.email, read=True, received=email(0, 5000).received))
        assert (new.blob_id, new.sort_time, new.email.read) == (old.blob_id, 5000, True)
    with home.store.reading(home.mailbox) as reading:
        assert reading.items(home.inbox, [old.uid]) == {old.uid: new}


def test_a_removed_item_leaves_a_tombstone(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        uid = writing.add_mail(home.inbox, mail(1)).uid
        mod_seq = writing.remove(home.inbox, uid)
        assert writing.moved_to(home.inbox, uid) is None
    with home.store.reading(home.mailbox) as reading:
        assert reading.items(home.inbox, [uid]) == {}
        assert reading.collection(home.inbox).entry(uid) == Change(uid, mod_seq, None)


def test_a_move_is_a_tombstone_here_and_a_new_uid_there(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        old = writing.add_mail(home.inbox, mail(1))
        new = writing.move(home.inbox, old.uid, home.trash)
        assert (new.folder_id, new.uid, new.content, new.blob_id) == (home.trash, 1, old.content, old.blob_id)
        assert writing.moved_to(home.inbox, old.uid) == (home.trash, 1)
    with home.store.reading(home.mailbox) as reading:
        gone = reading.collection(home.inbox).entry(old.uid)
        assert gone is not None
        assert gone.sort_time is None
        assert gone.mod_seq != new.mod_seq
        assert reading.items(home.trash, [1]) == {1: new}


def test_there_and_back_is_a_new_uid_and_two_signposts(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        writing.add_mail(home.inbox, mail(1))
        there = writing.move(home.inbox, 1, home.trash)
        back = writing.move(home.trash, there.uid, home.inbox)
        assert back.uid == 2
        assert writing.moved_to(home.inbox, 1) == (home.trash, 1)
        assert writing.moved_to(home.trash, 1) == (home.inbox, 2)
        assert writing.moved_to(home.inbox, 2) is None


def test_what_is_not_there_is_a_key_error_and_takes_nothing(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        start = writing.modseq
        writing.add_mail(home.inbox, mail(1))
    with home.store.writing(home.mailbox) as writing, pytest.raises(KeyError, match="no item 9"):
        writing.update_item(home.inbox, 9, email())
    broken_ones: list[Callable[[SqlWriting], object]] = [
        lambda w: w.remove(home.inbox, 9),
        lambda w: w.move(home.inbox, 9, home.trash),
        lambda w: w.move(home.inbox, 1, 999),
        lambda w: w.add_mail(999, mail(2)),
        lambda w: w.collection(999),
    ]
    for broken in broken_ones:
        with pytest.raises(KeyError), home.store.writing(home.mailbox) as writing:
            broken(writing)
    with home.store.reading(home.mailbox) as reading:
        assert list(reading.items(home.inbox, [1])) == [1]
        assert reading.collection(home.inbox).changes(start, 10) == [Change(1, start + 1, START)]
        assert reading.collection(home.trash).changes(start, 10) == []


def test_a_mailbox_does_not_see_another_ones_things(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        mine = writing.add_mail(home.inbox, mail(1))
    assert mine.blob_id is not None
    with home.store.reading(home.others[0]) as reading:
        assert reading.items(home.inbox, [1]) == {}
        assert reading.folder(home.inbox) is None
        assert reading.texts([mine.blob_id]) == {}
        with pytest.raises(KeyError):
            reading.blob(mine.blob_id)
        with pytest.raises(KeyError):
            reading.collection(home.inbox)
    trespasses: list[Callable[[SqlWriting], object]] = [
        lambda w: w.remove(home.inbox, 1),
        lambda w: w.update_item(home.inbox, 1, email()),
        lambda w: w.move(home.inbox, 1, folders(home.store, home.others[0])[0]),
        lambda w: w.add_mail(home.inbox, mail(2)),
        lambda w: w.remove_folder(home.inbox),
    ]
    for trespass in trespasses:
        with pytest.raises(KeyError), home.store.writing(home.others[0]) as writing:
            trespass(writing)


def test_many_items_in_one_look_up_and_unknown_uids_left_out(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        stored = [writing.add_mail(home.inbox, mail(n)) for n in range(40)]
    with home.store.reading(home.mailbox) as reading:
        assert reading.items(home.inbox, []) == {}
        assert reading.texts([]) == {}
        assert reading.items(home.inbox, [0, 7, 40, 41, 10**12]) == {7: stored[6], 40: stored[39]}


def test_the_latest_extraction_of_texts_is_kept(home: Home) -> None:
    old, new = mail(1), replace(mail(1), texts=EmailTexts(b"better"), extract_version=2)
    with home.store.writing(home.mailbox) as writing:
        stored = [writing.add_mail(home.inbox, message) for message in (old, new, old)]
        blob_id = stored[0].blob_id
        assert blob_id is not None
        assert {item.blob_id for item in stored} == {blob_id}
        assert writing.texts([blob_id]) == {blob_id: EmailTexts(b"better")}


def test_a_mailbox_that_is_not_there(home: Home) -> None:
    with pytest.raises(NoSuchMailbox), home.store.reading(999):
        pass
    with pytest.raises(NoSuchMailbox), home.store.writing(999):
        pass
    with pytest.raises(NoSuchMailbox):
        home.store.modseq(999)
    assert set(home.store.modseqs([home.mailbox, 999])) == {home.mailbox}
