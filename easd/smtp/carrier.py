"""The worker that takes mail for other servers off the queue and sends it. Any number of them, in any number of
processes, work on one queue.

What a worker has claimed is its own for a while (a lease) that it renews as long as it works on it; if it dies, others
find the mail again when that time is over. A transaction ends before its lease does, so that two workers never send
the same copy at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final, Protocol

import structlog

from easd.model.outgoing import Action, Outcome
from easd.notify.bell import Bell
from easd.service.context import Services
from easd.service.outgoing import carrying
from easd.service.outgoing.carrying import Consignment
from easd.service.outgoing.signing import ready
from easd.service.ports import Unavailable
from easd.smtp.transaction import Prepare, everybody

_log = structlog.get_logger("easd.relay")

Run = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs a function that blocks in a thread."""

_STOP_SECONDS: Final = 10.0
"""How long a stop waits for transactions that have begun."""


_TRIES: Final = 20
_TRY_AGAIN_SECONDS: Final = 0.25


class Carries(Protocol):
    """What speaks SMTP."""

    @property
    def by_domain(self) -> bool: ...

    async def carry(self, consignment: Consignment, prepare: Prepare) -> list[Outcome]: ...

    async def close(self) -> None: ...


class Carrier:
    """One worker. `name` is its own among all that work on the queue; `connections` and `together` bound how much it
    does at once; `pause` (seconds) is how long it rests where nobody rings the bell.
    """

    def __init__(
        self,
        services: Services,
        relay: Carries,
        run: Run,
        bell: Bell,
        *,
        name: str,
        lease: timedelta = timedelta(seconds=120),
        connections: int = 8,
        together: int = 50,
        pause: float = 30,
    ) -> None:
        self._services, self._relay, self._run, self.bell = services, relay, run, bell
        self._name, self._lease, self._pause = name, lease, pause
        self._connections, self._together = connections, together
        self._free = asyncio.Semaphore(connections)
        self._tasks: set[asyncio.Task[None]] = set()
        self._bounds: set[asyncio.Timeout] = set()
        self._until = 0.0

    async def work(self) -> None:
        """Until it is cancelled: then what has begun may end, and the rest is left to others at once."""
        self.bell.hang()
        renewing = asyncio.ensure_future(self._renew())
        try:
            while True:
                await self._round()
                await self.bell.wait(self._pause)
        finally:
            renewing.cancel()
            await self._stop()

    async def _round(self) -> None:
        """Take and send as long as there is something, and as much as there are connections for."""
        claim = partial(
            carrying.claimed,
            self._services,
            self._name,
            self._lease,
            self._connections * self._together,
            together=self._together,
            by_domain=self._relay.by_domain,
        )
        try:
            while True:
                async with self._free:  # somebody has time
                    until = self._lease_end()
                    found: list[Consignment] = await self._run(claim)
                if not found:
                    return
                for consignment in found:
                    await self._begin(consignment, until)
        except Exception as error:  # noqa: BLE001 - the worker lives on, and tries it again
            _log.error("job_failed", job="relay", exc_info=error)

    async def _begin(self, consignment: Consignment, until: float) -> None:
        await self._free.acquire()
        task = asyncio.ensure_future(self._carry(consignment, max(until, self._until)))
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._free.release()

    async def _carry(self, consignment: Consignment, until: float) -> None:
        try:
            outcomes = await self._in_time(consignment, until)
            _note(consignment, await self._concluded(consignment, outcomes))
        except Exception as error:  # noqa: BLE001 - the lease will end, and somebody tries it again
            _log.error("job_failed", job="relay", exc_info=error)

    async def _in_time(self, consignment: Consignment, until: float) -> list[Outcome]:
        """The outcomes, before the lease is over."""

        async def prepare(eight_bit: bool) -> bytes:
            made: bytes = await self._run(partial(ready, self._services, consignment, eight_bit=eight_bit))
            return made

        bound = asyncio.timeout_at(until)
        self._bounds.add(bound)
        try:
            async with bound:
                return await self._relay.carry(consignment, prepare)
        except TimeoutError:
            return everybody(consignment, Outcome("", "the server took too long", "4.4.2", Action.DELAYED))
        except Exception as error:  # noqa: BLE001 - a fault of ours, which may be over at the next attempt
            _log.error("job_failed", job="relay", exc_info=error)
            return everybody(consignment, Outcome("", "this server has made a mistake", "4.3.0", Action.DELAYED))
        finally:
            self._bounds.discard(bound)

    async def _concluded(self, consignment: Consignment, outcomes: list[Outcome]) -> dict[int, Outcome]:
        """Written down; a database that is away is asked a few times more, for what is not written is sent again."""
        conclude = partial(carrying.conclude, self._services, consignment, outcomes)
        for _ in range(_TRIES):
            try:
                final: dict[int, Outcome] = await self._run(conclude)
            except Unavailable:
                await asyncio.sleep(_TRY_AGAIN_SECONDS)
            else:
                return final
        return await self._run(conclude)  # type: ignore[no-any-return]

    # ------------------------------------------------------------ leases

    def _lease_end(self) -> float:
        """When what is claimed now has to be done with, in the time of the loop: a tenth before the lease is over."""
        return asyncio.get_running_loop().time() + self._lease.total_seconds() * 0.9

    async def _renew(self) -> None:
        """Three times in each lease, as long as there is something to do."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            if not self._tasks:
                continue
            until = self._lease_end()
            try:
                moment = self._services.clock() + self._lease
                await self._run(partial(self._services.store.renew, self._name, moment))
            except Exception as error:  # noqa: BLE001 - the leases end when they end
                _log.warning("lease_not_renewed", cause=str(error))
                continue
            self._until = until
            for bound in self._bounds:
                bound.reschedule(until)

    async def _stop(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._relay.close()
        try:
            await self._run(partial(self._services.store.release, self._name))
        except Exception as error:  # noqa: BLE001 - then the leases end by themselves
            _log.warning("lease_not_released", cause=str(error))


def _note(consignment: Consignment, final: dict[int, Outcome]) -> None:
    """A line for each recipient; who writes to whom is what an administrator is asked."""
    for entry in consignment.entries:
        outcome = final[entry.id]
        write = _log.info if outcome.action is Action.RELAYED else _log.warning
        write(
            "relay",
            queue_id=entry.id,
            sender=entry.sender,
            recipient=entry.recipient,
            action=outcome.action.value,
            status=outcome.status,
            attempts=entry.attempts,
            remote=outcome.remote,
            said=outcome.diagnostic or outcome.reason,
        )
