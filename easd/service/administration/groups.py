"""Groups: several under one address."""

from easd.model.account import User
from easd.model.organisation import Group
from easd.service.administration.errors import NotFound, saying
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Groups:
    """Groups and who is in them."""

    def __init__(self, means: Means, log: Log) -> None:
        self._means = means
        self._log = log

    def create(self, address: str, display_name: str) -> Group:
        """A new group without members."""
        domain = address.rpartition("@")[2].lower()
        organisation = dict(self._means.accounts.domains()).get(domain)
        with self._log.change("CreateGroup", organisation, address, display_name=display_name):
            if organisation is None:
                raise NotFound(f"there is no domain {domain}")
            return self._means.groups.create(address, display_name)

    def set_uses(self, group_id: int, *, distribution: bool, security: bool) -> None:
        """What it is for: to receive mail, to be given permissions and policies. NameNotAvailable: it has some."""
        told = {"distribution": distribution, "security": security}
        with self._log.about("SetGroupUses", self._group(group_id), **told):
            self._means.groups.set_uses(group_id, distribution=distribution, security=security)

    def add_member(self, group_id: int, address: str) -> None:
        """Somebody of the same organisation, or any address outside this server."""
        with self._log.about("AssociateMemberToGroup", self._group(group_id), member=address):
            self._means.groups.add_member(group_id, address)

    def remove_member(self, group_id: int, address: str) -> None:
        """A direct member, by any of its addresses. NotFound."""
        with self._log.about("DisassociateMemberFromGroup", self._group(group_id), member=address):
            self._means.groups.remove_member(group_id, address)

    def _group(self, group_id: int) -> User:
        with saying():
            return self._means.accounts.by_number(group_id)
