"""What went wrong in our own code, in words that a log may hold: where, and of what kind, never what was handled."""

from pathlib import Path
from traceback import extract_tb

_PACKAGE = Path(__file__).resolve().parents[1]


def cause(error: BaseException) -> str:
    """The exception's type, and the innermost line of this program that it came through: "KeyError at
    easd/service/rendering.py:63". Its text is left out: it may hold what somebody wrote.
    """
    for frame in reversed(extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_PACKAGE):
            return f"{type(error).__name__} at {path.relative_to(_PACKAGE.parent).as_posix()}:{frame.lineno}"
    return type(error).__name__
