"""What administration works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from easd.service.ports.administration import (
    AccessControlStore,
    AccessRuleStore,
    Accounts,
    GrantStore,
    GroupStore,
    Journal,
    OrganisationStore,
    ResourceStore,
)


@dataclass(frozen=True, slots=True)
class Means:
    """The store's parts, what makes the hash of a password (slow; ValueError for one that cannot be), and the clock."""

    accounts: Accounts
    organisations: OrganisationStore
    groups: GroupStore
    resources: ResourceStore
    grants: GrantStore
    access: AccessRuleStore
    access_control: AccessControlStore
    journal: Journal
    hash_password: Callable[[str], str]
    clock: Callable[[], datetime]
