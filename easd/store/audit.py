"""The audit log (`easd.service.ports.administration.Journal`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, insert, or_, select, update

from easd.model.audit import AuditLine, AuditQuestion
from easd.model.moments import milliseconds, moment
from easd.store.administration_tables import audit_log
from easd.store.database import Database, Session
from easd.store.prepared import Prepared, named, param, params

_line = audit_log.c
_NAMES = ("id", "at", "actor_kind", "actor", "organization_id", "operation", "target", "parameters", "outcome")
_ADD = Prepared(insert(audit_log).values(params(audit_log, "id")).returning(_line.id))
_END = Prepared(update(audit_log).where(_line.id == param("line")).values(named(["outcome"])))
_LIST = Prepared(
    select(*(_line[name] for name in _NAMES))
    .where(
        _line.at >= param("since"),
        _line.id < param("before"),
        or_(param("any_kind") == 1, _line.actor_kind == param("kind")),
        or_(param("any_actor") == 1, _line.actor == param("actor")),
        or_(param("any_target") == 1, _line.target_key == param("target")),
        or_(param("any_organization") == 1, _line.organization_id == param("organization")),
    )
    .order_by(_line.id.desc())
    .limit(param("limit"))
)
_PRUNE = Prepared(delete(audit_log).where(_line.at < param("before")))
_LAST = 2**62


def add(session: Session, line: AuditLine) -> int:
    """Keep a line in the caller's transaction; answers its number."""
    kind, _, name = line.actor.partition(":")
    values = {
        "at": milliseconds(line.at),
        "actor_kind": kind,
        "actor": name,
        "organization_id": line.organisation,
        "operation": line.operation,
        "target": line.target,
        "target_key": line.target.strip().lower(),
        "parameters": msgspec.json.encode(line.parameters),
        "outcome": line.outcome,
    }
    [(number,)] = session.all(_ADD, **values)
    return int(number)


class Audit:
    """The lines of the log. They may be written from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, line: AuditLine) -> int:
        """Keep the line, which gets a number."""
        with self._database.write() as block:
            return add(block.session, line)

    def end(self, number: int, outcome: str) -> None:
        """How what a line is about ended."""
        with self._database.write() as block:
            block.session.run(_END, line=number, outcome=outcome)

    def lines(self, question: AuditQuestion) -> Sequence[AuditLine]:
        """Lines, newest first."""
        kind, _, name = question.actor.partition(":")
        values = {
            "since": milliseconds(question.since) if question.since else 0,
            "before": _LAST if question.before is None else question.before,
            "any_kind": int(not kind),
            "kind": kind,
            "any_actor": int(not name),
            "actor": name,
            "any_target": int(not question.target),
            "target": question.target.strip().lower(),
            "any_organization": int(question.organisation is None),
            "organization": question.organisation or 0,
            "limit": question.limit,
        }
        return [_made(*row) for row in self._database.once(_LIST, **values)]

    def prune(self, before: datetime) -> int:
        """Forget older ones; answers how many."""
        with self._database.write() as block:
            return block.session.run(_PRUNE, before=milliseconds(before))


def _made(
    number: int,
    at: int,
    kind: str,
    name: str,
    organisation: int | None,
    operation: str,
    target: str,
    told: bytes,
    outcome: str,
) -> AuditLine:
    parameters: dict[str, Any] = msgspec.json.decode(told)
    return AuditLine(number, moment(at), f"{kind}:{name}", organisation, operation, target, parameters, outcome)
