"""What the rules of an organisation make of a copy in the queue, before anything else is done with it."""

from easd.mime.headers import Headers
from easd.model.flow import Direction, Fate, FlowAction
from easd.model.outgoing import Outbound, Outcome
from easd.policy.flow import applying
from easd.service.context import Services
from easd.service.incoming.taking import authors
from easd.service.outgoing.returning import give_back

_REASON = "a rule of the organisation forbids this mail"


def withheld(services: Services, entry: Outbound) -> int | None:
    """None where the copy goes its way. Else it does not, and is off the queue: how many entries were settled."""
    action = FlowAction.BOUNCE if entry.asked.fate is Fate.BOUNCE else _said(services, entry)
    if action is FlowAction.DROP:
        return int(services.store.discard(entry))
    if action is FlowAction.BOUNCE:
        return give_back(services, entry, Outcome(entry.recipient, _REASON, "5.7.1"))
    return None


def _said(services: Services, entry: Outbound) -> FlowAction | None:
    """What the outbound rules of whoever sends say; they are about what people send, not about reports of ours."""
    if not entry.ours or not entry.sender:
        return None
    rules = services.store.flow(entry.sender.rpartition("@")[2]).rules
    if not any(rule.direction is Direction.OUTBOUND for rule in rules):
        return None
    try:
        raw = services.store.queued_raw(entry)
    except LookupError:  # somebody else has settled it
        return None
    senders = authors(Headers.parse(raw, 0, len(raw), [])[0])
    rule = applying(rules, Direction.OUTBOUND, senders or [entry.sender], entry.recipient)
    return None if rule is None else rule.action
