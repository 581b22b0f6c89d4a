"""Messages into the queue, as it is done for whoever sends or brings one."""

from easd.model.outgoing import Envelope
from easd.service.context import Services


def accept(services: Services, envelope: Envelope, raw: bytes, mailbox: int | None = None) -> None:
    """Queue a message for all recipients. `mailbox` is that of whoever sends it from here, None for mail from outside
    and of programs.
    """
    now = services.clock()
    if mailbox is None:
        services.store.enqueue(envelope, raw, now)
    else:
        with services.store.writing(mailbox) as box:
            box.queue(envelope, raw, now)
    services.queue_filled()
