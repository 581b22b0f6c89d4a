"""Rules about devices, cell by cell as Amazon WorkMail describes them, and what is not known yet."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from easd.model.access import NONE, Access, AccessRule, Conditions, Effect, Properties, Undecided
from easd.model.device import Device, DeviceInformation
from easd.policy.access import Verdict, decide, hangs_on_reports, informed, outcome, properties_of, unreported

IPHONE = Properties("iPhone", "iPhone10C1", "iOS 14.2.1 16F203", "iOS/14.2 (18B92) exchangesyncd/1.0")
"""The sample of Amazon's guide."""

SILENT = Properties("Android", "", "", "")
NOT_ASKED = Properties("Android", None, None, "Android-Mail/7.7")


def allow(**conditions: Any) -> AccessRule:
    return AccessRule(1, "allow", Effect.ALLOW, Conditions(**conditions))


def deny(**conditions: Any) -> AccessRule:
    return AccessRule(2, "deny", Effect.DENY, Conditions(**conditions))


def effect(properties: Properties, *rules: AccessRule) -> Effect | None:
    return outcome(rules, properties).effect


# ---------------------------------------------------------------- which rule counts


def test_a_rule_without_conditions_is_about_every_device() -> None:
    for properties in (IPHONE, SILENT, NOT_ASKED, Properties()):
        assert effect(properties, allow()) is Effect.ALLOW
        assert effect(properties, deny()) is Effect.DENY


def test_where_no_rule_matches_the_device_is_blocked_and_without_rules_every_one() -> None:
    assert outcome((), IPHONE).matched == ()
    assert effect(IPHONE) is Effect.DENY
    assert effect(IPHONE, allow(device_types=("Android",))) is Effect.DENY


def test_deny_wins_in_any_order() -> None:
    rules = (allow(), deny(device_types=("iphone",)))
    assert effect(IPHONE, *rules) is effect(IPHONE, *reversed(rules)) is Effect.DENY
    assert effect(SILENT, *rules) is Effect.ALLOW


def test_the_rules_that_produced_the_effect_are_named() -> None:
    first, second, third = allow(), allow(device_types=("i",)), deny(device_types=("Android",))
    assert outcome((first, second, third), IPHONE).matched == (first, second)
    assert outcome((first, second, third), SILENT).matched == (third,)


def test_all_conditions_of_a_rule_must_match() -> None:
    both = allow(device_types=("iPhone",), device_operating_systems=("iOS 14",))
    assert effect(IPHONE, both) is Effect.ALLOW
    assert effect(Properties("iPhone", "x", "iOS 13", "x"), both) is Effect.DENY
    assert effect(Properties("iPad", "x", "iOS 14", "x"), both) is Effect.DENY


# ---------------------------------------------------------------- conditions

FIELDS = {
    "device_types": "device_type",
    "device_models": "model",
    "device_operating_systems": "os",
    "device_user_agents": "user_agent",
}


def with_field(field: str, value: str) -> Properties:
    return Properties(**{"device_type": "t", "model": "m", "os": "o", "user_agent": "a", FIELDS[field]: value})


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "value, listed, matches, not_matches",
    [
        ("iOS 14.2", ("iOS 14",), True, False),
        ("iOS 14.2", ("ios 14.2",), True, False),
        ("iOS 14.2", ("IOS 14.2.1",), False, True),
        ("iOS 14.2", ("14.2",), False, True),
        ("iOS 14.2", ("Android", "iOS"), True, False),
        ("iOS 14.2", (NONE,), False, True),
        ("", ("iOS",), False, False),
        ("", (NONE,), True, False),
        ("", ("iOS", NONE), True, False),
        ("$NONE", (NONE,), False, True),
        ("STRASSE", ("straße",), True, False),
    ],
)
def test_each_property_by_its_beginning_without_case(
    field: str, value: str, listed: tuple[str, ...], matches: bool, not_matches: bool
) -> None:
    """What must not be never matches what is not reported; $NONE stands for that in the other lists."""
    properties = with_field(field, value)
    wanted = effect(properties, allow(**{field: listed}))
    unwanted = effect(properties, allow(**{f"not_{field}": listed}))
    assert (wanted is Effect.ALLOW, unwanted is Effect.ALLOW) == (matches, not_matches)


def test_both_lists_of_a_property_must_agree() -> None:
    rule = allow(device_models=("iPhone",), not_device_models=("iPhone9",))
    assert effect(Properties("t", "iPhone10", "o", "a"), rule) is Effect.ALLOW
    assert effect(Properties("t", "iPhone9C1", "o", "a"), rule) is Effect.DENY
    assert effect(Properties("t", "", "o", "a"), rule) is Effect.DENY


# ---------------------------------------------------------------- what is not known yet


@pytest.mark.parametrize("field", ["device_models", "not_device_models", "device_operating_systems"])
def test_what_hangs_on_a_property_that_was_not_told_yet_is_open(field: str) -> None:
    for rule in (allow(**{field: ("x",)}), deny(**{field: ("x",)})):
        assert effect(NOT_ASKED, rule) is None
        assert effect(SILENT, rule) is not None


def test_what_does_not_hang_on_it_is_not_open() -> None:
    assert effect(NOT_ASKED, deny(device_types=("android",)), allow(device_models=("x",))) is Effect.DENY
    assert effect(NOT_ASKED, allow(device_models=("x",), device_types=("iPhone",))) is Effect.DENY
    assert effect(NOT_ASKED, allow(), allow(device_models=("x",))) is Effect.ALLOW


def test_a_rule_that_may_deny_leaves_open_what_another_one_allows() -> None:
    assert effect(NOT_ASKED, allow(), deny(device_operating_systems=("Android 4",))) is None


def test_a_device_that_had_its_chance_reports_nothing() -> None:
    rules = Access((allow(device_models=(NONE,)),))
    assert decide(rules, NOT_ASKED) is Verdict.OPEN
    assert decide(rules, unreported(NOT_ASKED)) is Verdict.ALLOWED
    assert unreported(IPHONE) == IPHONE


def test_it_is_worth_hearing_of_another_system_only_where_rules_ask_for_it() -> None:
    assert hangs_on_reports(Access((allow(device_operating_systems=("iOS 15",)),)), IPHONE)
    assert not hangs_on_reports(Access((allow(device_types=("Android",)),)), IPHONE)
    assert not hangs_on_reports(Access((allow(device_operating_systems=("iOS 15",)),), override=Effect.DENY), IPHONE)


# ---------------------------------------------------------------- the verdict


@pytest.mark.parametrize("undecided", Undecided)
def test_an_override_counts_before_all_rules(undecided: Undecided) -> None:
    assert decide(Access((deny(),), undecided, Effect.ALLOW), IPHONE) is Verdict.ALLOWED
    assert decide(Access((), undecided, Effect.ALLOW), NOT_ASKED) is Verdict.ALLOWED
    assert decide(Access((allow(),), undecided, Effect.DENY), IPHONE) is Verdict.BLOCKED


def test_quarantine_is_for_devices_that_no_rule_is_about() -> None:
    quarantine = Access((allow(device_types=("iPad",)), deny(device_types=("Android",))), Undecided.QUARANTINE)
    assert decide(quarantine, IPHONE) is Verdict.QUARANTINED
    assert decide(quarantine, SILENT) is Verdict.BLOCKED
    assert decide(quarantine, Properties("iPad")) is Verdict.ALLOWED
    assert decide(Access((), Undecided.QUARANTINE), NOT_ASKED) is Verdict.QUARANTINED


# ---------------------------------------------------------------- what a device says


def test_the_properties_of_a_device() -> None:
    told = DeviceInformation(model="iPhone10C1", os="iOS 14.2", user_agent="reported")
    device = Device(1, 1, "A", "iPhone", information=told)
    assert properties_of(device, "of the request") == Properties("iPhone", "iPhone10C1", "iOS 14.2", "of the request")
    assert properties_of(device).user_agent == "reported"
    fresh = Device(1, 1, "A", "iPhone", user_agent="noted")
    assert properties_of(fresh) == Properties("iPhone", None, None, "noted")
    assert properties_of(Device(1, 1, "A", "iPhone", informed=True)) == Properties("iPhone")
    assert [informed(device), informed(fresh)] == [True, False]


# ---------------------------------------------------------------- for all rules

TEXTS = st.sampled_from(["", "a", "ab", "B", "$NONE", "x"])
VALUES = TEXTS.filter(lambda text: text != NONE)
LISTS = st.lists(TEXTS.filter(bool), max_size=2).map(tuple)
CONDITIONS = st.builds(Conditions, LISTS, LISTS, LISTS, LISTS, LISTS, LISTS, LISTS, LISTS)
RULES = st.lists(st.builds(AccessRule, st.just(1), st.just("r"), st.sampled_from(Effect), CONDITIONS), max_size=4)


def plainly(rules: list[AccessRule], properties: Properties) -> Effect:
    """The rules as Amazon's guide says them, word for word."""

    def matches(wanted: tuple[str, ...], unwanted: tuple[str, ...], value: str) -> bool:
        begins = [value.lower().startswith(text.lower()) for text in wanted if text != NONE]
        is_wanted = not wanted or (any(begins) if value else NONE in wanted)
        is_unwanted = any(value.lower().startswith(text.lower()) for text in unwanted if text != NONE)
        return is_wanted and (not unwanted or (bool(value) and not is_unwanted))

    def applies(rule: AccessRule) -> bool:
        asked = rule.conditions
        return (
            matches(asked.device_types, asked.not_device_types, properties.device_type)
            and matches(asked.device_models, asked.not_device_models, properties.model or "")
            and matches(asked.device_operating_systems, asked.not_device_operating_systems, properties.os or "")
            and matches(asked.device_user_agents, asked.not_device_user_agents, properties.user_agent)
        )

    effects = {rule.effect for rule in rules if applies(rule)}
    return Effect.ALLOW if effects == {Effect.ALLOW} else Effect.DENY


@given(RULES, VALUES, VALUES, VALUES, VALUES)
def test_the_outcome_is_what_the_guide_says(
    rules: list[AccessRule], kind: str, model: str, os: str, agent: str
) -> None:
    properties = Properties(kind, model, os, agent)
    assert effect(properties, *rules) is plainly(rules, properties)


@given(RULES, VALUES, VALUES, VALUES, VALUES)
def test_what_is_decided_before_a_device_has_told_all_stays_so(
    rules: list[AccessRule], kind: str, agent: str, model: str, os: str
) -> None:
    """Whatever it tells afterwards; so nobody is let in or kept out too early."""
    early = effect(Properties(kind, None, None, agent), *rules)
    if early is not None:
        assert effect(Properties(kind, model, os, agent), *rules) is early
