"""How long mail is kept."""

from easd.model.retention import RetentionPolicy
from easd.service.administration.errors import NotFound
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Retention:
    """The one retention policy of an organisation. It is applied now and then, in the background."""

    def __init__(self, means: Means, log: Log) -> None:
        self._retention = means.retention
        self._log = log

    def put(self, organisation: int, policy: RetentionPolicy) -> RetentionPolicy:
        """Another policy in the place of the present one. NotFound for the id of another, Invalid."""
        told = {one.folder.value: f"{one.action.value} {one.period or ''}".rstrip() for one in policy.folders}
        with self._log.change("PutRetentionPolicy", organisation, policy.name, folders=told):
            return self._retention.put(organisation, policy)

    def remove(self, organisation: int, policy_id: str) -> None:
        """Keep everything from now on. NotFound."""
        with self._log.change("DeleteRetentionPolicy", organisation, policy_id):
            if not self._retention.remove(organisation, policy_id):
                raise NotFound(f"there is no retention policy {policy_id}")
