"""Threads that work on requests, with a bound on what may wait for them."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

_T = TypeVar("_T")


class BusyError(Exception):
    """Too much waits already (HTTP 503, MS-ASHTTP R273)."""


class _Job(NamedTuple):
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    function: Callable[[], Any]


class Workers:
    """A pool of `threads`; at most `waiting_max` calls wait for one of them.

    A call goes straight from the loop to a thread and back: 20 us, where the executors of the standard library, with a
    future of their own between, take 32.
    """

    def __init__(self, name: str, threads: int, waiting_max: int) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._serve, name=f"{name}-{n}") for n in range(threads)]
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-read")
        self._most = threads + waiting_max
        self._inside = 0
        for thread in self._threads:
            thread.start()

    @property
    def executor(self) -> Executor:
        """A thread beside, for short looks that bring futures of their own."""
        return self._executor

    async def run(self, function: Callable[[], _T]) -> _T:
        """What the function returns or raises. BusyError when there is no room."""
        if self._inside >= self._most:
            raise BusyError
        return await self.run_admitted(function)

    async def run_admitted(self, function: Callable[[], _T]) -> _T:
        """The same for the rest of a request that was let in before: it is never sent away."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()
        self._inside += 1
        try:
            self._jobs.put(_Job(loop, future, function))
            return await future
        finally:
            self._inside -= 1

    def close(self) -> None:
        """Let what runs end, and drop what waits."""
        with contextlib.suppress(Empty):
            while True:
                self._drop(self._jobs.get_nowait())
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                result, error = job.function(), None
            except BaseException as raised:  # noqa: BLE001 - it belongs to whoever waits
                result, error = None, raised
            _tell(job, partial(_settle, job.future, result, error))
            del job, result, error

    def _drop(self, job: _Job | None) -> None:
        if job is not None:
            _tell(job, job.future.cancel)


def _tell(job: _Job, what: Callable[[], object]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
        job.loop.call_soon_threadsafe(what)


def _settle(future: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, StopIteration):  # which no future can hold
        future.set_exception(RuntimeError("a call ended with StopIteration"))
    else:
        future.set_exception(error)
