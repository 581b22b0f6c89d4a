"""Folders of a mailbox."""

import pytest

from easd.model.folder import DEFAULT_FOLDERS, Folder, FolderType
from easd.service.ports import HIERARCHY, SyncRow
from easd.store import Administration
from easd.sync.ports import Change
from tests.support.stores import mail
from tests.unit.store.conftest import Home
from tests.unit.store.test_devices import phone


def test_a_new_mailbox_holds_the_default_folders(home: Home) -> None:
    with home.store.reading(home.mailbox) as reading:
        found = reading.folders()
        assert [(folder.name, folder.type) for folder in found] == list(DEFAULT_FOLDERS)
        assert {folder.parent_id for folder in found} == {0}
        assert [folder.id for folder in found] == sorted(folder.id for folder in found)
        assert reading.folder(home.inbox) == reading.special(FolderType.INBOX)
        assert reading.folder(HIERARCHY) is None
        with pytest.raises(KeyError, match="JOURNAL"):
            reading.special(FolderType.JOURNAL)


def test_a_folder_goes_with_all_that_is_in_it(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        outer = writing.add_folder(home.inbox, "Outer", FolderType.USER_MAIL)
        inner = writing.add_folder(outer.id, "Inner", FolderType.USER_MAIL)
        device = writing.save_device(phone(home.user_id))
        for folder in (outer, inner):
            writing.add_mail(folder.id, mail(1))
            writing.save_sync_row(device.id, folder.id, SyncRow(b"s", b"o"))
        writing.move(inner.id, 1, home.trash)
        before = writing.modseq
    with home.store.writing(home.mailbox) as writing:
        writing.remove_folder(outer.id)
    with home.store.reading(home.mailbox) as reading:
        assert {outer.id, inner.id}.isdisjoint(folder.id for folder in reading.folders())
        gone = [Change(outer.id, before + 1, None), Change(inner.id, before + 2, None)]
        assert reading.collection(HIERARCHY).changes(before, 9) == gone
        assert reading.items(outer.id, [1]) == {}
        assert reading.sync_rows(device.id) == {}
        assert list(reading.items(home.trash, [1])) == [1]
        with pytest.raises(KeyError):
            reading.collection(outer.id)


def test_ids_of_folders_are_not_reused(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        first = writing.add_folder(0, "One", FolderType.USER_MAIL)
        writing.remove_folder(first.id)
    Administration(home.store).reset_mailbox(home.mailbox)
    with home.store.writing(home.mailbox) as writing:
        assert min(folder.id for folder in writing.folders()) > first.id


def test_a_folder_is_renamed_and_moved(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        made = writing.add_folder(0, "One", FolderType.USER_MAIL)
        changed = writing.change_folder(made.id, home.inbox, "Two")
        assert changed == Folder(made.id, home.inbox, "Two", FolderType.USER_MAIL)
        assert writing.folder(made.id) == changed


def test_what_cannot_be_changes_nothing(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        outer = writing.add_folder(0, "Outer", FolderType.USER_MAIL)
        inner = writing.add_folder(outer.id, "Inner", FolderType.USER_MAIL)
        before, there = writing.modseq, writing.folders()
        for inside in (outer.id, inner.id):
            with pytest.raises(ValueError, match="inside"):
                writing.change_folder(outer.id, inside, "Loop")
        with pytest.raises(KeyError):
            writing.change_folder(999, 0, "Nothing")
        with pytest.raises(KeyError):
            writing.change_folder(outer.id, 999, "Nowhere")
        with pytest.raises(KeyError):
            writing.add_folder(999, "Nowhere", FolderType.USER_MAIL)
        with pytest.raises(KeyError):
            writing.remove_folder(999)
        assert (writing.modseq, writing.folders()) == (before, there)
