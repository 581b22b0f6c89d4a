"""The lock is handed on in order, gives up in time, and is not lost when both happen at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from easd.store.fairlock import FairLock


def test_first_come_first_served() -> None:
    lock, order, threads = FairLock(), [], []
    assert lock.acquire(1)

    def work(number: int) -> None:
        assert lock.acquire(30)
        order.append(number)
        lock.release()

    for number in range(8):
        threads.append(threading.Thread(target=work, args=(number,)))
        threads[-1].start()
        while len(lock._waiting) != number + 1:
            pass
    lock.release()
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_it_gives_up_in_time_and_leaves_the_line() -> None:
    lock = FairLock()
    assert lock.acquire(1)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lock.acquire, 0.01).result() is False
    lock.release()
    assert lock.acquire(0)
    lock.release()


def test_a_lock_handed_over_at_the_last_moment_is_taken() -> None:
    lock = FairLock()
    lock._owner = threading.get_ident()
    assert lock._late(threading.get_ident(), threading.Lock())


def test_the_holder_is_told_instead_of_waiting_for_itself() -> None:
    lock = FairLock()
    assert lock.acquire(1)
    with pytest.raises(RuntimeError, match="inside another"):
        lock.acquire(1)
    lock.release()


def test_many_threads_exclude_each_other() -> None:
    lock, count = FairLock(), [0]

    def work() -> None:
        for _ in range(300):
            assert lock.acquire(30)
            before = count[0]
            count[0] = before + 1
            lock.release()

    with ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(work) for _ in range(6)]:
            future.result()
    assert count == [1800]
