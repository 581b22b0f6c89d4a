"""On SQLite, what is overwritten can be made to go from the file at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from easd.store.database import Session
from easd.store.prepared import SQLITE, Prepared

_NOW = Prepared(text("PRAGMA secure_delete"))
_SET = [Prepared(text(f"PRAGMA secure_delete = {how}")) for how in ("OFF", "ON", "FAST")]


@contextmanager
def erasing(session: Session) -> Iterator[None]:
    """On SQLite, what is overwritten inside is gone from the file. PostgreSQL keeps old rows until VACUUM."""
    if session.dialect != SQLITE:
        yield
        return
    [(before,)] = session.all(_NOW)
    session.all(_SET[1])
    try:
        yield
    finally:
        session.all(_SET[before])
