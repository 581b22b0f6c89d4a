"""Organisations and their domains."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from easd.model.domain import Verification
from easd.service.administration.errors import NameNotAvailable, saying
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Organisations:
    """Organisations and their domains."""

    def __init__(self, means: Means, log: Log) -> None:
        self._accounts = means.accounts
        self._organisations = means.organisations
        self._flow = means.flow
        self._log = log

    def create(self, name: str, alias: str = "") -> int:
        """A new organisation's number; without an alias one is made of the name. NameNotAvailable, Invalid."""
        with self._log.change("CreateOrganization", None, name, alias=alias or None):
            return self._accounts.create_organization(name, alias)

    def remove(self, organisation: int) -> None:
        """With all people, groups, resources, mailboxes and domains, one after the other: where the program ends in the
        middle, those that are left are whole, and it can be done again.
        """
        with self._log.gradual("DeleteOrganization", organisation, self._name(organisation)):
            self._organisations.remove(organisation)

    def tag(self, organisation: int, tags: Mapping[str, str]) -> None:
        """Add or replace tags. LimitExceeded, Invalid."""
        with self._log.change("TagResource", organisation, self._name(organisation), tags=dict(tags)):
            self._organisations.tag(organisation, tags)

    def untag(self, organisation: int, keys: Sequence[str]) -> None:
        """Remove those of the tags that are there."""
        with self._log.change("UntagResource", organisation, self._name(organisation), keys=list(keys)):
            self._organisations.untag(organisation, keys)

    def set_default_domain(self, organisation: int, domain: str) -> None:
        """The domain of new primary addresses. NotFound if it is not the organisation's."""
        with self._log.change("UpdateDefaultMailDomain", organisation, domain):
            self._organisations.set_default_domain(organisation, domain)

    def set_verification(
        self,
        organisation: int,
        domain: str,
        state: Verification,
        at: datetime,
        dkim: Verification = Verification.PENDING,
    ) -> None:
        """What the DNS said of the domain's ownership, and of the keys with which its mail is signed."""
        with self._log.change("VerifyMailDomain", organisation, domain, state=state, dkim=dkim):
            self._organisations.set_verification(domain, state, at, dkim)

    def enforce_dmarc(self, organisation: int, *, enforced: bool) -> None:
        """Whether mail that fails its sender's DMARC policy is treated as that policy demands."""
        with self._log.change("PutInboundDmarcSettings", organisation, self._name(organisation), enforced=enforced):
            self._flow.enforce_dmarc(organisation, enforced)

    def _name(self, organisation: int) -> str:
        with saying():
            return self._organisations.organisation(organisation).name

    def add_domain(self, organisation: int, domain: str) -> str:
        """Make this server the destination of a domain's mail; answers the name as kept."""
        with self._log.change("RegisterMailDomain", organisation, domain):
            return self._accounts.add_domain(organisation, domain)

    def remove_domain(self, organisation: int, domain: str) -> None:
        """NameNotAvailable while somebody has an address in it, or it is another organisation's."""
        with self._log.change("DeregisterMailDomain", organisation, domain):
            if dict(self._accounts.domains()).get(domain.lower(), organisation) != organisation:
                raise NameNotAvailable(f"the domain {domain} belongs to another organisation")
            self._accounts.remove_domain(domain)
