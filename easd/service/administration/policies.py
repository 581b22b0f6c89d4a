"""What an organisation demands of devices."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from easd.model.account import Kind, User
from easd.policy.assignment import Assignment, NamedPolicy, Target
from easd.policy.rules import PolicyRules
from easd.policy.settings import changed
from easd.service.administration.errors import Invalid, saying
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Policies:
    """Policies by name. Devices that wait at the server get what has changed at once."""

    def __init__(self, means: Means, log: Log) -> None:
        self._accounts = means.accounts
        self._policies = means.policies
        self._log = log

    def listed(self, organisation: int) -> Sequence[NamedPolicy]:
        """All of them, by name."""
        self._log.permit(organisation)
        return self._policies.listed(organisation)

    def get(self, organisation: int, name: str) -> NamedPolicy:
        """One of them; letter case does not matter. NotFound."""
        self._log.permit(organisation)
        with saying():
            return self._policies.get(organisation, name)

    def put(
        self,
        organisation: int,
        name: str,
        settings: Sequence[str] = (),
        *,
        strict: bool | None = None,
        partial: bool | None = None,
        external: bool | None = None,
        refresh: timedelta | None = None,
    ) -> NamedPolicy:
        """Make the policy, or change what is named of it: settings as "Name=value"; None leaves as it is.

        `strict`: devices that take part in no policy stay out; `partial` and `external`: devices may come in that apply
        a part of it alone, or say that others manage them; `refresh`: how often devices get it anew (0: never).
        """
        told = {"changed": list(settings), "only_provisionable": strict}
        with self._log.change("PutPolicy", organisation, name, **told):
            known = {policy.name.lower(): policy.rules for policy in self._policies.listed(organisation)}
            before = known.get(name.strip().lower(), PolicyRules())
            if before.document is None:
                raise Invalid(f"the policy {name} cannot be read: remove it and make it anew")
            after = PolicyRules(
                changed(before.document, settings),
                before.allow_non_provisionable if strict is None else not strict,
                before.allow_partial if partial is None else partial,
                before.allow_external if external is None else external,
                before.refresh if refresh is None else refresh or None,
            )
            self._policies.put(organisation, name, after)
            return self._policies.get(organisation, name)

    def remove(self, organisation: int, name: str) -> None:
        """Delete a policy. NameNotAvailable while it is assigned to somebody."""
        with self._log.change("DeletePolicy", organisation, name):
            self._policies.remove(organisation, name)

    def assign(self, organisation: int, name: str, whom: User | None, rank: int = 100) -> None:
        """Give it to a user, to a group (of several of a user, that of the lowest rank counts), or to everybody (None),
        in place of another of their own.
        """
        made = self._of(organisation, whom, rank)
        told = {"to": made.target.name, "whom": whom.address if whom else None, "rank": made.rank or None}
        with self._log.change("AssignPolicy", organisation, name, **told):
            self._policies.assign(organisation, name, made)

    def unassign(self, organisation: int, whom: User | None) -> None:
        """Take away the policy that they have of their own. NotFound if they have none."""
        made = self._of(organisation, whom, 0)
        told = {"from": made.target.name, "whom": whom.address if whom else None}
        with self._log.change("UnassignPolicy", organisation, "", **told):
            self._policies.unassign(organisation, replace(made, rank=0))

    def _of(self, organisation: int, whom: User | None, rank: int) -> Assignment:
        if whom is None:
            return Assignment(Target.ORGANISATION, organisation)
        with saying():
            if self._accounts.organization_of(whom.id) != organisation:
                raise Invalid(f"{whom.address} is of another organisation")
        if whom.kind is Kind.GROUP:
            return Assignment(Target.GROUP, whom.id, rank)
        return Assignment(Target.USER, whom.id)
