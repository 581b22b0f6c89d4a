"""Transactions: snapshots, order, what survives, what is told."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from easd.store import SqlStore, StoreUnavailable
from tests.support.stores import Clock, mail
from tests.unit.store.conftest import Home

_REPOSITORY = Path(__file__).resolve().parents[3]

_WRITE_AND_DIE = """
import os, sys
from easd.store import open_store
from tests.support.stores import mail
url, mailbox, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open_store(url).writing(mailbox) as writing:
    writing.add_mail(folder, mail(1))
    writing.finish()
    os._exit(7)
"""

_WRITE_MANY = """
import sys
from easd.store import open_store
from tests.support.stores import mail
url, mailbox, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
store = open_store(url)
print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    with store.writing(mailbox) as writing:
        writing.add_mail(folder, mail(number))
store.close()
"""


@contextmanager
def _process(script: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_REPOSITORY)
    with process:
        yield process


def test_a_reader_sees_one_snapshot_while_a_writer_commits(home: Home) -> None:
    with home.store.reading(home.mailbox) as reading:
        before = reading.modseq
        with home.store.writing(home.mailbox) as writing:
            writing.add_mail(home.inbox, mail(1))
        assert reading.modseq == before
        assert reading.items(home.inbox, [1]) == {}
        assert reading.collection(home.inbox).changes(before, 10) == []
    with home.store.reading(home.mailbox) as reading:
        assert reading.modseq == before + 1
        assert list(reading.items(home.inbox, [1])) == [1]


def test_an_uncommitted_write_is_seen_by_its_own_transaction_alone(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        writing.add_mail(home.inbox, mail(1))
        assert len(writing.collection(home.inbox).changes(0, 10)) == 1
        assert writing.collection(home.inbox).modseq == writing.modseq
        with home.store.reading(home.mailbox) as reading:
            assert reading.collection(home.inbox).changes(0, 10) == []
            assert reading.modseq == writing.modseq - 1


def test_an_exception_rolls_everything_back(home: Home, told: list[tuple[int, int]]) -> None:
    before = home.store.modseq(home.mailbox)

    def break_off() -> None:
        with home.store.writing(home.mailbox) as writing:
            writing.add_mail(home.inbox, mail(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert home.store.modseq(home.mailbox) == before
    assert told == []
    with home.store.writing(home.mailbox) as writing:
        assert writing.add_mail(home.inbox, mail(1)).uid == 1


def test_a_commit_that_moved_the_counter_is_told_after_it(home: Home, url: str) -> None:
    seen: list[tuple[int, int, int]] = []

    def told(mailbox: int, modseq: int) -> None:
        seen.append((mailbox, modseq, store.modseq(mailbox)))

    store = SqlStore(home.store.database, told, Clock())
    with store.writing(home.mailbox) as writing:
        writing.add_mail(home.inbox, mail(1))
        writing.add_mail(home.inbox, mail(2))
        assert seen == []
    modseq = store.modseq(home.mailbox)
    assert seen == [(home.mailbox, modseq, modseq)]
    with store.writing(home.mailbox) as writing:
        assert writing.folders()
    assert len(seen) == 1


def test_concurrent_writers_commit_in_the_order_of_their_numbers_and_leave_no_gap(home: Home) -> None:
    start = home.store.modseq(home.mailbox)
    stop = threading.Event()

    def write(worker: int) -> list[int]:
        numbers = []
        for turn in range(25):
            with home.store.writing(home.mailbox) as writing:
                numbers.append(writing.add_mail(home.inbox, mail(worker * 100 + turn)).mod_seq)
        return numbers

    def watch() -> int:
        looks = 0
        while not stop.is_set() or looks == 0:
            with home.store.reading(home.mailbox) as reading:
                visible = [change.mod_seq for change in reading.collection(home.inbox).changes(start, 1000)]
                assert visible == list(range(start + 1, reading.modseq + 1))
            looks += 1
        return looks

    with ThreadPoolExecutor(6) as pool:
        watchers = [pool.submit(watch) for _ in range(2)]
        writers = [pool.submit(write, worker) for worker in range(4)]
        numbers = [number for writer in writers for number in writer.result()]
        stop.set()
        assert all(watcher.result() for watcher in watchers)
    assert sorted(numbers) == list(range(start + 1, start + 101))
    with home.store.reading(home.mailbox) as reading:
        assert sorted(reading.items(home.inbox, range(1, 102))) == list(range(1, 101))


def test_a_crash_between_write_and_commit_changes_nothing(home: Home, url: str) -> None:
    before = home.store.modseq(home.mailbox)
    with home.store.writing(home.mailbox) as writing:
        writing.add_mail(home.inbox, mail(5))
    with _process(_WRITE_AND_DIE, url, home.mailbox, home.inbox) as process:
        assert process.wait() == 7
    assert home.store.modseq(home.mailbox) == before + 1
    with home.store.writing(home.mailbox) as writing:
        assert list(writing.items(home.inbox, [1, 2])) == [1]
        assert writing.add_mail(home.inbox, mail(1)).uid == 2


def test_two_processes_write_one_mailbox(home: Home, url: str) -> None:
    start, version = home.store.modseq(home.mailbox), home.store.data_version()
    with _process(_WRITE_MANY, url, home.mailbox, home.inbox) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("go\n")
        process.stdin.flush()
        for number in range(60):
            with home.store.writing(home.mailbox) as writing:
                writing.add_mail(home.inbox, mail(1000 + number))
        assert process.wait() == 0
    with home.store.reading(home.mailbox) as reading:
        assert reading.modseq == start + 120
        changes = reading.collection(home.inbox).changes(start, 1000)
        assert [change.mod_seq for change in changes] == list(range(start + 1, start + 121))
        assert [change.uid for change in changes] == list(range(1, 121))
    assert version is None or version != home.store.data_version()


def test_a_closed_store_says_so(store: SqlStore) -> None:
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.modseq(1)
