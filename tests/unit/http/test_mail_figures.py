"""Figures of mail and of the queue."""

from datetime import UTC, datetime

import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest

from easd.main.mail_figures import MailFigures
from easd.model.mail_event import MailEvent
from easd.model.outgoing import Envelope, Outbound
from easd.service.submission import deliver_queued
from tests.support.accepting import accept
from tests.support.server import Clock, demo_users, in_process_app, prepared

WHEN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_events_are_counted_under_the_names_that_WorkMail_has_for_them() -> None:
    figures, registry = MailFigures(), CollectorRegistry()
    figures.register(registry)
    entry = Outbound(7, None, "zoe@elsewhere.test", "alice@example.test", 1, WHEN, WHEN)
    with structlog.testing.capture_logs() as lines:
        figures.happened(MailEvent.INCOMING_BOUNCED, entry, "the mailbox is full")
    text = generate_latest(registry).decode()
    assert 'easd_mail_total{event="IncomingEmailBounced"} 1.0' in text
    assert 'easd_mail_total{event="OutgoingEmailSent"} 0.0' in text
    assert [(line["happened"], line["queue_id"], line["recipient"], line["said"]) for line in lines] == [
        ("IncomingEmailBounced", 7, "alice@example.test", "the mailbox is full")
    ]


@pytest.mark.parametrize("environ", [{}, {"EASD_RELAY_HOST": "relay.test"}], ids=["without", "with a relay"])
def test_the_server_tells_how_much_waits_and_since_when(
    tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]
) -> None:
    url = prepared(f"sqlite:///{tmp_path_factory.mktemp('figures') / 'easd.db'}")
    demo_users(url)
    clock = Clock()
    with in_process_app(url, clock, environ) as application:
        accept(
            application.services, Envelope.of("zoe@elsewhere.test", ["bob@example.test", "yan@elsewhere.test"]), b"a"
        )
        figures, clock.now = MailFigures(), datetime.now(UTC)
        figures.look(application.services)
        registry = CollectorRegistry()
        figures.register(registry)
        assert 'easd_queue{destination="here"} 2.0' in generate_latest(registry).decode()
        deliver_queued(application.services)
        figures.look(application.services)
        text = generate_latest(registry).decode()
        own = generate_latest(application.gateway.figures.registry).decode()
    assert f'easd_queue{{destination="elsewhere"}} {float(bool(environ))}' in text
    assert 'easd_mail_total{event="MailboxEmailDelivered"} 1.0' in own
