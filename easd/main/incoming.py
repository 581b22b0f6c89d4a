"""Mail that comes in, put together out of the settings."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from easd.config import Settings
from easd.http.app import Background
from easd.http.auth import Authenticator, with_ticket
from easd.http.credentials import Ticket
from easd.http.tls import Renewal
from easd.http.workers import BusyError, Workers
from easd.model.access_control import Protocol
from easd.model.account import User
from easd.model.verdict import Verdict
from easd.service.access_control import admitted
from easd.service.context import HttpError, Services
from easd.service.incoming.refusing import Refused
from easd.service.ports import Unavailable

if TYPE_CHECKING:
    from easd.smtp.desk import Desk, Stranger, Verify
    from easd.smtp.listening import Door

_CLIENT = "submission"
"""The device that an app password belongs to which is used to send mail by SMTP."""


class Incoming:
    """The doors of the settings, and what serves them. Whoever has `open`ed them closes them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.doors: Sequence[Door] = ()
        self.authenticator: Authenticator | None = None

    @property
    def wanted(self) -> bool:
        """Whether mail comes in at all."""
        smtp = self._settings.smtp
        return any((smtp.listen, smtp.lmtp, smtp.submission, smtp.submissions))

    def furnish(self, services: Services) -> Services:
        """The services with this added."""
        return replace(services, plus_addresses=self._settings.smtp.plus_addresses)

    def open(self) -> None:
        """Listen, so that faults are known before the server begins. OSError names the address."""
        if self.wanted:
            from easd.smtp.desk import Way
            from easd.smtp.listening import opened

            smtp = self._settings.smtp
            places = smtp.listen, smtp.lmtp, smtp.submission, smtp.submissions
            self.doors = opened(dict(zip(Way, places, strict=True)))

    def close(self) -> None:
        """Let go of the ports."""
        for door in self.doors:
            door.listening.close()

    def tasks(self, services: Services, workers: Workers) -> Sequence[Background]:
        """What serves the doors that are open when it begins."""
        return (lambda: self._serve(services, workers),) if self.wanted else ()

    async def _serve(self, services: Services, workers: Workers) -> None:
        from easd.smtp.listening import Listeners

        server, tls = self._settings.server, None
        watching: asyncio.Task[None] | None = None
        if server.tls_cert:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(server.tls_cert, server.tls_key)
            watching = asyncio.create_task(Renewal(tls, server.tls_cert, server.tls_key).watch())
        try:
            await Listeners(self._desk(services, workers), self.doors, tls).run()
        finally:
            if watching is not None:
                watching.cancel()

    def _desk(self, services: Services, workers: Workers) -> "Desk":
        from easd.smtp.content import Room
        from easd.smtp.crowd import Bounds, Crowd
        from easd.smtp.desk import Desk

        smtp, home = self._settings.smtp, self._settings.organisation.default_domain
        return Desk(
            services.carriage.host,
            home,
            services,
            workers.run,
            partial(self._sign_in, services, workers),
            self._verify(services, workers),
            Bounds(**{name: getattr(smtp, name) for name in Bounds.__slots__}),
            Room(smtp.memory_bytes),
            Crowd(smtp.connections, smtp.connections_per_address),
            busy=(Unavailable, BusyError),
        )

    def _verify(self, services: Services, workers: Workers) -> "Verify":
        smtp = self._settings.smtp
        if not smtp.checks:
            return _unchecked
        from easd.smtp.names import Names
        from easd.smtp.verifying import Verifier

        names = Names(smtp.dns_servers, smtp.dns_seconds)
        return Verifier(services.carriage.host, names, workers.run, trusted=smtp.trusted).verify

    async def _sign_in(self, services: Services, workers: Workers, header: str, address: str) -> User:
        """Refused for what does not count, and after too many guesses."""
        try:
            return await self._admitted(services, workers, header, address)
        except HttpError as error:
            if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
                raise Refused(454, "4.7.0", "too many wrong passwords, try again later") from None
            raise Refused(535, "5.7.8", "these credentials do not count") from None
        except (BusyError, Unavailable):
            raise Refused(454, "4.7.0", "not now, try again later") from None

    async def _admitted(self, services: Services, workers: Workers, header: str, address: str) -> User:
        assert self.authenticator is not None
        known = self.authenticator
        ticket = await known.admit(header, address)

        def confirmed(ticket: Ticket) -> User:
            known.bind(ticket, _CLIENT)
            user = known.confirm(ticket).user
            if not admitted(services.store, user, Protocol.SMTP, address):
                raise HttpError(HTTPStatus.FORBIDDEN, "access control rules keep this client out")
            return user

        return await with_ticket(known, workers, confirmed, ticket, header, address)


async def _unchecked(_stranger: "Stranger", _raw: bytes) -> Verdict:
    return Verdict()
