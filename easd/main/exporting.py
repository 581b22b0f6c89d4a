"""Works on export jobs, beside the requests."""

import asyncio
from collections.abc import Sequence

import structlog

from easd.config import Settings
from easd.depot.s3 import S3
from easd.http.app import Background
from easd.http.workers import Workers
from easd.service.context import Services
from easd.service.exporting import Exporting
from easd.store import ExportJobs, SqlStore

_log = structlog.get_logger("easd.background")

_TICK = 0.01
"""Seconds between two portions of a job: requests come first."""
_REST = 5
"""Seconds between two looks for a job."""


def exporting(settings: Settings, store: SqlStore, services: Services, workers: Workers) -> Sequence[Background]:
    """The task; none where exports may go nowhere."""
    if not settings.export.buckets:
        return ()
    depot = S3(settings.export.s3_region, settings.export.s3_endpoint)
    work = Exporting(services, ExportJobs(store), depot)
    return (lambda: run(work, workers),)


async def run(work: Exporting, workers: Workers) -> None:
    """For ever. What goes wrong is logged, and tried again later."""
    while True:
        more = False
        try:
            more = await workers.run_admitted(work.portion)
        except Exception as error:  # noqa: BLE001 - what fails once must not be the last
            _log.error("job_failed", job="export", exc_info=error)
        await asyncio.sleep(_TICK if more else _REST)
