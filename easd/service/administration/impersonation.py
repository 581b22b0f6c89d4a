"""Roles by which programs act in the place of people."""

from easd.model.impersonation import ImpersonationRole, Token
from easd.service.administration.errors import NotFound
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Impersonation:
    """An organisation's impersonation roles."""

    def __init__(self, means: Means, log: Log) -> None:
        self._roles = means.impersonation
        self._log = log

    def create(self, organisation: int, role: ImpersonationRole) -> ImpersonationRole:
        """A new role; its id is given here. LimitExceeded, Invalid."""
        with self._log.change("CreateImpersonationRole", organisation, role.name, **_told(role)):
            return self._roles.create(organisation, role)

    def change(self, organisation: int, role: ImpersonationRole) -> None:
        """Replace the role that has this id. NotFound, Invalid."""
        with self._log.change("UpdateImpersonationRole", organisation, role.name, id=role.id, **_told(role)):
            self._roles.change(organisation, role)

    def remove(self, organisation: int, role_id: str) -> None:
        """With its tokens. NotFound."""
        with self._log.change("DeleteImpersonationRole", organisation, role_id):
            if not self._roles.remove(organisation, role_id):
                raise NotFound(f"there is no impersonation role {role_id}")

    def assume(self, organisation: int, role_id: str) -> Token:
        """A token of the role, for a short time. NotFound."""
        with self._log.change("AssumeImpersonationRole", organisation, role_id):
            return self._roles.assume(organisation, role_id)


def _told(role: ImpersonationRole) -> dict[str, object]:
    rules = [f"{one.effect.value} {list(one.target_users)} not {list(one.not_target_users)}" for one in role.rules]
    return {"type": role.type, "rules": rules}
