"""One process at a time, in bounded time, none starved, and what a dead one held is free."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from easd.store.errors import StoreUnavailable
from easd.store.processlock import ProcessLock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SQLite waits by itself there")

_HOLDS = """
import sys
from easd.store.processlock import ProcessLock
assert ProcessLock(sys.argv[1]).acquire(30)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A file with rights that no mask of this process gives."""
    path = tmp_path / "easd.db"
    path.touch()
    path.chmod(0o640)
    return str(path)


@pytest.fixture
def two(database: str) -> Iterator[tuple[ProcessLock, ProcessLock]]:
    """As two processes have it."""
    with closing(ProcessLock(database)) as one, closing(ProcessLock(database)) as other:
        yield one, other


def test_one_at_a_time_and_whoever_waits_is_woken(two: tuple[ProcessLock, ProcessLock]) -> None:
    one, other = two
    assert one.acquire(30)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other.acquire, 30)
        while other._gate is None:
            assert not waiting.done()
        one.release()
        assert waiting.result()
    assert not one.acquire(0.01)
    other.release()
    assert one.acquire(30)
    one.release()


def test_who_gave_up_waiting_does_not_keep_the_lock_that_comes_later(two: tuple[ProcessLock, ProcessLock]) -> None:
    one, other = two
    assert one.acquire(30)
    assert not other.acquire(0.01)
    one.release()
    while other._gate is not None:
        pass
    assert one.acquire(30)
    one.release()


def test_who_comes_again_while_an_earlier_wait_goes_on_shares_it(two: tuple[ProcessLock, ProcessLock]) -> None:
    one, other = two
    assert one.acquire(30)
    assert not other.acquire(0.01)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other.acquire, 30)
        while not other._wanted:
            pass
        one.release()
        assert waiting.result()
    assert not one.acquire(0.01)
    other.release()


def test_a_lock_that_came_in_the_last_moment_is_taken(two: tuple[ProcessLock, ProcessLock]) -> None:
    assert two[0]._late()


def test_many_exclude_each_other(database: str) -> None:
    count = [0]

    def work() -> None:
        with closing(ProcessLock(database)) as lock:
            for _ in range(100):
                assert lock.acquire(30)
                seen = count[0]
                threading.Event().wait(0)  # others may run
                count[0] = seen + 1
                lock.release()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    assert count == [400]


def test_what_a_killed_process_held_is_free(database: str) -> None:
    command = [sys.executable, "-c", _HOLDS, database]
    with ExitStack() as stack:
        lock = stack.enter_context(closing(ProcessLock(database)))
        held = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        assert held.stdout is not None
        assert held.stdout.readline() == b"held\n"
        assert not lock.acquire(0.01)
        held.kill()
        assert lock.acquire(30)
        lock.release()


def test_the_file_belongs_to_whom_the_database_belongs(database: str, two: tuple[ProcessLock, ProcessLock]) -> None:
    assert two[0].acquire(30)
    two[0].release()
    there, of = Path(f"{database}-lock").stat(), Path(database).stat()
    assert (there.st_mode, there.st_uid, there.st_gid) == (of.st_mode, of.st_uid, of.st_gid)


def test_where_files_have_no_locks_sqlite_waits_by_itself(
    two: tuple[ProcessLock, ProcessLock], monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(file: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", flock)
    for lock in two:
        assert lock.acquire(0)
    for lock in two:
        lock.release()


def test_no_place_for_the_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"easd\.db-lock: .*No such file"):
        ProcessLock(str(tmp_path / "nowhere" / "easd.db")).acquire(1)
