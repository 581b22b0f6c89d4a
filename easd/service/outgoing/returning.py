"""Giving back what cannot be delivered: off the queue, and a report to the sender, in one transaction.

A report about mail that was sent from here goes straight into the mailbox of whoever sent it, one about mail from
outside into the queue, with an empty reverse-path: nothing ever comes back for it.
"""

from datetime import datetime

from easd.mime.bounce import FailedRecipient, bounce
from easd.model.outgoing import Envelope, Notify, Outbound
from easd.service.context import Services
from easd.service.delivery import new_mail, put
from easd.service.ports.queue import Taking


def give_back(services: Services, entry: Outbound, failed: FailedRecipient) -> int:
    """Take the entry off the queue and tell the sender why, if there is one who wants to hear it; how many entries
    were settled: 0 if another process has done it.
    """
    if not entry.sender or not entry.asked.wants(Notify.FAILURE):
        return int(services.store.discard(entry))
    if entry.sender_mailbox is None:
        return _by_queue(services, entry, failed)
    if services.directory.find(entry.sender) is None:
        return int(services.store.discard(entry))  # nobody is left to be told
    return _into_mailbox(services, entry, entry.sender_mailbox, failed)


def _by_queue(services: Services, entry: Outbound, failed: FailedRecipient) -> int:
    with services.store.settling([entry]) as taking:
        if not taking.settled:
            now = services.clock()
            report = _report(services, entry, failed, taking, now)
            taking.queue(Envelope.of("", [entry.sender]), report, now)
    return len(taking.taken)


def _into_mailbox(services: Services, entry: Outbound, mailbox: int, failed: FailedRecipient) -> int:
    with services.store.deliver(entry, mailbox) as delivery:
        if not delivery.settled:
            now = services.clock()
            delivery.beyond_quota()
            put(delivery, new_mail(_report(services, entry, failed, delivery, now), now))
    return len(delivery.taken)


def _report(services: Services, entry: Outbound, failed: FailedRecipient, taking: Taking, now: datetime) -> bytes:
    """A message that says why the copy could not be delivered (RFC 3464). It comes from a domain of this server."""
    ours = entry.sender if entry.sender_mailbox is not None else entry.recipient
    domain = ours.rpartition("@")[2]
    message_id = f"{services.number(64):016x}.bounce@{domain}"
    return bounce(taking.raw, entry.sender, (failed,), domain=domain, message_id=message_id, now=now)
