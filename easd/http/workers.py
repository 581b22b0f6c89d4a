"""Threads that work on requests, with a bound on what may wait for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")


class BusyError(Exception):
    """Too much waits already (HTTP 503, MS-ASHTTP R273)."""


class Workers:
    """A pool of `threads`; at most `waiting_max` calls wait for one of them."""

    def __init__(self, name: str, threads: int, waiting_max: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + waiting_max
        self._inside = 0

    @property
    def executor(self) -> Executor:
        return self._executor

    async def run(self, function: Callable[[], _T]) -> _T:
        """What the function returns or raises. BusyError when there is no room."""
        if self._inside >= self._most:
            raise BusyError
        return await self.run_admitted(function)

    async def run_admitted(self, function: Callable[[], _T]) -> _T:
        """The same for the rest of a request that was let in before: it is never sent away."""
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, function)
        finally:
            self._inside -= 1

    def close(self) -> None:
        """Let what runs end, and drop what waits."""
        self._executor.shutdown(wait=True, cancel_futures=True)
