"""What people and groups may do with what belongs to others."""

from collections.abc import Iterable

from easd.model.account import User
from easd.model.organisation import Permission
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Permissions:
    """Permissions on mailboxes and addresses."""

    def __init__(self, means: Means, log: Log) -> None:
        self._grants = means.grants
        self._log = log

    def grant(self, owner: User, grantee: str, permissions: Iterable[Permission]) -> None:
        """Allow what may not be allowed yet."""
        wanted = tuple(permissions)
        with self._log.about("PutMailboxPermissions", owner, grantee=grantee, allow=wanted):
            self._grants.grant(owner.id, grantee, wanted)

    def revoke(self, owner: User, grantee: str, permissions: Iterable[Permission]) -> None:
        """Allow it no longer; what was not allowed stays so."""
        wanted = tuple(permissions)
        with self._log.about("DeleteMailboxPermissions", owner, grantee=grantee, forbid=wanted):
            self._grants.revoke(owner.id, grantee, wanted)

    def replace(self, owner: User, grantee: str, permissions: Iterable[Permission]) -> None:
        """Allow exactly this."""
        wanted = tuple(permissions)
        others = [one for one in Permission if one not in wanted]
        with self._log.about("PutMailboxPermissions", owner, grantee=grantee, exactly=wanted):
            self._grants.grant(owner.id, grantee, wanted)
            self._grants.revoke(owner.id, grantee, others)

    def delegate(self, owner: User, address: str, *, decides: bool) -> None:
        """Let a person or group of the same organisation hear of the meeting messages for a person, and perhaps
        decide.
        """
        with self._log.about("AssociateDelegateToUser", owner, delegate=address, decides=decides):
            self._grants.delegate(owner.id, address, decides=decides)

    def undelegate(self, owner: User, address: str) -> None:
        """By any address of the delegate. NotFound."""
        with self._log.about("DisassociateDelegateFromUser", owner, delegate=address):
            self._grants.undelegate(owner.id, address)
