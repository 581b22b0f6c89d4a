"""The way of a sent message: into the queue with one copy a recipient, and out of it into mailboxes or back as a
bounce.

Queueing happens in the transaction that keeps the copy in Sent Items; a delivery takes its entry off the queue in the
transaction that adds the message. So a crash anywhere neither loses nor doubles a copy.
"""

from datetime import datetime

from easd.mime.bounce import FailedRecipient, bounce
from easd.model.account import User
from easd.model.folder import FolderType
from easd.service.context import Services
from easd.service.delivery import new_mail
from easd.service.ports import Delivery, Outbound

_BATCH = 100


def deliver_queued(services: Services) -> int:
    """Deliver what is queued, oldest first; answers how many entries were settled. Entries that fail stay for the next
    call.
    """
    settled, tried = 0, set[int]()
    while entries := [entry for entry in services.store.queued(_BATCH + len(tried)) if entry.id not in tried]:
        for entry in entries:
            tried.add(entry.id)
            settled += _settle(services, entry)
    return settled


def _settle(services: Services, entry: Outbound) -> int:
    recipient = services.directory.find(entry.recipient)
    target = recipient.mailbox_id if recipient is not None else entry.sender_mailbox
    with services.store.deliver(entry, target) as delivery:
        if delivery.settled:
            return 0
        now = services.clock()
        raw = delivery.raw if recipient is not None else _bounce(services, entry, delivery, now)
        delivery.add_mail(delivery.special(FolderType.INBOX).id, new_mail(raw, now))
    return 1


def _bounce(services: Services, entry: Outbound, delivery: Delivery, now: datetime) -> bytes:
    """A message that says why the copy could not be delivered (RFC 3464)."""
    domain = entry.sender.rpartition("@")[2]
    if services.directory.is_local(entry.recipient.rpartition("@")[2]):
        failed = FailedRecipient(entry.recipient, "there is no such mailbox here", "5.1.1")
    else:
        failed = FailedRecipient(entry.recipient, "this server has no route to other servers", "5.4.4")
    message_id = f"{services.number(64):016x}.bounce@{domain}"
    return bounce(delivery.raw, entry.sender, (failed,), domain=domain, message_id=message_id, now=now)


def addresses(user: User) -> tuple[str, ...]:
    """All addresses of a user, the primary one first."""
    return (user.address, *user.aliases)
