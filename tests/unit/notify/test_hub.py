"""The hub: register, then compare, then sleep."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from easd.notify.hub import Hub, Waiter, Wake

WAIT = 30.0


class Mailboxes:
    """Counters that are read in threads. `gate` holds readings back; `read` tells that one has begun."""

    def __init__(self) -> None:
        self.counters: dict[int, int] = {}
        self.readings = 0
        self.gone = 0
        self.gate = threading.Event()
        self.gate.set()

    def modseq(self, mailbox_id: int) -> int:
        if mailbox_id == self.gone:
            raise LookupError(mailbox_id)
        found = self.counters.get(mailbox_id, 0)
        self.readings += 1
        assert self.gate.wait(WAIT)
        return found


class Desk:
    """A hub over mailboxes, and waits begun on it."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self.mailboxes = Mailboxes()
        self.woken = 0
        self.hub = Hub(self.mailboxes.modseq, executor, self._count)

    def _count(self) -> None:
        self.woken += 1

    def wait(
        self,
        mailbox_id: int,
        since: int = 0,
        waiter: Waiter | None = None,
        seconds: float = WAIT,
        others: tuple[tuple[int, int], ...] = (),
    ) -> "asyncio.Task[Wake]":
        deadline = asyncio.get_running_loop().time() + seconds
        return asyncio.ensure_future(self.hub.wait(waiter or Waiter(), mailbox_id, since, deadline, others))

    async def waiting(self, mailbox_id: int, since: int = 0, waiter: Waiter | None = None) -> "asyncio.Task[Wake]":
        """A wait that has registered and compared, and now sleeps."""
        task = self.wait(mailbox_id, since, waiter)
        await self.hub.somebody_waits()
        await self.hub.recheck(lambda mailboxes: {})  # runs after the reading, in the one thread
        return task


@pytest.fixture
def desk() -> Iterator[Desk]:
    with ThreadPoolExecutor(1) as executor:
        yield Desk(executor)


async def test_a_poke_wakes(desk: Desk) -> None:
    task = await desk.waiting(1)
    desk.hub.poke(1, 1)
    assert await task is Wake.CHANGED
    assert desk.woken == 1
    assert desk.hub.mailboxes() == []


@pytest.mark.parametrize("mailbox", [1, 2, 3])
async def test_a_waiter_of_several_mailboxes_is_woken_by_each(desk: Desk, mailbox: int) -> None:
    task = desk.wait(1, others=((2, 5), (3, 0)))
    await desk.hub.somebody_waits()
    await desk.hub.recheck(lambda mailboxes: {1: 0, 2: 5, 3: 0})  # none has passed its own mark
    assert desk.hub.mailboxes() == [1, 2, 3]
    desk.hub.poke(mailbox, 6)
    assert await task is Wake.CHANGED
    assert desk.hub.mailboxes() == []


async def test_a_further_mailbox_that_has_moved_already_wakes_without_a_poke(desk: Desk) -> None:
    desk.mailboxes.counters[2] = 6
    assert await desk.wait(1, others=((2, 5),)) is Wake.CHANGED


async def test_a_further_mailbox_that_is_gone_wakes(desk: Desk) -> None:
    desk.mailboxes.gone = 2
    assert await desk.wait(1, others=((2, 5),)) is Wake.CHANGED


async def test_a_poke_from_another_thread_wakes(desk: Desk) -> None:
    task = await desk.waiting(1)

    def poke_often() -> None:
        for number in range(1, 100):
            desk.hub.poke(1, number)

    thread = threading.Thread(target=poke_often)
    thread.start()
    assert await task is Wake.CHANGED
    thread.join(WAIT)


async def test_a_counter_that_has_moved_already_wakes_without_a_poke(desk: Desk) -> None:
    desk.mailboxes.counters[1] = 5
    assert await desk.wait(1, 4) is Wake.CHANGED
    assert desk.mailboxes.readings == 1


async def test_a_poke_between_registering_and_comparing_wakes(desk: Desk) -> None:
    """The reading has seen the old counter and is late; the poke finds the waiter."""
    desk.mailboxes.gate.clear()
    task = desk.wait(1)
    await desk.hub.somebody_waits()
    desk.hub.poke(1, 1)
    desk.mailboxes.gate.set()
    assert await task is Wake.CHANGED


async def test_an_old_poke_and_one_for_another_mailbox_wake_nobody(desk: Desk) -> None:
    task = await desk.waiting(1, since=7)
    desk.hub.poke(1, 7)
    desk.hub.poke(2, 99)
    desk.hub.tell({1: 7, 2: 99})
    assert not task.done()
    assert desk.woken == 0
    desk.hub.poke(1, 8)
    assert await task is Wake.CHANGED


async def test_all_who_wait_for_a_mailbox_are_woken(desk: Desk) -> None:
    tasks = [await desk.waiting(1) for _ in range(3)]
    desk.hub.poke(1, 1)
    assert await asyncio.gather(*tasks) == [Wake.CHANGED] * 3


async def test_the_deadline_ends_a_wait(desk: Desk) -> None:
    assert await desk.wait(1, seconds=0.01) is Wake.DEADLINE
    assert await desk.wait(1, seconds=-1) is Wake.DEADLINE


@pytest.mark.parametrize("why", [Wake.SUPERSEDED, Wake.GONE])
async def test_an_ended_waiter_waits_no_more(desk: Desk, why: Wake) -> None:
    waiter = Waiter()
    task = await desk.waiting(1, waiter=waiter)
    waiter.end(why)
    waiter.end(Wake.CLOSED)
    assert await task is why
    assert waiter.ended is why
    assert await desk.wait(1, waiter=waiter) is why


async def test_a_closed_hub_lets_nobody_wait(desk: Desk) -> None:
    task = await desk.waiting(1)
    desk.hub.close()
    assert await task is Wake.CLOSED
    assert await desk.wait(1) is Wake.CLOSED
    assert desk.hub.closed


async def test_a_cancelled_wait_leaves_nothing(desk: Desk) -> None:
    task = await desk.waiting(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.hub.mailboxes() == []


async def test_what_the_reading_raises_comes_out(desk: Desk) -> None:
    def away(mailbox_id: int) -> int:
        raise ConnectionError

    with ThreadPoolExecutor(1) as executor:
        hub = Hub(away, executor)
        with pytest.raises(ConnectionError):
            await hub.wait(Waiter(), 1, 0, asyncio.get_running_loop().time() + WAIT)
        assert hub.mailboxes() == []


async def test_a_recheck_reads_what_is_waited_for_and_wakes(desk: Desk) -> None:
    tasks = [await desk.waiting(mailbox_id) for mailbox_id in (1, 2)]
    asked: list[int] = []

    def read_all(mailboxes: Iterable[int]) -> dict[int, int]:
        asked.extend(mailboxes)
        return {1: 1, 2: 0}

    await desk.hub.recheck(read_all)
    assert await tasks[0] is Wake.CHANGED
    assert sorted(asked) == [1, 2]
    assert not tasks[1].done()
    desk.hub.close()
    await tasks[1]


def test_a_poke_after_the_end_of_the_loop_is_harmless() -> None:
    with ThreadPoolExecutor(1) as executor:
        hub = Hub(lambda mailbox_id: 0, executor)
        loop = asyncio.new_event_loop()
        wait = loop.create_task(hub.wait(Waiter(), 1, 0, loop.time() + WAIT))
        loop.run_until_complete(hub.somebody_waits())
        loop.close()
        hub.poke(1, 1)
        assert not wait.done()
        wait.get_coro().close()
