"""What administrators have changed, line by line: who, what, where, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ActorKind(StrEnum):
    """By what an administrator has come in."""

    CLI = "cli"
    KEY = "key"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something: a user of the operating system, an access key, or the server itself. Where `organisation`
    is not None, nothing outside it may be changed.
    """

    kind: ActorKind
    name: str
    organisation: int | None = None

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.name}"


BEGUN = "begun"
DONE = "done"


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One change. `target` is what was changed, by address or name; `parameters` hold no secrets. `outcome` is DONE,
    or why it was not done. BEGUN is that of a change of many steps (an organisation that is removed) in a program that
    ended in the middle.
    """

    id: int
    at: datetime
    actor: str
    organisation: int | None
    operation: str
    target: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    outcome: str = BEGUN


@dataclass(frozen=True, slots=True)
class AuditQuestion:
    """Which lines are asked for, newest first; empty texts and None ask for nothing. `actor` is the whole name or its
    kind, `target` the whole target in any letter case, `before` the number of a line before which to begin.
    """

    since: datetime | None = None
    actor: str = ""
    target: str = ""
    organisation: int | None = None
    before: int | None = None
    limit: int = 1000
