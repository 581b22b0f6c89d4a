"""Identifiers, states, domains and addresses of an organisation."""

import re
from datetime import timedelta

import pytest

from easd.directory import LocalDirectory
from easd.model.account import Kind
from easd.model.device import Device
from easd.model.domain import Verification
from easd.model.folder import FolderType
from easd.model.identity import TAGS_MAX, OrganisationState, Role, State
from easd.model.organisation import Permission
from easd.policy.assignment import Assignment, Target
from easd.policy.rules import PolicyRules
from easd.store import (
    Administration,
    Full,
    Grants,
    Groups,
    NoSuchMailbox,
    Organisations,
    Resources,
    SqlAccounts,
    SqlPolicies,
    SqlStore,
    Taken,
)
from tests.support.stores import START, Clock, mail, when, with_users

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def organisations(store: SqlStore) -> Organisations:
    return Organisations(store, aliases_max=2)


def test_an_organisation_has_an_identifier_an_alias_and_a_default_domain(
    store: SqlStore, organisations: Organisations
) -> None:
    with_users(store)
    [found] = organisations.all()
    assert re.fullmatch(r"m-[0-9a-f]{32}", found.public_id)
    assert (found.name, found.alias, found.default_domain, found.test_domain) == (
        "Example",
        "example",
        "example.test",
        "",
    )
    assert (found.state, found.created) == (OrganisationState.ACTIVE, when(START))
    for name in (found.public_id.upper(), "EXAMPLE", "example"):
        assert organisations.find(name) == found
    with pytest.raises(KeyError, match="no organisation nobody"):
        organisations.find("nobody")


def test_aliases_are_unique_among_all_organisations(store: SqlStore, organisations: Organisations) -> None:
    admin = Administration(store)
    first = admin.create_organization("Müller & Söhne")
    second = admin.create_organization("m ller s hne")
    assert organisations.organisation(first).alias == "m-ller-s-hne"
    assert organisations.organisation(second).alias == f"m-ller-s-hne-{second}"
    assert organisations.organisation(admin.create_organization("日本", "Nippon")).alias == "nippon"
    with pytest.raises(Taken, match="alias nippon"):
        admin.create_organization("Other", "nippon")
    for wrong in ("d-x", "-x", "x--y", "x.y", "x" * 63):
        with pytest.raises(ValueError, match="not an alias"):
            admin.create_organization("Wrong", wrong)
    assert len(organisations.all()) == 3


def test_a_test_domain_comes_with_the_organisation_and_stays(store: SqlStore, organisations: Organisations) -> None:
    admin = Administration(store, test_suffix="mail.test")
    number = admin.create_organization("Example")
    assert organisations.organisation(number).test_domain == "example.mail.test"
    [domain] = organisations.domains(number)
    assert (domain.name, domain.default, domain.test, domain.state) == (
        "example.mail.test",
        True,
        True,
        Verification.VERIFIED,
    )
    with pytest.raises(Taken, match="test domain"):
        admin.remove_domain("example.mail.test")
    admin.add_domain(number, "example.org")
    organisations.set_default_domain(number, "Example.ORG")
    assert [(one.name, one.default) for one in organisations.domains(number)] == [
        ("example.mail.test", False),
        ("example.org", True),
    ]
    admin.remove_domain("example.org")
    assert organisations.organisation(number).default_domain == ""


def test_the_default_domain_is_one_of_the_organisation(store: SqlStore, organisations: Organisations) -> None:
    admin = Administration(store)
    ours, theirs = admin.create_organization("Ours"), admin.create_organization("Theirs")
    admin.add_domain(theirs, "theirs.test")
    for name in ("theirs.test", "nowhere.test", "\0"):
        with pytest.raises(KeyError):
            organisations.set_default_domain(ours, name)


def test_what_the_dns_said_of_a_domain_is_kept(store: SqlStore, organisations: Organisations) -> None:
    with_users(store)
    before = organisations.domain("EXAMPLE.test.")
    assert (before.state, before.checked) == (Verification.PENDING, None)
    assert len(before.token) >= 40
    organisations.set_verification("example.test", Verification.FAILED, when(START + 5))
    after = organisations.domain("example.test")
    assert (after.state, after.checked, after.token) == (Verification.FAILED, when(START + 5), before.token)


def test_limits_of_users_and_domains(store: SqlStore) -> None:
    admin = Administration(store, users_max=2, domains_max=2)
    number = admin.create_organization("Example")
    for domain in ("a.test", "b.test"):
        admin.add_domain(number, domain)
    with pytest.raises(Full, match="2 domains: at most 2"):
        admin.add_domain(number, "c.test")
    for name in ("a", "b"):
        admin.create_user(f"{name}@a.test", name, "")
    Groups(store).create("group@a.test", "Group")  # no user
    with pytest.raises(Full, match="2 users: at most 2"):
        admin.create_user("c@a.test", "c", "")
    admin.remove_user(admin.user("a@a.test").id)
    assert admin.create_user("c@a.test", "c", "").id


def test_states_have_dates_and_the_identifier_outlives_all_of_them(
    store: SqlStore, organisations: Organisations, clock: Clock
) -> None:
    [alice] = with_users(store, "alice")
    admin = Administration(store)
    first = organisations.identity(alice.id)
    assert _UUID.fullmatch(first.public_id)
    assert (first.state, first.enabled, first.disabled) == (State.ENABLED, when(START), None)
    clock.forward(60)
    admin.set_enabled(alice.id, False)
    clock.forward(60)
    admin.set_enabled(alice.id, False)  # nothing new
    disabled = organisations.identity(alice.id)
    assert (disabled.state, disabled.disabled) == (State.DISABLED, when(START + 60_000))
    admin.set_enabled(alice.id, True)
    again = organisations.identity(alice.id)
    assert (again.state, again.enabled, again.disabled) == (State.ENABLED, when(START + 120_000), None)
    assert organisations.identified(first.organisation, first.public_id.upper()) == again

    clock.forward(60)
    admin.remove_user(alice.id)
    gone = organisations.identified(first.organisation, first.public_id)
    assert (gone.id, gone.state, gone.address, gone.disabled) == (
        0,
        State.DELETED,
        "alice@example.test",
        when(START + 180_000),
    )
    assert organisations.identities(first.organisation) == []
    assert organisations.identities(first.organisation, deleted=True) == [gone]
    assert organisations.forget_departed(when(clock.now)) == 0
    assert organisations.forget_departed(when(clock.now + 1)) == 1
    with pytest.raises(KeyError, match="nobody"):
        organisations.identified(first.organisation, first.public_id)


def test_roles_and_the_forms_of_identifiers(store: SqlStore, organisations: Organisations) -> None:
    [alice] = with_users(store, "alice")
    room = Resources(store).create("room@example.test", "Room", Kind.ROOM)
    group = Groups(store).create("group@example.test", "Group")
    found = {one.address.partition("@")[0]: one for one in organisations.identities(1)}
    assert re.fullmatch(r"r-[0-9a-f]{32}", found["room"].public_id)
    assert _UUID.fullmatch(found["group"].public_id)
    assert [found[name].role for name in ("alice", "room", "group")] == [Role.USER, Role.RESOURCE, Role.USER]
    organisations.set_role(alice.id, Role.REMOTE_USER)
    assert organisations.identity(alice.id).role is Role.REMOTE_USER
    organisations.set_role(alice.id, Role.USER)
    assert organisations.identity(alice.id).role is Role.USER
    for number, role in ((alice.id, Role.RESOURCE), (room.user.id, Role.USER), (group.id, Role.SYSTEM_USER)):
        with pytest.raises(ValueError, match="people have roles"):
            organisations.set_role(number, role)


def test_another_organisation_does_not_know_the_identifier(store: SqlStore, organisations: Organisations) -> None:
    [alice] = with_users(store, "alice")
    other = Administration(store).create_organization("Other")
    for public in (organisations.identity(alice.id).public_id, "nobody", "a\0b"):
        with pytest.raises(KeyError):
            organisations.identified(other, public)


def test_the_old_primary_address_becomes_an_alias_that_still_signs_in(
    store: SqlStore, organisations: Organisations
) -> None:
    alice, _ = with_users(store, "alice", "bob")
    admin, accounts = Administration(store), SqlAccounts(store.database)
    before = accounts.by_id(alice.id)
    organisations.set_primary_address(alice.id, "Ally@Example.test")
    found = accounts.by_address("alice@example.test")
    assert found is not None
    assert before is not None
    assert (found.user.id, found.user.address, found.user.aliases) == (
        alice.id,
        "ally@example.test",
        ("alice@example.test",),
    )
    assert found.credential_version == before.credential_version  # nobody is signed out
    organisations.set_primary_address(alice.id, "alice@example.test")  # back again, to what is an alias now
    assert admin.user("ally@example.test").address == "alice@example.test"
    organisations.set_primary_address(alice.id, "alice@example.test")  # as it is
    with pytest.raises(Taken, match="in use"):
        organisations.set_primary_address(alice.id, "bob@example.test")
    with pytest.raises(KeyError, match="no domain"):
        organisations.set_primary_address(alice.id, "alice@nowhere.test")
    admin.add_alias(alice.id, "third@example.test")
    with pytest.raises(Full, match="one too many"):
        organisations.set_primary_address(alice.id, "fourth@example.test")
    assert admin.user("alice@example.test").aliases == ("ally@example.test", "third@example.test")


def test_tags_of_an_organisation_and_how_many(store: SqlStore, organisations: Organisations) -> None:
    number = Administration(store).create_organization("Example")
    organisations.tag(number, {"stage": "test", "team": ""})
    organisations.tag(number, {"stage": "live"})
    assert organisations.tags(number) == {"stage": "live", "team": ""}
    organisations.untag(number, ["team", "nothing"])
    with pytest.raises(Full, match="50 tags"):
        organisations.tag(number, {f"key {n}": "" for n in range(TAGS_MAX)})
    for key, value in (("", ""), ("k" * 129, ""), ("k", "v" * 257)):
        with pytest.raises(ValueError, match="a tag has"):
            organisations.tag(number, {key: value})
    assert organisations.tags(number) == {"stage": "live"}


def test_an_organisation_that_is_removed_leaves_its_identifier_and_frees_its_names(
    store: SqlStore, organisations: Organisations
) -> None:
    with_users(store, "alice", "bob")
    Groups(store).create("group@example.test", "Group")
    [before] = organisations.all()
    organisations.remove(before.id)
    assert organisations.all() == []
    [gone] = organisations.all(deleted=True)
    assert (gone.public_id, gone.name, gone.state) == (before.public_id, "Example", OrganisationState.DELETED)
    assert len(organisations.identities(before.id, deleted=True)) == 3
    assert Administration(store).organizations() == []
    with_users(store, "alice")
    [after] = organisations.all()
    assert (after.alias, after.default_domain) == ("example", "example.test")


def test_the_mailbox_of_who_is_disabled_goes_after_its_time_and_not_before(
    store: SqlStore, organisations: Organisations, clock: Clock
) -> None:
    alice, bob = with_users(store, "alice", "bob")
    admin = Administration(store)
    for user in (alice, bob):
        with store.writing(user.mailbox_id) as writing:
            inbox = writing.folders()[0].id
            writing.add_mail(inbox, mail(1))
        admin.set_enabled(user.id, False)
    clock.forward(86_400)
    admin.set_enabled(bob.id, True)

    month = timedelta(days=30)
    clock.forward(86_400 * 28.9)
    assert organisations.purge_disabled(when(clock.now) - month) == []
    assert admin.quota(alice.mailbox_id)[0] > 0
    clock.forward(86_400)
    assert organisations.purge_disabled(when(clock.now) - month) == [alice.id]
    assert organisations.purge_disabled(when(clock.now) - month) == []  # once
    assert admin.quota(alice.mailbox_id)[0] == 0
    assert admin.quota(bob.mailbox_id)[0] > 0
    admin.set_enabled(alice.id, True)
    with store.reading(alice.mailbox_id) as reading:
        assert reading.folders()  # as new


def test_the_mailbox_of_who_was_removed_comes_back_in_time_and_goes_after_it(
    store: SqlStore, organisations: Organisations, clock: Clock
) -> None:
    alice, bob = with_users(store, "alice", "bob")
    admin, month = Administration(store), timedelta(days=30)
    for user in (alice, bob):
        with store.writing(user.mailbox_id) as writing:
            writing.add_mail(writing.special(FolderType.INBOX).id, mail(1))
            writing.save_device(Device(0, user.id, "ABC", "iPhone"))
    [first, second] = organisations.identities(1)
    admin.remove_user(alice.id, keep=True)
    clock.forward(86_400)
    admin.remove_user(bob.id, keep=True)
    admin.create_user("alice@example.test", "Another Alice", "")
    clock.forward(86_400 * 28.5)
    assert organisations.forget_departed(when(clock.now) - month) == 0
    with pytest.raises(Taken, match="in use"):
        organisations.restore(1, first.public_id)
    back = admin.by_number(organisations.restore(1, first.public_id.upper(), "alice2@example.test"))
    assert (back.mailbox_id, back.display_name, back.aliases) == (alice.mailbox_id, "Alice", ())
    assert organisations.identity(back.id).public_id == first.public_id
    with store.reading(back.mailbox_id) as reading:
        inbox = reading.special(FolderType.INBOX).id
        assert (len(reading.items(inbox, [1])), list(reading.devices())) == (1, [])
    clock.forward(86_400 * 2)
    assert organisations.forget_departed(when(clock.now) - month) == 1
    with pytest.raises(NoSuchMailbox):
        store.modseq(bob.mailbox_id)
    for gone in (first, second):
        with pytest.raises(KeyError, match="no mailbox is kept"):
            organisations.restore(1, gone.public_id)
    admin.remove_user(back.id, keep=True)
    organisations.remove(1)
    with pytest.raises(NoSuchMailbox):
        store.modseq(back.mailbox_id)


def test_what_a_group_is_for(store: SqlStore) -> None:
    alice, bob = with_users(store, "alice", "bob")
    groups, grants, policies = Groups(store), Grants(store), SqlPolicies(store)
    group = groups.create("staff@example.test", "Staff")
    assert (group.distribution, group.security) == (True, True)
    grants.grant(alice.id, group.address, [Permission.SEND_AS])
    with pytest.raises(Taken, match="has permissions"):
        groups.set_uses(group.id, distribution=True, security=False)
    grants.revoke(alice.id, group.address, [Permission.SEND_AS])
    groups.set_uses(group.id, distribution=True, security=False)
    with pytest.raises(ValueError, match="no security group"):
        grants.grant(alice.id, group.address, [Permission.SEND_AS])
    policies.put(1, "Strict", PolicyRules())
    with pytest.raises(ValueError, match="no security group"):
        policies.assign(1, "Strict", Assignment(Target.GROUP, group.id, 1))
    groups.set_uses(group.id, distribution=False, security=True)
    directory = LocalDirectory(SqlAccounts(store.database))
    assert directory.group(group.address) is None, "no mail goes there"
    groups.add_member(group.id, bob.address)
    grants.grant(alice.id, group.address, [Permission.SEND_AS])
    assert [one.permission for one in directory.grants(bob)] == [Permission.SEND_AS]
