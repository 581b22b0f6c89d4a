"""The numbered requirements of the specifications, as published with Microsoft's own test suites."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement: its document and number (`MS-ASCMD`, `R4599`), the section, whom it binds, and its sentence."""

    document: str
    number: str
    section: str
    scope: str
    kind: str
    text: str

    @property
    def binds_the_server(self) -> bool:
        """Whether a server must keep it."""
        return self.kind == "Normative" and self.scope != "Client"


def read(folder: Path) -> Mapping[str, Mapping[str, Requirement]]:
    """By document, then by number, in the documents' order. `folder` holds one table a document."""
    return {path.stem: {one.number: one for one in _rows(path)} for path in sorted(folder.glob("MS-*.tsv"), key=_order)}


def _order(path: Path) -> str:
    return path.stem


def _rows(path: Path) -> Iterator[Requirement]:
    """A table also quotes requirements of documents that its own builds on; those are left to their own table."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            document, _, number = row["id"].rpartition("_")
            if document == path.stem:
                yield Requirement(document, number, row["section"], row["scope"], row["kind"], row["text"].strip('"'))
