"""Which policy applies to whom: the user's own, else that of a group, else that of the organisation.

The answer is remembered as long as the revision of all policies stays, which a request learns with the row of its
device; so policies cost a request nothing.
"""

import msgspec
from sqlalchemy import and_, delete, or_, select, update

from easd.policy.assignment import Target
from easd.policy.rules import PolicyRules
from easd.store.content import Problems
from easd.store.database import Database
from easd.store.membership import above
from easd.store.prepared import Prepared, param
from easd.store.tables import policies, policy_assignments, policy_revision, users

_MOST = 100_000
"""Users whose rules are remembered."""


_assigned = policy_assignments.c
_organization = select(users.c.organization_id).where(users.c.id == param("user")).scalar_subquery()
REVISION = select(policy_revision.c.revision).scalar_subquery()
"""The revision of all policies, as a column of another statement; NULL while there has been none."""

APPLYING = Prepared(
    select(policies.c.name, policies.c.details, _assigned.kind, _assigned.target_id)
    .join(policies, policies.c.id == _assigned.policy_id)
    .where(
        or_(
            and_(_assigned.kind == int(Target.USER), _assigned.target_id == param("user")),
            and_(_assigned.kind == int(Target.GROUP), _assigned.target_id.in_(select(above("user").c.id))),
            and_(_assigned.kind == int(Target.ORGANISATION), _assigned.target_id == _organization),
        )
    )
    .order_by(_assigned.kind.desc(), _assigned.rank, policies.c.key)
)

MOVE_ON_IF_ANY = Prepared(update(policy_revision).values(revision=policy_revision.c.revision + 1))
"""The revision of all policies moves, if there have been any."""
UNASSIGN = Prepared(
    delete(policy_assignments).where(_assigned.kind == param("kind"), _assigned.target_id == param("target"))
)

encode = msgspec.json.Encoder().encode
"""JSON bytes of rules."""
_decode = msgspec.json.Decoder(PolicyRules).decode


def decoded(name: str, details: bytes, problems: Problems) -> PolicyRules:
    """The rules of a row; damaged ones let nobody in, and a device that asks for them is told so."""
    try:
        return _decode(details)
    except msgspec.MsgspecError as error:
        problems.add(f"policy {name}", str(error))
        return PolicyRules(document=None, damaged=True)


class Rules:
    """The rules of each user."""

    def __init__(self, database: Database, problems: Problems) -> None:
        self._database, self._problems = database, problems
        self._known: dict[int, tuple[int, PolicyRules | None]] = {}

    def of(self, user_id: int, revision: int) -> PolicyRules | None:
        """The rules that apply to the user at that revision; None where nobody has assigned any."""
        if revision == 0:
            return None
        known = self._known.get(user_id)
        if known is not None and known[0] == revision:
            return known[1]
        rows = self._database.once(APPLYING, user=user_id, yes=1)
        found = decoded(rows[0][0], rows[0][1], self._problems) if rows else None
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[user_id] = revision, found
        return found
