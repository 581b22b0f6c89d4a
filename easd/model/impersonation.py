"""Roles by which programs act in the place of people (Amazon WorkMail, impersonation roles)."""

from datetime import datetime
from enum import StrEnum

from easd.model.access import Effect
from easd.model.frozen import dataclass


class ImpersonationType(StrEnum):
    """What whoever has assumed a role may do in a mailbox."""

    FULL_ACCESS = "FULL_ACCESS"
    READ_ONLY = "READ_ONLY"


@dataclass(frozen=True, slots=True)
class ImpersonationRule:
    """One rule of a role. Users are numbers; an empty list asks for nothing. `id` is the administrator's own word."""

    id: str
    effect: Effect
    name: str = ""
    description: str = ""
    target_users: tuple[int, ...] = ()
    not_target_users: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ImpersonationRole:
    """One role of an organisation. `id` is a UUID, given by the store."""

    id: str
    name: str
    type: ImpersonationType
    rules: tuple[ImpersonationRule, ...] = ()
    description: str = ""
    created: datetime | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """What a program shows that has assumed a role. `seconds`: for how long it counts."""

    secret: str
    seconds: int
