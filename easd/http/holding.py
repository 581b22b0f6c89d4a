"""Requests that wait for something to happen.

While it is held, a request is one small coroutine: no thread, no transaction, no body.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from easd.http.body import ClientGoneError, Receive, gone
from easd.http.workers import Workers
from easd.notify.hub import Hub, Waiter, Wake
from easd.service.context import Answer, Hold

Key = tuple[int, str]
"""User id and device id."""


class Holds:
    """The held requests of this process, at most one for each device of a user."""

    def __init__(self, hub: Hub, workers: Workers, *, many: Callable[[int], None]) -> None:
        """`many` hears the number of held requests whenever it changes."""
        self._hub = hub
        self._workers = workers
        self._many = many
        self._held: dict[Key, Waiter] = {}

    def supersede(self, key: Key) -> None:
        """A newer request of the device is here: the held one, if any, ends and answers."""
        waiter = self._held.pop(key, None)
        if waiter is not None:
            waiter.end(Wake.SUPERSEDED)

    async def settle(self, key: Key, hold: Hold, receive: Receive) -> Answer:
        """The answer in the end, at the latest when the time of this first Hold is over.

        ClientGoneError if nobody waits for it any more.
        """
        waiter = Waiter()
        self.supersede(key)
        self._held[key] = waiter
        self._many(1)
        loop = asyncio.get_running_loop()
        watch = loop.create_task(_watch(receive, waiter))
        try:
            return await self._wait(waiter, hold, loop.time() + hold.seconds)
        finally:
            watch.cancel()
            self._many(-1)
            if self._held.get(key) is waiter:
                del self._held[key]

    async def _wait(self, waiter: Waiter, hold: Hold, deadline: float) -> Answer:
        while True:
            wake = await self._hub.wait(waiter, hold.mailbox_id, hold.since, deadline, hold.others)
            if wake is Wake.GONE:
                raise ClientGoneError
            outcome = await self._workers.run_admitted(partial(hold.again, wake is Wake.CHANGED))
            if isinstance(outcome, Answer):
                return outcome
            if wake is not Wake.CHANGED:
                raise RuntimeError(f"a command held on after {wake.name}")
            hold = outcome


async def _watch(receive: Receive, waiter: Waiter) -> None:
    await gone(receive)
    waiter.end(Wake.GONE)
