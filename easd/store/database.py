"""A database as the store uses it: short blocks on pooled raw connections, one code for both engines."""

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from easd.store.errors import StoreUnavailable
from easd.store.prepared import Prepared

Row = tuple[Any, ...]
Run = Callable[..., Any]
_Raw = TypeVar("_Raw")


class Session:
    """One connection inside a block. Values are given by the names of a statement's parameters."""

    __slots__ = ("_run", "dialect", "integers")

    def __init__(self, run: Run, dialect: int, integers: Callable[[Sequence[int]], object]) -> None:
        """`run(text, values)` answers a DB-API cursor; `integers` makes the parameter of `among`."""
        self._run = run
        self.dialect = dialect
        self.integers = integers

    def all(self, statement: Prepared, **values: object) -> list[Row]:
        """All rows."""
        text = statement.texts[self.dialect] or statement.compile(self.dialect)
        rows: list[Row] = self._run(text, values).fetchall()
        return rows

    def one(self, statement: Prepared, **values: object) -> Row | None:
        """The first row, None if there is none."""
        text = statement.texts[self.dialect] or statement.compile(self.dialect)
        row: Row | None = self._run(text, values).fetchone()
        return row

    def run(self, statement: Prepared, **values: object) -> int:
        """How many rows were written."""
        text = statement.texts[self.dialect] or statement.compile(self.dialect)
        count: int = self._run(text, values).rowcount
        return count


class Pool(Generic[_Raw]):
    """At most `size` connections, the one used last first: its page cache is the warm one."""

    def __init__(self, connect: Callable[[], _Raw], close: Callable[[_Raw], None], size: int, timeout: float) -> None:
        self._connect = connect
        self._close = close
        self._timeout = timeout
        self._idle: deque[_Raw] = deque()
        self._free = threading.BoundedSemaphore(size)
        self._closed = False

    def take(self) -> _Raw:
        """A connection. StoreUnavailable if none came free in time, or none can be made."""
        if not self._free.acquire(timeout=self._timeout):
            raise StoreUnavailable(f"no database connection came free in {self._timeout:g} seconds")
        try:
            return self._idle.pop()
        except IndexError:
            return self._make()

    def give(self, raw: _Raw) -> None:
        """Back for the next one."""
        self._idle.append(raw)
        self._free.release()
        if self._closed:
            self.clear()

    def discard(self, raw: _Raw) -> None:
        """Not fit for use any more."""
        self._close(raw)
        self._free.release()

    def clear(self) -> None:
        """Close what is idle."""
        while self._idle:
            try:
                self._close(self._idle.pop())
            except IndexError:
                return

    def close(self) -> None:
        """Close what is idle now, and the rest as it comes back."""
        self._closed = True
        self.clear()

    def _make(self) -> _Raw:
        try:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            return self._connect()
        except BaseException:
            self._free.release()
            raise


class Block(ABC):
    """A transaction as a context manager: commits, or rolls back on an exception. `session` is valid inside."""

    session: Session

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Database(ABC):
    """One database."""

    dialect: int

    @abstractmethod
    def read(self) -> Block:
        """One snapshot, from the first statement on."""

    @abstractmethod
    def write(self) -> Block:
        """A transaction that writes. SQLite: the only one of the database from its first moment on."""

    @abstractmethod
    def once(self, statement: Prepared, **values: object) -> list[Row]:
        """One statement that reads, in a transaction of its own."""

    @abstractmethod
    def version(self) -> int | None:
        """A number that changes whenever anybody commits a change; None where the database tells by itself (NOTIFY)."""

    @abstractmethod
    def close(self) -> None:
        """Close all connections. What is running ends first."""
