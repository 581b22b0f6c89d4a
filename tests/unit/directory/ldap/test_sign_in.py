"""Signing in with passwords of a directory elsewhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from easd.directory.app_passwords import digest, new_secret
from easd.directory.ldap import Access, LdapUnavailable, Patience, Plan
from easd.directory.ldap.messages import Message, Operation
from easd.directory.ldap.sign_in import TooManyFailures
from easd.service.ports import Unavailable
from tests.support.false_ldap import entry, false_server, result
from tests.support.followed import Firm, access_of, firm
from tests.support.slapd import Office, Slapd, running_slapd


@pytest.fixture
def there(slapd: Slapd) -> Office:
    """A directory with alice and bob."""
    office = slapd.office()
    office.person("alice", mailAlternateAddress=["a.archer@example.test", "alice@elsewhere.test"])
    office.person("bob", mail=["robert@example.test"])
    return office


@pytest.fixture
def here(slapd: Slapd, there: Office, sqlite_url: str, tmp_path: Path) -> Iterator[Firm]:
    with firm(sqlite_url, access_of(slapd, there, tmp_path), Plan("openldap", there.base)) as made:
        yield made


@pytest.mark.parametrize(
    "login", ["alice", "ALICE", "EXAMPLE\\alice", "alice@example.test", "a.archer@example.test", "Alice@Elsewhere.test"]
)
def test_the_first_sign_in_makes_the_mailbox_by_login_address_or_alias(here: Firm, login: str) -> None:
    principal = here.signs_in(login, "alice's password")
    assert principal is not None
    assert principal.user == here.user("alice")
    assert principal.user.aliases == ("a.archer@example.test",), "in domains of the organisation alone"
    again = here.signs_in(login, "alice's password")
    assert again == principal


def test_a_login_that_is_no_address_stays_one_when_the_mailbox_is_there(here: Firm) -> None:
    """bob's address is robert@example.test."""
    for _ in range(2):
        principal = here.signs_in("bob", "bob's password")
        assert principal is not None
        assert principal.user.address == "robert@example.test"


@pytest.mark.parametrize("password", ["", "wrong", "bob's password", "\udcff", "x" * 100_000])
def test_no_other_password_lets_in_and_an_empty_one_is_never_bound_with_RFC4513_5_1_2(
    here: Firm, password: str
) -> None:
    assert here.signs_in("alice", password) is None
    here.sync()
    assert here.signs_in("alice", password) is None
    assert here.signs_in("alice@example.test", password) is None


@pytest.mark.parametrize(
    "login",
    [
        *("*", "a*", "alice)(uid=*", "*)(objectClass=*", "alice)(|(uid=bob", "\\61lice", "alice\0", "(uid=alice)"),
        *("uid=alice", "", "@", "\\", "@example.test", "alice@example.test)(mail=*", "\udc80", "x" * 100_000),
    ],
)
def test_a_login_is_a_value_and_never_a_filter(here: Firm, login: str) -> None:
    assert here.signs_in(login, "alice's password") is None
    assert here.following.followers() == []


def test_who_is_disabled_there_is_not_let_in(here: Firm, there: Office) -> None:
    there.set("uid=alice", pwdAccountLockedTime=["000001010000Z"])
    assert here.signs_in("alice", "alice's password") is None
    assert here.following.followers() == []


def test_who_has_no_address_in_a_domain_here_has_no_mailbox(here: Firm, there: Office) -> None:
    there.person("carol", mail=["carol@elsewhere.test"])
    assert here.signs_in("carol", "carol's password") is None


def test_a_login_of_several_is_nobodys(here: Firm, there: Office) -> None:
    there.add("ou=sub", {"objectClass": ["organizationalUnit"]})
    there.add(
        "cn=Other,ou=sub",
        {"objectClass": ["inetOrgPerson"], "sn": ["O"], "uid": ["alice"], "userPassword": ["alice's password"]},
    )
    assert here.signs_in("alice", "alice's password") is None
    assert here.signs_in("alice@example.test", "alice's password") is not None


def test_a_new_password_there_counts_and_the_old_one_no_more_within_the_setting(here: Firm, there: Office) -> None:
    first = here.signs_in("alice", "alice's password")
    assert first is not None
    assert first.lasts == 300, "then whoever remembers it asks again"
    there.set("uid=alice", userPassword=["another"])
    assert here.signs_in("alice", "alice's password") is None
    assert here.signs_in("alice", "another") is not None


def test_renamed_there_she_keeps_her_mailbox(here: Firm, there: Office) -> None:
    before = here.signs_in("alice", "alice's password")
    assert before is not None
    there.rename("uid=alice", "uid=anna")
    there.set("uid=anna", mail=["anna@example.test"], mailAlternateAddress=["alice@example.test"])
    for login in ("anna", "anna@example.test", "alice@example.test"):
        after = here.signs_in(login, "alice's password")
        assert after is not None
        assert (after.user.id, after.user.mailbox_id) == (before.user.id, before.user.mailbox_id)
        assert (after.user.address, after.user.aliases) == ("anna@example.test", ("alice@example.test",))
    assert here.sync().created == 1, "bob; nobody comes twice"


def test_accounts_of_our_own_stay_beside_and_are_never_looked_for_elsewhere(here: Firm, there: Office) -> None:
    here.own("alice", "own")
    assert here.signs_in("alice", "own") is not None
    assert here.signs_in("alice", "alice's password") is None
    assert here.signs_in("alice@example.test", "alice's password") is None


def test_app_passwords_are_for_people_of_a_directory_too(here: Firm) -> None:
    here.sync()
    secret = new_secret()
    here.admin.add_app_password(here.user("alice").id, "phone", digest(secret) or b"")
    principal = here.signs_in("alice", secret)
    assert principal is not None
    assert principal.app_password is not None
    assert principal.lasts is None


# ---------------------------------------------------------------- the directory is away


def test_while_it_is_away_who_was_in_stays_in_and_of_others_nothing_is_said(sqlite_url: str, tmp_path: Path) -> None:
    with running_slapd() as slapd:
        office = slapd.office()
        office.person("alice")
        office.person("bob")
        access = access_of(slapd, office, tmp_path)
        with firm(sqlite_url, access, Plan("openldap", office.base)) as here:
            here.own("carol", "own")
            known = here.signs_in("alice", "alice's password")
            slapd.stop()
            assert known is not None
            here.clock.now += 3600
            assert here.signs_in("alice", "alice's password") == replace(known, lasts=30.0)
            for login, password in (("alice", "wrong"), ("bob", "bob's password"), ("nobody", "x")):
                with pytest.raises(Unavailable):
                    here.signs_in(login, password)
            assert here.signs_in("carol", "own") is not None, "of our own"
            assert here.signs_in("carol", "wrong") is None
            here.clock.now += 24 * 3600
            with pytest.raises(LdapUnavailable):
                here.signs_in("alice", "alice's password")


def test_who_is_disabled_here_meanwhile_does_not_stay_in(sqlite_url: str, tmp_path: Path) -> None:
    with running_slapd() as slapd:
        office = slapd.office()
        office.person("alice")
        with firm(sqlite_url, access_of(slapd, office, tmp_path), Plan("openldap", office.base)) as here:
            assert here.signs_in("alice", "alice's password") is not None
            slapd.stop()
            here.admin.set_enabled(here.user("alice").id, False)
            assert here.signs_in("alice", "alice's password") is None


# ---------------------------------------------------------------- what the directory hears


class Counting:
    """A directory with alice, whose binds are counted."""

    def __init__(self) -> None:
        self.password = b"right"
        self.changed = b"1"
        self.heard: list[bytes] = []
        self.refusal = 49

    def __call__(self, request: Message) -> Sequence[bytes]:
        if request.operation == Operation.BIND:
            password = request.content.rpartition(b"\x80")[2][1:]
            self.heard.append(password)
            return [result(request, Operation.BIND_RESPONSE, 0 if password == self.password else self.refusal)]
        facts = {"entryUUID": [b"1"], "uid": [b"alice"], "mail": [b"alice@example.test"], "cn": [b"Alice"]}
        found = entry(request, "uid=alice,dc=example", **facts, entryCSN=[b"1"], pwdChangedTime=[self.changed])
        return found, result(request, Operation.SEARCH_DONE)


@contextmanager
def counted(url: str, patience: Patience | None = None) -> Iterator[tuple[Firm, Counting]]:
    counting = Counting()
    with (
        false_server(counting) as there,
        firm(url, Access((there,), clear_text=True), Plan("openldap", "dc=x")) as here,
    ):
        here.again(patience)
        yield here, counting


def test_a_phone_with_an_old_password_does_not_lock_the_account(sqlite_url: str) -> None:
    with counted(sqlite_url) as (here, there):
        for login in ["alice"] * 5 + ["alice@example.test"] * 5:
            assert here.signs_in(login, "old") is None
        assert there.heard == [b"old"]
        here.clock.now += 1801
        assert here.signs_in("alice", "old") is None
        assert there.heard == [b"old", b"old"]


def test_a_password_that_has_become_the_right_one_is_asked_again(sqlite_url: str) -> None:
    with counted(sqlite_url) as (here, there):
        assert here.signs_in("alice", "new") is None
        there.password, there.changed = b"new", b"2"
        assert here.signs_in("alice", "new") is not None


def test_guessing_ends_before_the_directory_locks_the_account_and_known_phones_stay_in(sqlite_url: str) -> None:
    with counted(sqlite_url, Patience(failures=3)) as (here, there):
        assert here.signs_in("alice", "right") is not None
        for number in range(3):
            assert here.signs_in("alice", f"guess {number}") is None
        for number in range(3, 10):
            with pytest.raises(TooManyFailures):
                here.signs_in("alice", f"guess {number}")
        assert here.signs_in("alice", "right") is not None
        assert there.heard == [b"right", b"guess 0", b"guess 1", b"guess 2", b"right"]


@pytest.mark.parametrize("code", [1, 2, 8, 10, 13, 51, 52, 80])
def test_an_answer_that_judges_nobody_is_no_wrong_password(sqlite_url: str, code: int) -> None:
    """503, after which no phone asks its owner for a password; a referral (10) is not followed."""
    with counted(sqlite_url) as (here, there):
        there.refusal = code
        with pytest.raises(LdapUnavailable):
            here.signs_in("alice", "x")


@pytest.mark.parametrize("code", [19, 32, 48, 50, 53])
def test_a_refusal_for_another_reason_is_no_guess(sqlite_url: str, code: int) -> None:
    """A locked or expired account."""
    with counted(sqlite_url) as (here, there):
        there.refusal = code
        for _ in range(6):
            assert here.signs_in("alice", "x") is None
        there.refusal = 0
        assert here.signs_in("alice", "x") is not None
