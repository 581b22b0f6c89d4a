"""The recorded messages of the reference material, with what its index says of each."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.shared import SHARED


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded WBXML message: where it lies (relative to the traffic folder), who sent it, for which command."""

    name: str
    path: Path
    direction: str
    command: str

    def read(self) -> bytes:
        """The message's bytes."""
        return self.path.read_bytes()


def recordings(form: str = "wbxml") -> list[Recording]:
    """Every complete document of the index, in its order; none where the reference material is absent.

    Other forms: `fragment` (elements without header and root), `partial` (a document that was cut).
    """
    return list(_read(form)) if SHARED else []


def _read(form: str) -> Iterator[Recording]:
    assert SHARED is not None
    folder = SHARED / "traffic"
    with (folder / "index.tsv").open(encoding="utf-8", newline="") as index:
        for row in csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["form"] == form:
                yield Recording(row["file"], folder / row["file"], row["direction"], row["command"])
