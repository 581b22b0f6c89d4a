"""Mail to groups: each of a group gets it once, whatever the circles, and the sender hears where that cannot be."""

from dataclasses import replace

import pytest

from easd.eas.versions import Version
from easd.model.account import Kind, User
from easd.model.organisation import Group
from easd.model.outgoing import Envelope, Outbound
from easd.service.submission import AT_ONCE, deliver_queued
from easd.store import Groups, Resources
from tests.conformance.test_send_mail import everything, letter, only, send, sent
from tests.support.delivery_faults import Died, Dying
from tests.support.world import Phone, World


@pytest.fixture
def phone(world: World, version: Version) -> Phone:
    return world.phone(version=version)


@pytest.fixture
def groups(world: World) -> Groups:
    for name in ("carol", "dave"):
        world.admin.create_user(f"{name}@example.test", name.capitalize(), "")
    return Groups(world.sql)


def _group(groups: Groups, name: str, *members: str) -> Group:
    group = groups.create(f"{name}@example.test", name.capitalize())
    for member in members:
        groups.add_member(group.id, member if "@" in member else f"{member}@example.test")
    return group


def _counts(world: World, *names: str) -> list[int]:
    return [len(everything(world, name)) for name in names]


def _queue(world: World, recipient: str) -> None:
    with world.writing("alice") as box:
        box.queue(Envelope.of("alice@example.test", [recipient]), letter(f"To: {recipient}"), world.now)


def test_each_of_a_group_gets_one_copy_whatever_else_they_are_reached_by(
    world: World, phone: Phone, groups: Groups
) -> None:
    inner = _group(groups, "inner", "carol", "bob")
    outer = _group(groups, "outer", "inner", "dave", "alice")
    groups.add_member(inner.id, "outer@example.test")
    world.admin.add_alias(outer.id, "everybody@example.test")
    sent(phone, letter("To: Everybody@example.test, carol@example.test", "Cc: inner@example.test"))
    assert _counts(world, "alice", "bob", "carol", "dave") == [1, 1, 1, 1]
    assert only(world, "dave")["to"] == "Everybody@example.test, carol@example.test"
    assert not world.sql.queued(9)


def test_a_disabled_member_is_left_out(world: World, phone: Phone, groups: Groups) -> None:
    _group(groups, "staff", "bob", "carol")
    world.admin.set_enabled(world.user("bob").id, False)
    sent(phone, letter("To: staff@example.test"))
    assert _counts(world, "alice", "bob", "carol") == [0, 0, 1]


def test_a_room_receives_mail_of_its_own_and_by_a_group(world: World, phone: Phone, groups: Groups) -> None:
    Resources(world.sql).create("room@example.test", "Room", Kind.ROOM)
    _group(groups, "staff", "room", "bob")
    sent(phone, letter("To: room@example.test"))
    sent(phone, letter("To: staff@example.test"))
    assert _counts(world, "room", "bob") == [2, 1]


def test_members_elsewhere_are_treated_as_other_recipients_elsewhere(
    world: World, phone: Phone, groups: Groups
) -> None:
    _group(groups, "staff", "bob", "zoe@elsewhere.test")
    sent(phone, letter("To: Zoe@elsewhere.test, staff@example.test"))
    assert _counts(world, "bob", "alice") == [1, 1]
    assert b"Final-Recipient: rfc822; Zoe@elsewhere.test" in everything(world, "alice")[0]


@pytest.mark.parametrize(
    "members, why",
    [([], b"the group has no members"), (["bob", "carol", "dave"], b"the group has more than 2 members")],
    ids=["empty", "huge"],
)
def test_a_group_that_cannot_be_reached_comes_back(
    world: World, phone: Phone, groups: Groups, members: list[str], why: bytes
) -> None:
    world.limit(group_members_max=2)
    _group(groups, "staff", *members)
    sent(phone, letter("To: staff@example.test, dave@example.test"))
    assert _counts(world, "bob", "carol", "dave", "alice") == [0, 0, 1, 1]
    (report,) = everything(world, "alice")
    assert why in report
    assert b"Final-Recipient: rfc822; staff@example.test" in report
    assert b"Status: 5.2.4" in report


def test_what_is_queued_for_a_group_is_distributed(world: World, groups: Groups) -> None:
    _group(groups, "staff", "bob", "carol", "alice")
    _queue(world, "staff@example.test")
    assert deliver_queued(world.services) == 4
    assert _counts(world, "alice", "bob", "carol", "dave") == [1, 1, 1, 0]
    assert not world.sql.queued(9)


def test_of_two_processes_one_distributes(world: World, groups: Groups) -> None:
    _group(groups, "staff", "bob")
    _queue(world, "staff@example.test")
    (entry,) = world.sql.queued(9)
    assert world.sql.spread(entry, ["bob@example.test", "carol@example.test"])
    assert not world.sql.spread(entry, ["bob@example.test"])
    spread = world.sql.queued(9)
    assert [one.recipient for one in spread] == ["bob@example.test", "carol@example.test"]
    assert [_without(one) for one in spread] == [_without(entry)] * 2
    assert deliver_queued(world.services) == 2


def _without(entry: Outbound) -> Outbound:
    return replace(entry, id=0, recipient="")


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_each_of_a_group_gets_one_copy_though_the_process_dies_in_between(
    world: World, phone: Phone, groups: Groups, at: int, after: bool
) -> None:
    _group(groups, "staff", "bob", "carol", "dave")
    phone.provision()
    world.through(Dying(world, at, after=after))
    with pytest.raises(Died):
        send(phone, letter("To: staff@example.test"), client_id="one")
    world.through(world.sql)
    deliver_queued(world.services)
    assert _counts(world, "bob", "carol", "dave") == [1, 1, 1]


def test_a_device_waits_for_a_limited_number_of_deliveries_alone(world: World, groups: Groups) -> None:
    staff = groups.create("staff@example.test", "Staff")
    for number in range(AT_ONCE + 3):
        groups.add_member(staff.id, world.admin.create_user(f"user{number}@example.test", "", "").address)
    sent(world.phone(), letter("To: staff@example.test"))
    assert len(world.sql.queued(1000)) == 3
    assert deliver_queued(world.services) == 3
    people: list[User] = [user for user in world.admin.users() if user.address.startswith("user")]
    assert {len(everything(world, user.address.partition("@")[0])) for user in people} == {1}
