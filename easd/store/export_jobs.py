"""Export jobs as rows (`easd.service.ports.exports.ExportJobs`)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from easd.model.export_job import ExportJob, ExportState
from easd.model.moments import milliseconds, moment
from easd.service.ports.administration import TooMany
from easd.store.database import Row
from easd.store.export_tables import export_jobs
from easd.store.prepared import Prepared, named, param, params
from easd.store.store import SqlStore

_STATES = tuple(ExportState)
_NUMBERS = {state: number for number, state in enumerate(_STATES)}
"""States as they are kept."""
_RUNNING, _CANCELLED = _NUMBERS[ExportState.RUNNING], _NUMBERS[ExportState.CANCELLED]
_job = export_jobs.c
_NAMES = (
    "id",
    "organization_id",
    "mailbox_id",
    "entity",
    "bucket",
    "prefix",
    "path",
    "role",
    "key",
    "description",
    "state",
    "progress",
    "error",
    "started",
    "ended",
)
_COLUMNS = tuple(_job[name] for name in _NAMES)
_this = (_job.id == param("job"), _job.organization_id == param("organization"))
_held = (_job.id == param("job"), _job.state == _RUNNING, _job.worker == param("worker"))
_ADD = Prepared(insert(export_jobs).values(params(export_jobs)))
_BY_TOKEN = Prepared(
    select(*_COLUMNS).where(_job.organization_id == param("organization"), _job.token == param("token"))
)
_COUNT = Prepared(select(func.count()).where(_job.organization_id == param("organization"), _job.state == _RUNNING))
_ONE = Prepared(select(*_COLUMNS).where(*_this))
_LIST = Prepared(select(*_COLUMNS).where(_job.organization_id == param("organization")).order_by(_job.started, _job.id))
_CANCEL = Prepared(
    update(export_jobs).where(*_this, _job.state == _RUNNING).values(state=_CANCELLED, ended=param("now"))
)
_NEXT = Prepared(
    select(_job.id).where(_job.state == _RUNNING, _job.due <= param("now")).order_by(_job.started, _job.id).limit(1)
)
_CLAIM = Prepared(
    update(export_jobs)
    .where(_job.id == param("job"), _job.state == _RUNNING, _job.due <= param("now"))
    .values(worker=param("worker"), due=param("until"), progress=0)
    .returning(*_COLUMNS)
)
_GO_ON = Prepared(update(export_jobs).where(*_held).values(due=param("until"), progress=param("progress")))
_END = Prepared(update(export_jobs).where(*_held).values(named(["state", "progress", "error", "ended"])))
_PRUNE = Prepared(delete(export_jobs).where(_job.ended < param("before")))


class ExportJobs:
    """KeyError: there is no such job."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    def start(self, job: ExportJob, token: str, most: int) -> ExportJob:
        """A new job, or the one that the token has started before. TooMany where `most` of the organisation run."""
        now = self._store.now()
        with self._database.write() as block:
            session = block.session
            if row := session.one(_BY_TOKEN, organization=job.organisation, token=token):
                return _made(row)
            running = session.one(_COUNT, organization=job.organisation)
            if running is not None and running[0] >= most:
                raise TooMany(f"{most} exports of the organization run already")
            session.run(
                _ADD,
                id=job.id,
                organization_id=job.organisation,
                token=token,
                mailbox_id=job.mailbox,
                entity=job.entity,
                bucket=job.bucket,
                prefix=job.prefix,
                path=job.path,
                role=job.role,
                key=job.key,
                description=job.description,
                state=_RUNNING,
                progress=0,
                error="",
                started=now,
                ended=None,
                worker=None,
                due=now,
            )
        return self.get(job.organisation, job.id)

    def get(self, organization: int, job_id: str) -> ExportJob:
        """One job of the organisation."""
        rows = self._database.once(_ONE, organization=organization, job=job_id)
        if not rows:
            raise KeyError(f"there is no mailbox export job {job_id[:64]}")
        return _made(rows[0])

    def listed(self, organization: int) -> Sequence[ExportJob]:
        """All jobs of the organisation, oldest first."""
        return [_made(row) for row in self._database.once(_LIST, organization=organization)]

    def cancel(self, organization: int, job_id: str) -> None:
        """A job that runs goes on no more; one that has ended stays as it is."""
        self.get(organization, job_id)
        with self._database.write() as block:
            block.session.run(_CANCEL, organization=organization, job=job_id, now=self._store.now())

    def take(self, worker: int, until: datetime) -> ExportJob | None:
        """The oldest job that nobody works on, which is this worker's until that moment; None if there is none."""
        now = self._store.now()
        if not self._database.once(_NEXT, now=now):
            return None
        with self._database.write() as block:
            found = block.session.one(_NEXT, now=now)
            values = {"worker": worker, "now": now, "until": milliseconds(until)}
            row = None if found is None else block.session.one(_CLAIM, job=found[0], **values)
        return None if row is None else _made(row)

    def go_on(self, job: ExportJob, worker: int, progress: int, until: datetime) -> bool:
        """Whether the job is still this worker's; then it is until that moment."""
        values = {"job": job.id, "worker": worker, "progress": progress, "until": milliseconds(until)}
        with self._database.write() as block:
            return block.session.run(_GO_ON, **values) > 0

    def end(self, job: ExportJob, worker: int, state: ExportState, error: str) -> bool:
        """The job has ended; False where it was taken away or cancelled before."""
        progress = 100 if state is ExportState.COMPLETED else job.progress
        values = {"state": _NUMBERS[state], "progress": progress, "error": error, "ended": self._store.now()}
        with self._database.write() as block:
            return block.session.run(_END, job=job.id, worker=worker, **values) > 0

    def prune(self, before: datetime) -> None:
        """Forget jobs that had ended by then."""
        with self._database.write() as block:
            block.session.run(_PRUNE, before=milliseconds(before))


def _made(row: Row) -> ExportJob:
    (*texts, state, progress, error, started, ended) = row
    number, organization, mailbox, entity, bucket, prefix, path, role, key, description = texts
    return ExportJob(
        number,
        organization,
        mailbox,
        entity,
        bucket,
        prefix,
        path,
        role,
        key,
        description,
        _STATES[state],
        progress,
        error,
        moment(started),
        None if ended is None else moment(ended),
    )
