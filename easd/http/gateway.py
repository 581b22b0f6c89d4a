"""Puts the edge together from the settings, the services and one function that answers requests."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

from starlette.routing import BaseRoute

from easd.config import Limits as LimitSettings, Settings
from easd.eas.request import Command
from easd.http.address import Proxies
from easd.http.app import Application, Background, Check, application, site
from easd.http.auth import Authenticator, Others
from easd.http.client_certificates import Authorities, Presented
from easd.http.credentials import Remembered
from easd.http.discovery.routes import Discovery, Means
from easd.http.edge import Bounds, Dispatch, Edge
from easd.http.holding import Holds
from easd.http.records import Figures, Recorder
from easd.http.rest.routes import Rest
from easd.http.throttle import Throttle
from easd.http.tokens import Tokens
from easd.http.workers import Workers
from easd.http.workmail.endpoint import Endpoint, Guard
from easd.notify.hub import Hub
from easd.service.administration import Means as Desk
from easd.service.context import Limits, Services
from easd.service.workmail.api import WorkMailApi


def limits(settings: LimitSettings) -> Limits:
    """The bounds of the services, out of the settings of the same names."""
    return Limits(**{limit.name: getattr(settings, limit.name) for limit in fields(Limits)})


@dataclass(frozen=True, slots=True)
class Gateway:
    """The edge, ready to be served. The store's pokes go to `hub.poke`."""

    app: Application
    hub: Hub
    figures: Figures
    workers: Workers
    hashers: Workers
    authenticator: Authenticator

    def close(self) -> None:
        """End held requests, and the threads when their work is done."""
        self.hub.close()
        self.workers.close()
        self.hashers.close()


def gateway(
    settings: Settings,
    services: Services,
    dispatch: Dispatch,
    commands: Sequence[Command],
    *,
    unavailable: tuple[type[Exception], ...] = (),
    checks: Mapping[str, Check] | None = None,
    routes: Sequence[BaseRoute] = (),
    desk: Desk | None = None,
    background: Callable[[Hub, Workers], Sequence[Background]] = lambda _hub, _workers: (),
    clock: Callable[[], float] = time.monotonic,
) -> Gateway:
    """`commands` are what OPTIONS offers; `unavailable` the exceptions that mean 503.

    `checks`, `routes` and `background` are passed on to the pages (`easd.http.app.site`); the latter is given the hub
    and the threads, for the listeners of `easd.notify`. `desk` is what programs administer with, at `/`
    as the WorkMail API and under /admin/v1. `clock` is monotonic: seconds.
    """
    workers = Workers("easd-work", _threads(settings), settings.server.queue_max)
    hashers = Workers("easd-hash", _hash_threads(settings), settings.auth.hash_queue_max)
    figures = Figures()
    hub = Hub(services.store.modseq, workers.executor, figures.pokes.inc)
    authenticator = _authenticator(settings, services, hashers, figures, clock, desk)
    recorder = Recorder(figures)
    edge = Edge(
        services,
        dispatch,
        commands,
        authenticator=authenticator,
        holds=Holds(hub, workers, many=figures.holds.inc),
        workers=workers,
        proxies=Proxies(settings.server.trusted_proxies),
        bounds=Bounds(settings.limits.body_bytes, settings.limits.message_bytes, settings.server.body_seconds),
        recorder=recorder,
        presented=Presented(settings.auth.client_certificate_header),
        unavailable=unavailable,
    )
    metrics = settings.metrics
    means = Means(settings, services.directory, authenticator, workers, recorder, services.store, unavailable)
    pages = site(
        checks=checks or {},
        stopping=lambda: hub.closed,
        metrics=(metrics.path, figures.registry) if metrics.enabled and not metrics.port else None,
        routes=[*Discovery(means).routes(), *_administering(settings, services, desk, workers, clock), *routes],
        background=background(hub, workers),
    )
    return Gateway(application(edge, pages), hub, figures, workers, hashers, authenticator)


def _administering(
    settings: Settings,
    services: Services,
    desk: Desk | None,
    workers: Workers,
    clock: Callable[[], float],
) -> Sequence[BaseRoute]:
    if desk is None:
        return ()
    failures = Throttle(settings.auth.address_failures, settings.auth.address_seconds, clock)
    guard = Guard(Proxies(settings.server.trusted_proxies), failures)
    return (Endpoint(WorkMailApi(desk), workers, guard, services.clock).route(), *Rest(desk, workers, guard).routes())


def _threads(settings: Settings) -> int:
    """More than two threads only fight for the interpreter where no network is waited for."""
    return settings.server.threads or (2 if settings.database_url.startswith("sqlite:") else 16)


def _hash_threads(settings: Settings) -> int:
    """One for each hash that is made at a time, and for each question to a directory elsewhere: those wait most."""
    waiting = settings.ldap.connections if settings.ldap.urls else 0
    return (settings.auth.hash_threads or os.cpu_count() or 1) + waiting


def _authenticator(
    settings: Settings,
    services: Services,
    hashers: Workers,
    figures: Figures,
    clock: Callable[[], float],
    desk: Desk | None,
) -> Authenticator:
    auth = settings.auth
    return Authenticator(
        services.directory,
        Remembered(auth.cache_idle_seconds, auth.cache_max_seconds, auth.cache_entries, clock),
        Throttle(auth.account_failures, auth.account_seconds, clock),
        Throttle(auth.address_failures, auth.address_seconds, clock),
        hashers,
        figures.auth_failed,
        settings.organisation.moved(),
        _others(settings, desk),
    )


def _others(settings: Settings, desk: Desk | None) -> Others:
    auth, oauth = settings.auth, settings.oauth
    return Others(
        oauth if oauth.issuer else None,
        Tokens(oauth) if oauth.issuer else None,
        None if auth.client_certificates == "off" else Authorities(auth.client_ca),
        auth.client_certificates == "required",
        desk.impersonation.shown if desk is not None else None,
    )
