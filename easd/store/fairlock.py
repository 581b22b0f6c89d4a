"""A lock that is handed on in the order of asking, and never spins: SQLite's single writer, within one process."""

import threading
from collections import deque


class FairLock:
    """First come, first served. Not re-entrant: a thread that asks for what it holds is told so at once."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[tuple[int, threading.Lock]] = deque()
        self._owner: int | None = None

    def acquire(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds; False if the lock did not come. RuntimeError where it can never come."""
        me = threading.get_ident()
        with self._guard:
            if self._owner is None:
                self._owner = me
                return True
            if self._owner == me:
                raise RuntimeError("a transaction that writes cannot begin inside another one of the same thread")
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append((me, gate))
        return gate.acquire(timeout=timeout) or self._late(me, gate)

    def release(self) -> None:
        """Hand the lock to whoever has waited longest."""
        with self._guard:
            if not self._waiting:
                self._owner = None
                return
            self._owner, gate = self._waiting.popleft()
            gate.release()

    def _late(self, me: int, gate: threading.Lock) -> bool:
        """The time is over; the lock may have been handed over in that very moment."""
        with self._guard:
            if self._owner == me:
                return True
            self._waiting.remove((me, gate))
            return False
