"""A database as the store uses it: short blocks on pooled raw connections, one code for both engines."""

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from easd.store.errors import StoreUnavailable
from easd.store.prepared import Prepared
from easd.store.whole import Action, Whole

if TYPE_CHECKING:
    from easd.store.sealing.keys import Keys

Row = tuple[Any, ...]
Run = Callable[..., Any]
_Raw = TypeVar("_Raw")


class Session:
    """One connection inside a block. Values are given by the names of a statement's parameters."""

    __slots__ = ("_run", "dialect", "integers", "keys", "lasting", "order")

    def __init__(
        self,
        run: Run,
        dialect: int,
        integers: Callable[[Sequence[int]], object],
        order: Callable[[str], object],
        keys: "Keys | None" = None,
    ) -> None:
        """`run(text, values)` answers a DB-API cursor; `integers` makes the parameter of `among`; `order` runs a
        command without values; `keys` are those of the database.
        """
        self._run = run
        self.order = order
        self.lasting = False
        """Set where somebody relies on what is written from the commit on: then it outlives a power cut, too."""
        self.dialect = dialect
        self.integers = integers
        self.keys = keys

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


class _Step(Block):
    """A block inside a whole: what it wrote is undone where it ends by an exception, whatever becomes of the rest."""

    __slots__ = ("_mark", "_name", "_translated", "_whole", "session")

    def __init__(self, whole: Whole, session: Session, translated: Callable[[BaseException], StoreUnavailable | None]):
        self._whole, self.session, self._translated = whole, session, translated

    def __enter__(self) -> Self:
        self._mark, self._name = self._whole.mark(), f"step_{self._whole.count()}"
        self.session.order(f"SAVEPOINT {self._name}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.session.order(f"RELEASE SAVEPOINT {self._name}")
            return
        self._whole.undo(self._mark)
        with suppress(Exception):  # where the connection is lost, or the whole rolled back, there is nothing to undo
            self.session.order(f"ROLLBACK TO SAVEPOINT {self._name}")
        if other := self._translated(error):
            raise other from error


class _Look(Block):
    """A block that reads inside a whole: it sees what the whole has written."""

    __slots__ = ("session",)

    def __init__(self, session: Session) -> None:
        self.session = session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Joined(threading.local):
    """The whole that a thread is in, and its session; and whether it owes the disk something: None where nobody pays
    that later.
    """

    whole: Whole | None = None
    session: Session
    owes: bool | None = None


class Database(ABC):
    """One database."""

    dialect: int
    keys: "Keys | None" = None
    """What content is encrypted with; set before the first use. None: nothing is, and what was cannot be read."""

    def __init__(self) -> None:
        self._joined = _Joined()

    def read(self) -> Block:
        """One snapshot, from the first statement on."""
        return self._reads() if self._joined.whole is None else _Look(self._joined.session)

    def write(self) -> Block:
        """A transaction that writes. SQLite: the only one of the database from its first moment on."""
        whole = self._joined.whole
        return self._writes() if whole is None else _Step(whole, self._joined.session, self.translated)

    def once(self, statement: Prepared, **values: object) -> list[Row]:
        """One statement that reads, in a transaction of its own."""
        if self._joined.whole is None:
            return self._asks(statement, **values)
        return self._joined.session.all(statement, **values)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that this thread reads and writes meanwhile: all of it happens, or nothing.

        It may lock several mailboxes in any order: others that lock more than one wait until it ends (`one_of_many`).
        Inside another one it is a step of that: an exception undoes the step alone. Where the program ends in the
        middle, none of the actions are done.
        """
        if self._joined.whole is not None:
            with self.write():
                yield
            return
        whole = Whole()
        try:
            with self._writes() as block:
                self.alone(block.session)
                self._joined.whole, self._joined.session = whole, block.session
                try:
                    yield
                finally:
                    self._joined.whole = None
        except Exception:
            whole.undo()
            whole.end()
            raise
        whole.end()

    def when_done(self, action: Action) -> None:
        """Do it when what this thread has just written is committed: now, or at the end of the whole it is in."""
        if self._joined.whole is None:
            action()
        else:
            self._joined.whole.done.append(action)

    def when_undone(self, action: Action) -> None:
        """Do it after the end of the whole that this thread is in, where what it has written by now is undone."""
        if self._joined.whole is not None:
            self._joined.whole.undone.append(action)

    def afterwards(self, action: Action) -> None:
        """Do it when no transaction of this thread is open any more, however it ended."""
        if self._joined.whole is None:
            action()
        else:
            self._joined.whole.anyway.append(action)

    @contextmanager
    def settled(self) -> Iterator[None]:
        """When the block ends, what this thread has written in it and has to outlive a power cut is on the disk: once,
        however many transactions that were. Outside of it, each of them waits for the disk itself.
        """
        if self._joined.owes is not None:
            yield
            return
        self._joined.owes = False
        try:
            yield
        finally:
            owes, self._joined.owes = self._joined.owes, None
            if owes:
                self.settle()

    def settle_by_the_end(self) -> None:
        """What has just been committed has to outlive a power cut: now, or when `settled` ends."""
        if self._joined.owes is None:
            self.settle()
        else:
            self._joined.owes = True

    @abstractmethod
    def settle(self) -> None:
        """Return when all that is committed is on the disk. StoreUnavailable."""

    @abstractmethod
    def translated(self, error: BaseException) -> StoreUnavailable | None:
        """The error to raise instead, where the database and not the statement is at fault."""

    @abstractmethod
    def alone(self, session: Session) -> None:
        """Wait for others that lock several mailboxes, and let them wait until the transaction ends."""

    @abstractmethod
    def one_of_many(self, session: Session) -> None:
        """Begin to lock several mailboxes, in the order of their numbers: others may do so at the same time."""

    @abstractmethod
    def _reads(self) -> Block: ...

    @abstractmethod
    def _writes(self) -> Block: ...

    @abstractmethod
    def _asks(self, statement: Prepared, **values: object) -> list[Row]: ...

    @abstractmethod
    def version(self) -> int | None:
        """A number that changes whenever anybody commits a change; None where the database tells by itself (NOTIFY)."""

    @abstractmethod
    def close(self) -> None:
        """Close all connections. What is running ends first."""
