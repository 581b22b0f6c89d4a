"""A store in front of the real one, in which chosen calls fail: for what no healthy store ever does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from easd.policy.rules import PolicyRules
from easd.service.ports import Arrival, Reading, Renewable, Store, Writing

Condition = Callable[..., bool]


def always(*_arguments: object, **_named: object) -> bool:
    """Every call of the method."""
    return True


@dataclass
class Fault:
    """Calls of `method` of a Reading or Writing for which `when` says so raise `error`, `times` times (None: ever)."""

    method: str
    error: Exception
    when: Condition = always
    times: int | None = None
    met: int = 0

    def meet(self, *arguments: Any, **named: Any) -> None:
        """Raise, if this call is meant."""
        if (self.times is None or self.met < self.times) and self.when(*arguments, **named):
            self.met += 1
            raise self.error


@dataclass
class FaultyStore:
    """The real store, and what goes wrong with it. `at_commit` is raised once a writing has been committed,
    the `spared` next ones left out.
    """

    real: Store
    faults: list[Fault] = field(default_factory=list)
    at_commit: Exception | None = None
    commits: int = 0
    spared: int = 0

    @property
    def store(self) -> Store:
        """This store as the services know it."""
        return cast("Store", self)

    @property
    def renewable(self) -> Renewable:
        """The same for what is done after an upgrade."""
        return cast("Renewable", self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def fail(self, method: str, error: Exception, when: Condition = always, times: int | None = None) -> Fault:
        """Add a fault."""
        fault = Fault(method, error, when, times)
        self.faults.append(fault)
        return fault

    @contextmanager
    def reading(self, mailbox_id: int) -> Iterator[Reading]:
        self._meet("reading", mailbox_id)
        with self.real.reading(mailbox_id) as box:
            yield cast("Reading", _Box(box, self))

    @contextmanager
    def writing(self, mailbox_id: int) -> Iterator[Writing]:
        self._meet("writing", mailbox_id)
        with self.real.writing(mailbox_id) as box:
            yield cast("Writing", _Box(box, self))
        self._after_commit()

    @contextmanager
    def writing_both(self, first: int, second: int) -> Iterator[tuple[Writing, Writing]]:
        with self.real.writing_both(first, second) as (one, other):
            yield cast("Writing", _Box(one, self)), cast("Writing", _Box(other, self))
        self._after_commit()

    def _after_commit(self) -> None:
        self.commits += 1
        if self.at_commit is not None and self.spared:
            self.spared -= 1
        elif self.at_commit is not None:
            error, self.at_commit = self.at_commit, None
            raise error

    def arrival(self, mailbox_id: int, device_id: str, device_type: str) -> Arrival:
        self._meet("arrival", mailbox_id, device_id, device_type)
        return self.real.arrival(mailbox_id, device_id, device_type)

    def rules(self, user_id: int, revision: int) -> PolicyRules | None:
        return self.real.rules(user_id, revision)

    def modseq(self, mailbox_id: int) -> int:
        self._meet("modseq", mailbox_id)
        return self.real.modseq(mailbox_id)

    def _meet(self, method: str, *arguments: Any, **named: Any) -> None:
        for fault in self.faults:
            if fault.method == method:
                fault.meet(*arguments, **named)


class _Box:
    """A Reading or Writing of the real store, as far as no fault is meant."""

    def __init__(self, box: Reading | Writing, store: FaultyStore) -> None:
        self._box, self._store = box, store

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._box, name)
        if not callable(value):
            return value

        def guarded(*arguments: Any, **named: Any) -> Any:
            self._store._meet(name, *arguments, **named)
            return value(*arguments, **named)

        return guarded
