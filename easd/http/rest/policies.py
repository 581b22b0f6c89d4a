"""Policies over REST."""

from collections.abc import Sequence
from datetime import timedelta

from easd.http.rest.shapes import AssignBody, AssignedTo, PolicyBody, PolicyShown, SettingValue
from easd.http.rest.table import Call, Operation
from easd.model.access_key import Level
from easd.policy.assignment import Assignment, NamedPolicy, Target
from easd.policy.lint import findings
from easd.policy.settings import ATTRIBUTES


def _list(call: Call) -> list[PolicyShown]:
    return [_shown(call, policy) for policy in call.desk.policies.listed(call.organisation)]


def _get(call: Call) -> PolicyShown:
    return _shown(call, call.desk.policies.get(call.organisation, call.path["name"]))


def _put(call: Call) -> PolicyShown:
    body = call.body
    assert isinstance(body, PolicyBody)
    policy = call.desk.policies.put(
        call.organisation,
        call.path["name"],
        [f"{name}={_written(value)}" for name, value in body.settings.items()],
        strict=body.only_provisionable,
        partial=body.allow_partial,
        external=body.allow_external,
        refresh=None if body.refresh_hours is None else timedelta(hours=body.refresh_hours),
    )
    return _shown(call, policy)


def _remove(call: Call) -> None:
    call.desk.policies.remove(call.organisation, call.path["name"])


def _assign_all(call: Call) -> None:
    call.desk.policies.assign(call.organisation, call.path["name"], None)


def _assign(call: Call) -> None:
    rank = call.body.rank if isinstance(call.body, AssignBody) else AssignBody().rank
    call.desk.policies.assign(call.organisation, call.path["name"], call.whom(), rank)


def _unassign_all(call: Call) -> None:
    call.desk.policies.unassign(call.organisation, None)


def _unassign(call: Call) -> None:
    call.desk.policies.unassign(call.organisation, call.whom())


def _written(value: SettingValue) -> str:
    """As an administrator writes it."""
    if isinstance(value, list):
        return ",".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _shown(call: Call, policy: NamedPolicy) -> PolicyShown:
    rules = policy.rules
    values = {} if rules.document is None else {n: getattr(rules.document, attr) for n, attr in ATTRIBUTES.items()}
    return PolicyShown(
        policy.name,
        {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()},
        not rules.allow_non_provisionable,
        rules.allow_partial,
        rules.allow_external,
        None if rules.refresh is None else rules.refresh // timedelta(hours=1),
        [_assigned(call, one) for one in policy.assignments],
        [one.text for one in findings(rules)],
    )


def _assigned(call: Call, one: Assignment) -> AssignedTo:
    if one.target is Target.ORGANISATION:
        return AssignedTo("everybody")
    address = call.desk.means.accounts.by_number(one.target_id).address
    return AssignedTo("group", address, one.rank) if one.target is Target.GROUP else AssignedTo("user", address)


_ONE = "/policies/{name}"
_WHOM = "/policies/{name}/assignments/{address}"
OPERATIONS: Sequence[Operation] = (
    Operation("GET", "/policies", "All policies", Level.READ, _list, answer=list[PolicyShown]),
    Operation("GET", _ONE, "One policy", Level.READ, _get, answer=PolicyShown),
    Operation("PUT", _ONE, "Make or change a policy", Level.WRITE, _put, PolicyBody, PolicyShown),
    Operation("DELETE", _ONE, "Delete a policy that is assigned to nobody", Level.WRITE, _remove),
    Operation("PUT", "/policies/{name}/everybody", "Give it to everybody", Level.WRITE, _assign_all),
    Operation("PUT", _WHOM, "Give it to a user or a group", Level.WRITE, _assign, AssignBody),
    Operation("DELETE", "/policy-of/everybody", "Take everybody's away", Level.WRITE, _unassign_all),
    Operation("DELETE", "/policy-of/{address}", "Take that of a user or a group away", Level.WRITE, _unassign),
)
