"""Taking a message from outside: once this returns, it is stored for each recipient for whom it was taken.

For each recipient the rules of their organisation decide, and what the domain of its author demands. What is sent once
more, because its sender never heard that it was taken, is taken and delivered once.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from easd.mime.addresses import address_field
from easd.mime.headers import Headers, message_ids
from easd.model.flow import Direction, Fate, Flow, FlowAction, FlowRule
from easd.model.frozen import dataclass
from easd.model.mail_event import MailEvent
from easd.model.outgoing import Envelope, Recipient
from easd.model.verdict import Demand, Verdict
from easd.policy.flow import applying
from easd.service.context import Services
from easd.service.incoming.refusing import Refusal

HOPS_MAX: Final = 50
"""Servers through which mail has come at most: more means that it goes round in circles."""

_BLOCKED: Final = Refusal(550, "5.7.1", "a rule of the recipient's organisation forbids this mail")
_CIRCLE: Final = Refusal(554, "5.4.6", "the message has come through too many servers")


@dataclass(frozen=True, slots=True)
class Arriving:
    """A message and its envelope as they came; `trace` are the header lines that this server adds. `split`: each
    recipient can be answered for (LMTP), where SMTP has one answer for all.
    """

    envelope: Envelope
    raw: bytes
    trace: bytes = b""
    verdict: Verdict = Verdict()
    split: bool = False


def take(services: Services, arriving: Arriving) -> Sequence[Refusal | None]:
    """Keep the message for all recipients for whom that is allowed; for each why not, or None. Unavailable: nothing
    was kept.
    """
    headers, _ = Headers.parse(arriving.raw, 0, len(arriving.raw), [])
    recipients = arriving.envelope.recipients
    if sum(1 for _ in headers.every("received")) > HOPS_MAX:
        return [_CIRCLE] * len(recipients)
    flows = {domain: services.store.flow(domain) for domain in {_domain(one) for one in recipients}}
    fates = [_decided(flows[_domain(one)], arriving.verdict, authors(headers), one) for one in recipients]
    answers = [fate if isinstance(fate, Refusal) else None for fate in fates]
    if not arriving.split and None in answers:  # one answer for all: what is refused comes back by a report
        answers = [None] * len(answers)
    kept = [_with(one, fate) for one, fate, answer in zip(recipients, fates, answers, strict=True) if answer is None]
    _keep(services, arriving, headers, [one for one in kept if one is not None], services.clock())
    return answers


def authors(headers: Headers) -> list[str]:
    """The addresses of Sender, and then of From, by which rules know who mail is from."""
    return [one.address for name in ("sender", "from") for one in address_field(headers, name)]


def _domain(recipient: Recipient) -> str:
    return recipient.address.rpartition("@")[2].lower()


def _decided(flow: Flow, verdict: Verdict, senders: Iterable[str], recipient: Recipient) -> Fate | Refusal | None:
    """What becomes of one copy; None: it is dropped."""
    rule = applying(flow.rules, Direction.INBOUND, senders, recipient.address)
    if rule is not None and rule.action is FlowAction.DROP:
        return None
    if rule is not None and rule.action is FlowAction.BOUNCE:
        return _BLOCKED
    demand = verdict.demand if flow.dmarc_enforced else Demand.NONE
    if demand is Demand.REJECT:
        return Refusal(550, "5.7.1", f"mail of {verdict.domain} that fails its DMARC check is not taken")
    return Fate.JUNK if _is_junk(rule, demand) else Fate.DEFAULT


def _is_junk(rule: FlowRule | None, demand: Demand) -> bool:
    if rule is not None and rule.action in (FlowAction.JUNK, FlowAction.NEVER_JUNK):
        return rule.action is FlowAction.JUNK
    return demand is Demand.QUARANTINE


def _with(recipient: Recipient, fate: Fate | Refusal | None) -> Recipient | None:
    """The recipient with the fate that is written into the queue."""
    if fate is None:
        return None
    if isinstance(fate, Refusal):  # a report about mail that fails its check would go to somebody who never wrote
        fate = Fate.BOUNCE if fate is _BLOCKED else Fate.JUNK
    return Recipient(recipient.address, recipient.notify, recipient.original, fate)


def _keep(
    services: Services, arriving: Arriving, headers: Headers, recipients: Sequence[Recipient], now: datetime
) -> None:
    """In one transaction. There may be nobody left: then what was to be dropped is."""
    if not recipients:
        return
    said = arriving.envelope
    envelope = Envelope(said.sender, tuple(recipients), ret=said.ret, envid=said.envid)
    marks = [mark(said.sender, one.address, headers, arriving.raw) for one in recipients]
    if services.store.receive(envelope, arriving.trace + arriving.raw, marks, now):
        services.journal(MailEvent.RECEIVED, envelope.as_one(now), "")
        services.queue_filled()


def mark(sender: str, recipient: str, headers: Headers, raw: bytes) -> bytes:
    """What a message has in common with itself when it is sent once more to the same recipient: Message-ID, envelope
    and content; its trace may be another one. The content counts because there are programs that give all of their
    messages the same Message-ID.
    """
    own = next(iter(message_ids(headers.first("message-id"))), "")
    start = max(raw.find(b"\r\n\r\n"), 0)
    content = hashlib.sha256(memoryview(raw)[start:]).hexdigest()
    parts = (own, sender, recipient.lower(), content, headers.first("subject"), headers.first("date"))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
