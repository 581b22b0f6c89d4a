"""A message as it goes out: in a form that SMTP carries, and signed for the domain that it is from. What is kept stays
exactly as it was.
"""

from easd.mime.fitting import fitted
from easd.service.context import Services
from easd.service.outgoing.carrying import Consignment


def ready(services: Services, consignment: Consignment, *, eight_bit: bool) -> bytes:
    """The bytes to send. Unfit: a server that is not `eight_bit` cannot be sent these."""
    raw = services.store.queued_raw(consignment.entries[0])
    return fitted(raw, eight_bit=eight_bit)
