"""A bell: any thread rings it, one task of an event loop waits for it."""

import asyncio
import contextlib


class Bell:
    """It stays rung until somebody has waited for it. What rings before anybody has ever waited is not heard."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def hang(self) -> None:
        """Hear it from now on, in the loop that runs."""
        self._loop = asyncio.get_running_loop()

    def ring(self) -> None:
        """Wake who waits, or spare the next one to come the wait."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
                self._loop.call_soon_threadsafe(self._rung.set)

    async def wait(self, seconds: float) -> None:
        """Until it is rung, but no longer than that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()
