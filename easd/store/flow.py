"""What organisations say about mail on its way: as an administrator sets it, and as it is asked for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import msgspec
from sqlalchemy import delete, insert, select, update

from easd.model.flow import Direction, Flow, FlowAction, FlowRule
from easd.policy.flow import check, pattern
from easd.store.database import Database, Row, Session
from easd.store.errors import Taken
from easd.store.flow_tables import flow_rules, mail_settings
from easd.store.prepared import Prepared, named, param, params
from easd.store.tables import domains, organizations

_rule = flow_rules.c
_AS_RULE = (_rule.id, _rule.name, _rule.direction, _rule.action, _rule.patterns)
_of_organization = _rule.organization_id == param("organization")
_RULES = Prepared(select(*_AS_RULE).where(_of_organization).order_by(_rule.id))
_ADD = Prepared(insert(flow_rules).values(params(flow_rules, "id")).returning(_rule.id))
_CHANGE = Prepared(
    update(flow_rules)
    .where(_rule.id == param("rule"), _of_organization)
    .values(named(["name", "direction", "action", "patterns"]))
)
_DROP = Prepared(delete(flow_rules).where(_rule.id == param("rule"), _of_organization))
_LOCK = Prepared(
    update(organizations).where(organizations.c.id == param("organization")).values(name=organizations.c.name)
)
_OWNER = Prepared(select(domains.c.organization_id).where(domains.c.name == param("domain")))
_SETTINGS = Prepared(
    select(mail_settings.c.dmarc_enforced).where(mail_settings.c.organization_id == param("organization"))
)
_SET = Prepared(
    lambda to: (new := to(mail_settings).values(params(mail_settings))).on_conflict_do_update(
        index_elements=["organization_id"], set_={"dmarc_enforced": new.excluded.dmarc_enforced}
    )
)


class _Patterns(msgspec.Struct):
    senders: tuple[str, ...]
    recipients: tuple[str, ...]


class FlowRules:
    """Operations on an organisation's rules about mail. KeyError: no such organisation or rule. ValueError: what no
    rule may say. Taken: a name is in use.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def flow(self, organization: int) -> Flow:
        """All that the organisation says."""
        with self._database.read() as block:
            return flow(block.session, organization)

    def add(self, organization: int, rule: FlowRule) -> FlowRule:
        """A new rule; its `id` is given here."""
        with self._changing(organization) as session:
            rule = _checked(rule, rules(session, organization))
            [(number,)] = session.all(_ADD, organization_id=organization, **_values(rule))
        return replace(rule, id=number)

    def change(self, organization: int, rule: FlowRule) -> FlowRule:
        """Replace the rule that has this id."""
        with self._changing(organization) as session:
            others = [one for one in rules(session, organization) if one.id != rule.id]
            rule = _checked(rule, others)
            if session.run(_CHANGE, rule=rule.id, organization=organization, **_values(rule)) == 0:
                raise KeyError(f"there is no rule {rule.id}")
        return rule

    def remove(self, organization: int, rule: int) -> bool:
        """Whether there was such a rule."""
        with self._changing(organization) as session:
            return session.run(_DROP, rule=rule, organization=organization) > 0

    def enforce_dmarc(self, organization: int, enforced: bool) -> None:
        """Whether mail that fails the DMARC check of its sender's domain is treated as that domain demands."""
        with self._changing(organization) as session:
            session.run(_SET, organization_id=organization, dmarc_enforced=int(enforced))

    @contextmanager
    def _changing(self, organization: int) -> Iterator[Session]:
        """A transaction that others wait for who change the same organisation's rules."""
        with self._database.write() as block:
            if block.session.run(_LOCK, organization=organization) == 0:
                raise KeyError(f"there is no organisation {organization}")
            yield block.session


def flow(session: Session, organization: int) -> Flow:
    """All that an organisation says about mail."""
    kept = session.one(_SETTINGS, organization=organization)
    return Flow(tuple(rules(session, organization)), dmarc_enforced=kept is None or bool(kept[0]))


def flow_of(session: Session, domain: str) -> Flow | None:
    """The same of the organisation that has a domain (lower case); None where none has."""
    owner = session.one(_OWNER, domain=domain)
    return None if owner is None else flow(session, owner[0])


def rules(session: Session, organization: int) -> Sequence[FlowRule]:
    """An organisation's rules, the oldest first."""
    return [_from_row(row) for row in session.all(_RULES, organization=organization)]


def _checked(rule: FlowRule, others: Sequence[FlowRule]) -> FlowRule:
    senders, recipients = (tuple(dict.fromkeys(map(pattern, one))) for one in (rule.senders, rule.recipients))
    rule = replace(rule, name=rule.name.strip(), senders=senders, recipients=recipients)
    check(rule, others)
    if rule.name.lower() in (other.name.lower() for other in others):
        raise Taken(f"there is a rule {rule.name!r} already")
    return rule


def _values(rule: FlowRule) -> dict[str, object]:
    patterns = msgspec.json.encode(_Patterns(rule.senders, rule.recipients))
    return {
        "name": rule.name,
        "direction": rule.direction.value,
        "action": rule.action.value,
        "patterns": patterns,
    }


def _from_row(row: Row) -> FlowRule:
    number, name, direction, action, kept = row
    patterns = msgspec.json.decode(kept, type=_Patterns)
    return FlowRule(number, name, Direction(direction), FlowAction(action), patterns.senders, patterns.recipients)
