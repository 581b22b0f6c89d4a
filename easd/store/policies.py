"""What organisations demand of devices, as rows. Whoever waits looks again after each change."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from sqlalchemy import delete, select, update

from easd.model.device import WipeKind
from easd.policy.assignment import Assignment, NamedPolicy, Target
from easd.policy.rules import PolicyRules
from easd.service.ports.administration import InUse
from easd.store import asking_again, details, devices, wipes
from easd.store.database import Session
from easd.store.errors import Taken
from easd.store.prepared import Prepared, named, param, params
from easd.store.rules import APPLYING, UNASSIGN, decoded, encode
from easd.store.store import SqlStore
from easd.store.tables import (
    devices as device_rows,
    organizations,
    policies,
    policy_assignments,
    users,
)
from easd.store.wipes import PastWipe

_organization = organizations.c
_policy = policies.c
_assigned = policy_assignments.c
_FULL_WIPE = Prepared(
    select(_organization.full_wipe_forbidden)
    .join(users, users.c.organization_id == _organization.id)
    .where(users.c.id == param("user"))
)
_SET_FULL_WIPE = Prepared(
    update(organizations).where(_organization.id == param("organization")).values(named(["full_wipe_forbidden"]))
)
_FORBIDDING = Prepared(select(_organization.id).where(_organization.full_wipe_forbidden.is_not(None)))
_LIST = Prepared(
    select(_policy.id, _policy.name, _policy.details)
    .where(_policy.organization_id == param("organization"))
    .order_by(_policy.key)
)
_GET = Prepared(
    select(_policy.id, _policy.name, _policy.details).where(
        _policy.organization_id == param("organization"), _policy.key == param("key")
    )
)
_PUT = Prepared(
    lambda to: (new := to(policies).values(params(policies, "id"))).on_conflict_do_update(
        index_elements=["organization_id", "key"],
        set_={"details": new.excluded.details, "changed": new.excluded.changed},
    )
)
_DROP = Prepared(delete(policies).where(_policy.id == param("policy")))
_ASSIGNED = Prepared(
    select(_assigned.kind, _assigned.target_id, _assigned.rank)
    .where(_assigned.policy_id == param("policy"))
    .order_by(_assigned.kind, _assigned.rank, _assigned.target_id)
)
_ASSIGN = Prepared(
    lambda to: (new := to(policy_assignments).values(params(policy_assignments))).on_conflict_do_update(
        index_elements=["kind", "target_id"], set_={"policy_id": new.excluded.policy_id, "rank": new.excluded.rank}
    )
)
_DEVICES = Prepared(
    select(*device_rows.columns, users.c.address)
    .join(users, users.c.id == device_rows.c.user_id)
    .where(users.c.organization_id == param("organization"))
    .order_by(device_rows.c.id)
)


class FullWipePending(InUse):
    """Orders to wipe whole devices stand; the text names them."""


class SqlPolicies:
    """What organisations demand of devices. KeyError: there is no such organisation or user."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    def listed(self, organization_id: int) -> Sequence[NamedPolicy]:
        """The policies of an organisation, by name."""
        with self._database.read() as block:
            rows = block.session.all(_LIST, organization=organization_id)
            return [self._policy(block.session, *row) for row in rows]

    def get(self, organization_id: int, name: str) -> NamedPolicy:
        """One of them; letter case does not matter."""
        with self._database.read() as block:
            return self._existing(block.session, organization_id, name)

    def applying(self, user_id: int) -> Sequence[tuple[str, Target, int]]:
        """The policies that are assigned to the user or to whatever the user belongs to: name, and to whom. The first
        is the one that counts.
        """
        rows = self._database.once(APPLYING, user=user_id, yes=1)
        return [(name, Target(kind), target) for name, _, kind, target in rows]

    def put(self, organization_id: int, name: str, rules: PolicyRules) -> None:
        """Make the policy, or give it these rules. ValueError for what is no name."""
        if not name.strip() or not name.isprintable():
            raise ValueError("a policy needs a printable name")
        values = {"name": name.strip(), "key": _key(name), "details": encode(rules), "changed": self._store.now()}
        with self._changing(organization_id) as session:
            session.run(_PUT, organization_id=organization_id, **values)

    def remove(self, organization_id: int, name: str) -> None:
        """Taken while it is assigned to somebody."""
        with self._changing(organization_id) as session:
            found = self._existing(session, organization_id, name)
            if found.assignments:
                raise Taken(f"the policy {found.name} is assigned")
            session.run(_DROP, policy=found.id)

    def assign(self, organization_id: int, name: str, assignment: Assignment) -> None:
        """From now on the policy is theirs, in place of another of their own."""
        with self._changing(organization_id, assignment) as session:
            found = self._existing(session, organization_id, name)
            if assignment.target is Target.GROUP and not details.can_have_rights(session, assignment.target_id):
                raise ValueError("the group is for mail alone: it is no security group")
            kind = {"kind": int(assignment.target), "target_id": assignment.target_id}
            session.run(_ASSIGN, policy_id=found.id, rank=assignment.rank, **kind)

    def unassign(self, organization_id: int, assignment: Assignment) -> None:
        """From now on they have no policy of their own. KeyError if they had none."""
        with self._changing(organization_id, assignment) as session:
            if session.run(UNASSIGN, kind=int(assignment.target), target=assignment.target_id) == 0:
                raise KeyError("no policy is assigned there")

    def _changing(self, organization_id: int, whose: Assignment | None = None) -> AbstractContextManager[Session]:
        """A transaction after which held requests of the user whom an assignment names, or else of the whole
        organisation, are asked again whether they may go on.
        """
        if whose is not None and whose.target is Target.USER:
            return asking_again.asking_again(self._store, asking_again.USER, whose.target_id)
        return asking_again.asking_again(self._store, asking_again.ORGANISATION, organization_id)

    def _existing(self, session: Session, organization_id: int, name: str) -> NamedPolicy:
        row = session.one(_GET, organization=organization_id, key=_key(name))
        if row is None:
            raise KeyError(f"there is no policy {name}")
        return self._policy(session, *row)

    def _policy(self, session: Session, number: int, name: str, details: bytes) -> NamedPolicy:
        rows = session.all(_ASSIGNED, policy=number)
        assignments = tuple(Assignment(Target(kind), target, rank) for kind, target, rank in rows)
        return NamedPolicy(number, name, decoded(name, details, self._store.problems), assignments)

    # ------------------------------------------------------------ wiping

    def past_wipes(self) -> Sequence[PastWipe]:
        """Orders to wipe devices whose partnerships are gone."""
        return wipes.listed(self._database)

    def forbids_full_wipe(self, user_id: int) -> bool:
        """Whether the user's organisation forbids to wipe whole devices."""
        rows = self._database.once(_FULL_WIPE, user=user_id)
        if not rows:
            raise KeyError(f"there is no user {user_id}")
        return rows[0][0] is not None

    def forbidding_full_wipe(self) -> frozenset[int]:
        """The organisations that forbid it."""
        return frozenset(number for (number,) in self._database.once(_FORBIDDING))

    def forbid_full_wipe(self, organization_id: int) -> None:
        """From now on nobody may order it. FullWipePending while an order to do so stands."""
        with self._database.write() as block:
            rows = block.session.all(_DEVICES, organization=organization_id)
            known = ((devices.from_row(row[:-1], self._store.problems), row[-1]) for row in rows)
            pending = [
                f"{device.device_id} of {address}"
                for device, address in known
                if device.pending_wipe is not None and device.pending_wipe.kind is WipeKind.DEVICE
            ]
            if pending:
                raise FullWipePending("orders to do so stand, cancel them first: " + ", ".join(pending))
            values = {"organization": organization_id, "full_wipe_forbidden": self._store.now()}
            if block.session.run(_SET_FULL_WIPE, **values) == 0:
                raise KeyError(f"there is no organisation {organization_id}")

    def allow_full_wipe(self, organization_id: int) -> None:
        """From now on it may be ordered."""
        with self._database.write() as block:
            if block.session.run(_SET_FULL_WIPE, organization=organization_id, full_wipe_forbidden=None) == 0:
                raise KeyError(f"there is no organisation {organization_id}")


def _key(name: str) -> str:
    return name.strip().lower()
