"""What administration works with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from easd.model.domain import DnsRecord, MailDomain
from easd.service.domain_records import ownership
from easd.service.ports import Store
from easd.service.ports.administration import (
    AccessControlStore,
    AccessKeyStore,
    AccessRuleStore,
    Accounts,
    EncryptionStore,
    FlowRuleStore,
    GrantStore,
    GroupStore,
    ImpersonationStore,
    Journal,
    OrganisationStore,
    PolicyStore,
    QueueStore,
    ResourceStore,
    RetentionStore,
    SigningStore,
    Transactions,
)
from easd.service.ports.exports import ExportJobs
from easd.service.vault import Vault


def _ownership(domain: MailDomain) -> Sequence[DnsRecord]:
    """All that is known of a domain without the server's name."""
    return (ownership(domain),)


@dataclass(frozen=True, slots=True)
class Means:
    """The store, its transactions and its parts, what makes the hash of a password (slow; ValueError for one that
    cannot be), the clock, `number(bits)`, a random number of that many bits, what seals secrets, the bytes of a mailbox
    of which nothing else is said (None: any number), the buckets that exports may go to, and the
    DNS records of a domain.
    """

    store: Store
    transactions: Transactions
    accounts: Accounts
    organisations: OrganisationStore
    groups: GroupStore
    resources: ResourceStore
    grants: GrantStore
    access: AccessRuleStore
    access_control: AccessControlStore
    policies: PolicyStore
    flow: FlowRuleStore
    queue: QueueStore
    signing: SigningStore
    access_keys: AccessKeyStore
    retention: RetentionStore
    encryption: EncryptionStore
    impersonation: ImpersonationStore
    exports: ExportJobs
    journal: Journal
    hash_password: Callable[[str], str]
    clock: Callable[[], datetime]
    number: Callable[[int], int]
    vault: Vault
    mailbox_bytes: int | None = None
    export_buckets: frozenset[str] = frozenset()
    published: Callable[[MailDomain], Sequence[DnsRecord]] = _ownership
