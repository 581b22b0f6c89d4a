"""Mail on its way that an administrator takes in hand."""

from easd.model.outgoing import Outbound
from easd.service.administration.errors import NotFound, StateConflict
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Queue:
    """What waits in the queue."""

    def __init__(self, means: Means, log: Log) -> None:
        self._means = means
        self._log = log

    def hasten(self, entry: Outbound) -> None:
        """Try one copy again now. StateConflict while a worker has it."""
        with self._log.change("RetryMail", self._whose(entry), entry.recipient, number=entry.id, sender=entry.sender):
            if not self._means.queue.hasten(entry.id) and entry.worker:
                raise StateConflict(f"{entry.worker} is working on it until {entry.due:%H:%M:%S} UTC")

    def flush(self) -> int:
        """Try everything that waits and that nobody works on again now; how many copies those are."""
        with self._log.change("FlushQueue"):
            return self._means.queue.hasten()

    def discard(self, entry: Outbound) -> None:
        """Throw a copy away: nobody gets it, and nobody is told. NotFound if it went by itself meanwhile."""
        with self._log.change("DiscardMail", self._whose(entry), entry.recipient, number=entry.id, sender=entry.sender):
            if not self._means.queue.discard(entry):
                raise NotFound(f"{entry.id} is gone by itself meanwhile")

    def _whose(self, entry: Outbound) -> int | None:
        """The organisation of the sender, or else of the recipient."""
        known = dict(self._means.accounts.domains())
        sender, recipient = (one.rpartition("@")[2].lower() for one in (entry.sender, entry.recipient))
        return known.get(sender, known.get(recipient))
