"""The end of the work on copies of a message, and the report of it to the sender, in one transaction.

A report about mail that was sent from here goes straight into the mailbox of whoever sent it, one about mail from
outside into the queue, with an empty reverse-path: nothing ever comes back for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from easd.mime.delivery_report import delivery_report
from easd.model.mail_event import MailEvent
from easd.model.outgoing import Action, Ending, Envelope, Notify, Outbound, Outcome
from easd.service.context import Services
from easd.service.delivery import new_mail, put
from easd.service.ports import Delivery
from easd.service.ports.queue import Taking

_EVENTS: Mapping[Action, Notify] = {
    Action.FAILED: Notify.FAILURE,
    Action.DELAYED: Notify.DELAY,
    Action.DELIVERED: Notify.SUCCESS,
    Action.RELAYED: Notify.SUCCESS,
}


def give_back(services: Services, entry: Outbound, failed: Outcome) -> int:
    """Take the entry off the queue and tell the sender why, if there is one who wants to hear it; how many entries
    were settled: 0 if another process has done it.
    """
    return give_all_back(services, [entry], [failed])


def give_all_back(services: Services, entries: Sequence[Outbound], failed: Sequence[Outcome]) -> int:
    """The same of several copies of one message, in one report."""
    taken = finish(services, entries, failed, Ending.BACK)
    reasons = {entry.id: outcome.diagnostic or outcome.reason for entry, outcome in zip(entries, failed, strict=True)}
    for entry in taken:
        event = MailEvent.INCOMING_BOUNCED if entry.sender_mailbox is None else MailEvent.OUTGOING_BOUNCED
        services.journal(event, entry, reasons[entry.id])
    return len(taken)


def finish(
    services: Services, entries: Sequence[Outbound], outcomes: Sequence[Outcome], ending: Ending
) -> Sequence[Outbound]:
    """End the work on copies of one message, and tell the sender of those outcomes that are to be told, which all have
    the same action. Answers the entries that nobody else has settled.
    """
    told = _to_be_told(services, entries, outcomes)
    mailbox = entries[0].sender_mailbox
    if not told or mailbox is None:
        with services.store.settling(entries, ending) as taking:
            if report := _report(services, taking, told):
                taking.queue(Envelope.of("", [entries[0].sender]), report, services.clock())
        return taking.taken
    with services.store.returning(entries, mailbox, ending) as delivery:
        if report := _report(services, delivery, told):
            _put(delivery, report, services.clock())
    return delivery.taken


def confirm(services: Services, delivery: Delivery, entry: Outbound) -> None:
    """A step of delivery: who asked for it hears that the copy has arrived (RFC 3461 section 6.2), by the queue."""
    if not entry.sender or not entry.asked.wants(Notify.SUCCESS):
        return
    arrived = Outcome(entry.recipient, "it is in the mailbox", "2.0.0", Action.DELIVERED)
    report = _report(services, delivery, {entry.id: arrived})
    delivery.queue(Envelope.of("", [entry.sender]), report, services.clock())


def _put(delivery: Delivery, report: bytes, now: datetime) -> None:
    delivery.beyond_quota()
    put(delivery, new_mail(report, now))


def _to_be_told(services: Services, entries: Sequence[Outbound], outcomes: Sequence[Outcome]) -> dict[int, Outcome]:
    """What the sender is told, by entry; nothing where nobody is there to be told."""
    first = entries[0]
    if not first.sender or (first.sender_mailbox is not None and not _is_there(services, first.sender)):
        return {}
    pairs = zip(entries, outcomes, strict=True)
    return {entry.id: outcome for entry, outcome in pairs if entry.asked.wants(_EVENTS[outcome.action])}


def _is_there(services: Services, sender: str) -> bool:
    return services.directory.find(sender) is not None or services.directory.group(sender) is not None


def _report(services: Services, taking: Taking, told: Mapping[int, Outcome]) -> bytes:
    """A message that says what has become of the copies (RFC 3464); empty if there is nothing to tell. It comes from a
    domain of this server.
    """
    about = [(entry, told[entry.id]) for entry in taking.taken if entry.id in told]
    if not about:
        return b""
    entry, outcome = about[0]
    ours = entry.sender if entry.sender_mailbox is not None else entry.recipient
    domain = ours.rpartition("@")[2]
    return delivery_report(
        taking.raw,
        entry.sender,
        [_named(entry, outcome) for entry, outcome in about],
        domain=domain,
        message_id=f"{services.number(64):016x}.bounce@{domain}",
        now=services.clock(),
        reporting=services.carriage.host,
        envid=entry.asked.envid,
        arrived=entry.queued,
        full=entry.asked.ret == "FULL" and outcome.action is Action.FAILED,  # RFC 3461 section 4.3
    )


def _named(entry: Outbound, outcome: Outcome) -> Outcome:
    """The outcome with what the recipient was called at first (ORCPT)."""
    return outcome if outcome.original == entry.asked.original else replace(outcome, original=entry.asked.original)
