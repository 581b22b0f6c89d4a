"""Impersonation roles and their tokens."""

from dataclasses import replace

import pytest

from easd.model.access import Effect
from easd.model.impersonation import ImpersonationRole, ImpersonationRule, ImpersonationType
from easd.policy.impersonation import ROLES_MAX, checked, effect
from easd.store import Administration, Full, Impersonation, SqlStore
from easd.store.impersonation import TOKEN_SECONDS
from tests.support.stores import START, Clock, when
from tests.unit.store.conftest import Home

ALLOW, DENY = Effect.ALLOW, Effect.DENY
EVERYBODY = ImpersonationRule("everybody", ALLOW)


def role(*rules: ImpersonationRule, name: str = "Archive") -> ImpersonationRole:
    return ImpersonationRole("", name, ImpersonationType.READ_ONLY, rules)


@pytest.fixture
def desk(store: SqlStore) -> Impersonation:
    return Impersonation(store)


@pytest.mark.parametrize(
    "rules, expected, matched",
    [
        ([], DENY, []),
        ([EVERYBODY], ALLOW, ["everybody"]),
        ([ImpersonationRule("a", ALLOW, target_users=(1, 2))], ALLOW, ["a"]),
        ([ImpersonationRule("a", ALLOW, target_users=(2,))], DENY, []),
        ([ImpersonationRule("a", ALLOW, not_target_users=(1,))], DENY, []),
        ([EVERYBODY, ImpersonationRule("b", DENY, target_users=(1,))], DENY, ["b"]),
        ([EVERYBODY, ImpersonationRule("b", DENY, not_target_users=(1,))], ALLOW, ["everybody"]),
    ],
)
def test_a_rule_that_denies_wins_and_without_any_it_is_denied(
    rules: list[ImpersonationRule], expected: Effect, matched: list[str]
) -> None:
    decided, by = effect(role(*rules), 1)
    assert (decided, [rule.id for rule in by]) == (expected, matched)


@pytest.mark.parametrize(
    "wrong, words",
    [
        (role(name=""), "a name"),
        (role(*(ImpersonationRule(str(n), ALLOW) for n in range(11))), "10 rules"),
        (role(EVERYBODY, EVERYBODY), "one id"),
        (role(ImpersonationRule("", ALLOW)), "an id"),
        (role(ImpersonationRule("a", ALLOW, target_users=tuple(range(11)))), "10 users"),
        (role(ImpersonationRule("a", ALLOW, description="d" * 257)), "description"),
    ],
)
def test_what_no_role_may_say(wrong: ImpersonationRole, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked(wrong)


def test_the_life_of_a_role(desk: Impersonation, home: Home, clock: Clock) -> None:
    made = desk.create(1, role(EVERYBODY))
    assert (len(made.id), made.created, made.modified) == (36, when(START), when(START))
    assert desk.role(1, made.id) == made
    clock.forward(1)
    desk.change(1, replace(made, name="Other", type=ImpersonationType.FULL_ACCESS, rules=()))
    [after] = desk.roles(1)
    assert (after.name, after.type, after.rules) == ("Other", ImpersonationType.FULL_ACCESS, ())
    assert (after.created, after.modified) == (when(START), when(START + 1000))
    assert desk.remove(1, made.id)
    assert not desk.remove(1, made.id)
    for missing in (lambda: desk.role(1, made.id), lambda: desk.change(1, made), lambda: desk.assume(1, made.id)):
        with pytest.raises(KeyError, match="no impersonation role"):
            missing()
    assert home.mailbox


def test_roles_are_20_at_most(desk: Impersonation, home: Home) -> None:
    for number in range(ROLES_MAX):
        desk.create(1, role(name=f"Role {number}"))
    with pytest.raises(Full, match="no more"):
        desk.create(1, role())
    with pytest.raises(KeyError, match="no organisation"):
        desk.create(999, role())
    assert home.mailbox


def test_a_token_counts_for_its_time_for_whom_the_role_names(
    store: SqlStore, desk: Impersonation, home: Home, clock: Clock
) -> None:
    bob = Administration(store).user("bob@example.test").id
    made = desk.create(1, role(ImpersonationRule("a", ALLOW, target_users=(home.user_id,))))
    token = desk.assume(1, made.id)
    assert token.seconds == TOKEN_SECONDS
    assert desk.shown(token.secret, home.user_id) == made
    assert desk.shown(token.secret, bob) is None
    assert desk.shown("nonsense", home.user_id) is None
    Administration(store).set_enabled(home.user_id, False)
    assert desk.shown(token.secret, home.user_id) is None
    Administration(store).set_enabled(home.user_id, True)
    clock.forward(TOKEN_SECONDS - 1)
    assert desk.shown(token.secret, home.user_id) == made
    clock.forward(1)
    assert desk.shown(token.secret, home.user_id) is None


def test_a_token_ends_with_its_role_and_is_of_one_organisation(
    store: SqlStore, desk: Impersonation, home: Home
) -> None:
    admin = Administration(store)
    other = admin.create_organization("Other")
    theirs = desk.create(other, role(EVERYBODY))
    with pytest.raises(KeyError):
        desk.assume(1, theirs.id)
    assert desk.shown(desk.assume(other, theirs.id).secret, home.user_id) is None
    ours = desk.create(1, role(EVERYBODY))
    token = desk.assume(1, ours.id)
    desk.remove(1, ours.id)
    assert desk.shown(token.secret, home.user_id) is None
