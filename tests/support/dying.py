"""A process that dies at a statement of its store, by number."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from easd.store.database import Session
from easd.store.prepared import Prepared
from tests.support.delivery_faults import Died

__all__ = ["Died", "Dying"]


class Dying:
    """A process that dies right after a statement of its store, by number; what it has not committed is lost."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has_died, self._left = False, 0
        for name in ("all", "one", "run"):
            monkeypatch.setattr(Session, name, self._counted(getattr(Session, name)))

    @contextmanager
    def at(self, number: int) -> Iterator[None]:
        self.has_died, self._left = False, number
        try:
            yield
        finally:
            self._left = 0

    def _counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(session: Session, statement: Prepared, **values: object) -> Any:
            found = real(session, statement, **values)
            if self._left:
                self._left -= 1
                if not self._left:
                    self.has_died = True
                    raise Died
            return found

        return counted
