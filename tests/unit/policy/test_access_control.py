"""What access control rules make of a visit (Amazon WorkMail, GetAccessControlEffect)."""

from typing import Any

import pytest

from easd.model.access import Effect
from easd.model.access_control import AccessConditions, AccessControlRule, Protocol, Visit
from easd.policy.access_control import admits, checked, effect

HOME = Visit(1, Protocol.ACTIVE_SYNC, "192.0.2.7")


def rule(effect: Effect = Effect.ALLOW, name: str = "Rule", **conditions: Any) -> AccessControlRule:
    return AccessControlRule(name, effect, conditions=AccessConditions(**conditions))


def test_without_a_rule_nobody_comes_in_and_one_without_conditions_lets_everybody_in() -> None:
    assert effect([], HOME) == (Effect.DENY, ())
    everybody = rule()
    assert effect([everybody], HOME) == (Effect.ALLOW, (everybody,))
    assert admits([everybody], Visit(1, Protocol.SMTP, ""))


def test_a_rule_that_denies_wins_and_is_named_alone() -> None:
    allow, deny = rule(), rule(Effect.DENY, "No", user_ids=(1,))
    assert effect([allow, deny], HOME) == (Effect.DENY, (deny,))
    assert effect([allow, deny], Visit(2, HOME.protocol, HOME.address)) == (Effect.ALLOW, (allow,))


@pytest.mark.parametrize(
    "conditions, matches",
    [
        ({"ip_ranges": ("192.0.2.0/24",)}, True),
        ({"ip_ranges": ("198.51.100.0/24", "192.0.2.7/32")}, True),
        ({"ip_ranges": ("198.51.100.0/24",)}, False),
        ({"ip_ranges": ("2001:db8::/32",)}, False),
        ({"not_ip_ranges": ("192.0.2.0/24",)}, False),
        ({"not_ip_ranges": ("198.51.100.0/24", "2001:db8::/32")}, True),
        ({"actions": (Protocol.ACTIVE_SYNC, Protocol.IMAP)}, True),
        ({"actions": (Protocol.IMAP,)}, False),
        ({"not_actions": (Protocol.ACTIVE_SYNC,)}, False),
        ({"not_actions": (Protocol.IMAP,)}, True),
        ({"user_ids": (1, 2)}, True),
        ({"user_ids": (2,)}, False),
        ({"not_user_ids": (1,)}, False),
        ({"not_user_ids": (2,)}, True),
        ({"impersonation_role_ids": ("role",)}, False),
        ({"not_impersonation_role_ids": ("role",)}, True),
        ({"ip_ranges": ("192.0.2.0/24",), "user_ids": (2,)}, False),
    ],
)
def test_all_conditions_must_match(conditions: dict[str, Any], matches: bool) -> None:
    assert admits([rule(**conditions)], HOME) is matches


def test_addresses_of_ipv6_and_those_that_are_ipv4_in_its_form() -> None:
    known = rule(ip_ranges=("2001:db8::/32", "192.0.2.0/24"))
    assert admits([known], Visit(1, Protocol.IMAP, "2001:db8::1"))
    assert admits([known], Visit(1, Protocol.IMAP, "::ffff:192.0.2.1"))
    assert not admits([known], Visit(1, Protocol.IMAP, "2001:db9::1"))


def test_an_unknown_address_is_in_no_range() -> None:
    for address in ("", "nonsense"):
        nowhere = Visit(1, Protocol.ACTIVE_SYNC, address)
        assert not admits([rule(ip_ranges=("0.0.0.0/0", "::/0"))], nowhere)
        assert not admits([rule(), rule(Effect.DENY, not_ip_ranges=("192.0.2.0/24",))], nowhere)


def test_who_comes_by_an_impersonation_role() -> None:
    robot = Visit(1, Protocol.EWS, "192.0.2.7", "role")
    assert admits([rule(impersonation_role_ids=("role",))], robot)
    assert not admits([rule(not_impersonation_role_ids=("role",))], robot)


@pytest.mark.parametrize(
    "wrong, words",
    [
        (rule(name=""), "name of a rule"),
        (rule(name="a b"), "name of a rule"),
        (rule(name="x" * 65), "name of a rule"),
        (rule(ip_ranges=("192.0.2.1/24",)), "not a network"),
        (rule(not_ip_ranges=("here",)), "not a network"),
        (rule(ip_ranges=("192.0.2.0/24",) * 1025), "1024 ranges"),
        (rule(user_ids=tuple(range(11))), "at most 10"),
        (rule(not_impersonation_role_ids=tuple("abcdefghijk")), "at most 10"),
        (AccessControlRule("Rule", Effect.DENY, "d" * 256), "255"),
    ],
)
def test_what_no_rule_may_say(wrong: AccessControlRule, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked(wrong)
