"""How much a mailbox holds is counted with every write, and no write makes it more than it may be."""

from dataclasses import replace

import pytest

from easd.model.folder import FolderType, ItemClass
from easd.model.note import Note
from easd.service.ports import MailboxFull
from easd.store import Administration, SqlStore
from easd.store.writing import SqlWriting
from tests.support.stores import mail, when
from tests.unit.store.conftest import Home

BIG = mail(1, body=b"x" * 1000)
SIZE = len(BIG.raw)
NOTE = Note(when(0), subject="n")


@pytest.fixture
def admin(store: SqlStore) -> Administration:
    return Administration(store)


def _used(home: Home) -> int:
    return Administration(home.store).quota(home.mailbox)[0]


def _size_of_note(writing: SqlWriting) -> int:
    before = writing.used
    writing.add_item(writing.special(FolderType.NOTES).id, ItemClass.NOTES, NOTE)
    return writing.used - before


def test_every_write_is_counted(home: Home) -> None:
    with home.store.writing(home.mailbox) as box:
        first = box.add_mail(home.inbox, BIG)
        second = box.add_mail(home.inbox, BIG)
        note = _size_of_note(box)
    assert note > 0
    assert _used(home) == 2 * SIZE + note
    with home.store.writing(home.mailbox) as box:
        box.replace_mail(home.inbox, first.uid, mail(2, body=b"x" * 100))
        moved = box.move(home.inbox, second.uid, home.trash)
        box.update_item(home.trash, moved.uid, replace(moved.email, read=True))
    assert _used(home) == 2 * SIZE + note - 900
    with home.store.writing(home.mailbox) as box:
        box.remove(home.trash, moved.uid)
    assert _used(home) == SIZE + note - 900


def test_what_goes_at_once_is_counted_too(home: Home, admin: Administration) -> None:
    with home.store.writing(home.mailbox) as box:
        folder = box.add_folder(0, "Old", FolderType.USER_MAIL).id
        for _ in range(5):
            box.add_mail(home.inbox, BIG)
            box.add_mail(folder, BIG)
    with home.store.writing(home.mailbox) as box:
        assert box.clear(home.inbox, 2**31, 3) == 3
        box.remove_folder(folder)
    assert _used(home) == 2 * SIZE
    with home.store.writing(home.mailbox) as box:
        assert box.clear(home.inbox, 2**31, 9) == 2
        assert box.clear(home.inbox, 2**31, 9) == 0
        box.add_mail(home.trash, BIG)
    assert _used(home) == SIZE
    admin.reset_mailbox(home.mailbox)
    assert _used(home) == 0


def test_what_is_rolled_back_is_not_counted(home: Home) -> None:
    def write() -> None:
        with home.store.writing(home.mailbox) as box:
            box.add_mail(home.inbox, BIG)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert _used(home) == 0


def test_no_write_makes_a_mailbox_larger_than_it_may_be(home: Home) -> None:
    home.store.quota = 2 * SIZE
    with home.store.writing(home.mailbox) as box:
        box.add_mail(home.inbox, BIG)
        second = box.add_mail(home.inbox, BIG)
        with pytest.raises(MailboxFull, match=f"{SIZE} bytes more than {2 * SIZE} of {2 * SIZE}"):
            box.add_mail(home.inbox, BIG)
        with pytest.raises(MailboxFull):
            box.add_item(box.special(FolderType.NOTES).id, ItemClass.NOTES, NOTE)
        with pytest.raises(MailboxFull):
            box.replace_mail(home.inbox, second.uid, mail(3, body=b"x" * 1001))
        box.move(home.inbox, second.uid, home.trash)
        box.add_folder(0, "New", FolderType.USER_MAIL)
    assert _used(home) == 2 * SIZE
    with home.store.reading(home.mailbox) as box:
        assert [box.last_uid(folder) for folder in (home.inbox, home.trash)] == [1, 1]


def test_a_mailbox_may_have_a_quota_of_its_own_and_shrinks_into_a_smaller_one(
    home: Home, admin: Administration
) -> None:
    home.store.quota = SIZE
    admin.set_quota(home.mailbox, 3 * SIZE)
    with home.store.writing(home.mailbox) as box:
        for _ in range(3):
            box.add_mail(home.inbox, BIG)
    assert admin.quota(home.mailbox) == (3 * SIZE, 3 * SIZE)
    admin.set_quota(home.mailbox, None)
    with home.store.writing(home.mailbox) as box:
        box.remove(home.inbox, 1)
        box.replace_mail(home.inbox, 2, mail(4, body=b"x" * 10))
        with pytest.raises(MailboxFull):
            box.add_mail(home.inbox, BIG)
        box.beyond_quota()
        box.add_mail(home.inbox, BIG)
    assert admin.quota(home.mailbox) == (3 * SIZE - 990, None)


def test_quotas_that_cannot_be(home: Home, admin: Administration) -> None:
    with pytest.raises(ValueError, match="one byte"):
        admin.set_quota(home.mailbox, 0)
    for call in (lambda: admin.set_quota(999, 1), lambda: admin.quota(999)):
        with pytest.raises(KeyError, match="no mailbox"):
            call()
