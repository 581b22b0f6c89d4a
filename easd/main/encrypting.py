"""Brings what is there under the present keys, beside the requests."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from easd.http.app import Background
from easd.http.workers import Workers
from easd.store import SqlStore
from easd.store.sealing.turning import Turning

_log = structlog.get_logger("easd.background")

_TICK = 0.25
"""Seconds between two portions while there is work."""
_REST = 30
"""Seconds between two looks for some."""

_EACH = 1024
"""What a key counts that is brought under another one, in bytes that are encrypted in that time."""

Pause = Callable[[float], Awaitable[object]]


def encrypting(store: SqlStore, megabytes: int, workers: Workers) -> Sequence[Background]:
    """The task, at so many megabytes a second; none where the store has no master keys."""
    if store.database.keys is None:
        return ()
    return (lambda: turn(Turning(store), round(megabytes * 1e6 * _TICK), workers),)


async def turn(turning: Turning, most: int, workers: Workers, pause: Pause = asyncio.sleep) -> None:
    """For ever: as many bytes as `most` at a time. What goes wrong is logged, and tried again later."""
    while True:
        count = 0
        try:
            count = await workers.run_admitted(lambda: _some(turning, most))
        except Exception as error:  # noqa: BLE001 - what fails once must not be the last
            _log.error("job_failed", job="encrypt", exc_info=error)
        await pause(_TICK if count else _REST)


def _some(turning: Turning, most: int) -> int:
    """Portions until that many bytes are done, each a transaction of its own; answers how many contents those were."""
    count = size = 0
    while size < most and (moved := turning.portion()).count:
        count, size = count + moved.count, size + moved.size + moved.count * _EACH
    return count
