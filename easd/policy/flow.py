"""Which rule of an organisation is about a message, as Amazon WorkMail decides it ("Managing email flows"). Pure.

The most specific pattern wins: an address over a domain, a domain over a wildcard, a longer wildcard over a shorter
one; the sender's pattern counts before the recipient's. Among rules that are as specific, the most restrictive action
wins.
"""

import re
from collections.abc import Iterable
from typing import Final

from easd.model.flow import Direction, FlowAction, FlowRule

PATTERNS_MAX: Final = 250
"""Patterns in each list of a rule; Amazon WorkMail's number."""

ALL_PATTERNS_MAX: Final = 1000
"""Sender patterns of all rules of an organisation; likewise."""

_NAME_MAX: Final = 64
_PATTERN_MAX: Final = 320
_DOMAIN: Final = re.compile(r"[^\s@*<>,;\"]+(\.[^\s@*<>,;\"]+)*")
_LOCAL: Final = re.compile(r"[^\s@*<>,;]+")
_ALLOWED: Final = {
    Direction.INBOUND: frozenset(FlowAction),
    Direction.OUTBOUND: frozenset({FlowAction.DROP, FlowAction.BOUNCE, FlowAction.DEFAULT}),
}
_ORDER: Final = tuple(FlowAction)


def pattern(text: str) -> str:
    """A pattern as rules keep it. ValueError for what is none."""
    found = text.strip().lower()
    local, at, domain = found.rpartition("@")
    rest = domain if at else found.removeprefix("*").removeprefix(".")
    good = found == "*" or (_DOMAIN.fullmatch(rest) is not None and (not at or _LOCAL.fullmatch(local) is not None))
    if not good or len(found) > _PATTERN_MAX:
        raise ValueError(f"not an address, a domain, *domain or *: {text[:80]!r}")
    return found


def check(rule: FlowRule, others: Iterable[FlowRule]) -> None:
    """ValueError for a rule that cannot be kept beside the others of its organisation."""
    others = tuple(others)
    if not 0 < len(rule.name) <= _NAME_MAX or not rule.name.isprintable() or not rule.name.strip():
        raise ValueError(f"a rule's name has 1 to {_NAME_MAX} characters")
    if rule.action not in _ALLOWED[rule.direction]:
        raise ValueError(f"there is no action {rule.action.value} for {rule.direction.value} mail")
    for name, patterns in (("sender", rule.senders), ("recipient", rule.recipients)):
        if not 0 < len(patterns) <= PATTERNS_MAX:
            raise ValueError(f"a rule has 1 to {PATTERNS_MAX} {name} patterns")
    count = sum(len(one.senders) for one in (rule, *others))
    if count > ALL_PATTERNS_MAX:
        raise ValueError(f"all rules together would have {count} sender patterns, and may have {ALL_PATTERNS_MAX}")


def applying(
    rules: Iterable[FlowRule], direction: Direction, senders: Iterable[str], recipient: str
) -> FlowRule | None:
    """The rule that decides, None where none matches. `senders`: the addresses of the Sender header and then of the
    From header; the first of them that any rule matches counts.
    """
    found = [rule for rule in rules if rule.direction is direction]
    for sender in senders:
        matching = [(_rank(rule, sender, recipient), rule) for rule in found]
        ranked = [(rank, rule) for rank, rule in matching if rank is not None]
        if ranked:
            return max(ranked, key=lambda one: one[0])[1]
    return None


def _rank(rule: FlowRule, sender: str, recipient: str) -> tuple[tuple[int, int], tuple[int, int], int] | None:
    """The greater, the more the rule counts; None: it does not match. Of equal ones the oldest counts."""
    sent, received = _best(rule.senders, sender), _best(rule.recipients, recipient)
    return None if sent is None or received is None else (sent, received, -_ORDER.index(rule.action))


def _best(patterns: Iterable[str], address: str) -> tuple[int, int] | None:
    folded = address.strip().lower()
    domain = folded.rpartition("@")[2]
    return max((how for one in patterns if (how := _specificity(one, folded, domain)) is not None), default=None)


def _specificity(one: str, address: str, domain: str) -> tuple[int, int] | None:
    """How exactly a pattern says what the address is, None if it does not match."""
    if one == "*":
        return 0, 0
    if "@" in one:
        return (3, 0) if one == address else None
    if not one.startswith("*"):
        return (2, 0) if one == domain else None
    base = one[1:].removeprefix(".")
    below = domain.endswith(f".{base}")
    return (1, len(base)) if below or (domain == base and one[1:2] != ".") else None
