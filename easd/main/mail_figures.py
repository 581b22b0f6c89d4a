"""What happens to mail, as figures for Prometheus and lines of the log."""

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from easd.model.mail_event import MailEvent
from easd.model.outgoing import Outbound
from easd.service.context import Services

_log = structlog.get_logger("easd.mail")


class MailFigures:
    """Counters of events, and gauges of the queue, which `look` sets."""

    def __init__(self) -> None:
        self.mail = Counter("easd_mail", "Copies of messages, by what happened to them", ("event",), registry=None)
        self.queue = Gauge("easd_queue", "Copies that wait", ("destination",), registry=None)
        self.oldest = Gauge("easd_queue_oldest_seconds", "How long the oldest copy has waited", registry=None)
        for event in MailEvent:
            self.mail.labels(event.value)  # a figure that is 0 is there, too

    def register(self, registry: CollectorRegistry) -> None:
        """Offer them with the others."""
        for collector in (self.mail, self.queue, self.oldest):
            registry.register(collector)

    def happened(self, event: MailEvent, entry: Outbound, said: str) -> None:
        """Count it, and write it down: who asks where a message is has the sender, the recipient and the time."""
        self.mail.labels(event.value).inc()
        _log.info(
            "mail",
            happened=event.value,
            queue_id=entry.id,
            sender=entry.sender,
            recipient=entry.recipient,
            attempts=entry.attempts,
            said=said,
        )

    def look(self, services: Services) -> None:
        """Set the gauges to what is so now."""
        waiting = services.store.waiting()
        self.queue.labels("here").set(waiting.here)
        self.queue.labels("elsewhere").set(waiting.elsewhere)
        age = 0.0 if waiting.oldest is None else (services.clock() - waiting.oldest).total_seconds()
        self.oldest.set(max(age, 0.0))
