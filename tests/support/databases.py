"""Databases that hold something: made once in a process, copied from then on, because to copy one is far quicker."""

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.support.postgres import PostgresServer

Prepare = Callable[[str], None]
"""Fills the empty database of this URL and leaves no connection open; a named function, for it is the copy's name."""


def copied(url: str, prepare: Prepare) -> str:
    """Fill an SQLite file that is not yet there as `prepare(url)` does, which works once and is copied from then on."""
    Path(url.removeprefix("sqlite:///")).write_bytes(_sqlite(prepare))
    return url


@functools.cache
def _sqlite(prepare: Prepare) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "first.db"
        prepare(f"sqlite:///{path}")
        return path.read_bytes()


class Database:
    """The database of one test, made when the test first asks for it."""

    def __init__(self, path: Path, server: PostgresServer | None) -> None:
        """An SQLite file of that name, or one of `server`."""
        self._path, self._server = path, server
        self._made: str | None = None

    def empty(self) -> str:
        """Its URL; it is empty unless it was filled."""
        if self._made is None:
            self._made = self._server.fresh() if self._server else f"sqlite:///{self._path}"
        return self._made

    def filled(self, prepare: Prepare) -> str:
        """Its URL, when it holds what `prepare` makes. Nobody may have opened it before."""
        if self._server is None:
            return copied(self.empty(), prepare)
        self._made = self._server.replace(self._made, prepare) if self._made else self._server.fresh(prepare)
        return self._made

    def drop(self) -> None:
        """Take the server's away; a file goes with its folder."""
        if self._server is not None and self._made is not None:
            self._server.drop(self._made)
