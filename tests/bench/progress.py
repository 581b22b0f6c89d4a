"""What long steps show while they run."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich import progress
from rich.console import Console

_T = TypeVar("_T")


class Progress:
    """Bars on standard error, where that is a terminal; else a line when a step begins."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)

    def each(self, what: str, values: Iterable[_T], total: int) -> Iterator[_T]:
        """The values, counted as they are taken."""
        with self.bar(what, total) as done:
            for value in values:
                yield value
                done(1)

    @contextmanager
    def bar(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar; the function given adds to it."""
        if not self._console.is_terminal:
            self._console.print(f"{what} ({total:,}) ...")
            yield lambda _steps: None
            return
        columns = [*progress.Progress.get_default_columns(), progress.MofNCompleteColumn()]
        with progress.Progress(*columns, console=self._console, transient=True) as shown:
            task = shown.add_task(what, total=total)
            yield lambda steps: shown.advance(task, steps)

    def step(self, what: str) -> None:
        """Say what begins."""
        self._console.print(f"{what} ...")
