"""Mailboxes on their way into a bucket: the jobs, and where they go."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from easd.model.export_job import ExportJob, ExportState


class ExportJobs(Protocol):
    """The jobs of all organisations. KeyError: no such job."""

    def start(self, job: ExportJob, token: str, most: int) -> ExportJob: ...
    def get(self, organization: int, job_id: str) -> ExportJob: ...
    def listed(self, organization: int) -> Sequence[ExportJob]: ...
    def cancel(self, organization: int, job_id: str) -> None: ...
    def take(self, worker: int, until: datetime) -> ExportJob | None: ...
    def go_on(self, job: ExportJob, worker: int, progress: int, until: datetime) -> bool: ...
    def end(self, job: ExportJob, worker: int, state: ExportState, error: str) -> bool: ...


class DepotError(Exception):
    """The depot does not take it; the text says why, without secrets."""


class Upload(Protocol):
    """One object that grows. DepotError."""

    def add(self, piece: bytes) -> None:
        """The next bytes, however many."""

    def finish(self) -> None:
        """It is whole; only now it is there."""

    def abandon(self) -> None:
        """It will not be there. What cannot be undone is left to the depot."""


class Depot(Protocol):
    """Where objects are put."""

    def begin(self, bucket: str, path: str, key: str) -> Upload:
        """A new object, encrypted there under the key of that ARN ("": as the bucket has it). DepotError."""
