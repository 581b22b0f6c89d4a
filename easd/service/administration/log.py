"""The line of the audit log around each change."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from easd.model.account import User
from easd.model.audit import DONE, Actor, AuditLine
from easd.service.administration.errors import AdministrationError, Forbidden, saying
from easd.service.administration.means import Means

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
        """Around one change. The line is there before it, so that none is made without; what happens in a program that
        ends in the middle is seen by a line that has no end. Parameters must hold no secret.
        """
        number = self._begin(operation, organisation, target, parameters)
        try:
            self.permit(organisation)
            with saying():
                yield
        except AdministrationError as error:
            self._means.journal.end(number, f"refused: {_cut(str(error))}")
            raise
        except Exception as error:
            self._means.journal.end(number, f"failed: {type(error).__name__}")
            raise
        self._means.journal.end(number, DONE)

    @contextmanager
    def about(self, operation: str, whom: User, **parameters: object) -> Iterator[None]:
        """Likewise, for what is done to somebody who has an address."""
        with saying():
            organisation = self._means.accounts.organization_of(whom.id)
        with self.change(operation, organisation, whom.address, **parameters):
            yield

    def permit(self, organisation: int | None) -> None:
        """Forbidden where the actor is bound to another organisation."""
        if self.actor.organisation is not None and organisation != self.actor.organisation:
            raise Forbidden("the actor belongs to another organisation")

    def _begin(self, operation: str, organisation: int | None, target: str, parameters: dict[str, object]) -> int:
        kept = {name: _plain(value) for name, value in parameters.items() if value is not None}
        now = self._means.clock()
        return self._means.journal.begin(
            AuditLine(0, now, str(self.actor), organisation, operation, _cut(target), kept)
        )


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
