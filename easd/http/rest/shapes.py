"""The JSON of the REST API. The names of fields are the wire's."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

Text = Annotated[str, Meta(max_length=500)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Patterns = Annotated[list[Annotated[str, Meta(min_length=1, max_length=320)]], Meta(max_length=250)]
SettingValue = bool | int | list[str] | str | None


class ErrorShown(Struct, frozen=True):
    """Why it was not done: `code` is for programs, `message` for people."""

    code: str
    message: str


class AssignedTo(Struct, frozen=True, omit_defaults=True):
    """To whom a policy is assigned: everybody, or the group or user of the address."""

    to: Literal["everybody", "group", "user"]
    address: str = ""
    rank: int = 0


class PolicyBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a policy, or what a new one is to have; what is not named stays. The settings are those of
    MS-ASPROV.
    """

    settings: Annotated[dict[str, SettingValue], Meta(max_length=100)] = {}
    only_provisionable: bool | None = None
    allow_partial: bool | None = None
    allow_external: bool | None = None
    refresh_hours: Annotated[int, Meta(ge=0, le=8760)] | None = None


class PolicyShown(Struct, frozen=True):
    """A policy. `remarks` say what clients are known to refuse of it."""

    name: str
    settings: dict[str, SettingValue]
    only_provisionable: bool
    allow_partial: bool
    allow_external: bool
    refresh_hours: int | None
    assigned: list[AssignedTo]
    remarks: list[str]


class AssignBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Of several groups of a user that of the lowest rank counts."""

    rank: Annotated[int, Meta(ge=0, le=9999)] = 100


class WipeShown(Struct, frozen=True):
    """An order to wipe a device."""

    kind: str
    state: str
    ordered: datetime
    told: datetime | None
    ended: datetime | None
    reason: str


class DeviceShown(Struct, frozen=True):
    """A device. `state` is empty for one that may come in; else blocked, quarantined, open, wiped or to be wiped.
    `failing`: it tries to provision again and again and does not come in; `trouble`: what went wrong since it last was.
    """

    user: str
    device: str
    type: str
    model: str
    name: str
    os: str
    user_agent: str
    version: str
    provisioned: bool
    state: str
    override: str | None
    first_seen: datetime | None
    last_seen: datetime | None
    wipes: list[WipeShown]
    failing: bool
    trouble: str


class AccessBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether one device comes in, whatever the rules say."""

    effect: Literal["ALLOW", "DENY"]
    description: Text = ""


class WipeBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`kind` device erases everything on it, private things too, and needs the DeviceId once more in `confirm`."""

    kind: Literal["account", "device"] = "account"
    reason: Text = ""
    confirm: Text = ""


class FlowRuleBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule about mail by sender and recipient: the most specific pattern wins, then the most restrictive action."""

    name: Name
    action: Literal["drop", "bounce", "junk", "default", "never-junk"]
    direction: Literal["inbound", "outbound"] = "inbound"
    senders: Patterns = field(default_factory=lambda: ["*"])
    recipients: Patterns = field(default_factory=lambda: ["*"])


class FlowShown(Struct, frozen=True):
    """All rules about mail, and whether mail that fails its DMARC check fares as its domain demands."""

    rules: list[FlowRuleBody]
    dmarc_enforced: bool


class AuditShown(Struct, frozen=True):
    """One line of the audit log."""

    number: int
    at: datetime
    actor: str
    operation: str
    target: str
    parameters: dict[str, Any]
    outcome: str
