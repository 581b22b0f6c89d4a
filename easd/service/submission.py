"""The way of a sent message: into the queue with one copy a recipient, and out of it into mailboxes or back as a
bounce.

Queueing happens in the transaction that keeps the copy in Sent Items; a delivery takes its entry off the queue in the
transaction that adds the message. So a crash anywhere neither loses nor doubles a copy.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice

from easd.model.account import User
from easd.model.mail_event import MailEvent
from easd.model.outgoing import Ending, Outbound, Outcome
from easd.service.context import Services
from easd.service.distribution import distributed
from easd.service.outgoing.arrival import arrive
from easd.service.outgoing.returning import confirm, give_back
from easd.service.outgoing.ruling import withheld
from easd.service.ports import MailboxFull, Unavailable

_BATCH = 100
_ERROR_MAX = 500
AT_ONCE = 100
"""Entries that the request of a device settles at most; the rest is left to the background."""


def deliver_queued(services: Services, most: int | None = None) -> int:
    """Deliver what is queued, oldest first, with at most `most` attempts; answers how many entries were settled.

    An entry that fails stays for the next call, and does not stop the others: at the end an ExceptionGroup tells of all
    failures. One that fails for as long as mail is tried at all comes back to its sender. Unavailable ends the work at
    once, as it is no fault of the entry.
    """
    settled, faults = 0, dict[int, Exception]()
    for entry in islice(_waiting(services, faults), most):
        try:
            settled += _settle(services, entry)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - told at the end
            faults[entry.id] = error
            _keep_fault(services, entry, error)
    if faults:
        raise ExceptionGroup("deliveries failed, and will be tried again", list(faults.values()))
    return settled


def _keep_fault(services: Services, entry: Outbound, error: Exception) -> None:
    """Note why it failed, for `easd queue`; what has failed for too long is given up."""
    if services.clock() >= entry.queued + services.carriage.give_up:
        give_back(services, entry, Outcome(entry.recipient, "this server could not deliver it", "5.3.0"))
        return
    said = f"{type(error).__name__}: {error}"[:_ERROR_MAX]
    if entry.error != said:
        with services.store.settling([replace(entry, error=said)], Ending.LATER):
            pass


def _waiting(services: Services, failed: Collection[int]) -> Iterator[Outbound]:
    """The entries but those that have failed, as long as there are any."""
    while entries := [entry for entry in services.store.queued(_BATCH + len(failed)) if entry.id not in failed]:
        yield from entries


def _settle(services: Services, entry: Outbound) -> int:
    if (settled := withheld(services, entry)) is not None:
        return settled
    recipient = services.directory.find(entry.recipient)
    if recipient is None:
        return _distribute(services, entry)
    try:
        return _deliver(services, entry, recipient)
    except MailboxFull:
        return give_back(services, entry, Outcome(entry.recipient, "the mailbox is full", "5.2.2"))


def _deliver(services: Services, entry: Outbound, recipient: User) -> int:
    """The message into the recipient's mailbox, with all that its arrival causes; 0 if another process has done it."""
    with services.store.deliver(entry, recipient.mailbox_id) as delivery:
        if not delivery.settled:
            arrive(services, delivery, entry, recipient, services.clock())
            confirm(services, delivery, entry)
    for taken in delivery.taken:
        services.journal(MailEvent.DELIVERED, taken, "")
    return len(delivery.taken)


def _distribute(services: Services, entry: Outbound) -> int:
    """A copy for each of a group, which was none or had nobody when the message was sent."""
    group = services.directory.group(entry.recipient)
    if group is None:
        return _send_on(services, entry)
    members = distributed(services, group)
    if isinstance(members, Outcome):
        return give_back(services, entry, members)
    return int(services.store.spread(entry, [address for _, address in members]))


def _send_on(services: Services, entry: Outbound) -> int:
    """What is for nobody here: to another server, if there is a way, else back to the sender."""
    address = entry.recipient
    if services.directory.is_local(address.rpartition("@")[2]):
        return give_back(services, entry, Outcome(address, "there is no such mailbox here", "5.1.1"))
    if not services.carriage.carried:
        return give_back(services, entry, Outcome(address, "this server has no route to other servers", "5.4.4"))
    services.store.route(entry, elsewhere=True)
    services.queue_filled()
    return 0
