"""Taking a message into the queue: once this returns, it is stored for all of its recipients."""

from easd.model.outgoing import Envelope
from easd.service.context import Services
from easd.service.sending_limits import check_recipients, check_size, count_recipients


def accept(services: Services, envelope: Envelope, raw: bytes, mailbox: int | None = None) -> None:
    """Keep a message for all recipients in one transaction, and let it be delivered soon. Unavailable, and OverLimit
    for what somebody who has signed in sends beyond the limits: it was not kept.

    `mailbox` is that of whoever has signed in and sends it, None for mail from outside. Reports of what such mail did
    not reach go to its sender by the queue; others go straight into that mailbox.
    """
    now = services.clock()
    if mailbox is None:
        services.store.enqueue(envelope, raw, now)
    else:
        check_size(services, raw)
        check_recipients(services, len(envelope.recipients))
        addresses = [recipient.address for recipient in envelope.recipients]
        with services.store.writing(mailbox) as box:
            count_recipients(services, box, envelope.sender, addresses, now)
            box.queue(envelope, raw, now)
    services.queue_filled()
