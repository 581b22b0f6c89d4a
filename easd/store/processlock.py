"""A lock between processes: SQLite's single writer, handed on without a pause.

SQLite lets one process write at a time, and whoever finds the file busy sleeps and looks again, after up to 100 ms:
beside a process that writes all the time another one hardly ever finds it free. Whoever waits for the lock of a file is
woken in the moment it is released, and the system releases it for a process that has died.
"""

import os
import sys
import threading
from contextlib import suppress
from queue import SimpleQueue

from easd.store.errors import StoreUnavailable

if sys.platform != "win32":
    import fcntl


class ProcessLock:
    """A lock on the file `database`-lock, which holds nothing. For one thread of this process at a time.

    SQLite's own locks stay in force: a program that knows nothing of this one does no harm, and where there are no such
    locks (Windows, some network file systems), SQLite's own waiting is all there is.
    """

    def __init__(self, database: str) -> None:
        self._database = database
        self._file: int | None = None
        self._possible = sys.platform != "win32"
        self._guard = threading.Lock()
        self._wanted = False
        self._gate: threading.Lock | None = None  # opened by the waiter when the lock came; None: nobody waits
        self._gates: SimpleQueue[threading.Lock | None] | None = None  # to the waiter, once there is one

    def acquire(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds; False if the lock did not come. StoreUnavailable if there can be no file."""
        with self._guard:
            if not self._possible:
                return True
            self._wanted = True
            if self._gate is None and self._at_once():
                return True
            gate = self._gate or self._waits()
        return gate.acquire(timeout=timeout) or self._late()

    def release(self) -> None:
        """Let the next process have it."""
        if self._possible and self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Nobody needs it any more."""
        with self._guard:
            if self._gates is not None:
                self._gates.put(None)
            elif self._file is not None:
                os.close(self._file)
            self._gates = self._file = None

    def _at_once(self) -> bool:
        try:
            fcntl.flock(self._opened(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            self._possible = False
        return True

    def _waits(self) -> threading.Lock:
        """Let a thread wait: how long one waits for the lock of a file cannot be bounded, for a thread's it can."""
        if self._gates is None:
            self._gates = SimpleQueue()
            threading.Thread(
                target=self._waiter, args=(self._opened(), self._gates), name="easd-lock", daemon=True
            ).start()
        self._gate = gate = threading.Lock()
        gate.acquire()
        self._gates.put(gate)
        return gate

    def _waiter(self, file: int, gates: "SimpleQueue[threading.Lock | None]") -> None:
        while (gate := gates.get()) is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
            with self._guard:
                self._gate = None
                if self._wanted:
                    gate.release()
                else:
                    fcntl.flock(file, fcntl.LOCK_UN)
        os.close(file)

    def _late(self) -> bool:
        """The time is over; the lock may have come in that very moment."""
        with self._guard:
            self._wanted = self._gate is None
            return self._wanted

    def _opened(self) -> int:
        if self._file is None:
            try:
                self._file = self._open()
            except OSError as error:
                raise StoreUnavailable(f"SQLite file {self._database}-lock: {error}") from error
        return self._file

    def _open(self) -> int:
        """With the owner and the rights of the database, as SQLite does with its log: who may write there may wait."""
        file = os.open(f"{self._database}-lock", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        with suppress(PermissionError, FileNotFoundError):  # another user's, who has done the same; no database yet
            of = os.stat(self._database)
            os.fchmod(file, of.st_mode & 0o666)
            os.fchown(file, of.st_uid, of.st_gid)
        return file
