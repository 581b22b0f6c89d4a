"""Policies as rows: whose counts, and who looks again when they change."""

from dataclasses import replace
from datetime import timedelta

import pytest

from easd.model.device import Device
from easd.model.policy import PolicyDocument
from easd.policy.assignment import Assignment, Target
from easd.policy.rules import PolicyRules
from easd.store import Administration, SqlPolicies, Taken
from easd.store.groups import Groups
from easd.store.prepared import Prepared, param
from easd.store.tables import policies
from tests.unit.store.conftest import Home

STRICT = PolicyRules(
    PolicyDocument(device_password_enabled=True, max_attachment_size=5, approved_hashes=("x",)),
    allow_partial=False,
    refresh=timedelta(hours=12),
)
LOOSE = PolicyRules(PolicyDocument(allow_camera=False))


@pytest.fixture
def kept(home: Home) -> SqlPolicies:
    return SqlPolicies(home.store)


@pytest.fixture
def organisation(home: Home) -> int:
    return Administration(home.store).organization_of(home.user_id)


def rules(home: Home, user: int | None = None) -> PolicyRules | None:
    """What counts for a user now."""
    known = home.store.arrival(home.mailbox, "none", "none")
    return home.store.rules(user or home.user_id, known.policies)


def test_a_policy_comes_back_as_it_was_made_and_is_changed(home: Home, kept: SqlPolicies, organisation: int) -> None:
    kept.put(organisation, " Strict ", STRICT)
    assert kept.get(organisation, "sTRICT").rules == STRICT
    assert [(one.name, one.assignments) for one in kept.listed(organisation)] == [("Strict", ())]
    kept.put(organisation, "strict", LOOSE)
    assert [(one.name, one.rules) for one in kept.listed(organisation)] == [("Strict", LOOSE)]
    assert kept.listed(organisation + 1) == []
    with pytest.raises(KeyError):
        kept.get(organisation, "other")
    with pytest.raises(ValueError, match="printable"):
        kept.put(organisation, " \n", STRICT)


def test_a_users_own_policy_counts_before_the_organisations(home: Home, kept: SqlPolicies, organisation: int) -> None:
    assert rules(home) is None
    kept.put(organisation, "strict", STRICT)
    kept.put(organisation, "loose", LOOSE)
    assert rules(home) is None
    everybody, own = Assignment(Target.ORGANISATION, organisation), Assignment(Target.USER, home.user_id)
    kept.assign(organisation, "strict", everybody)
    assert rules(home) == STRICT
    kept.assign(organisation, "loose", own)
    assert rules(home) == LOOSE
    assert [name for name, _, _ in kept.applying(home.user_id)] == ["loose", "strict"]
    assert kept.get(organisation, "loose").assignments == (own,)
    kept.put(organisation, "loose", replace(LOOSE, allow_external=True))
    assert rules(home) == replace(LOOSE, allow_external=True)
    kept.unassign(organisation, own)
    assert rules(home) == STRICT
    kept.assign(organisation, "loose", everybody)
    assert rules(home) == replace(LOOSE, allow_external=True)
    kept.unassign(organisation, everybody)
    assert rules(home) is None
    with pytest.raises(KeyError):
        kept.unassign(organisation, everybody)


def test_a_policy_goes_when_nobody_has_it(home: Home, kept: SqlPolicies, organisation: int) -> None:
    kept.put(organisation, "strict", STRICT)
    own = Assignment(Target.USER, home.user_id)
    kept.assign(organisation, "strict", own)
    with pytest.raises(Taken):
        kept.remove(organisation, "strict")
    Administration(home.store).remove_user(home.user_id)
    kept.remove(organisation, "strict")
    assert kept.listed(organisation) == []
    with pytest.raises(KeyError):
        kept.assign(organisation, "strict", own)


def test_each_change_moves_the_mailboxes_with_devices_and_tells_of_it(
    home: Home, kept: SqlPolicies, organisation: int, told: list[tuple[int, int]]
) -> None:
    """The others wait for nothing."""
    with home.store.writing(home.mailbox) as box:
        box.save_device(Device(0, home.user_id, "A", "Phone"))
    before = home.store.modseq(home.mailbox)
    told.clear()
    kept.put(organisation, "strict", STRICT)
    kept.assign(organisation, "strict", Assignment(Target.ORGANISATION, organisation))
    kept.assign(organisation, "strict", Assignment(Target.USER, home.user_id))
    assert told == [(home.mailbox, before + step) for step in (1, 2, 3)]
    assert home.store.modseq(home.mailbox) == before + 3
    before = home.store.modseq(home.others[0])
    kept.put(organisation, "strict", LOOSE)
    assert home.store.modseq(home.others[0]) == before


def test_another_process_sees_a_change_at_once(home: Home, kept: SqlPolicies, organisation: int) -> None:
    """The rules are remembered, but by the revision that comes with the device's row."""
    kept.put(organisation, "strict", STRICT)
    kept.assign(organisation, "strict", Assignment(Target.ORGANISATION, organisation))
    first, revision = rules(home), home.store.arrival(home.mailbox, "none", "none").policies
    assert home.store.rules(home.user_id, revision) is first
    kept.put(organisation, "strict", LOOSE)
    assert home.store.arrival(home.mailbox, "none", "none").policies == revision + 1
    assert rules(home) == LOOSE


def test_a_damaged_policy_is_noted_and_lets_nobody_in_R381(home: Home, kept: SqlPolicies, organisation: int) -> None:
    kept.put(organisation, "strict", STRICT)
    kept.assign(organisation, "strict", Assignment(Target.ORGANISATION, organisation))
    spoil = Prepared(policies.update().values(details=param("details")))
    with home.store.database.write() as block:
        block.session.run(spoil, details=b'{"document": {"allow_camera": "perhaps"}}')
    found = rules(home)
    assert found is not None
    assert found.damaged
    assert home.store.problems.last[-1].place == "policy strict"


def test_of_several_groups_the_lowest_rank_counts_and_a_users_own_before_all(
    home: Home, kept: SqlPolicies, organisation: int
) -> None:
    groups = Groups(home.store)
    sales, staff, all_ = (groups.create(f"{name}@example.test", name) for name in ("sales", "staff", "all"))
    for name, rules_ in (("strict", STRICT), ("loose", LOOSE), ("own", PolicyRules()), ("of all", PolicyRules(None))):
        kept.put(organisation, name, rules_)
    kept.assign(organisation, "of all", Assignment(Target.ORGANISATION, organisation))
    kept.assign(organisation, "strict", Assignment(Target.GROUP, sales.id, 20))
    kept.assign(organisation, "loose", Assignment(Target.GROUP, all_.id, 10))
    assert rules(home) == PolicyRules(None)
    groups.add_member(sales.id, "alice@example.test")
    assert rules(home) == STRICT
    groups.add_member(all_.id, "staff@example.test")
    groups.add_member(staff.id, "alice@example.test")  # a group in a group
    assert rules(home) == LOOSE
    kept.assign(organisation, "own", Assignment(Target.USER, home.user_id))
    assert [name for name, _, _ in kept.applying(home.user_id)] == ["own", "loose", "strict", "of all"]
    kept.unassign(organisation, Assignment(Target.USER, home.user_id))
    Administration(home.store).set_enabled(staff.id, False)
    assert rules(home) == STRICT
    groups.remove_member(sales.id, "alice@example.test")
    assert rules(home) == PolicyRules(None)
    groups.add_member(sales.id, "alice@example.test")
    Administration(home.store).remove_user(sales.id)
    assert rules(home) == PolicyRules(None)


def test_who_joins_a_group_that_a_policy_is_assigned_to_is_asked_again(
    home: Home, kept: SqlPolicies, organisation: int, told: list[tuple[int, int]]
) -> None:
    groups = Groups(home.store)
    sales = groups.create("sales@example.test", "Sales")
    with home.store.writing(home.mailbox) as box:
        box.save_device(Device(0, home.user_id, "A", "Phone"))
    told.clear()
    groups.add_member(sales.id, "alice@example.test")
    groups.remove_member(sales.id, "alice@example.test")
    assert told == []  # no policy hangs on it
    kept.put(organisation, "strict", STRICT)
    kept.assign(organisation, "strict", Assignment(Target.GROUP, sales.id))
    told.clear()
    groups.add_member(sales.id, "alice@example.test")
    assert [mailbox for mailbox, _ in told] == [home.mailbox]
