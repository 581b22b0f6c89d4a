"""Access keys: what programs administer with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class KeyRole(StrEnum):
    """What the holder of a key may do."""

    ADMIN = "admin"
    ORGANISATION_ADMIN = "organisation-admin"
    DEVICE_MANAGER = "device-manager"
    READ_ONLY = "read-only"


class Level(StrEnum):
    """What an operation asks for: to look, to say which devices come in, to change an organisation, or what is above
    all of them.
    """

    READ = "read"
    DEVICES = "devices"
    WRITE = "write"
    GLOBAL = "global"


_MAY = {
    KeyRole.ADMIN: frozenset(Level),
    KeyRole.ORGANISATION_ADMIN: frozenset({Level.READ, Level.DEVICES, Level.WRITE}),
    KeyRole.DEVICE_MANAGER: frozenset({Level.READ, Level.DEVICES}),
    KeyRole.READ_ONLY: frozenset({Level.READ}),
}


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One key. `organisation` is the only one that it is good for; None: all."""

    id: str
    role: KeyRole
    organisation: int | None
    description: str
    enabled: bool
    created: datetime
    last_used: datetime | None = None

    def may(self, level: Level) -> bool:
        """Whether the holder may do what asks for that; what is above all organisations is not for a bound key."""
        return level in _MAY[self.role] and not (level is Level.GLOBAL and self.organisation is not None)
