"""What a server does beside answering: hear of others' changes, deliver and index what waits, remove the old."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from easd.config import Settings
from easd.http.app import Background
from easd.http.workers import Workers
from easd.notify.bell import Bell
from easd.notify.hub import Hub
from easd.notify.listeners import listen_postgresql, watch_sqlite
from easd.service.context import Services
from easd.service.renewal import Rereading, show_again
from easd.service.submission import deliver_queued
from easd.store import CHANNEL, Audit, ExportJobs, Organisations, Retention, SqlStore, Upkeep, index_pending

_log = structlog.get_logger("easd.background")

_REST = 30
"""Seconds between two portions of old mail that is read anew."""

_MEETINGS = timedelta(days=730)
"""How long it is known what was told to whom of a meeting: a series of that age is answered no more."""

RECORD = 2
"""Seconds after which what was recorded of exchanges is kept, and other devices are recorded."""

Job = Callable[[], object]


def tasks(
    settings: Settings, store: SqlStore, services: Services, hub: Hub, workers: Workers, filled: Bell
) -> Sequence[Background]:
    """Each runs until it is cancelled. Whatever blocks runs in the threads of the requests. `filled` is rung when there
    is something in the queue.
    """
    upkeep = settings.upkeep
    listen = _listen_postgresql if store.data_version() is None else _watch_sqlite
    return (
        partial(listen, settings, store, hub, workers),
        partial(repeat, "deliver_queued", upkeep.queue_seconds, partial(deliver_queued, services), workers, filled),
        partial(repeat, "index", upkeep.prune_minutes * 60, partial(index_pending, store), workers),
        partial(repeat, "show_again", upkeep.prune_minutes * 60, partial(show_again, store), workers),
        partial(repeat, "read_again", _REST, Rereading(store).run, workers),
        partial(repeat, "retain", upkeep.prune_minutes * 60, partial(retain, store, services), workers),
        partial(repeat, "prune", upkeep.prune_minutes * 60, partial(prune, settings, store, services), workers),
    )


def prune(settings: Settings, store: SqlStore, services: Services) -> None:
    """Forget deletions, sent messages and silent devices after the times that the settings say, and blobs that nothing
    uses.
    """
    upkeep, now = Upkeep(store), services.clock()
    if settings.upkeep.device_days:
        for device in upkeep.prune_devices(now - timedelta(days=settings.upkeep.device_days)):
            _log.info(
                "device_forgotten", user_id=device.user_id, device_id=device.device_id, silent_since=device.last_seen
            )
    prune_departed(settings, store, now)
    upkeep.prune_tombstones(now - timedelta(days=settings.upkeep.tombstone_days))
    upkeep.prune_received(now - timedelta(days=settings.smtp.received_days))
    upkeep.prune_sent(now - timedelta(days=settings.upkeep.sent_days))
    upkeep.prune_ledger(now - _MEETINGS)
    Audit(store.database).prune(now - timedelta(days=settings.upkeep.audit_days))
    ExportJobs(store).prune(now - timedelta(days=settings.upkeep.audit_days))
    upkeep.collect_blobs()


def retain(store: SqlStore, services: Services) -> None:
    """Do what the retention policies of all organisations say."""
    if count := Retention(store).apply(services.clock()):
        _log.info("retention_applied", items=count)


def prune_departed(settings: Settings, store: SqlStore, now: datetime) -> None:
    """Empty the mailboxes of those who are disabled for long, and forget who is gone for long."""
    organisations, upkeep = Organisations(store), settings.upkeep
    if upkeep.disabled_days:
        for user in organisations.purge_disabled(now - timedelta(days=upkeep.disabled_days)):
            _log.info("disabled_mailbox_emptied", user_id=user)
    organisations.forget_departed(now - timedelta(days=upkeep.departed_days))


def _listen_postgresql(settings: Settings, store: SqlStore, hub: Hub, _workers: Workers) -> Awaitable[None]:
    return listen_postgresql(hub, settings.database_url, partial(_read_all, store), channel=CHANNEL)


def _watch_sqlite(settings: Settings, store: SqlStore, hub: Hub, workers: Workers) -> Awaitable[None]:
    pause = partial(asyncio.sleep, settings.database.poll_milliseconds / 1000)
    return watch_sqlite(hub, store.data_version, partial(_read_all, store), workers.executor, pause=pause)


def _read_all(store: SqlStore, mailboxes: Iterable[int]) -> Mapping[int, int]:
    return store.modseqs(list(mailboxes))


async def repeat(name: str, seconds: float, job: Job, workers: Workers, bell: Bell | None = None) -> None:
    """Now, and again so many seconds after each end, or as soon as the bell is rung. What goes wrong is logged, and
    tried again the next time.
    """
    bell = bell or Bell()
    bell.hang()
    while True:
        try:
            await workers.run_admitted(job)
        except Exception as error:  # noqa: BLE001 - a job that fails once must not be the last of its kind
            _log.error("job_failed", job=name, exc_info=error)
        await bell.wait(seconds)
