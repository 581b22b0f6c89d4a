"""What went wrong in our own code, in words that a log may hold: where, and of what kind, never what was handled."""

from traceback import extract_tb


def cause(error: BaseException) -> str:
    """The exception's type, and the innermost line of this program that it came through: "KeyError at
    easd/service/rendering.py:63". Its text is left out: it may hold what somebody wrote.
    """
    kind = type(error).__name__
    frames = [frame for frame in extract_tb(error.__traceback__) if "/easd/" in frame.filename.replace("\\", "/")]
    if not frames:
        return kind
    _, _, path = frames[-1].filename.replace("\\", "/").rpartition("/easd/")
    return f"{kind} at easd/{path}:{frames[-1].lineno}"
