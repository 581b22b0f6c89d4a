"""What taking mail from outside asks of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from easd.model.flow import Flow
from easd.model.outgoing import Envelope


class Receiving(Protocol):
    """Mail as it comes in. Any method may raise Unavailable."""

    def flow(self, domain: str) -> Flow:
        """What the organisation that has the domain says about mail; what is said by default where none has it."""

    def room(self, mailbox_id: int) -> int | None:
        """The bytes for which a mailbox has room; None: it takes everything."""

    def receive(self, envelope: Envelope, raw: bytes, marks: Sequence[bytes], at: datetime) -> int:
        """Put a message into the queue for those recipients whose mark (one each) was not received of late, in one
        transaction that also notes the marks; for how many that was.
        """
