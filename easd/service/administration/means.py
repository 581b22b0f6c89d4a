"""What administration works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from easd.service.ports import Store
from easd.service.ports.administration import (
    AccessControlStore,
    AccessRuleStore,
    Accounts,
    FlowRuleStore,
    GrantStore,
    GroupStore,
    ImpersonationStore,
    Journal,
    OrganisationStore,
    PolicyStore,
    ResourceStore,
    RetentionStore,
)


@dataclass(frozen=True, slots=True)
class Means:
    """The store and its parts, what makes the hash of a password (slow; ValueError for one that cannot be), the clock,
    and `number(bits)`, a random number of that many bits.
    """

    store: Store
    accounts: Accounts
    organisations: OrganisationStore
    groups: GroupStore
    resources: ResourceStore
    grants: GrantStore
    access: AccessRuleStore
    access_control: AccessControlStore
    policies: PolicyStore
    flow: FlowRuleStore
    retention: RetentionStore
    impersonation: ImpersonationStore
    journal: Journal
    hash_password: Callable[[str], str]
    clock: Callable[[], datetime]
    number: Callable[[int], int]
