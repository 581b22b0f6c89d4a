"""From where and how mailboxes are reached: access control rules."""

from dataclasses import asdict

from easd.model.access_control import AccessControlRule
from easd.service.administration.errors import NotFound
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class AccessControl:
    """An organisation's access control rules. They hold at once, for what waits at the server too."""

    def __init__(self, means: Means, log: Log) -> None:
        self._rules = means.access_control
        self._log = log

    def put(self, organisation: int, rule: AccessControlRule) -> None:
        """A new rule, or another in the place of the one that has its name. LimitExceeded, Invalid."""
        lists = {name: values for name, values in asdict(rule.conditions).items() if values}
        told = {"effect": rule.effect, "description": rule.description or None, **lists}
        with self._log.change("PutAccessControlRule", organisation, rule.name, **told):
            self._rules.put(organisation, rule)

    def remove(self, organisation: int, name: str) -> None:
        """Without any rule nobody comes in. NotFound."""
        with self._log.change("DeleteAccessControlRule", organisation, name):
            if not self._rules.remove(organisation, name):
                raise NotFound(f"there is no rule {name}")
