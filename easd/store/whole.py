"""Several changes that are one: what is to be done when they have happened, or have not."""

from collections.abc import Callable

Action = Callable[[], object]
Mark = tuple[int, int]


class Whole:
    """What waits for the end of a transaction, while its parts are written."""

    __slots__ = ("_steps", "anyway", "done", "undone")

    def __init__(self) -> None:
        self.done: list[Action] = []
        self.undone: list[Action] = []
        self.anyway: list[Action] = []
        self._steps = 0

    def count(self) -> int:
        """The number of one more step."""
        self._steps += 1
        return self._steps

    def mark(self) -> Mark:
        """Where a step begins."""
        return len(self.done), len(self.undone)

    def undo(self, mark: Mark = (0, 0)) -> None:
        """What came since the mark has not happened."""
        done, undone = mark
        del self.done[done:]
        self.anyway += self.undone[undone:]
        del self.undone[undone:]

    def end(self) -> None:
        """The transaction is over. An action that fails keeps none of the others from being done."""
        failed: list[Exception] = []
        for action in (*self.done, *self.anyway):
            try:
                action()
            except Exception as error:  # noqa: BLE001 - said below, after the rest
                failed.append(error)
        if failed:
            raise failed[0]
