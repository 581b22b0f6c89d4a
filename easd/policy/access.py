"""Whether a device may come in, by the rules of its organisation (Amazon WorkMail, mobile device access rules). Pure.

All conditions of a rule must match. A condition matches where the property begins with one of its texts, letter case
aside; one that says what a property must not be never matches an unreported one. A rule that denies wins over rules
that allow; where no rule matches, the device is not let in.

A device's model and system are known only once it has told them. Until then a condition about them may turn out either
way, and where the outcome hangs on that, it is open.
"""

from dataclasses import replace
from enum import Enum, auto
from functools import lru_cache

from easd.model.access import NONE, Access, AccessRule, Effect, Properties, Undecided
from easd.model.device import Device, DeviceInformation
from easd.model.frozen import dataclass


class Verdict(Enum):
    """What becomes of a device."""

    ALLOWED = auto()
    BLOCKED = auto()
    QUARANTINED = auto()
    OPEN = auto()
    """It hangs on what the device has not told yet."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules say: the effect (None: it is open), and the rules that matched and produced it; none of them
    where no rule matches.
    """

    effect: Effect | None
    matched: tuple[AccessRule, ...] = ()


def outcome(rules: tuple[AccessRule, ...], properties: Properties) -> Outcome:
    """What the rules say of a device with these properties."""
    for effect in (Effect.DENY, Effect.ALLOW):
        of_effect = [(rule, _matches(rule, properties)) for rule in rules if rule.effect is effect]
        matched = tuple(rule for rule, matches in of_effect if matches)
        if matched:
            return Outcome(effect, matched)
        if any(matches is None for _, matches in of_effect):
            return Outcome(None)
    return Outcome(Effect.DENY)


def decide(access: Access, properties: Properties) -> Verdict:
    """What becomes of the device: the override counts first, then the rules."""
    if access.override is not None:
        return Verdict.ALLOWED if access.override is Effect.ALLOW else Verdict.BLOCKED
    found = outcome(access.rules, properties)
    if found.effect is None:
        return Verdict.OPEN
    if found.effect is Effect.ALLOW:
        return Verdict.ALLOWED
    if not found.matched and access.undecided is Undecided.QUARANTINE:
        return Verdict.QUARANTINED
    return Verdict.BLOCKED


def hangs_on_reports(access: Access, properties: Properties) -> bool:
    """Whether another model or system could change what becomes of the device: then it is worth hearing of them."""
    return decide(access, replace(properties, model=None, os=None)) is Verdict.OPEN


def properties_of(device: Device, user_agent: str = "") -> Properties:
    """What the device says; `user_agent` is that of the request. The header counts, not what was reported of it."""
    told, agent = device.information, user_agent or device.user_agent
    if not informed(device):
        return Properties(device.device_type, None, None, agent)
    return Properties(device.device_type, told.model or "", told.os or "", agent or told.user_agent or "")


def unreported(properties: Properties) -> Properties:
    """The properties of a device that had its chance to tell them, and did not."""
    return replace(properties, model=properties.model or "", os=properties.os or "")


def informed(device: Device) -> bool:
    """Whether the device has told what it is, be it that it has no model and no system."""
    return device.informed or device.information != DeviceInformation()


def state_of(device: Device, access: Access) -> str:
    """Whether the device may come in, in words; empty: it may."""
    if device.pending_wipe is not None:
        return "to be wiped"
    if device.wiped:
        return "wiped"
    verdict = decide(access, unreported(properties_of(device)))
    if verdict is Verdict.ALLOWED and device.trouble is not None and device.trouble.failing:
        return "fails to provision"
    return "" if verdict is Verdict.ALLOWED else verdict.name.lower()


def _matches(rule: AccessRule, properties: Properties) -> bool | None:
    """Whether all conditions match; None where that hangs on what is not known."""
    asked, known = rule.conditions, True
    for wanted, unwanted, value in (
        (asked.device_types, asked.not_device_types, properties.device_type),
        (asked.device_user_agents, asked.not_device_user_agents, properties.user_agent),
        (asked.device_models, asked.not_device_models, properties.model),
        (asked.device_operating_systems, asked.not_device_operating_systems, properties.os),
    ):
        if not wanted and not unwanted:
            continue
        if value is None:
            known = False
        elif not _condition(wanted, unwanted, value):
            return False
    return True if known else None


def _condition(wanted: tuple[str, ...], unwanted: tuple[str, ...], value: str) -> bool:
    if not value:
        return NONE in wanted and not unwanted
    return (not wanted or _begins(value, wanted)) and not (unwanted and _begins(value, unwanted))


def _begins(value: str, beginnings: tuple[str, ...]) -> bool:
    return value.casefold().startswith(_folded(beginnings))


@lru_cache(maxsize=1024)
def _folded(beginnings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(beginning.casefold() for beginning in beginnings if beginning != NONE)
