"""What becomes of a client's command: one pure function over what the command is, what the item is like, and what was
done before.
"""

from collections.abc import Container
from enum import Enum

from easd.sync.ports import Change


class Op(Enum):
    """What the client wants. A Delete of one occurrence (InstanceId) is a CHANGE of the series."""

    ADD = "Add"
    CHANGE = "Change"
    DELETE = "Delete"


class Policy(Enum):
    """The Conflict option (MS-ASCMD R2064, R2065); without it the server wins (R2066)."""

    CLIENT_WINS = 0
    SERVER_WINS = 1


class Standing(Enum):
    """The item on the server, as seen from what the client holds."""

    ABSENT = "never was here, or nobody remembers"
    GONE = "deleted or moved away"
    SAME = "unchanged since the client was told"
    OWN = "changed since, last by this client"
    FOREIGN = "changed since, last by somebody else"


class Claim(Enum):
    """Whether an earlier try of this request has done the command."""

    NONE = "no"
    SAME = "this very command"
    EDITED = "an Add of this ClientId with other content"


class Action(Enum):
    """What to do. CREATE, WRITE and REMOVE ask for a write; the others are answers. The value is the Status (MS-ASCMD
    2.2.3.177.17).
    """

    CREATE = (1, "make a new item")
    WRITE = (1, "write to the item; for an Add: replace it whole")
    REMOVE = (1, "remove the item")
    REPEAT = (1, "done before: answer as then")
    KEEP = (1, "somebody else has changed the item, and wins: answer its uid, the change follows")
    ALREADY = (1, "there is nothing left to remove")
    CONFLICT = (7, "the server's version wins and follows")
    MISSING = (8, "there is no such item")

    @property
    def status(self) -> int:
        """1, or 7 (MS-ASCMD R4444) or 8 (R4447)."""
        return self.value[0]

    @property
    def writes(self) -> bool:
        """Whether the caller has to write, and to report it."""
        return self in (Action.CREATE, Action.WRITE, Action.REMOVE)


def standing(server: Change | None, watermark: int, mine: Container[int]) -> Standing:
    """How the item stands. `mine`: the mod_seqs of this client's own writes since the watermark."""
    if server is None:
        return Standing.ABSENT
    if server.sort_time is None:
        return Standing.GONE
    if server.mod_seq in mine:
        return Standing.OWN
    return Standing.FOREIGN if server.mod_seq > watermark else Standing.SAME


def decide(op: Op, server: Standing, claim: Claim, policy: Policy) -> Action:
    """What to do with a client's command. Every combination has an answer."""
    if claim is Claim.SAME:
        return Action.REPEAT
    there = server not in (Standing.ABSENT, Standing.GONE)
    loses = server is Standing.FOREIGN and policy is Policy.SERVER_WINS  # R2066, R2068
    if op is Op.ADD:
        # An edited Add whose item is gone is made again: what the user wrote must not be lost.
        return Action.CREATE if claim is Claim.NONE or not there else Action.KEEP if loses else Action.WRITE
    if op is Op.CHANGE:
        return Action.MISSING if not there else Action.CONFLICT if loses else Action.WRITE  # R5846, R2069
    if there:
        return Action.REMOVE  # a Delete takes precedence over a change on the server: R2076
    return Action.ALREADY if server is Standing.GONE else Action.MISSING
