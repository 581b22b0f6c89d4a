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


class Databases:
    """Databases of one test, on one engine."""

    def __init__(self, folder: Path, server: PostgresServer | None) -> None:
        """SQLite files in `folder`, or databases of `server`."""
        self._folder, self._server = folder, server
        self._made: list[str] = []

    def holding(self, prepare: Prepare | None) -> str:
        """The URL of a new database as `prepare` fills it; an empty one without."""
        if self._server is None:
            return self._file(prepare)
        self._made.append(self._server.fresh(prepare))
        return self._made[-1]

    def _file(self, prepare: Prepare | None) -> str:
        name = f"easd{len(self._made) or ''}.db"
        url = f"sqlite:///{self._folder / name}"
        self._made.append(url)
        return copied(url, prepare) if prepare else url

    def fill(self, url: str, prepare: Prepare) -> str:
        """Fill an empty one that nobody has opened yet as `prepare` does; answers its URL."""
        return copied(url, prepare) if self._server is None else self._server.replace(url, prepare)

    def drop(self) -> None:
        """Take the server's away; the files go with their folder."""
        if self._server is not None:
            for url in self._made:
                self._server.drop(url)
