"""An organisation as a value: who is in it, who may do what, and what it demands, without numbers of any store.

People, groups and resources are named by their primary addresses, impersonation roles by their names. What a source
does not say is None, or not there: it is left as it is where the description is established.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from easd.model.access import Conditions, Effect, Undecided
from easd.model.access_control import AccessConditions
from easd.model.account import Kind
from easd.model.flow import FlowRule
from easd.model.identity import Role
from easd.model.impersonation import ImpersonationType
from easd.model.organisation import BookingOptions, Permission
from easd.model.retention import RetentionPolicy
from easd.model.share import Chosen

FORMAT: Final = 1
"""Of the description as a file. It grows with each change that an older program would misread."""


@dataclass(frozen=True, slots=True)
class SaidDevice:
    """What is said of one device of somebody, whatever the rules say."""

    device_id: str
    effect: Effect
    description: str = ""


@dataclass(frozen=True, slots=True)
class SharedFolders:
    """Folders of `owner` on all devices of somebody. `path`: names from the root on, with Chosen.FOLDER."""

    owner: str
    chosen: Chosen
    writable: bool
    private: bool
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or something with an address. `profile` holds what is known, by the names of Profile's fields;
    `permissions` what others may do here, by their addresses; `quota` is in bytes (None: as everybody's). Of a
    person, `deciding` are those delegates to whom the answers are left. Of a group, `distribution`: it receives mail;
    `security`: it can be given permissions and policies.
    """

    kind: Kind
    address: str
    display_name: str
    aliases: tuple[str, ...] = ()
    enabled: bool = True
    hidden: bool = False
    role: Role = Role.USER
    profile: Mapping[str, str] = field(default_factory=dict)
    certificates: tuple[bytes, ...] = ()
    picture: bytes = b""
    quota: int | None = None
    description: str = ""
    booking: BookingOptions | None = None
    delegates: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    distribution: bool | None = None
    security: bool | None = None
    permissions: Mapping[str, tuple[Permission, ...]] = field(default_factory=dict)
    devices: tuple[SaidDevice, ...] = ()
    shares: tuple[SharedFolders, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The primary one first."""
        return (self.address, *self.aliases)


@dataclass(frozen=True, slots=True)
class DeviceRule:
    """A rule about devices."""

    name: str
    effect: Effect
    conditions: Conditions = field(default_factory=Conditions)
    description: str = ""


@dataclass(frozen=True, slots=True)
class ControlRule:
    """An access control rule: users by address and roles by name stand beside its other conditions."""

    name: str
    effect: Effect
    conditions: AccessConditions = field(default_factory=AccessConditions)
    description: str = ""
    users: tuple[str, ...] = ()
    not_users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    not_roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActingRule:
    """A rule of an impersonation role, with users by address."""

    id: str
    effect: Effect
    name: str = ""
    description: str = ""
    users: tuple[str, ...] = ()
    not_users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActingRole:
    """An impersonation role."""

    name: str
    type: ImpersonationType
    rules: tuple[ActingRule, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class DevicePolicy:
    """What devices are asked for: settings as `easd policy set` takes them, how strictly, and whose it is. `ranks`: of
    users and groups by address.
    """

    name: str
    settings: Mapping[str, str]
    strict: bool = False
    partial: bool = True
    external: bool = True
    refresh_seconds: int = 0
    everybody: bool = False
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Described:
    """All of an organisation but what mailboxes hold. Rules, where they are said, are all rules that there are."""

    name: str
    alias: str = ""
    domains: tuple[str, ...] = ()
    default_domain: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    entities: tuple[Entity, ...] = ()
    roles: tuple[ActingRole, ...] = ()
    device_rules: tuple[DeviceRule, ...] | None = None
    control_rules: tuple[ControlRule, ...] | None = None
    retention: RetentionPolicy | None = None
    undecided: Undecided | None = None
    dmarc_enforced: bool | None = None
    full_wipe_forbidden: bool | None = None
    policies: tuple[DevicePolicy, ...] = ()
    flow_rules: tuple[FlowRule, ...] | None = None
