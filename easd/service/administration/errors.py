"""What administration answers to what cannot be done. Each edge says it in its own way."""

from collections.abc import Iterator
from contextlib import contextmanager

from easd.service.ports.administration import InUse, TooMany


class AdministrationError(Exception):
    """It was not done. The text is for the administrator, without secrets."""


class NotFound(AdministrationError):
    """There is no such thing."""


class NameNotAvailable(AdministrationError):
    """A name or address is in use, or the thing is still needed."""


class Invalid(AdministrationError):
    """A value that cannot be."""


class LimitExceeded(AdministrationError):
    """There are as many as there may be."""


class StateConflict(AdministrationError):
    """What it is about is not in a state for it."""


class Forbidden(AdministrationError):
    """The actor may not do this."""


@contextmanager
def saying() -> Iterator[None]:
    """What the store objects to, as one of these. For single calls only: a KeyError of ours would be hidden."""
    try:
        yield
    except TooMany as error:
        raise LimitExceeded(_text(error)) from error
    except InUse as error:
        raise NameNotAvailable(_text(error)) from error
    except LookupError as error:
        raise NotFound(_text(error)) from error
    except ValueError as error:
        raise Invalid(_text(error)) from error


def _text(error: Exception) -> str:
    return str(error.args[0] if error.args else error)
