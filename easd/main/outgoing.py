"""Mail for other servers, put together out of the settings."""

import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from easd.config import Settings
from easd.http.app import Background
from easd.http.workers import Workers
from easd.main.background import repeat
from easd.main.mail_figures import MailFigures
from easd.notify.bell import Bell
from easd.service.context import Carriage, Services


class Outgoing:
    """What services need for such mail, and who sends it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bell = Bell()
        self.figures = MailFigures()

    def furnish(self, services: Services, filled: Bell) -> Services:
        """The services with this added; `filled` is rung as well when there is something in the queue."""

        def ring() -> None:
            filled.ring()
            self._bell.ring()

        return replace(services, carriage=carriage(self._settings), queue_filled=ring, journal=self.figures.happened)

    def tasks(self, services: Services, workers: Workers) -> Sequence[Background]:
        """The figures of the queue, and the worker of this process where there is a way to other servers."""
        relay, seconds = self._settings.relay, self._settings.upkeep.queue_seconds
        counting = partial(repeat, "queue_figures", seconds, partial(self.figures.look, services), workers)
        if not services.carriage.carried:
            return (counting,)

        async def work() -> None:
            from easd.smtp.carrier import Carrier
            from easd.smtp.relay import Relay

            carrier = Carrier(
                services,
                Relay(relay, services.carriage.host),
                workers.run_admitted,
                self._bell,
                name=worker_name(services.carriage.host),
                lease=timedelta(seconds=relay.lease_seconds),
                connections=relay.connections,
                together=relay.recipients,
                pause=seconds,
            )
            await carrier.work()

        return (counting, work)


def carriage(settings: Settings) -> Carriage:
    """How mail for other servers goes on its way."""
    queue, hours, carried = (
        settings.queue,
        settings.queue.warn_hours,
        bool(settings.relay.host) or settings.relay.direct,
    )
    return Carriage(
        carried=carried,
        host=_host(settings) if carried else "",
        first=timedelta(seconds=queue.first_seconds),
        most=timedelta(seconds=queue.most_seconds),
        warn=timedelta(hours=hours) if hours else None,
        give_up=timedelta(hours=queue.give_up_hours),
    )


def _host(settings: Settings) -> str:
    """What this server is called by others; to ask the system may take time, so it is asked last."""
    return settings.relay.hostname or urlsplit(settings.server.public_url).hostname or socket.getfqdn()


def worker_name(host: str) -> str:
    """One that no other worker has."""
    return f"{host}/{os.getpid()}/{secrets.token_hex(4)}"
