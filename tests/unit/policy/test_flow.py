"""Rules about mail on its way, as Amazon WorkMail decides them."""

from dataclasses import replace

import pytest

from easd.model.flow import Direction, FlowAction, FlowRule
from easd.policy.flow import ALL_PATTERNS_MAX, PATTERNS_MAX, applying, check, pattern

IN, OUT = Direction.INBOUND, Direction.OUTBOUND


def rule(action: str, *senders: str, to: str = "*", direction: Direction = IN) -> FlowRule:
    return FlowRule(0, action, direction, FlowAction(action), senders, (to,))


def action(rules: list[FlowRule], *senders: str, to: str = "bob@example.org", direction: Direction = IN) -> str | None:
    found = applying(rules, direction, senders, to)
    return None if found is None else found.action.value


def test_each_form_of_a_pattern_matches_what_it_says() -> None:
    table = {
        "ann@example.com": ["ann@example.com", "ANN@Example.COM"],
        "example.com": ["ann@example.com", "ANN@Example.COM", "bob@example.com"],
        "*example.com": [
            "ann@example.com",
            "ANN@Example.COM",
            "bob@example.com",
            "x@a.example.com",
            "x@b.a.example.com",
        ],
        "*.example.com": ["x@a.example.com", "x@b.a.example.com"],
    }
    everybody = sorted({one for addresses in table.values() for one in addresses} | {"ann@notexample.com", "x@com", ""})
    for form, addresses in table.items():
        assert [one for one in everybody if action([rule("drop", form)], one)] == sorted(addresses)
    assert all(action([rule("drop", "*")], one) for one in everybody)


def test_the_most_specific_pattern_wins_whatever_its_action() -> None:
    rules = [
        rule("drop", "*"),
        rule("bounce", "*example.com"),
        rule("junk", "*.a.example.com"),
        rule("default", "b.a.example.com"),
        rule("never-junk", "ann@b.a.example.com"),
    ]
    for order in (rules, rules[::-1]):
        assert action(order, "ann@b.a.example.com") == "never-junk"
        assert action(order, "bob@b.a.example.com") == "default"
        assert action(order, "bob@c.a.example.com") == "junk"
        assert action(order, "bob@example.com") == "bounce"
        assert action(order, "bob@example.net") == "drop"


def test_of_rules_that_are_as_specific_the_most_restrictive_wins() -> None:
    actions = [one.value for one in FlowAction]
    assert actions == ["drop", "bounce", "junk", "default", "never-junk"]  # the order of Amazon's table
    rules = [rule(one, "example.com") for one in actions]
    for first in range(len(actions)):
        for order in (rules[first:], rules[first:][::-1]):
            assert action(order, "x@example.com") == actions[first]


def test_the_recipient_counts_after_the_sender() -> None:
    rules = [
        rule("drop", "example.com"),
        rule("default", "example.com", to="bob@example.org"),
        rule("junk", "*", to="bob@example.org"),
    ]
    assert action(rules, "x@example.com") == "default"
    assert action(rules, "x@example.com", to="eve@example.org") == "drop"
    assert action(rules, "x@example.net") == "junk"
    assert action(rules, "x@example.net", to="eve@example.org") is None


def test_the_address_of_sender_counts_before_that_of_from_if_any_rule_matches_it() -> None:
    rules = [rule("junk", "list.example"), rule("drop", "ann@example.com")]
    assert action(rules, "owner@list.example", "ann@example.com") == "junk"
    assert action(rules, "owner@other.example", "ann@example.com") == "drop"
    assert action(rules) is None


def test_a_rule_is_about_one_direction() -> None:
    rules = [rule("drop", "*", direction=OUT)]
    assert action(rules, "ann@example.com") is None
    assert action(rules, "ann@example.com", direction=OUT) == "drop"


@pytest.mark.parametrize("text", ["", "@", "ann@", "@example.com", "a b@example.com", "*@example.com", "a*b.com", "**"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        pattern(text)


@pytest.mark.parametrize(
    "text", ["*", " Ann@Example.COM ", "example.com", "*example.com", "*.example.com", "localhost"]
)
def test_patterns_are_kept_in_lower_case(text: str) -> None:
    assert pattern(text) == text.strip().lower()


def test_the_limits_of_rules_hold() -> None:
    many = tuple(f"d{number}.example" for number in range(PATTERNS_MAX + 1))
    good = FlowRule(1, "good", IN, FlowAction.DROP, many[1:])
    check(good, [good] * (ALL_PATTERNS_MAX // PATTERNS_MAX - 1))
    for bad, words in (
        (replace(good, senders=many), "250 sender patterns"),
        (replace(good, recipients=many), "250 recipient patterns"),
        (replace(good, senders=()), "1 to 250"),
        (replace(good, name=" "), "name"),
        (replace(good, name="x" * 65), "name"),
        (replace(good, direction=OUT, action=FlowAction.JUNK), "no action junk for outbound"),
    ):
        with pytest.raises(ValueError, match=words):
            check(bad, [])
    with pytest.raises(ValueError, match="1250 sender patterns"):
        check(good, [good] * 4)
