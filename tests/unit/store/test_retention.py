"""Retention policies and what they do (Amazon WorkMail, PutRetentionPolicy)."""

from dataclasses import replace

import pytest

from easd.model.email import Email
from easd.model.folder import FolderType
from easd.model.retention import FolderRetention, RetentionAction, RetentionFolder, RetentionPolicy, checked
from easd.store import Administration, Retention, SqlStore
from easd.store.retention import BATCH
from tests.support.stores import START, Clock, mail, when
from tests.unit.store.conftest import Home

DAY = 86_400
DELETE, FOR_GOOD, NONE = RetentionAction.DELETE, RetentionAction.PERMANENTLY_DELETE, RetentionAction.NONE
INBOX, TRASH = RetentionFolder.INBOX, RetentionFolder.DELETED_ITEMS


@pytest.fixture
def desk(store: SqlStore) -> Retention:
    return Retention(store)


def policy(*folders: FolderRetention, name: str = "Policy") -> RetentionPolicy:
    return RetentionPolicy("", name, folders)


def counts(store: SqlStore, home: Home) -> tuple[int, int]:
    """How many are in the Inbox and in Deleted Items."""
    with store.reading(home.mailbox) as reading:
        inbox, trash = (len(reading.items(folder, range(1, 1000))) for folder in (home.inbox, home.trash))
    return inbox, trash


def deliver(store: SqlStore, home: Home, count: int = 1, received: int = START) -> None:
    with store.writing(home.mailbox) as writing:
        for number in range(count):
            writing.add_mail(home.inbox, mail(number, received))


def test_an_organisation_has_one_policy(desk: Retention, home: Home, clock: Clock) -> None:
    assert desk.policy(1) is None
    first = desk.put(1, policy(FolderRetention(INBOX, DELETE, 30)))
    assert (len(first.id), first.modified) == (36, when(START))
    assert desk.policy(1) == first
    clock.forward(1)
    second = desk.put(1, replace(first, description="new", folders=(FolderRetention(TRASH, NONE),)))
    assert (second.id, desk.policy(1)) == (first.id, second)
    third = desk.put(1, policy(FolderRetention(INBOX, FOR_GOOD, 730)))  # without an id: in its place
    assert third.id != first.id
    with pytest.raises(KeyError, match="no retention policy"):
        desk.put(1, first)
    with pytest.raises(KeyError, match="no organisation"):
        desk.put(999, policy())
    assert not desk.remove(1, first.id)
    assert desk.remove(1, third.id)
    assert desk.policy(1) is None
    assert home.mailbox


@pytest.mark.parametrize(
    "wrong, words",
    [
        (policy(FolderRetention(INBOX, DELETE, 0)), "1 to 730 days"),
        (policy(FolderRetention(INBOX, DELETE, 731)), "1 to 730 days"),
        (policy(FolderRetention(INBOX, DELETE)), "needs a period"),
        (policy(FolderRetention(INBOX, NONE), FolderRetention(INBOX, DELETE, 1)), "once"),
        (policy(name=""), "name"),
        (policy(name="x" * 65), "name"),
        (RetentionPolicy("", "Policy", (), "x" * 257), "256"),
    ],
)
def test_what_no_policy_may_say(wrong: RetentionPolicy, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked(wrong)


def test_items_go_when_their_time_is_over_and_not_before(
    store: SqlStore, desk: Retention, home: Home, clock: Clock
) -> None:
    deliver(store, home)
    desk.put(1, policy(FolderRetention(INBOX, DELETE, 30), FolderRetention(TRASH, FOR_GOOD, 10)))
    clock.forward(30 * DAY)
    assert (desk.apply(when(clock.now)), desk.preview(1, when(clock.now))) == (0, [])
    clock.forward(1)
    [told] = desk.preview(1, when(clock.now))
    assert (told.address, told.folder, told.action, told.count) == ("alice@example.test", INBOX, DELETE, 1)
    assert told.oldest == when(START)
    assert counts(store, home) == (1, 0)  # a preview changes nothing
    assert desk.apply(when(clock.now)) == 1
    assert counts(store, home) == (0, 1)
    clock.forward(10 * DAY)  # its time in Deleted Items began when it came there
    assert desk.apply(when(clock.now)) == 0
    clock.forward(1)
    assert desk.apply(when(clock.now)) == 1
    assert counts(store, home) == (0, 0)


def test_a_change_lets_the_time_begin_anew(store: SqlStore, desk: Retention, home: Home, clock: Clock) -> None:
    deliver(store, home, 2)
    clock.forward(20 * DAY)
    with store.writing(home.mailbox) as writing:
        content = writing.items(home.inbox, [1])[1].content
        assert isinstance(content, Email)
        writing.update_item(home.inbox, 1, replace(content, read=True))
    desk.put(1, policy(FolderRetention(INBOX, FOR_GOOD, 30)))
    clock.forward(15 * DAY)
    assert desk.apply(when(clock.now)) == 1
    assert counts(store, home) == (1, 0)


def test_old_mail_that_comes_now_has_its_whole_time(store: SqlStore, desk: Retention, home: Home, clock: Clock) -> None:
    deliver(store, home, received=START - 1000 * DAY * 1000)  # an import
    desk.put(1, policy(FolderRetention(INBOX, FOR_GOOD, 30)))
    assert desk.apply(when(clock.now)) == 0
    clock.forward(30 * DAY + 1)
    assert desk.apply(when(clock.now)) == 1


def test_very_many_go_in_bounded_transactions_and_devices_are_told(
    store: SqlStore, desk: Retention, home: Home, clock: Clock, told: list[tuple[int, int]]
) -> None:
    deliver(store, home, BATCH + 1)
    desk.put(1, policy(FolderRetention(INBOX, FOR_GOOD, 1)))
    clock.forward(2 * DAY)
    told.clear()
    assert desk.apply(when(clock.now)) == BATCH + 1
    assert [mailbox for mailbox, _ in told] == [home.mailbox] * 2
    assert counts(store, home) == (0, 0)


def test_none_keeps_and_junk_is_found_by_its_name(store: SqlStore, desk: Retention, home: Home, clock: Clock) -> None:
    with store.writing(home.mailbox) as writing:
        [junk] = [folder for folder in writing.folders() if folder.name == "Junk Email"]
        drafts = writing.special(FolderType.DRAFTS)
        for folder in (junk, drafts):
            writing.add_mail(folder.id, mail())
    kept, gone = FolderRetention(RetentionFolder.DRAFTS, NONE), FolderRetention(RetentionFolder.JUNK_EMAIL, FOR_GOOD, 1)
    desk.put(1, policy(kept, gone))
    clock.forward(2 * DAY)
    assert desk.apply(when(clock.now)) == 1
    with store.reading(home.mailbox) as reading:
        assert [len(reading.items(folder.id, range(1, 9))) for folder in (junk, drafts)] == [0, 1]


def test_a_policy_of_one_organisation_leaves_others_alone(
    store: SqlStore, desk: Retention, home: Home, clock: Clock
) -> None:
    deliver(store, home)
    other = Administration(store).create_organization("Other")
    desk.put(other, policy(FolderRetention(INBOX, FOR_GOOD, 1)))
    clock.forward(2 * DAY)
    assert desk.apply(when(clock.now)) == 0
