"""What an organisation says about mail on its way: rules by sender and recipient, as Amazon WorkMail has them."""

from enum import StrEnum

from easd.model.frozen import dataclass


class Direction(StrEnum):
    """Which mail a rule is about: what comes from outside, or what the organisation's people send."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class FlowAction(StrEnum):
    """What becomes of the mail: in this order, an earlier one is more restrictive than a later one."""

    DROP = "drop"
    BOUNCE = "bounce"
    JUNK = "junk"
    DEFAULT = "default"
    NEVER_JUNK = "never-junk"


@dataclass(frozen=True, slots=True)
class FlowRule:
    """One rule; it is about mail of which a sender and the recipient match one of the patterns each.

    A pattern is an address (`ann@example.org`), a domain (`example.org`), a domain and all below it (`*example.org`),
    all below a domain (`*.example.org`), or everything (`*`), in lower case.
    """

    id: int
    name: str
    direction: Direction
    action: FlowAction
    senders: tuple[str, ...] = ("*",)
    recipients: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class Flow:
    """All that an organisation says about mail: its rules, and whether it does what the domain of a sender demands of
    mail that fails its DMARC check.
    """

    rules: tuple[FlowRule, ...] = ()
    dmarc_enforced: bool = True


class Fate(StrEnum):
    """What the copy of one recipient is meant for, as decided when the message was taken."""

    DEFAULT = ""
    JUNK = "junk"
    BOUNCE = "bounce"
