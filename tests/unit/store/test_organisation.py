"""Groups, resources and permissions."""

from dataclasses import replace

import pytest

from easd.model.account import Kind, Profile, User
from easd.model.folder import DEFAULT_FOLDERS
from easd.model.organisation import BookingOptions, Expansion, Grant, Group, Member, Permission
from easd.store import Administration, Grants, Groups, Resources, SqlAccounts, SqlStore, Taken
from tests.support.stores import with_users

FULL, AS, ON_BEHALF = Permission.FULL_ACCESS, Permission.SEND_AS, Permission.SEND_ON_BEHALF


@pytest.fixture
def people(store: SqlStore) -> list[User]:
    return with_users(store, "alice", "bob", "carol")


@pytest.fixture
def admin(store: SqlStore, people: list[User]) -> Administration:
    assert people
    return Administration(store)


@pytest.fixture
def groups(store: SqlStore, people: list[User]) -> Groups:
    assert people
    return Groups(store)


@pytest.fixture
def resources(store: SqlStore, people: list[User]) -> Resources:
    assert people
    return Resources(store)


@pytest.fixture
def accounts(store: SqlStore) -> SqlAccounts:
    return SqlAccounts(store.database)


def _group(groups: Groups, name: str, *members: str) -> Group:
    group = groups.create(f"{name}@example.test", name.capitalize())
    for member in members:
        groups.add_member(group.id, member if "@" in member else f"{member}@example.test")
    return group


def _names(expansion: Expansion) -> list[str]:
    return [user.address.partition("@")[0] for user in expansion.users] + list(expansion.outside)


def test_a_group_has_members_of_every_kind(groups: Groups, resources: Resources) -> None:
    resources.create("room@example.test", "Room 1", Kind.ROOM)
    _group(groups, "inner")
    staff = _group(groups, "Staff", "bob", "inner", "room", "Zoe@Elsewhere.test", "bob")
    assert staff == Group(staff.id, "staff@example.test", "Staff")
    assert groups.members(staff.id) == [
        Member("bob@example.test", "Bob", Kind.USER),
        Member("inner@example.test", "Inner", Kind.GROUP),
        Member("room@example.test", "Room 1", Kind.ROOM),
        Member("zoe@elsewhere.test", "", None),
    ]
    for address in ("BOB@example.test", "zoe@elsewhere.test"):
        groups.remove_member(staff.id, address)
        with pytest.raises(KeyError, match="no member"):
            groups.remove_member(staff.id, address)
    assert len(groups.members(staff.id)) == 2


def test_who_cannot_be_a_member(groups: Groups, admin: Administration) -> None:
    staff = _group(groups, "staff")
    admin.add_domain(admin.create_organization("Other"), "other.test")
    admin.create_user("eve@other.test", "Eve", "")
    with pytest.raises(KeyError, match="nobody"):
        groups.add_member(staff.id, "nobody@example.test")
    with pytest.raises(ValueError, match="itself"):
        groups.add_member(staff.id, "staff@example.test")
    with pytest.raises(ValueError, match="another organisation"):
        groups.add_member(staff.id, "eve@other.test")
    with pytest.raises(ValueError, match="not a mail address"):
        groups.add_member(staff.id, "zoe")
    with pytest.raises(KeyError, match="no group"):
        groups.add_member(admin.user("bob@example.test").id, "alice@example.test")
    assert groups.members(staff.id) == []


def test_no_address_belongs_to_two_things(groups: Groups, resources: Resources, admin: Administration) -> None:
    staff = _group(groups, "staff")
    admin.add_alias(staff.id, "all@example.test")
    resources.create("room@example.test", "Room", Kind.ROOM)
    for address in ("staff@example.test", "ALL@example.test", "room@example.test", "bob@example.test"):
        with pytest.raises(Taken):
            groups.create(address, "X")
        with pytest.raises(Taken):
            resources.create(address, "X", Kind.EQUIPMENT)
        with pytest.raises(Taken):
            admin.create_user(address, "X", "")
        with pytest.raises(Taken):
            admin.add_alias(admin.user("alice@example.test").id, address)
    assert [group.aliases for group in groups.all()] == [("all@example.test",)]
    assert len(resources.all()) == 1
    with pytest.raises(Taken, match="addresses are in the domain"):
        admin.remove_domain("example.test")


def test_a_group_is_its_people_each_once_whatever_the_circles(groups: Groups, accounts: SqlAccounts) -> None:
    inner = _group(groups, "inner", "alice", "zoe@elsewhere.test")
    outer = _group(groups, "outer", "alice", "bob", "inner", "zoe@elsewhere.test", "yan@elsewhere.test")
    groups.add_member(inner.id, "outer@example.test")
    for group in (inner, outer):
        found = accounts.expand(group.id, 100)
        assert (_names(found), found.count, found.complete) == (
            ["alice", "bob", "yan@elsewhere.test", "zoe@elsewhere.test"],
            4,
            True,
        )
    for limit, complete in ((4, True), (3, False), (2, False), (1, False), (0, False)):
        found = accounts.expand(outer.id, limit)
        assert (found.count, found.complete) == (limit, complete)


def test_who_is_disabled_is_no_part_of_a_group(groups: Groups, admin: Administration, accounts: SqlAccounts) -> None:
    inner = _group(groups, "inner", "alice", "zoe@elsewhere.test")
    outer = _group(groups, "outer", "bob", "inner")
    admin.set_enabled(admin.user("bob@example.test").id, False)
    assert _names(accounts.expand(outer.id, 9)) == ["alice", "zoe@elsewhere.test"]
    assert accounts.memberships(admin.user("alice@example.test").id) == ["inner@example.test", "outer@example.test"]
    admin.set_enabled(inner.id, False)
    assert accounts.expand(outer.id, 9).count == 0
    assert not groups.group("inner@example.test").enabled
    assert accounts.memberships(admin.user("alice@example.test").id) == []


def test_a_removed_user_is_in_no_group_and_a_removed_group_leaves_its_members(
    groups: Groups, resources: Resources, admin: Administration, store: SqlStore
) -> None:
    staff, room = _group(groups, "staff", "bob", "alice"), resources.create("room@example.test", "R", Kind.ROOM)
    _group(groups, "all", "staff", "zoe@elsewhere.test")
    bob, grants = admin.user("bob@example.test"), Grants(store)
    resources.add_delegate(room.user.id, "bob@example.test")
    grants.grant(room.user.id, "bob@example.test", [FULL])
    grants.grant(bob.id, "alice@example.test", [AS])
    admin.remove_user(bob.id)
    assert [member.address for member in groups.members(staff.id)] == ["alice@example.test"]
    assert resources.resource("room@example.test").delegates == ()
    assert grants.on(room.user.id) == []
    admin.remove_user(staff.id)
    assert [member.address for member in groups.members(groups.all()[0].id)] == ["zoe@elsewhere.test"]
    with pytest.raises(KeyError, match="no group"):
        groups.group("staff@example.test")
    admin.remove_user(room.user.id)
    assert resources.all() == []
    assert [user.address for user in admin.users()] == ["alice@example.test", "carol@example.test"]


def test_delegates_of_people(
    groups: Groups, resources: Resources, admin: Administration, store: SqlStore, accounts: SqlAccounts
) -> None:
    grants, alice = Grants(store), admin.user("alice@example.test")
    room = resources.create("room@example.test", "R", Kind.ROOM).user
    _group(groups, "desk", "carol")
    for address, decides in (("bob@example.test", False), ("desk@example.test", False), ("bob@example.test", True)):
        grants.delegate(alice.id, address, decides=decides)
    assert accounts.delegates(alice.id) == grants.delegates(alice.id)
    assert [(one.user.address, one.decides) for one in grants.delegates(alice.id)] == [
        ("bob@example.test", True),
        ("desk@example.test", False),
    ]
    for owner, address in ((alice, "alice@example.test"), (alice, "room@example.test"), (room, "bob@example.test")):
        with pytest.raises(ValueError, match=r"cannot|no person"):
            grants.delegate(owner.id, address, decides=False)
    grants.undelegate(alice.id, "desk@example.test")
    with pytest.raises(KeyError, match="no delegate"):
        grants.undelegate(alice.id, "desk@example.test")
    admin.remove_user(admin.user("bob@example.test").id)
    assert list(grants.delegates(alice.id)) == []


def test_a_resource_has_a_mailbox_and_ways_with_requests(
    resources: Resources, groups: Groups, store: SqlStore, accounts: SqlAccounts
) -> None:
    made = resources.create("Room@example.test", "Room 1", Kind.ROOM, "second floor")
    assert (made.user.address, made.user.kind, made.description) == ("room@example.test", Kind.ROOM, "second floor")
    assert made.booking == BookingOptions(auto_accept=True, auto_decline_recurring=False, auto_decline_conflicts=True)
    assert store.modseq(made.user.mailbox_id) == len(DEFAULT_FOLDERS)
    booking = BookingOptions(auto_accept=False, auto_decline_recurring=True, auto_decline_conflicts=False)
    _group(groups, "desk", "bob")
    resources.add_delegate(made.user.id, "bob@example.test")
    resources.add_delegate(made.user.id, "desk@example.test")
    resources.change(made.user.id, "third floor", booking)
    kept = accounts.resource("room@example.test")
    assert kept == resources.resource("ROOM@example.test")
    assert kept is not None
    assert (kept.description, kept.booking) == ("third floor", booking)
    assert [(one.address, one.kind) for one in kept.delegates] == [
        ("bob@example.test", Kind.USER),
        ("desk@example.test", Kind.GROUP),
    ]
    resources.remove_delegate(made.user.id, "desk@example.test")
    assert [one.address for one in resources.resource("room@example.test").delegates] == ["bob@example.test"]


def test_what_is_no_resource_or_delegate(resources: Resources, admin: Administration) -> None:
    bob, room = admin.user("bob@example.test"), resources.create("room@example.test", "R", Kind.ROOM).user
    car = resources.create("car@example.test", "Car", Kind.EQUIPMENT).user
    for kind in (Kind.USER, Kind.GROUP):
        with pytest.raises(ValueError, match="a room or equipment"):
            resources.create("x@example.test", "X", kind)
    with pytest.raises(KeyError, match="no resource"):
        resources.resource("bob@example.test")
    with pytest.raises(KeyError, match="no resource"):
        resources.change(bob.id, "", BookingOptions())
    with pytest.raises(KeyError, match="no resource"):
        resources.add_delegate(bob.id, "alice@example.test")
    with pytest.raises(ValueError, match="decide"):
        resources.add_delegate(room.id, "car@example.test")
    for address in ("bob@example.test", "nobody@example.test"):
        with pytest.raises(KeyError, match="no delegate"):
            resources.remove_delegate(room.id, address)
    assert [one.user for one in resources.all()] == [room, car]


def test_what_somebody_may_do_by_name_and_by_group(
    groups: Groups, resources: Resources, admin: Administration, store: SqlStore, accounts: SqlAccounts
) -> None:
    grants, alice = Grants(store), admin.user("alice@example.test")
    admin.add_alias(alice.id, "boss@example.test")
    alice = admin.user("alice@example.test")
    bob, carol = admin.user("bob@example.test"), admin.user("carol@example.test")
    desk, staff = _group(groups, "desk", "carol"), _group(groups, "staff", "desk")
    grants.grant(alice.id, "bob@example.test", [ON_BEHALF, FULL])
    grants.grant(alice.id, "bob@example.test", [FULL])
    grants.grant(alice.id, "staff@example.test", [AS])
    grants.grant(desk.id, "bob@example.test", [AS])
    by_group = replace(bob, id=staff.id, address="staff@example.test", display_name="Staff", kind=Kind.GROUP)
    found = [(one.owner.address, one.owner.kind, one.permission) for one in accounts.grants(bob.id)]
    assert found == [
        ("alice@example.test", Kind.USER, FULL),
        ("alice@example.test", Kind.USER, ON_BEHALF),
        ("desk@example.test", Kind.GROUP, AS),
    ]
    [granted] = accounts.grants(carol.id)
    assert granted == Grant(alice, replace(by_group, mailbox_id=granted.grantee.mailbox_id), AS)
    assert [one.permission for one in grants.on(alice.id)] == [FULL, ON_BEHALF, AS]
    admin.set_enabled(staff.id, False)
    assert accounts.grants(carol.id) == []
    grants.revoke(alice.id, "bob@example.test", [FULL, AS])
    assert [one.permission for one in accounts.grants(bob.id)] == [ON_BEHALF, AS]
    assert accounts.grants(alice.id) == []


def test_permissions_that_cannot_be(groups: Groups, admin: Administration, store: SqlStore) -> None:
    grants, staff, bob = Grants(store), _group(groups, "staff"), admin.user("bob@example.test")
    with pytest.raises(ValueError, match="no mailbox"):
        grants.grant(staff.id, "bob@example.test", [AS, FULL])
    assert grants.on(staff.id) == []
    with pytest.raises(ValueError, match="itself"):
        grants.grant(bob.id, "bob@example.test", [AS])
    for change in (grants.grant, grants.revoke):
        with pytest.raises(KeyError, match="nobody"):
            change(bob.id, "nobody@example.test", [AS])


def test_the_address_list_has_all_kinds_but_the_hidden(
    groups: Groups, resources: Resources, admin: Administration, accounts: SqlAccounts
) -> None:
    _group(groups, "floor")
    hidden, room = _group(groups, "floors"), resources.create("floor2@example.test", "Floor 2", Kind.ROOM)
    admin.set_profile(room.user.id, Profile(phone="22"), b"picture", hidden=False)
    admin.set_profile(hidden.id, Profile(), None, hidden=True)
    assert groups.group("floors@example.test").hidden
    found = accounts.listed(admin.user("bob@example.test").id, ["floor"], 0, 9)
    assert [(one.address, one.kind, one.profile.phone, one.picture_size) for one in found.entries] == [
        ("floor@example.test", Kind.GROUP, "", 0),
        ("floor2@example.test", Kind.ROOM, "22", 7),
    ]


def test_aliases_are_limited(groups: Groups, people: list[User], store: SqlStore) -> None:
    admin, staff = Administration(store, aliases_max=2), _group(groups, "staff")
    for owner in (people[0].id, staff.id):
        for number in range(2):
            admin.add_alias(owner, f"a{owner}-{number}@example.test")
        with pytest.raises(ValueError, match="has 2 aliases: at most 2"):
            admin.add_alias(owner, "third@example.test")
    admin.remove_alias(staff.id, f"a{staff.id}-0@example.test")
    admin.add_alias(staff.id, "third@example.test")
