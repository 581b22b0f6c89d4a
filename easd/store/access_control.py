"""Access control rules of organisations: as rows, and as an administrator changes them.

Their changes count on `access_settings.version`, as those of the rules about devices do: a server reads both when that
has moved. Whoever is held open at the server is asked about again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy import delete, insert, select

from easd.model.access import Effect
from easd.model.access_control import AccessControlRule
from easd.policy.access_control import RULES_MAX, checked
from easd.store import access
from easd.store.access_control_tables import access_control_rules
from easd.store.database import Session
from easd.store.errors import Full
from easd.store.prepared import Prepared, param, params
from easd.store.store import SqlStore
from easd.store.tables import devices, users

_rule = access_control_rules.c
_of_organization = _rule.organization_id == param("organization")
_encode = msgspec.json.Encoder().encode

_ADD = Prepared(insert(access_control_rules).values(params(access_control_rules)))
_PUT = Prepared(
    lambda to: (new := to(access_control_rules).values(params(access_control_rules))).on_conflict_do_update(
        index_elements=["organization_id", "name"],
        set_={name: new.excluded[name] for name in ("effect", "description", "conditions", "modified")},
    )
)
_DROP = Prepared(delete(access_control_rules).where(_of_organization, _rule.name == param("name")))
_HOLDERS = Prepared(
    select(users.c.mailbox_id)
    .join(devices, devices.c.user_id == users.c.id)
    .where(users.c.organization_id == param("organization"))
    .distinct()
    .order_by(users.c.mailbox_id)
)


def add_default_rule(session: Session, organization: int, now: int) -> None:
    """A new organisation lets everybody in, as Amazon WorkMail has it, until an administrator says otherwise."""
    rule = AccessControlRule("Default", Effect.ALLOW, "Lets everybody in")
    session.run(_ADD, organization_id=organization, created=now, **_values(rule, now))


class AccessControl:
    """Operations on an organisation's access control rules. KeyError: no such organisation or rule. ValueError: what no
    rule may say. Full: no more.
    """

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def rules(self, organization: int) -> Sequence[AccessControlRule]:
        """All of them, by name."""
        with self._store.database.read() as block:
            access.settings(block.session, organization)
            return access.control_rules(block.session, organization)

    def put(self, organization: int, rule: AccessControlRule) -> None:
        """A new rule, or another in the place of the one that has its name."""
        now = self._store.now()
        with self._changing(organization) as session:
            others = [one.name for one in access.control_rules(session, organization) if one.name != rule.name]
            checked(rule)
            if len(others) >= RULES_MAX:
                raise Full(f"there are {len(others)} rules: at most {RULES_MAX} are allowed")
            session.run(_PUT, organization_id=organization, created=now, **_values(rule, now))

    def remove(self, organization: int, name: str) -> bool:
        """Without any rule nobody comes in. Whether there was such a rule."""
        with self._changing(organization) as session:
            return session.run(_DROP, organization=organization, name=name) > 0

    @contextmanager
    def _changing(self, organization: int) -> Iterator[Session]:
        """A transaction on the rules. Afterwards all who may be held are asked about: where they are is not known."""
        with self._store.database.write() as block:
            access.settings(block.session, organization)
            block.session.run(access.COUNT_ON, organization=organization)  # first, for it makes others wait
            yield block.session
            holders = [mailbox for (mailbox,) in block.session.all(_HOLDERS, organization=organization)]
        for mailbox in holders:
            with self._store.writing(mailbox) as writing:
                writing.touch()


def _values(rule: AccessControlRule, now: int) -> dict[str, object]:
    words = {"name": rule.name, "effect": rule.effect.value, "description": rule.description}
    return {**words, "conditions": _encode(rule.conditions), "modified": now}
