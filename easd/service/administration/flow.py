"""Rules about mail on its way."""

from easd.model.flow import Flow, FlowRule
from easd.service.administration.errors import NotFound
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class FlowRules:
    """An organisation's rules by sender and recipient, and whether it does what domains demand (DMARC)."""

    def __init__(self, means: Means, log: Log) -> None:
        self._flow = means.flow
        self._log = log

    def flow(self, organisation: int) -> Flow:
        """All that the organisation says."""
        self._log.permit(organisation)
        return self._flow.flow(organisation)

    def add(self, organisation: int, rule: FlowRule) -> FlowRule:
        """A new rule; its number is given here."""
        told = {"direction": rule.direction, "action": rule.action, "from": rule.senders, "to": rule.recipients}
        with self._log.change("CreateFlowRule", organisation, rule.name, **told):
            return self._flow.add(organisation, rule)

    def remove(self, organisation: int, name: str) -> None:
        """Remove a rule by its name. NotFound."""
        with self._log.change("DeleteFlowRule", organisation, name):
            wanted = name.strip().lower()
            found = next((one for one in self._flow.flow(organisation).rules if one.name.lower() == wanted), None)
            if found is None or not self._flow.remove(organisation, found.id):
                raise NotFound(f"there is no rule {name}")
