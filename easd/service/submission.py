"""The way of a sent message: into the queue with one copy a recipient, and out of it into mailboxes or back as a
bounce.

Queueing happens in the transaction that keeps the copy in Sent Items; a delivery takes its entry off the queue in the
transaction that adds the message. So a crash anywhere neither loses nor doubles a copy.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import partial
from itertools import islice

from easd.mime.bounce import FailedRecipient, bounce
from easd.model.account import User
from easd.service import blind_copy
from easd.service.automatic_reply import answer_absence
from easd.service.context import Services
from easd.service.delivery import new_mail, put
from easd.service.distribution import distributed
from easd.service.meetings.arrival import with_meeting
from easd.service.meetings.rooms import book
from easd.service.ports import Delivery, MailboxFull, Outbound, Unavailable

_BATCH = 100
AT_ONCE = 100
"""Entries that the request of a device settles at most; the rest is left to the background."""


def deliver_queued(services: Services, most: int | None = None) -> int:
    """Deliver what is queued, oldest first, with at most `most` attempts; answers how many entries were settled.

    An entry that fails stays for the next call, and does not stop the others: at the end an ExceptionGroup tells of all
    failures. Unavailable ends the work at once, as it is no fault of the entry.
    """
    settled, faults = 0, dict[int, Exception]()
    for entry in islice(_waiting(services, faults), most):
        try:
            settled += _settle(services, entry)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - told at the end
            faults[entry.id] = error
    if faults:
        raise ExceptionGroup("deliveries failed, and will be tried again", list(faults.values()))
    return settled


def _waiting(services: Services, failed: Collection[int]) -> Iterator[Outbound]:
    """The entries but those that have failed, as long as there are any."""
    while entries := [entry for entry in services.store.queued(_BATCH + len(failed)) if entry.id not in failed]:
        yield from entries


def _settle(services: Services, entry: Outbound) -> int:
    recipient = services.directory.find(entry.recipient)
    if recipient is None:
        return _distribute(services, entry)
    try:
        return _deliver(services, entry, recipient)
    except MailboxFull:
        return _return(services, entry, FailedRecipient(entry.recipient, "the mailbox is full", "5.2.2"))


def _distribute(services: Services, entry: Outbound) -> int:
    """A copy for each of a group, which was none or had nobody when the message was sent."""
    group = services.directory.group(entry.recipient)
    if group is None:
        return _return(services, entry, _unknown(services, entry.recipient))
    members = distributed(services, group)
    if isinstance(members, FailedRecipient):
        return _return(services, entry, members)
    return int(services.store.spread(entry, [address for _, address in members]))


def _deliver(services: Services, entry: Outbound, recipient: User) -> int:
    """The message into the recipient's mailbox, with all that its arrival causes; 0 as below."""
    with services.store.deliver(entry, recipient.mailbox_id) as delivery:
        if delivery.settled:
            return 0
        now, raw = services.clock(), delivery.raw
        mail = blind_copy.marked(new_mail(raw, now), recipient, entry.recipient, services.directory)
        mail = with_meeting(delivery, mail, recipient, services.directory.find, now)
        item = put(delivery, mail)
        book(services, delivery, recipient, mail, now)
        answer_absence(services, delivery, recipient, entry.sender, raw, item, now)
    return 1


def _return(services: Services, entry: Outbound, failed: FailedRecipient) -> int:
    """Tell the sender; where there is no sender any more, nobody is left to be told."""
    if services.directory.find(entry.sender) is None:
        return int(services.store.discard(entry))
    return _put(services, entry, entry.sender_mailbox, partial(_bounce, services, entry, failed))


def _put(services: Services, entry: Outbound, mailbox_id: int, raw: Callable[[Delivery, datetime], bytes]) -> int:
    """One message into the mailbox, and the entry off the queue; 0 if another process has done it."""
    with services.store.deliver(entry, mailbox_id) as delivery:
        if delivery.settled:
            return 0
        now = services.clock()
        delivery.beyond_quota()
        put(delivery, new_mail(raw(delivery, now), now))
    return 1


def _unknown(services: Services, address: str) -> FailedRecipient:
    if services.directory.is_local(address.rpartition("@")[2]):
        return FailedRecipient(address, "there is no such mailbox here", "5.1.1")
    return FailedRecipient(address, "this server has no route to other servers", "5.4.4")


def _bounce(services: Services, entry: Outbound, failed: FailedRecipient, delivery: Delivery, now: datetime) -> bytes:
    """A message that says why the copy could not be delivered (RFC 3464)."""
    domain = entry.sender.rpartition("@")[2]
    message_id = f"{services.number(64):016x}.bounce@{domain}"
    return bounce(delivery.raw, entry.sender, (failed,), domain=domain, message_id=message_id, now=now)
