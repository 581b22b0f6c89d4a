"""What an organisation says about devices, access, acting for others, keeping and carrying mail, made as described.

Rules about devices, access and mail become those of the description: one more of them could let somebody in, or lose
mail. New ones come before old ones go, so that there is no moment without any.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from easd.admin.moving.described import ActingRole, ControlRule, Described, DevicePolicy, DeviceRule
from easd.admin.moving.describing import text
from easd.admin.moving.steps import Step
from easd.admin.office import Office
from easd.model.access import AccessRule, Undecided
from easd.model.access_control import AccessControlRule
from easd.model.flow import FlowRule
from easd.model.impersonation import ImpersonationRole, ImpersonationRule
from easd.model.policy import PolicyDocument
from easd.policy.settings import ATTRIBUTES


def rule_steps(office: Office, number: Callable[[], int], wanted: Described, there: Described) -> Iterator[Step]:
    """What is to be done. `number` is the organisation's, known once it is there."""
    return _Rules(office, number, wanted, there).steps()


@dataclass(frozen=True, slots=True)
class _Rules:
    office: Office
    number: Callable[[], int]
    wanted: Described
    there: Described

    def steps(self) -> Iterator[Step]:
        yield from self._roles()
        yield from self._control_rules()
        yield from self._device_rules()
        yield from self._policies()
        yield from self._flow_rules()
        yield from self._single()

    # ------------------------------------------------------------ acting for others

    def _roles(self) -> Iterator[Step]:
        known = {role.name: role for role in self.there.roles}
        for role in self.wanted.roles:
            if known.get(role.name) != role:
                what = "changed" if role.name in known else "new"
                yield Step("impersonation role", role.name, what, partial(self._put_role, role))

    def _put_role(self, role: ActingRole) -> None:
        desk, number = self.office.desk, self.number()
        rules = tuple(
            ImpersonationRule(
                one.id, one.effect, one.name, one.description, self._ids(one.users), self._ids(one.not_users)
            )
            for one in role.rules
        )
        made = ImpersonationRole("", role.name, role.type, rules, role.description)
        ids = self._role_ids()
        if role.name in ids:
            desk.impersonation.change(number, replace(made, id=ids[role.name]))
        else:
            desk.impersonation.create(number, made)

    def _role_ids(self) -> dict[str, str]:
        return {role.name: role.id for role in self.office.desk.means.impersonation.roles(self.number())}

    def _ids(self, addresses: Sequence[str]) -> tuple[int, ...]:
        return tuple(self.office.entity(address).id for address in addresses)

    # ------------------------------------------------------------ who comes in from where

    def _control_rules(self) -> Iterator[Step]:
        if self.wanted.control_rules is None:
            return
        known = {rule.name: rule for rule in self.there.control_rules or ()}
        for rule in self.wanted.control_rules:
            if known.get(rule.name) != rule:
                what = "changed" if rule.name in known else "new"
                yield Step("access control rule", rule.name, what, partial(self._put_control_rule, rule))
        kept = {rule.name for rule in self.wanted.control_rules}
        for name in known:
            if name not in kept:
                yield Step("access control rule", name, "removed", partial(self._drop_control_rule, name))

    def _put_control_rule(self, rule: ControlRule) -> None:
        ids = self._role_ids()
        conditions = replace(
            rule.conditions,
            user_ids=self._ids(rule.users),
            not_user_ids=self._ids(rule.not_users),
            impersonation_role_ids=tuple(ids[name] for name in rule.roles),
            not_impersonation_role_ids=tuple(ids[name] for name in rule.not_roles),
        )
        made = AccessControlRule(rule.name, rule.effect, rule.description, conditions)
        self.office.desk.access_control.put(self.number(), made)

    def _drop_control_rule(self, name: str) -> None:
        self.office.desk.access_control.remove(self.number(), name)

    # ------------------------------------------------------------ devices

    def _device_rules(self) -> Iterator[Step]:
        if self.wanted.device_rules is None:
            return
        known = list(self.there.device_rules or ())
        for rule in self.wanted.device_rules:
            if rule in known:
                known.remove(rule)
            else:
                yield Step("device rule", rule.name, "new", partial(self._add_device_rule, rule))
        for rule in known:
            yield Step("device rule", rule.name, "removed", partial(self._drop_device_rule, rule))

    def _add_device_rule(self, rule: DeviceRule) -> None:
        made = AccessRule(0, rule.name, rule.effect, rule.conditions, rule.description)
        self.office.desk.device_access.add_rule(self.number(), made)

    def _drop_device_rule(self, rule: DeviceRule) -> None:
        found = next(
            one
            for one in self.office.desk.means.access.access(self.number()).rules
            if DeviceRule(one.name, one.effect, one.conditions, one.description) == rule
        )
        self.office.desk.device_access.remove_rule(self.number(), found)

    def _policies(self) -> Iterator[Step]:
        known = {policy.name.lower(): policy for policy in self.there.policies}
        for policy in self.wanted.policies:
            before = known.get(policy.name.lower())
            if before is None or policy_differs(policy, before):
                what = "changed" if before else "new"
                yield Step("policy", policy.name, what, partial(self._put_policy, policy, before))

    def _put_policy(self, policy: DevicePolicy, before: DevicePolicy | None) -> None:
        desk, number = self.office.desk.policies, self.number()
        desk.put(
            number,
            policy.name,
            [f"{name}={value}" for name, value in {**usual_of(before), **policy.settings}.items()],
            strict=policy.strict,
            partial=policy.partial,
            external=policy.external,
            refresh=timedelta(seconds=policy.refresh_seconds),
        )
        if policy.everybody and not (before and before.everybody):
            desk.assign(number, policy.name, None)
        for address, rank in policy.ranks.items():
            if before is None or before.ranks.get(address) != rank:
                desk.assign(number, policy.name, self.office.entity(address), rank)

    # ------------------------------------------------------------ mail

    def _flow_rules(self) -> Iterator[Step]:
        if self.wanted.flow_rules is None:
            return
        known = {rule.name: rule for rule in self.there.flow_rules or ()}
        for rule in self.wanted.flow_rules:
            before = known.pop(rule.name, None)
            if before != rule:
                yield Step("flow rule", rule.name, "changed" if before else "new", partial(self._put_flow, rule))
        for name in known:
            yield Step("flow rule", name, "removed", partial(self._drop_flow, name))

    def _put_flow(self, rule: FlowRule) -> None:
        if any(one.name == rule.name for one in self.office.desk.flow.flow(self.number()).rules):
            self._drop_flow(rule.name)
        self.office.desk.flow.add(self.number(), rule)

    def _drop_flow(self, name: str) -> None:
        self.office.desk.flow.remove(self.number(), name)

    # ------------------------------------------------------------ what there is one of

    def _single(self) -> Iterator[Step]:
        wanted, there, desk = self.wanted, self.there, self.office.desk
        if (retention := wanted.retention) is not None and retention != there.retention:
            what = "changed" if there.retention else "new"
            yield Step("retention policy", retention.name, what, lambda: desk.retention.put(self.number(), retention))
        if (undecided := wanted.undecided) is not None and undecided is not there.undecided:
            yield Step("undecided devices", undecided.value, "changed", partial(self._set_undecided, undecided))
        if (enforced := wanted.dmarc_enforced) is not None and enforced is not there.dmarc_enforced:
            act = partial(self._enforce_dmarc, enforced)
            yield Step("DMARC", "enforced" if enforced else "not enforced", "changed", act)
        if (forbidden := wanted.full_wipe_forbidden) is not None and forbidden is not bool(there.full_wipe_forbidden):
            act = partial(self._forbid_full_wipe, forbidden)
            yield Step("full wipes", "forbidden" if forbidden else "allowed", "changed", act)

    def _set_undecided(self, undecided: Undecided) -> None:
        self.office.desk.device_access.set_undecided(self.number(), undecided)

    def _enforce_dmarc(self, enforced: bool) -> None:
        self.office.desk.organisations.enforce_dmarc(self.number(), enforced=enforced)

    def _forbid_full_wipe(self, forbidden: bool) -> None:
        wipes = self.office.desk.wipes
        wipes.forbid_whole(self.number()) if forbidden else wipes.allow_whole(self.number())


def usual_of(policy: DevicePolicy | None) -> dict[str, str]:
    """What the settings of a policy are where it asks for nothing."""
    return {name: text(getattr(PolicyDocument(), ATTRIBUTES[name])) for name in (policy.settings if policy else ())}


def policy_differs(policy: DevicePolicy, known: DevicePolicy) -> bool:
    """Whether something that is said of it is not so here; it may be somebody's here who is not named."""
    here = replace(policy, ranks={**policy.ranks, **known.ranks}, everybody=policy.everybody or known.everybody)
    return replace(known, name=policy.name) != here or any(
        known.ranks.get(address) != rank for address, rank in policy.ranks.items()
    )
