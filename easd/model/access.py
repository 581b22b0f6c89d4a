"""Who may come in: the rules of an organisation about devices, and what a device says that they ask for."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from easd.model.frozen import dataclass

if TYPE_CHECKING:
    from easd.model.access_control import AccessControlRule

NONE = "$NONE"
"""In a list of a rule: a device that does not report the property."""


class Effect(StrEnum):
    """What a rule or an override does to a device."""

    ALLOW = "ALLOW"
    DENY = "DENY"


class Undecided(StrEnum):
    """What becomes of a device that no rule decides about."""

    BLOCK = "BLOCK"
    QUARANTINE = "QUARANTINE"


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a rule (Amazon WorkMail API, MobileDeviceAccessRule): beginnings of properties, whose letter
    case does not matter; an empty list asks for nothing. In the lists that say what a property must be, NONE stands for
    an unreported one.
    """

    device_types: tuple[str, ...] = ()
    not_device_types: tuple[str, ...] = ()
    device_models: tuple[str, ...] = ()
    not_device_models: tuple[str, ...] = ()
    device_operating_systems: tuple[str, ...] = ()
    not_device_operating_systems: tuple[str, ...] = ()
    device_user_agents: tuple[str, ...] = ()
    not_device_user_agents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One rule of an organisation. Without conditions it is about every device."""

    id: int
    name: str
    effect: Effect
    conditions: Conditions = Conditions()
    description: str = ""
    created: datetime | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """What is said of one device of one user, whatever the rules say. `device_id` is in lower case."""

    user_id: int
    device_id: str
    effect: Effect
    description: str = ""
    created: datetime | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """All that decides about one device of one user: the organisation's rules and what it does with undecided devices,
    and the override (None: there is none). `control`: the organisation's access control rules.
    """

    rules: tuple[AccessRule, ...] = ()
    undecided: Undecided = Undecided.BLOCK
    override: Effect | None = None
    control: "tuple[AccessControlRule, ...]" = ()


@dataclass(frozen=True, slots=True)
class Properties:
    """What a device says of itself, unverified. Empty: it reports nothing; None: it has not been asked yet."""

    device_type: str = ""
    model: str | None = ""
    os: str | None = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """What a device that waits for an approval is shown: one message, by folder and uid, if it is still there."""

    folder_id: int = 0
    uid: int = 0

    def shows(self, folder_id: int, uid: int) -> bool:
        """Whether it is that message."""
        return (folder_id, uid) == (self.folder_id, self.uid)
