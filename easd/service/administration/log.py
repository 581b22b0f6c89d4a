"""Each change is one transaction with its line of the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import Enum

from easd.model.account import User
from easd.model.audit import DONE, Actor, AuditLine
from easd.service.administration.errors import AdministrationError, Forbidden, saying
from easd.service.administration.means import Means
from easd.service.ports import Unavailable

_TEXT_MAX = 300


class Log:
    """Writes the lines of one actor."""

    def __init__(self, means: Means, actor: Actor) -> None:
        self._means = means
        self.actor = actor

    @contextmanager
    def change(
        self, operation: str, organisation: int | None = None, target: str = "", **parameters: object
    ) -> Iterator[None]:
        """Around one change, which is one transaction with its line: both are there, or neither. What is refused is
        undone, and has a line that says so. Parameters must hold no secret.
        """
        line = self._line(operation, organisation, target, parameters)
        try:
            with self._means.transactions.together():
                self.permit(organisation)
                with saying():
                    yield
                self._means.journal.add(replace(line, outcome=DONE))
                self._means.transactions.when_undone(lambda: self._keep(line, "undone: a later step was not possible"))
        except AdministrationError as error:
            self._afterwards(line, f"refused: {_cut(str(error))}")
            raise
        except Exception as error:
            self._afterwards(line, f"failed: {type(error).__name__}")
            raise

    @contextmanager
    def gradual(self, operation: str, organisation: int, target: str) -> Iterator[None]:
        """Around a change of many transactions, each of which leaves something whole. The line is there before it and
        is completed after it: a program that ends in the middle leaves one without an end.
        """
        with self.lasting(operation, organisation, target), saying():
            yield

    @contextmanager
    def lasting(self, operation: str, organisation: int, target: str, **parameters: object) -> Iterator[None]:
        """The same around what raises errors of its own, which pass as they are."""
        number = self._means.journal.add(self._line(operation, organisation, target, parameters))
        outcome = "cut off"
        try:
            self.permit(organisation)
            yield
            outcome = DONE
        except AdministrationError as error:
            outcome = f"refused: {_cut(str(error))}"
            raise
        except Exception as error:
            outcome = f"failed: {type(error).__name__}"
            raise
        finally:
            self._means.journal.end(number, outcome)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make several changes one transaction: what one of them refuses undoes all of them."""
        with self._means.transactions.together():
            yield

    @contextmanager
    def about(self, operation: str, whom: User, **parameters: object) -> Iterator[None]:
        """As `change`, for what is done to somebody who has an address."""
        with saying():
            organisation = self._means.accounts.organization_of(whom.id)
        with self.change(operation, organisation, whom.address, **parameters):
            yield

    def permit(self, organisation: int | None) -> None:
        """Forbidden where the actor is bound to another organisation."""
        if self.actor.organisation is not None and organisation != self.actor.organisation:
            raise Forbidden("the actor belongs to another organisation")

    def _line(self, operation: str, organisation: int | None, target: str, parameters: dict[str, object]) -> AuditLine:
        kept = {name: _plain(value) for name, value in parameters.items() if value is not None}
        return AuditLine(0, self._means.clock(), str(self.actor), organisation, operation, _cut(target), kept)

    def _afterwards(self, line: AuditLine, outcome: str) -> None:
        self._means.transactions.afterwards(lambda: self._keep(line, outcome))

    def _keep(self, line: AuditLine, outcome: str) -> None:
        """A line about what has not happened. A database that is away keeps none, and has changed nothing either."""
        with suppress(Unavailable):
            self._means.journal.add(replace(line, outcome=outcome))


def _plain(value: object) -> object:
    """A value as JSON has it, long texts cut."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}..."
