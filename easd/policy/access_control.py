"""Whether somebody may reach a mailbox from where they are (Amazon WorkMail, access control rules). Pure.

All conditions of a rule must match. A rule that denies wins over rules that allow; where no rule matches, nobody comes
in. An unknown address is in no range.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from easd.model.access import Effect
from easd.model.access_control import AccessConditions, AccessControlRule, Visit

RULES_MAX = 10
"""As Amazon WorkMail has it."""
_RANGES_MAX = 1024
_LISTED_MAX = 10
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DESCRIPTION_MAX = 255

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def effect(rules: Iterable[AccessControlRule], visit: Visit) -> tuple[Effect, tuple[AccessControlRule, ...]]:
    """What becomes of the visit, and the rules that decided it; none of them where no rule matches."""
    matching = [rule for rule in rules if _matches(rule.conditions, visit)]
    denying = tuple(rule for rule in matching if rule.effect is Effect.DENY)
    if denying or not matching:
        return Effect.DENY, denying
    return Effect.ALLOW, tuple(matching)


def admits(rules: Iterable[AccessControlRule], visit: Visit) -> bool:
    """Whether the visitor may come in."""
    return effect(rules, visit)[0] is Effect.ALLOW


def checked(rule: AccessControlRule) -> None:
    """ValueError for what no rule may say."""
    if not _NAME.fullmatch(rule.name):
        raise ValueError("the name of a rule is 1 to 64 letters, digits, _ and -")
    if len(rule.description) > _DESCRIPTION_MAX or not rule.description.isprintable():
        raise ValueError(f"a description has at most {_DESCRIPTION_MAX} printable characters")
    known = rule.conditions
    for ranges in (known.ip_ranges, known.not_ip_ranges):
        if len(ranges) > _RANGES_MAX:
            raise ValueError(f"a rule has at most {_RANGES_MAX} ranges")
        for one in ranges:
            _network(one)
    _few(known.actions, known.not_actions, known.user_ids, known.not_user_ids)
    _few(known.impersonation_role_ids, known.not_impersonation_role_ids)


def _few(*lists: Sequence[object]) -> None:
    if any(len(one) > _LISTED_MAX for one in lists):
        raise ValueError(f"a condition names at most {_LISTED_MAX}")


def _matches(known: AccessConditions, visit: Visit) -> bool:
    return (
        _listed(visit.protocol, known.actions, known.not_actions)
        and _listed(visit.user_id, known.user_ids, known.not_user_ids)
        and _listed(visit.role, known.impersonation_role_ids, known.not_impersonation_role_ids)
        and (not known.ip_ranges or _within(visit.address, known.ip_ranges))
        and not (known.not_ip_ranges and _within(visit.address, known.not_ip_ranges))
    )


def _listed(value: object, wanted: Sequence[object], unwanted: Sequence[object]) -> bool:
    return (not wanted or value in wanted) and value not in unwanted


def _within(address: str, ranges: tuple[str, ...]) -> bool:
    found = _address(address)
    return found is not None and any(found in network for network in _networks(ranges))


@lru_cache(maxsize=4096)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=256)
def _networks(ranges: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(map(_network, ranges))


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"not a network: {text[:80]!r} ({error})") from None
