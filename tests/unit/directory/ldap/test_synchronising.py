"""People and groups of a directory elsewhere, as accounts here."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from easd.directory.ldap import Access, LdapUnavailable, Manner, Plan, Stopped, Synchronising
from easd.directory.ldap.messages import Message, Operation
from easd.model.account import Profile
from easd.model.audit import AuditQuestion
from easd.store import Audit, FollowsDirectory, Organisations, SqlFollowing
from tests.support.authority import ROOT, certificate
from tests.support.false_ldap import entry, false_server, result
from tests.support.followed import Firm, access_of, firm
from tests.support.slapd import Office, Slapd

STRICT = Manner(leaving_percent=20)
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def there(slapd: Slapd) -> Office:
    """A directory with alice, bob and carol."""
    office = slapd.office()
    for name in ("alice", "bob", "carol"):
        office.person(name)
    return office


@contextmanager
def opened(slapd: Slapd, there: Office, url: str, folder: Path) -> Iterator[Firm]:
    plan = Plan("openldap", there.base, attributes=("disabled=nsAccountLock",), unnamed_groups=True)
    with firm(url, access_of(slapd, there, folder), plan) as made:
        yield made


@pytest.fixture
def here(slapd: Slapd, there: Office, sqlite_url: str, tmp_path: Path) -> Iterator[Firm]:
    with opened(slapd, there, sqlite_url, tmp_path) as made:
        yield made


@pytest.fixture
def anywhere(slapd: Slapd, there: Office, database_url: str, tmp_path: Path) -> Iterator[Firm]:
    """On each of the databases."""
    with opened(slapd, there, database_url, tmp_path) as made:
        yield made


def members(here: Firm, name: str) -> list[str]:
    return [one.address for one in here.groups.members(here.user(name).id)]


# ---------------------------------------------------------------- people


def test_everybody_gets_a_mailbox_once(anywhere: Firm) -> None:
    report = anywhere.sync()
    assert (report.people, report.created) == (3, 3)
    assert [user.address for user in anywhere.admin.users()] == [
        f"{name}@example.test" for name in ("alice", "bob", "carol")
    ]
    assert not anywhere.sync().moved
    assert not anywhere.sync(Manner(full=True)).moved


def test_what_the_address_list_tells_of_people_comes_from_there(here: Firm, there: Office) -> None:
    der = certificate(ROOT, ROOT, ca=True, end=LATER).public_bytes(Encoding.DER)
    there.set(
        "uid=alice",
        displayName=["Alice Archer"],
        givenName=["Alice"],
        sn=["Archer"],
        telephoneNumber=["+49 30 1"],
        mobile=["+49 170 1"],
        title=["Captain"],
        o=["Example AG"],
        roomNumber=["4.11"],
        jpegPhoto=[b"\xff\xd8 a picture"],
        **{"userCertificate;binary": [der]},
    )
    here.sync()
    alice = here.user("alice")
    assert alice.display_name == "Alice Archer"
    profile, hidden = here.admin.profile(alice.id)
    assert not hidden
    assert profile == Profile(
        first_name="Alice",
        last_name="Archer",
        phone="+49 30 1",
        mobile_phone="+49 170 1",
        title="Captain",
        company="Example AG",
        office="4.11",
        certificates=(der,),
    )
    listed = here.directory.listed(here.user("bob"), "arch", 0, 10)
    assert [(one.address, one.picture_size) for one in listed.entries] == [("alice@example.test", 12)]
    assert here.directory.picture(alice.id) == b"\xff\xd8 a picture"
    there.set("uid=alice", jpegPhoto=[], title=[])
    assert here.sync().changed == 1
    assert here.directory.picture(alice.id) is None


def test_who_is_gone_is_disabled_and_never_removed_and_comes_back_with_the_mailbox(
    anywhere: Firm, there: Office
) -> None:
    anywhere.sync()
    bob = anywhere.user("bob")
    there.set("uid=bob", nsAccountLock=["TRUE"])
    assert anywhere.sync().disabled == 1
    assert not anywhere.user("bob").enabled
    assert anywhere.directory.current(bob.id) is None
    assert not anywhere.sync().moved
    there.set("uid=bob", nsAccountLock=[])
    anywhere.sync()
    assert anywhere.user("bob") == bob
    there.remove("uid=bob")
    assert anywhere.sync().disabled == 1
    assert not anywhere.user("bob").enabled


def test_whom_a_directory_lets_go_keeps_the_mailbox_however_long(here: Firm, there: Office) -> None:
    """Those whom an administrator disables are emptied after `upkeep.disabled_days`; a directory may be wrong."""
    here.sync()
    there.remove("uid=bob")
    here.sync()
    assert not here.user("bob").enabled
    assert list(Organisations(here.store).purge_disabled(LATER)) == []
    here.admin.set_enabled(here.user("alice").id, False)
    assert list(Organisations(here.store).purge_disabled(LATER)) == [here.user("alice").id]


def test_no_more_people_come_than_an_organisation_may_have(here: Firm) -> None:
    few = SqlFollowing(here.store, "Example", users_max=2)
    report = Synchronising(here.source, few).run(Manner())
    assert (report.created, len(report.remarks)) == (2, 1)
    assert "2" in report.remarks[0]


def test_who_is_disabled_here_stays_so(here: Firm, there: Office) -> None:
    here.sync()
    here.admin.set_enabled(here.user("bob").id, False)
    there.set("uid=bob", displayName=["Robert"])
    here.sync()
    bob = here.user("bob")
    assert (bob.display_name, bob.enabled) == ("Robert", False)


def test_an_address_of_somebody_else_is_left_out_and_taken_as_soon_as_it_is_free(here: Firm, there: Office) -> None:
    own = here.own("info", "x")
    there.set("uid=alice", mailAlternateAddress=["info@example.test", "not an address", "a@b@example.test"])
    report = here.sync()
    assert report.created == 3
    assert len(report.remarks) == 1
    assert "info@example.test is in use" in report.remarks[0]
    here.admin.remove_user(own.id)
    assert here.sync().remarks == []
    assert here.user("alice").aliases == ("info@example.test",)


def test_an_account_of_our_own_becomes_the_directorys_only_if_that_is_said(here: Firm) -> None:
    own = here.own("alice", "own")
    report = here.sync()
    assert (report.created, len(report.remarks)) == (2, 1)
    assert here.signs_in("alice", "own") is not None
    here.sync(Manner(adopt=True))
    assert here.user("alice").id == own.id
    assert here.signs_in("alice", "own") is None
    assert here.signs_in("alice", "alice's password") is not None


def test_a_new_domain_brings_the_addresses_that_were_left_out(here: Firm, there: Office) -> None:
    there.set("uid=alice", mail=["alice@example.test", "alice@second.test"])
    here.sync()
    assert here.user("alice").aliases == ()
    here.admin.add_domain(1, "second.test")
    here.sync()
    assert here.user("alice").aliases == ("alice@second.test",)


def test_people_trade_names(here: Firm, there: Office) -> None:
    here.sync()
    ids = {name: here.user(name).id for name in ("alice", "bob")}
    there.set("uid=alice", mail=["new@example.test"])
    there.set("uid=bob", mail=["alice@example.test"])
    here.sync()
    here.sync()
    assert {name: here.user(name).id for name in ("new", "alice")} == {"new": ids["alice"], "alice": ids["bob"]}


# ---------------------------------------------------------------- groups


def test_groups_in_groups_come_over_with_their_members(here: Firm, there: Office) -> None:
    there.add(
        "cn=sales",
        {
            "objectClass": ["groupOfNames", "extensibleObject"],
            "mail": ["sales@example.test"],
            "member": [there.dn("uid=alice"), there.dn("uid=nobody"), there.dn("cn=ALL people").replace(",ou", ", OU")],
        },
    )
    there.add("cn=all people", {"objectClass": ["groupOfNames"], "member": [there.dn("uid=bob")]})
    there.add("cn=unix", {"objectClass": ["posixGroup"], "gidNumber": ["1"], "memberUid": ["carol", "root"]})
    report = here.sync()
    assert (report.groups, report.groups_created, report.remarks) == (3, 3, [])
    assert members(here, "sales") == ["alice@example.test", "all-people@example.test"]
    assert members(here, "unix") == ["carol@example.test"]
    assert list(here.directory.memberships(here.user("bob"))) == ["all-people@example.test", "sales@example.test"]
    found = here.directory.group("sales@example.test")
    assert found is not None
    assert not found.hidden
    hidden = here.directory.group("unix@example.test")
    assert hidden is not None
    assert hidden.hidden, "it has no mail address there"
    assert not here.sync().moved


def test_who_joins_and_leaves_there_does_so_here(anywhere: Firm, there: Office) -> None:
    group: dict[str, list[str] | list[bytes]] = {"objectClass": ["groupOfNames"], "member": [there.dn("uid=alice")]}
    there.add("cn=sales", group)
    anywhere.sync()
    there.set("cn=sales", member=[there.dn("uid=bob")])
    assert anywhere.sync().groups_changed == 1
    assert members(anywhere, "sales") == ["bob@example.test"]
    there.remove("cn=sales")
    assert anywhere.sync().groups_disabled == 1
    assert anywhere.directory.group("sales@example.test") is None
    assert list(anywhere.directory.memberships(anywhere.user("bob"))) == []
    there.add("cn=sales", group)
    assert anywhere.sync().remarks != [], "another group of the same name: the old one is still there"


def test_each_change_has_its_line_in_the_audit_log(here: Firm, there: Office) -> None:
    here.sync()
    there.set("uid=bob", displayName=["Robert"])
    there.add("cn=sales", {"objectClass": ["groupOfNames"], "member": [there.dn("uid=bob")]})
    there.remove("uid=alice")
    here.sync()
    here.sync()
    lines = Audit(here.store.database).lines(AuditQuestion(actor="system:ldap"))
    assert [(line.operation, line.target, line.outcome) for line in reversed(lines)] == [
        ("CreateUser", "alice@example.test", "done"),
        ("CreateUser", "bob@example.test", "done"),
        ("CreateUser", "carol@example.test", "done"),
        ("UpdateUser", "bob@example.test", "done"),
        ("DeregisterFromWorkMail", "alice@example.test", "done"),
        ("CreateGroup", "sales@example.test", "done"),
        ("SetMembers", "sales@example.test", "done"),
    ]
    assert lines[0].parameters == {"came": ["bob@example.test"], "went": []}


# ---------------------------------------------------------------- what comes from there is changed there


def test_what_comes_from_there_is_not_changed_here(here: Firm, there: Office) -> None:
    there.add("cn=sales", {"objectClass": ["groupOfNames"], "member": [there.dn("uid=alice")]})
    here.sync()
    alice, sales = here.user("alice").id, here.user("sales").id
    changes: tuple[Callable[[], object], ...] = (
        lambda: here.admin.set_password_hash(alice, "x"),
        lambda: here.admin.set_display_name(alice, "x"),
        lambda: Organisations(here.store).set_primary_address(alice, "x@example.test"),
        lambda: here.admin.add_alias(alice, "x@example.test"),
        lambda: here.admin.remove_alias(alice, "x@example.test"),
        lambda: here.admin.set_profile(alice, Profile(), None, hidden=True),
        lambda: here.admin.remove_user(alice),
        lambda: here.groups.add_member(sales, "bob@example.test"),
        lambda: here.groups.remove_member(sales, "alice@example.test"),
    )
    for change in changes:
        with pytest.raises(FollowsDirectory, match="comes from the LDAP directory: change it there"):
            change()
    there.remove("uid=alice")
    here.sync()
    with pytest.raises(FollowsDirectory):
        here.admin.set_enabled(alice, True)
    here.admin.remove_user(alice)
    assert [one.address for one in here.following.followers() if not one.group] == [
        "bob@example.test",
        "carol@example.test",
    ]


# ---------------------------------------------------------------- a directory that cannot be trusted


def test_a_look_that_would_disable_many_stops_and_says_so(here: Firm, there: Office) -> None:
    here.sync()
    for name in ("alice", "bob"):
        there.remove(f"uid={name}")
    there.set("uid=carol", displayName=["Carolus"])
    with pytest.raises(Stopped, match=r"2 of 3 people are gone or disabled .* --force"):
        here.sync(STRICT)
    assert all(user.enabled for user in here.admin.users())
    assert here.user("carol").display_name == "Carol"
    assert here.sync(Manner(force=True)).disabled == 2


def test_one_may_always_leave(here: Firm, there: Office) -> None:
    here.sync()
    there.remove("uid=alice")
    assert here.sync(STRICT).disabled == 1


def test_a_base_that_is_not_there_disables_nobody(here: Firm, there: Office) -> None:
    here.sync()
    for name in ("uid=alice", "uid=bob", "uid=carol", "cn=service", ""):
        there.remove(name)
    with pytest.raises(LdapUnavailable):
        here.sync(Manner(force=True))
    assert all(user.enabled for user in here.admin.users())


def test_more_entries_than_are_borne_disable_nobody(sqlite_url: str) -> None:
    count = [3]

    def answers(request: Message) -> Sequence[bytes]:
        people = [_person(request, number) for number in range(count[0])]
        return [*people, result(request, Operation.SEARCH_DONE)]

    with (
        false_server(answers) as url,
        firm(
            sqlite_url, Access((url,), clear_text=True), Plan("active-directory", "dc=x", groups=False, entries_max=10)
        ) as here,
    ):
        here.sync()
        count[0] = 11
        with pytest.raises(LdapUnavailable, match="more than 10 entries"):
            here.sync(Manner(force=True))
        assert [user.enabled for user in here.admin.users()] == [True] * 3


def _person(request: Message, number: int, **more: list[bytes]) -> bytes:
    address = b"p%d@example.test" % number
    facts = {"objectGUID": [bytes([number]) * 16], "sAMAccountName": [b"p%d" % number], "mail": [address]}
    return entry(request, f"cn=p{number}", **{**facts, **more})


def test_values_without_measure_are_left_out(sqlite_url: str) -> None:
    huge = {
        "displayName": [b"x" * 100_000],
        "thumbnailPhoto": [b"x" * 2_000_000],
        "proxyAddresses": [b"smtp:a%d@example.test" % number for number in range(5000)],
        "userCertificate__binary": [b"no certificate", b"x" * 100_000],
        "title": [b"\xff\xfe", b"a\x00b\x1bc"],
        "physicalDeliveryOfficeName": [b"\x00" * 10],
    }

    def answers(request: Message) -> Sequence[bytes]:
        return _person(request, 1, **huge), result(request, Operation.SEARCH_DONE)

    with (
        false_server(answers) as url,
        firm(sqlite_url, Access((url,), clear_text=True), Plan("active-directory", "dc=x", groups=False)) as here,
    ):
        here.sync()
        user = here.user("p1")
        assert len(user.display_name) == 256
        assert len(user.aliases) == 100
        profile, _ = here.admin.profile(user.id)
        assert (profile.title, profile.office, profile.certificates) == ("abc", "", ())
        assert here.admin.picture(user.id) is None


# ---------------------------------------------------------------- Active Directory


@pytest.fixture
def domain(slapd: Slapd) -> Office:
    """What stands for an Active Directory."""
    office = slapd.office()
    office.add(
        "cn=Alice Archer",
        {
            "objectClass": ["user"],
            "sn": ["Archer"],
            "sAMAccountName": ["aarcher"],
            "sAMAccountType": ["805306368"],
            "userPrincipalName": ["alice@corp.example.test"],
            "userAccountControl": ["512"],
            "objectGUID": [UUID(int=7).bytes_le],
            "mail": ["Alice@example.test"],
            "proxyAddresses": ["smtp:a@example.test", "SMTP:alice@example.test", "X500:/o=x/cn=alice", "sip:a@b.test"],
            "thumbnailPhoto": [b"\xff\xd8"],
            "company": ["Example"],
            "uSNChanged": ["1"],
            "userPassword": ["secret"],
        },
    )
    office.add(
        "cn=PC1",
        {"objectClass": ["user"], "sn": ["x"], "sAMAccountName": ["PC1$"], "sAMAccountType": ["805306369"]},
    )
    return office


@pytest.fixture
def corporate(slapd: Slapd, domain: Office, sqlite_url: str, tmp_path: Path) -> Iterator[Firm]:
    with firm(sqlite_url, access_of(slapd, domain, tmp_path), Plan("active-directory", domain.base)) as made:
        yield made


def test_people_of_active_directory(corporate: Firm, domain: Office) -> None:
    assert corporate.sync().created == 1, "a computer has no mailbox"
    alice = corporate.user("alice")
    assert (alice.display_name, alice.aliases) == ("Alice Archer", ("a@example.test",))
    [follower] = corporate.following.followers()
    assert follower.id == str(UUID(int=7))
    assert corporate.admin.picture(alice.id) == b"\xff\xd8"
    for login in ("aarcher", "CORP\\aarcher", "alice@corp.example.test", "alice@example.test", "a@example.test"):
        principal = corporate.signs_in(login, "secret")
        assert principal is not None, login
        assert principal.user.id == alice.id


def test_a_disabled_account_of_active_directory(corporate: Firm, domain: Office) -> None:
    corporate.sync()
    domain.set("cn=Alice Archer", userAccountControl=["514"], uSNChanged=["2"])
    assert corporate.signs_in("alice", "secret") is None
    assert corporate.sync().disabled == 1
    domain.set("cn=Alice Archer", userAccountControl=["66048"], msExchHideFromAddressLists=["TRUE"], uSNChanged=["3"])
    assert corporate.signs_in("alice", "secret") is not None, "the first sign-in brings the account back"
    assert corporate.user("alice").enabled
    assert corporate.admin.profile(corporate.user("alice").id)[1], "hidden"


def test_a_large_group_of_active_directory_comes_in_ranges(sqlite_url: str) -> None:
    """1,500 members at a time, of which every second one here is there."""
    names = [f"cn=p{number}".encode() for number in range(6)]

    def answers(request: Message) -> Sequence[bytes]:
        if b"member;range=4-" in request.content:
            found = [entry(request, "cn=g", **{"member;range=4-*": names[4:]})]
        elif b"member;range=2-" in request.content:
            found = [entry(request, "cn=g", **{"member;range=2-3": names[2:4]})]
        elif b"group" in request.content:
            facts = {"objectGUID": [b"g" * 16], "mail": [b"g@example.test"], "cn": [b"G"], "member": []}
            found = [entry(request, "cn=g", **facts, **{"member;range=0-1": names[:2]})]
        else:
            found = [_person(request, number) for number in range(6)]
        return [*found, result(request, Operation.SEARCH_DONE)]

    with (
        false_server(answers) as url,
        firm(sqlite_url, Access((url,), clear_text=True), Plan("active-directory", "dc=x")) as here,
    ):
        here.sync()
        assert len(members(here, "g")) == 6
