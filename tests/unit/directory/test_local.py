"""Who may log in under which name, and who receives mail for which address."""

from dataclasses import replace

import pytest
from argon2 import PasswordHasher, extract_parameters

from easd.directory import LocalDirectory, Passwords, hash_password
from easd.model.account import Kind, Principal
from easd.store import Administration, Groups, Resources, SqlAccounts, SqlStore
from tests.unit.directory.test_passwords import Recording


def _let_in(admin: Administration, address: str, password: str = "secret") -> int:
    user = admin.user(address).id
    admin.set_password_hash(user, hash_password(password))
    return user


@pytest.mark.parametrize(
    "login",
    [
        "alice",
        "ALICE",
        " alice ",
        "alice@example.test",
        "Alice@Example.TEST",
        "EXAMPLE\\alice",
        "example.test\\Alice",
        "Example\\alice@example.test",
        "anything\\alice@example.test",
    ],
)
def test_every_form_of_a_login(directory: LocalDirectory, admin: Administration, login: str) -> None:
    user = _let_in(admin, "alice@example.test")
    principal = directory.authenticate(login, "secret")
    assert principal == Principal(admin.user("alice@example.test"), 2)
    assert principal.user.id == user
    assert directory.authenticate(login, "Secret") is None


NOBODY = ["", "@", "\\", "\\alice", "carol", "carol@example.test", "alice@other.test", "OTHER\\alice", "al", "alice%"]
NO_NAMES = [
    "example.test\\",
    "a\0b",
    "alice\0",
    "\udcff",
    "x" * 100_000,
    "alice@",
    "EXAMPLE\\alice\\x",
    "'; DROP TABLE users --",
]


@pytest.mark.parametrize("login", [*NOBODY, *NO_NAMES], ids=lambda login: ascii(login)[:40])
def test_what_names_nobody(directory: LocalDirectory, admin: Administration, login: str) -> None:
    _let_in(admin, "alice@example.test")
    assert directory.authenticate(login, "secret") is None


def test_nobody_without_a_password_gets_in(directory: LocalDirectory, admin: Administration) -> None:
    assert directory.authenticate("alice", "") is None
    assert directory.authenticate("alice", "secret") is None
    _let_in(admin, "alice@example.test")
    assert directory.authenticate("alice", "") is None
    assert directory.authenticate("alice", "s" * 2000) is None


def test_a_disabled_user_costs_a_hash_and_is_nobody(admin: Administration, store: SqlStore) -> None:
    hasher = Recording()
    directory = LocalDirectory(SqlAccounts(store.database), passwords=Passwords(1, hasher))
    user = admin.user("alice@example.test").id
    admin.set_password_hash(user, hasher.hash("secret"))
    assert directory.authenticate("alice", "secret") is not None
    admin.set_enabled(user, False)
    assert directory.authenticate("alice", "secret") is None
    assert directory.authenticate("nobody", "secret") is None
    assert len(hasher.asked) == 3
    assert directory.current(user) is None
    assert directory.find("alice@example.test") is None


def test_a_name_in_two_domains_needs_its_domain(
    directory: LocalDirectory, admin: Administration, store: SqlStore
) -> None:
    admin.add_domain(admin.create_organization("Other Ltd"), "other.test")
    admin.create_user("alice@other.test", "Alice Other", "")
    _let_in(admin, "alice@example.test", "one")
    _let_in(admin, "alice@other.test", "two")
    assert directory.authenticate("alice", "one") is None
    for login in ("alice@other.test", "other.test\\alice", "OTHER\\alice", "Other Ltd\\alice"):
        principal = directory.authenticate(login, "two")
        assert principal is not None
        assert principal.user.address == "alice@other.test"
    by_default = LocalDirectory(SqlAccounts(store.database), default_domain="OTHER.test")
    assert by_default.authenticate("alice", "two") is not None
    assert by_default.authenticate("alice", "one") is None
    assert by_default.authenticate("EXAMPLE\\alice", "one") is not None


def test_one_user_with_the_name_in_two_domains_is_one_user(directory: LocalDirectory, admin: Administration) -> None:
    [(organization, _)] = admin.organizations()
    admin.add_domain(organization, "example.org")
    user = _let_in(admin, "alice@example.test")
    admin.add_alias(user, "alice@example.org")
    principal = directory.authenticate("alice", "secret")
    assert principal is not None
    assert principal.user.id == user
    assert principal == directory.authenticate("alice@example.org", "secret")


def test_an_old_hash_is_made_anew_at_the_next_login(directory: LocalDirectory, admin: Administration) -> None:
    user = admin.user("alice@example.test").id
    admin.set_password_hash(user, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("secret"))
    assert directory.authenticate("alice", "wrong") is None
    assert extract_parameters(admin.account("alice@example.test").password_hash).memory_cost == 8
    before = directory.authenticate("alice", "secret")
    account = admin.account("alice@example.test")
    assert extract_parameters(account.password_hash).memory_cost == 19456
    assert before is not None
    assert account.credential_version == before.credential_version
    assert directory.authenticate("alice", "secret") == before


def test_a_hash_changed_meanwhile_is_left(admin: Administration, store: SqlStore) -> None:
    user = _let_in(admin, "alice@example.test")
    kept = admin.account("alice@example.test").password_hash
    SqlAccounts(store.database).replace_hash(user, "an older one", "lost")
    assert admin.account("alice@example.test").password_hash == kept


def test_the_principal_as_of_now(directory: LocalDirectory, admin: Administration) -> None:
    user = _let_in(admin, "alice@example.test")
    first = directory.current(user)
    assert first is not None
    admin.set_password_hash(user, hash_password("other"))
    second = directory.current(user)
    assert second is not None
    assert second == replace(first, credential_version=first.credential_version + 1)
    assert directory.current(999) is None
    admin.remove_user(user)
    assert directory.current(user) is None


def test_who_receives_mail(directory: LocalDirectory, admin: Administration) -> None:
    alice = admin.user("alice@example.test")
    admin.add_alias(alice.id, "sales@example.test")
    alice = replace(alice, aliases=("sales@example.test",))
    assert directory.find("Sales@EXAMPLE.test") == directory.find("alice@example.test") == alice
    for nobody in ("carol@example.test", "alice", "", "alice@other.test", "a\0@example.test", "\udcff@example.test"):
        assert directory.find(nobody) is None


def test_local_domains(directory: LocalDirectory) -> None:
    assert directory.is_local("example.test")
    assert directory.is_local("EXAMPLE.Test")
    for other in ("other.test", "test", "", "sub.example.test", "a\0", "\udcff"):
        assert not directory.is_local(other)


def test_groups_and_resources_are_no_users_who_log_in(
    directory: LocalDirectory, admin: Administration, store: SqlStore
) -> None:
    """A room with the name of a person in another domain does not make the person's login ambiguous."""
    admin.add_domain(1, "rooms.test")
    group = Groups(store).create("staff@example.test", "Staff")
    room = Resources(store).create("alice@rooms.test", "Room", Kind.ROOM).user
    for one in (group.id, room.id):
        admin.set_password_hash(one, hash_password("secret"))
    user = _let_in(admin, "alice@example.test")
    found = directory.authenticate("alice", "secret")
    assert found is not None
    assert found.user.id == user
    assert directory.authenticate("staff", "secret") is None
    assert directory.authenticate("staff@example.test", "secret") is None
    assert directory.authenticate("alice@rooms.test", "secret") is None
    assert directory.find("staff@example.test") is None
    assert directory.find("alice@rooms.test") == room


def test_what_is_disabled_is_nobody(directory: LocalDirectory, admin: Administration, store: SqlStore) -> None:
    group = Groups(store).create("staff@example.test", "Staff")
    room = Resources(store).create("room@example.test", "Room", Kind.ROOM)
    assert directory.group(" Staff@example.test") == group
    assert directory.resource("ROOM@example.test") == room
    assert directory.group("room@example.test") is None
    assert directory.resource("staff@example.test") is None
    for one in (group.id, room.user.id):
        admin.set_enabled(one, False)
    assert directory.group("staff@example.test") is None
    assert directory.resource("room@example.test") is None
