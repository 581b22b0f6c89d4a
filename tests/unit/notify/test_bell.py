"""A bell that any thread rings."""

import asyncio

from easd.notify.bell import Bell


async def test_a_ring_from_another_thread_wakes_who_waits() -> None:
    bell = Bell()
    bell.ring()  # nobody hears it, nothing breaks
    bell.hang()
    waiting = asyncio.create_task(bell.wait(3600))
    await asyncio.to_thread(bell.ring)
    await asyncio.wait_for(waiting, 10)


async def test_a_ring_before_the_wait_spares_it_once() -> None:
    bell = Bell()
    bell.hang()
    bell.ring()
    await asyncio.wait_for(bell.wait(3600), 10)
    await bell.wait(0)  # and it is over


async def test_a_ring_after_the_loop_has_ended_is_no_error() -> None:
    bell = Bell()
    await asyncio.to_thread(lambda: asyncio.run(_hang(bell)))
    bell.ring()


async def _hang(bell: Bell) -> None:
    bell.hang()
