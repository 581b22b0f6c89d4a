"""Who is who for other systems: identifiers that never change, and what state somebody's mailbox is in."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from easd.model.account import Kind

TAGS_MAX = 50
"""Of one organisation."""

_ALIAS = re.compile(r"(?!d-)[0-9a-z]+(?:-[0-9a-z]+)*")


class State(StrEnum):
    """ENABLED: with a mailbox in use. DISABLED: nobody comes in, nothing is received, the mailbox waits. DELETED: gone;
    the identifier is remembered for a while.
    """

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


class Role(StrEnum):
    """What a user is to the organisation."""

    USER = "USER"
    RESOURCE = "RESOURCE"
    SYSTEM_USER = "SYSTEM_USER"
    REMOTE_USER = "REMOTE_USER"


class OrganisationState(StrEnum):
    """`Deleted`: its people and domains are gone; the identifier is remembered."""

    ACTIVE = "Active"
    DELETED = "Deleted"


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation. `id` is the number inside, `public_id` the identifier for others: `m-` and 32 hexadecimal
    digits. `alias` is unique among all organisations. Domains are empty where there is none.
    """

    id: int
    public_id: str
    name: str
    alias: str
    state: OrganisationState
    created: datetime
    default_domain: str = ""
    test_domain: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody with an address. `public_id`: `r-` and 32 hexadecimal digits for resources, a UUID for others.

    `id` is 0 for who is gone. `enabled` and `disabled` say since when, as far as it is known.
    """

    id: int
    public_id: str
    organisation: int
    address: str
    display_name: str
    kind: Kind
    state: State
    role: Role = Role.USER
    enabled: datetime | None = None
    disabled: datetime | None = None


def alias_of(name: str) -> str:
    """What an organisation is called in addresses, made of its name; empty where nothing is left of it."""
    made = re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-")[:62].rstrip("-")
    return made.removeprefix("d-")


def checked_alias(alias: str) -> str:
    """The alias as it is kept: lower case. ValueError for what cannot be one: letters, digits, single hyphens inside,
    62 characters, and not beginning with `d-`.
    """
    made = alias.strip().lower()
    if len(made) > 62 or not _ALIAS.fullmatch(made):
        raise ValueError(f"not an alias of an organisation: {alias[:80]!r}")
    return made
