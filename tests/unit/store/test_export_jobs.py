"""Export jobs as they are kept: one worker at a time, and no end twice."""

from dataclasses import replace

import pytest

from easd.model.export_job import ExportJob, ExportState
from easd.service.ports.administration import TooMany
from easd.store import ExportJobs, SqlStore
from tests.support.stores import Clock, when, with_users


def started(store: SqlStore, name: str, token: str = "", most: int = 10) -> ExportJob:
    """A job of the organisation 1."""
    job = ExportJob(name, 1, 7, "entity", "backup", "mail", f"mail/{name}.zip")
    return ExportJobs(store).start(job, token or name, most)


@pytest.fixture(autouse=True)
def _organisation(store: SqlStore) -> None:
    with_users(store, "alice")


def test_a_token_starts_one_job_and_running_ones_are_limited(store: SqlStore, clock: Clock) -> None:
    first = started(store, "a")
    assert first == replace(first, id="a", state=ExportState.RUNNING, started=when(clock.now), progress=0, ended=None)
    assert started(store, "b", token="a") == first
    started(store, "c")
    with pytest.raises(TooMany):
        started(store, "d", most=2)
    assert started(store, "d", token="a", most=2) == first
    assert [job.id for job in ExportJobs(store).listed(1)] == ["a", "c"]
    assert ExportJobs(store).listed(2) == []
    with pytest.raises(KeyError):
        ExportJobs(store).get(2, "a")


def test_the_oldest_job_is_one_worker_s_until_it_gives_no_sign_of_life(store: SqlStore, clock: Clock) -> None:
    jobs = ExportJobs(store)
    started(store, "a")
    clock.forward(1)
    started(store, "b")
    first = jobs.take(1, when(clock.now + 60_000))
    assert first is not None
    assert first.id == "a"
    second = jobs.take(2, when(clock.now + 60_000))
    assert second is not None
    assert second.id == "b"
    assert jobs.take(3, when(clock.now + 60_000)) is None
    clock.forward(50)
    assert jobs.go_on(first, 1, 40, when(clock.now + 60_000))
    assert jobs.get(1, "a").progress == 40
    clock.forward(20)
    again = jobs.take(3, when(clock.now + 60_000))
    assert again is not None
    assert (again.id, again.progress) == ("b", 0)
    assert not jobs.go_on(second, 2, 50, when(clock.now + 60_000))
    assert not jobs.end(second, 2, ExportState.COMPLETED, "")
    assert jobs.end(again, 3, ExportState.FAILED, "no bucket")
    done = jobs.get(1, "b")
    assert (done.state, done.error, done.ended) == (ExportState.FAILED, "no bucket", when(clock.now))


def test_a_cancelled_job_goes_on_no_more_and_an_ended_one_stays_as_it_is(store: SqlStore, clock: Clock) -> None:
    jobs = ExportJobs(store)
    started(store, "a")
    job = jobs.take(1, when(clock.now + 60_000))
    assert job is not None
    jobs.cancel(1, "a")
    assert not jobs.go_on(job, 1, 50, when(clock.now + 60_000))
    assert jobs.get(1, "a").state is ExportState.CANCELLED
    started(store, "b")
    other = jobs.take(1, when(clock.now + 60_000))
    assert other is not None
    assert jobs.end(other, 1, ExportState.COMPLETED, "")
    jobs.cancel(1, "b")
    assert (jobs.get(1, "b").state, jobs.get(1, "b").progress) == (ExportState.COMPLETED, 100)
    with pytest.raises(KeyError):
        jobs.cancel(1, "c")
    clock.forward(10)
    jobs.prune(when(clock.now))
    assert jobs.listed(1) == []
