"""Rules about mail, and the audit log, over REST."""

from collections.abc import Sequence
from datetime import datetime

from easd.http.rest.shapes import AuditShown, FlowRuleBody, FlowShown
from easd.http.rest.table import Call, Operation
from easd.model.access_key import Level
from easd.model.audit import AuditQuestion
from easd.model.flow import Direction, FlowAction, FlowRule
from easd.service.administration import Invalid

_LINES_MAX = 1000


def _flow(call: Call) -> FlowShown:
    found = call.desk.flow.flow(call.organisation)
    return FlowShown([_shown(rule) for rule in found.rules], found.dmarc_enforced)


def _add(call: Call) -> FlowRuleBody:
    body = call.body
    assert isinstance(body, FlowRuleBody)
    asked = Direction(body.direction), FlowAction(body.action)
    rule = FlowRule(0, body.name, *asked, tuple(body.senders), tuple(body.recipients))
    return _shown(call.desk.flow.add(call.organisation, rule))


def _remove(call: Call) -> None:
    call.desk.flow.remove(call.organisation, call.path["name"])


def _shown(rule: FlowRule) -> FlowRuleBody:
    return FlowRuleBody(rule.name, rule.action.value, rule.direction.value, list(rule.senders), list(rule.recipients))


def _audit(call: Call) -> list[AuditShown]:
    question = AuditQuestion(
        since=_moment(call.query.get("since", "")),
        actor=call.query.get("actor", ""),
        target=call.query.get("target", ""),
        organisation=call.organisation,
        before=_number(call.query.get("before", "")),
        limit=min(_number(call.query.get("limit", "")) or 100, _LINES_MAX),
    )
    return [
        AuditShown(line.id, line.at, line.actor, line.operation, line.target, dict(line.parameters), line.outcome)
        for line in call.desk.audit(question)
    ]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(f"since is a moment with its zone, not {text[:40]!r}") from None
    if found is not None and found.tzinfo is None:
        raise Invalid("since needs a zone: 2026-11-25T08:00:00Z")
    return found


def _number(text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Invalid(f"a number is wanted, not {text[:40]!r}")
    return int(text) if text else None


_ASKED = (
    ("since", "lines from this moment on"),
    ("actor", "of this actor, or kind of actor"),
    ("target", "about this address or name"),
    ("before", "lines before the one of this number"),
    ("limit", f"at most so many lines; 100 if left out, {_LINES_MAX} at most"),
)
OPERATIONS: Sequence[Operation] = (
    Operation("GET", "/flow-rules", "The rules about mail", Level.READ, _flow, answer=FlowShown),
    Operation("POST", "/flow-rules", "Add a rule", Level.WRITE, _add, FlowRuleBody, FlowRuleBody),
    Operation("DELETE", "/flow-rules/{name}", "Remove a rule", Level.WRITE, _remove),
    Operation(
        "GET", "/audit", "What was changed, newest first", Level.READ, _audit, answer=list[AuditShown], query=_ASKED
    ),
)
