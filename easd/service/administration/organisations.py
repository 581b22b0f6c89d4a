"""Organisations and their domains."""

from easd.service.administration.errors import NameNotAvailable
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Organisations:
    """Organisations and their domains."""

    def __init__(self, means: Means, log: Log) -> None:
        self._accounts = means.accounts
        self._log = log

    def create(self, name: str) -> int:
        """A new organisation's number. NameNotAvailable, Invalid."""
        with self._log.change("CreateOrganization", None, name):
            return self._accounts.create_organization(name)

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
