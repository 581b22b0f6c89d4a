"""Builds the whole application out of the settings, and serves it."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import structlog

from easd.admin.ldap import Elsewhere, elsewhere, sign_in
from easd.admin.master_keys import check_master_keys, master_keys
from easd.admin.office import all_means, prepare
from easd.admin.secret_key import check_secret_key, vault
from easd.admin.tls import check_tls
from easd.config import Settings
from easd.directory import LocalDirectory, Passwords
from easd.http import server
from easd.http.app import Application as Asgi, Background
from easd.http.gateway import Gateway, gateway, limits
from easd.http.logs import configure
from easd.main.background import RECORD, repeat, tasks
from easd.main.encrypting import encrypting
from easd.main.exporting import exporting
from easd.main.following import Watch
from easd.main.incoming import Incoming
from easd.main.outgoing import Outgoing
from easd.main.trust import trust
from easd.notify.bell import Bell
from easd.notify.hub import Hub
from easd.service.commands import COMMANDS
from easd.service.context import Services
from easd.service.dispatch import dispatch
from easd.service.ports import Unavailable
from easd.service.recording import Recorder, Serve, recorded
from easd.store import SqlAccounts, SqlExchanges, SqlStore, open_store

_log = structlog.get_logger("easd.main")

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Application:
    """Everything, put together and not yet serving. `close` ends it."""

    settings: Settings
    store: SqlStore
    services: Services
    gateway: Gateway
    record: Callable[[], None]
    incoming: Incoming
    watch: Watch

    @property
    def asgi(self) -> Asgi:
        """The application as a server calls it."""
        return self.gateway.app

    def close(self) -> None:
        """End held requests, let threads finish, keep what was recorded, and close the database: in this order, each
        needs the next.
        """
        self.incoming.close()
        self.gateway.close()
        self.watch.close()
        try:
            self.record()
        except Unavailable as error:
            _log.warning("what was recorded last is lost", cause=str(error))
        self.store.close()


class _Bell:
    """Rung by every commit; heard as soon as there is a hub, which itself needs the store."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    def ring(self, mailbox_id: int, modseq: int) -> None:
        if self.hub is not None:
            self.hub.poke(mailbox_id, modseq)


def compose(settings: Settings, clock: Clock | None = None, further: Sequence[Background] = ()) -> Application:
    """The application on a database that has this program's schema.

    `clock` gives aware moments (None: the real time); `further` runs beside the application's own background tasks.
    """
    bell = _Bell()
    quota = settings.limits.mailbox_bytes or None
    bodies = settings.encryption.index_bodies
    store = open_store(settings.database_url, bell.ring, quota, master_keys(settings), index_bodies=bodies)
    filled, outgoing, incoming = Bell(), Outgoing(settings), Incoming(settings)
    there = elsewhere(settings, store)
    watch = Watch(settings, there)
    services = incoming.furnish(outgoing.furnish(_services(settings, store, clock or _now, there), filled))
    served, record = _recording(settings, store, services)
    made = gateway(
        settings,
        services,
        served,
        tuple(COMMANDS),
        unavailable=(Unavailable,),
        checks={"database": lambda: store.modseqs([])},
        desk=replace(all_means(settings, store, services.vault), clock=services.clock),
        background=lambda hub, workers: (
            *tasks(settings, store, services, hub, workers, filled),
            partial(repeat, "record", RECORD, record, workers),
            *outgoing.tasks(services, workers),
            *incoming.tasks(services, workers),
            *watch.tasks(),
            *encrypting(store, settings.encryption.megabytes_per_second, workers),
            *exporting(settings, store, services, workers),
            *further,
        ),
    )
    bell.hub, incoming.authenticator = made.hub, made.authenticator
    outgoing.figures.register(made.figures.registry)
    return Application(settings, store, services, made, record, incoming, watch)


def _recording(settings: Settings, store: SqlStore, services: Services) -> tuple[Serve, Callable[[], None]]:
    """What serves requests, and what is to be called now and then to keep what was recorded of them."""
    if settings.recording.exchanges == "off":
        return dispatch, lambda: None
    recorder = Recorder(everything=settings.recording.exchanges == "all")
    kept = SqlExchanges(store, settings.recording.kept)
    return partial(recorded, recorder, dispatch), lambda: recorder.flush(kept, services.clock())


def serve(settings: Settings, announce: Callable[[], None] | None = None) -> None:
    """Bring the database up to date and serve until SIGTERM or SIGINT. Refused where that cannot be; OSError: no port.

    `announce` is called as soon as the port is ours.
    """
    configure(settings.log.level, settings.log.format)
    check_tls(settings)
    prepare(settings)
    check_secret_key(settings)
    further = () if announce is None else (partial(_call, announce),)
    with closing(compose(settings, further=further)) as application:
        check_master_keys(settings, application.store)
        application.incoming.open()
        server.run(application.gateway, settings)


async def _call(function: Callable[[], None]) -> None:
    function()


def random_number(bits: int) -> int:
    """From 1 to 2**bits - 1, unguessable: 0 means "none" in every place where such a number is used."""
    return 1 + secrets.randbelow(2**bits - 1)


def _services(settings: Settings, store: SqlStore, clock: Clock, there: Elsewhere | None) -> Services:
    passwords = Passwords(settings.auth.hash_threads or None)
    directory = (
        sign_in(settings, store, there, passwords)
        if there is not None
        else LocalDirectory(
            SqlAccounts(store.database),
            default_domain=settings.organisation.default_domain or None,
            passwords=passwords,
            app_passwords_only=settings.auth.app_passwords_only,
        )
    )
    services = Services(store, directory, clock, random_number, limits(settings.limits))
    own = replace(services, trust=trust(settings.smime), vault=vault(settings), is_test_domain=_under_test(settings))
    if settings.organisation.unverified_domains == "accept":
        return own
    return replace(own, takes_mail_for=SqlAccounts(store.database).is_verified)


def _under_test(settings: Settings) -> Callable[[str], bool]:
    """Whether a domain (lower case) is the test domain of an organisation."""
    suffix = settings.organisation.test_domain_suffix.strip().strip(".").lower()
    return lambda domain: bool(suffix) and domain.endswith(f".{suffix}")


def _now() -> datetime:
    return datetime.now(UTC)
