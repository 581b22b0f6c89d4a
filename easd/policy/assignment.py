"""Policies by name, and to whom they are assigned."""

from enum import IntEnum

from easd.model.frozen import dataclass
from easd.policy.rules import PolicyRules


class Target(IntEnum):
    """To whom a policy is assigned: a greater number counts more."""

    ORGANISATION = 0
    GROUP = 1
    USER = 2


@dataclass(frozen=True, slots=True)
class Assignment:
    """To whom a policy is assigned: the id of a user, a group or an organisation. `rank`: among several groups of a
    user the lowest counts.
    """

    target: Target
    target_id: int
    rank: int = 0


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy of an organisation."""

    id: int
    name: str
    rules: PolicyRules
    assignments: tuple[Assignment, ...] = ()
