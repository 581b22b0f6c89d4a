"""Processes beside the server's: objects that live in a process of their own, and where each process may run.

Where the system allows it and has two cores, the server has the first to itself and all clients share the second.
"""

import asyncio
import multiprocessing
import os
import traceback
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from typing import Any, Self

import psutil
import uvloop

_STOP_SECONDS = 10.0


class RemoteError(Exception):
    """A call in another process failed; the text is its traceback."""


class Remote:
    """An object in a process of its own. Its coroutine methods run in that process's event loop, one call at a time."""

    def __init__(self, make: Callable[..., object], *arguments: object) -> None:
        """`make(*arguments)` gives the object; both must be picklable."""
        context = _context()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, make, arguments), daemon=True)
        self._process.start()
        theirs.close()

    def start(self, method: str, *arguments: object) -> None:
        """Begin a call, whose outcome `result` gives."""
        self._pipe.send((method, arguments))

    def result(self, timeout: float) -> Any:
        """What the call that was begun returned. RemoteError if it failed, TimeoutError after so many seconds."""
        if not self._pipe.poll(timeout):
            raise TimeoutError(f"a client gave no answer within {timeout:.0f} seconds")
        try:
            error, value = self._pipe.recv()
        except EOFError:
            raise RemoteError("the process has ended") from None
        if error is not None:
            raise RemoteError(error)
        return value

    def call(self, method: str, *arguments: object, timeout: float) -> Any:
        """Both."""
        self.start(method, *arguments)
        return self.result(timeout)

    def close(self) -> None:
        """End the process."""
        with suppress(OSError):
            self._pipe.send(None)
        self._process.join(_STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe.close()
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _context() -> SpawnContext | ForkServerContext:
    """New interpreters; where there can be, forks of one that has imported all of this once."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.bench.command"])
    return context


def _serve(pipe: "Connection[Any, Any]", make: Callable[..., object], arguments: Sequence[object]) -> None:
    if (apart := cores()) is not None:
        pin(os.getpid(), apart[1])
    _raise_file_limit()
    uvloop.run(_answer_calls(pipe, make(*arguments)))


async def _answer_calls(pipe: "Connection[Any, Any]", served: object) -> None:
    loop = asyncio.get_running_loop()
    while (call := await loop.run_in_executor(None, _received, pipe)) is not None:
        method, arguments = call
        pipe.send(await _outcome(getattr(served, method)(*arguments)))


def _received(pipe: "Connection[Any, Any]") -> Any:
    try:
        return pipe.recv()
    except EOFError:  # whoever called has ended
        return None


async def _outcome(call: Coroutine[Any, Any, object]) -> tuple[str | None, object]:
    try:
        return None, await call
    except Exception:  # noqa: BLE001 - the caller is told
        return traceback.format_exc(), None


def cores() -> tuple[int, int] | None:
    """The core for the server and the one for the clients; None where there are no two, or no way to keep to them."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else None


def pin(process: int, core: int) -> None:
    """Keep all threads of a process, those to come included, on one core."""
    for task in Path(f"/proc/{process}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), {core})


def _raise_file_limit() -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def file_limit() -> int:
    """How many files one process may open."""
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


class Meter:
    """What a process uses."""

    def __init__(self, process: int) -> None:
        self._process = psutil.Process(process)

    def cpu(self) -> float:
        """Seconds of processor time so far, of all its threads, in user mode and in the kernel."""
        times = self._process.cpu_times()
        return times.user + times.system

    def memory(self) -> int:
        """Bytes that are resident."""
        return int(self._process.memory_info().rss)
