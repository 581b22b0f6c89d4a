"""The work on export jobs: a mailbox into a bucket, some pieces at a time, so that requests go on beside it."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

from easd.model.export_job import ExportJob, ExportState
from easd.service.context import Services
from easd.service.mailbox_zip import MailboxZip
from easd.service.ports import Unavailable
from easd.service.ports.exports import Depot, DepotError, ExportJobs, Upload

_LEASE: Final = timedelta(minutes=2)
"""For how long a job is not given to another server after the last sign of life of the one that has it."""
_PORTION: Final = 2**20
"""Bytes of a file that are made at a time."""
_ERROR_MAX: Final = 2000
_NAMED: Final = 20


class Exporting:
    """Works on one job after the other. What is cut off begins anew, for a depot shows only what is whole."""

    def __init__(self, services: Services, jobs: ExportJobs, depot: Depot) -> None:
        self._services, self._jobs, self._depot = services, jobs, depot
        self._worker = services.number(62)
        self._steps: Iterator[None] | None = None

    def portion(self) -> bool:
        """Go on for a while. Whether there may be more to do at once."""
        if self._steps is None:
            job = self._jobs.take(self._worker, self._services.clock() + _LEASE)
            if job is None:
                return False
            self._steps = self._run(job)
        try:
            next(self._steps)
        except StopIteration:
            self._steps = None
        except BaseException:
            self._steps = None
            raise
        return True

    def _run(self, job: ExportJob) -> Iterator[None]:
        upload: Upload | None = None
        whole = False
        try:
            upload = self._depot.begin(job.bucket, job.path, job.key)
            file = MailboxZip(self._services.store, job.mailbox)
            size = 0
            for piece in file.pieces():
                upload.add(piece.data)
                size += len(piece.data)
                if size >= _PORTION:
                    size = 0
                    if not self._goes_on(job, piece.progress):
                        return
                    yield
            if not self._goes_on(job, 99):
                return
            upload.finish()
            whole = True
            self._jobs.end(job, self._worker, ExportState.COMPLETED, _lost(file.lost))
        except Unavailable:
            raise  # the database is away: the job is taken up again when nobody has held it for a while
        except (DepotError, LookupError) as error:
            said = str(error.args[0] if error.args else error)[:_ERROR_MAX]
            self._jobs.end(job, self._worker, ExportState.FAILED, said)
        except Exception as error:  # it would fail again and again
            self._jobs.end(job, self._worker, ExportState.FAILED, f"{type(error).__name__}, see the log of the server")
            raise
        finally:
            if upload is not None and not whole:
                with suppress(DepotError):
                    upload.abandon()

    def _goes_on(self, job: ExportJob, progress: int) -> bool:
        """False where the job was cancelled, or another server has it."""
        return self._jobs.go_on(job, self._worker, progress, self._services.clock() + _LEASE)


def _lost(subjects: list[str]) -> str:
    """What a job that is complete has to say of messages that it could not export."""
    if not subjects:
        return ""
    return f"The bytes of {len(subjects)} messages are lost: {'; '.join(subjects[:_NAMED])}"[:_ERROR_MAX]
