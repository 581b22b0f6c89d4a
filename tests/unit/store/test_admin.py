"""What an administrator does."""

from collections.abc import Callable, Iterator

import pytest

from easd.model.folder import DEFAULT_FOLDERS
from easd.model.outgoing import Envelope
from easd.service.ports import HIERARCHY, NewMail, SyncRow
from easd.store import Administration, NoSuchMailbox, SqlStore, Taken
from easd.sync.ports import Position
from tests.support.stores import folders, mail, with_users
from tests.unit.store.conftest import Home
from tests.unit.store.test_devices import phone


@pytest.fixture
def admin(store: SqlStore) -> Administration:
    return Administration(store)


def test_organisations_and_domains(admin: Administration) -> None:
    first = admin.create_organization("Example")
    assert admin.organizations() == [(first, "Example")]
    assert admin.add_domain(first, "Example.TEST") == "example.test"
    assert admin.domains() == [("example.test", first)]
    with pytest.raises(Taken):
        admin.create_organization("EXAMPLE")
    with pytest.raises(Taken):
        admin.add_domain(first, "example.test")
    with pytest.raises(KeyError):
        admin.add_domain(999, "other.test")
    for name in ("", "  ", "a\0b", "line\nbreak"):
        with pytest.raises(ValueError, match="name"):
            admin.create_organization(name)
    for name in ("", "a b", "a@b", "a\0b"):
        with pytest.raises(ValueError, match="not a mail address"):
            admin.add_domain(first, name)


def test_a_domain_goes_when_nobody_is_in_it(admin: Administration, store: SqlStore) -> None:
    [alice] = with_users(store, "alice")
    with pytest.raises(Taken, match="1 addresses"):
        admin.remove_domain("example.test")
    admin.remove_user(alice.id)
    admin.remove_domain("EXAMPLE.test")
    assert admin.domains() == []
    with pytest.raises(KeyError):
        admin.remove_domain("example.test")


def test_a_user_is_created_with_a_mailbox(admin: Administration, store: SqlStore) -> None:
    [alice] = with_users(store, "Alice")
    assert (alice.address, alice.display_name, alice.enabled, alice.aliases) == (
        "alice@example.test",
        "Alice",
        True,
        (),
    )
    assert admin.users() == [alice]
    assert admin.user(" ALICE@example.test ") == alice
    assert store.modseq(alice.mailbox_id) == len(DEFAULT_FOLDERS)


@pytest.mark.parametrize(
    "address",
    ["", "alice", "@example.test", "alice@", "a b@example.test", "a@b@c", "a\0@example.test", "x" * 251 + "@b.c"],
)
def test_what_is_no_address_is_refused(admin: Administration, store: SqlStore, address: str) -> None:
    with_users(store)
    with pytest.raises(ValueError, match="not a mail address"):
        admin.create_user(address, "X", "")
    assert admin.users() == []


def test_an_address_belongs_to_one_user(admin: Administration, store: SqlStore) -> None:
    alice, bob = with_users(store, "alice", "bob")
    admin.add_alias(alice.id, "Sales@Example.test")
    for address in ("bob@example.test", "SALES@example.test"):
        with pytest.raises(Taken):
            admin.create_user(address, "X", "")
        with pytest.raises(Taken):
            admin.add_alias(bob.id, address)
    with pytest.raises(KeyError, match="domain"):
        admin.create_user("x@other.test", "X", "")
    assert len(admin.users()) == 2
    assert admin.user("sales@example.test").aliases == ("sales@example.test",)
    with pytest.raises(Taken, match="primary"):
        admin.remove_alias(alice.id, "alice@example.test")
    with pytest.raises(KeyError):
        admin.remove_alias(bob.id, "sales@example.test")
    admin.remove_alias(alice.id, "SALES@example.test")
    with pytest.raises(KeyError):
        admin.user("sales@example.test")


def test_every_change_of_a_credential_counts(admin: Administration, store: SqlStore) -> None:
    [alice] = with_users(store, "alice")
    seen = [admin.account(alice.address)]
    admin.set_password_hash(alice.id, "$hash")
    seen.append(admin.account(alice.address))
    admin.set_enabled(alice.id, False)
    seen.append(admin.account(alice.address))
    admin.set_display_name(alice.id, "Ada")
    seen.append(admin.account(alice.address))
    assert [account.credential_version for account in seen] == [1, 2, 3, 3]
    assert [account.password_hash for account in seen] == ["", "$hash", "$hash", "$hash"]
    assert [account.user.enabled for account in seen] == [True, True, False, False]
    assert seen[-1].user.display_name == "Ada"
    changes: list[Callable[[], object]] = [
        lambda: admin.set_password_hash(999, "x"),
        lambda: admin.set_enabled(999, True),
        lambda: admin.add_alias(999, "x@example.test"),
        lambda: admin.remove_alias(999, "x@example.test"),
        lambda: admin.remove_user(999),
    ]
    for change in changes:
        with pytest.raises(KeyError, match="no user"):
            change()


def _use(home: Home) -> int:
    """Something of everything in the mailbox; the device."""
    with home.store.writing(home.mailbox) as writing:
        writing.add_mail(home.inbox, mail(1))
        writing.add_mail(home.inbox, mail(2))
        writing.move(home.inbox, 1, home.trash)
        writing.remember_sent("client", mail(1).email.received)
        writing.queue(Envelope.of("alice@example.test", ["bob@example.test"]), b"raw", mail(1).email.received)
        device = writing.save_device(phone(home.user_id)).id
        writing.save_sync_row(device, home.inbox, SyncRow(b"s", b"o"))
    return device


def test_a_removed_user_leaves_nothing_but_what_was_sent(home: Home, admin: Administration) -> None:
    _use(home)
    admin.remove_user(home.user_id)
    assert [user.address for user in admin.users()] == ["bob@example.test"]
    with pytest.raises(NoSuchMailbox):
        home.store.modseq(home.mailbox)
    [entry] = home.store.queued(10)
    assert home.store.queued_raw(entry) == b"raw"
    assert folders(home.store, home.others[0])
    again = admin.create_user("alice@example.test", "Alice", "")
    assert again.id > home.user_id
    assert again.mailbox_id > home.mailbox


def test_a_reset_mailbox_is_as_new_and_its_counter_goes_on(
    home: Home, admin: Administration, told: list[tuple[int, int]]
) -> None:
    device = _use(home)
    before = home.store.modseq(home.mailbox)
    admin.reset_mailbox(home.mailbox)
    assert told[-1] == (home.mailbox, home.store.modseq(home.mailbox))
    with home.store.reading(home.mailbox) as reading:
        assert reading.modseq == before + len(DEFAULT_FOLDERS)
        assert [(folder.name, folder.type) for folder in reading.folders()] == list(DEFAULT_FOLDERS)
        assert min(folder.id for folder in reading.folders()) > home.trash
        assert reading.collection(HIERARCHY).pruned == before
        inbox = folders(home.store, home.mailbox)[0]
        assert reading.collection(inbox).before(Position(2**62, 0), 0, 9) == []
        assert reading.sync_rows(device) == {}
        assert not reading.sent_before("client")
        [kept] = reading.devices()
        assert (kept.id, kept.ping, kept.policy_key) == (device, None, phone(1).policy_key)
        with pytest.raises(KeyError):
            reading.collection(home.inbox)


def test_devices_are_listed_and_removed(home: Home, admin: Administration) -> None:
    device = _use(home)
    assert [found.id for found in admin.devices(home.mailbox)] == [device]
    assert admin.devices(home.others[0]) == []
    admin.remove_device(home.mailbox, device)
    assert admin.devices(home.mailbox) == []


def test_an_import_goes_in_batches_that_stay(home: Home, admin: Administration, told: list[tuple[int, int]]) -> None:
    assert admin.import_mail(home.mailbox, home.inbox, (mail(n) for n in range(25)), batch=10) == 25
    assert len(told) == 3
    broken: list[NewMail] = [mail(n) for n in range(15)]

    def until_it_breaks() -> Iterator[NewMail]:
        yield from broken
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        admin.import_mail(home.mailbox, home.inbox, until_it_breaks(), batch=10)
    with home.store.reading(home.mailbox) as reading:
        assert reading.collection(home.inbox).count_before(Position(2**62, 0), 0) == 35
