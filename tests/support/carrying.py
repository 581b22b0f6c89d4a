"""Mail for other servers, sent by the real worker to a server of the test."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from easd.config_outgoing import Relay as RelaySettings
from easd.model.mail_event import MailEvent
from easd.model.outgoing import Outbound
from easd.notify.bell import Bell
from easd.service.context import Carriage
from easd.smtp.carrier import Carrier
from easd.smtp.exchangers import Exchangers
from easd.smtp.relay import Relay
from tests.support.world import World

HOST = "mail.example.test"


class Journal:
    """What has happened to mail, in order: the event, the recipient, and what was said."""

    def __init__(self) -> None:
        self.events: list[tuple[MailEvent, str, str]] = []
        self._came = threading.Condition()

    def note(self, event: MailEvent, entry: Outbound, said: str) -> None:
        with self._came:
            self.events.append((event, entry.recipient, said))
            self._came.notify_all()

    def wait_for(self, count: int, *events: MailEvent) -> list[tuple[MailEvent, str, str]]:
        """All that has happened, as soon as these have happened so often."""
        with self._came:
            done = self._came.wait_for(lambda: sum(one[0] in events for one in self.events) >= count, 20)
            assert done, self.events
            return list(self.events)


def with_a_way(world: World, **carriage: Any) -> Journal:
    """Let the world send mail to other servers; what happens to it."""
    journal = Journal()
    carried = Carriage(**{"carried": True, "host": HOST, **carriage})
    world.services = replace(world.services, carriage=carried, journal=journal.note)
    return journal


@asynccontextmanager
async def working(
    world: World, settings: RelaySettings, exchangers: Exchangers | None = None, *, name: str = "worker", **options: Any
) -> AsyncIterator[Carrier]:
    """A worker on the world's queue, for the time of the block; at its end all that it has begun is done."""
    bell = Bell()
    relay = Relay(settings, HOST, exchangers)
    given = {"lease": timedelta(seconds=60), "together": settings.recipients, **options}
    carrier = Carrier(world.services, relay, asyncio.to_thread, bell, name=name, **given)
    task = asyncio.create_task(carrier.work())
    try:
        yield carrier
    finally:
        task.cancel()
        await asyncio.wait([task])
