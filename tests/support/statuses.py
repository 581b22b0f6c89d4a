"""The statuses that phones are answered with, noted as they come: a table says which test provokes which."""

import tomllib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from easd.wbxml import Element

TABLE = Path(__file__).parents[1] / "conformance" / "statuses.toml"
COMMON = "Common"
"""The part of the table for what every command may answer (MS-ASCMD 2.2.4)."""

FIRST_COMMON = 101
_PARTS = {"Policy": "Policy", "RemoteWipe": "RemoteWipe", "AccountOnlyRemoteWipe": "RemoteWipe"}
Answered = tuple[str, int]
"""The part of the table, and the status."""

_answered: set[Answered] = set()


def statuses(root: Element) -> Collection[Answered]:
    """Each Status of an answer."""
    return set(_statuses(root, root.name.rpartition(":")[2]))


def note(answered: Collection[Answered]) -> None:
    """Note what was answered."""
    _answered.update(answered)


def taken() -> frozenset[Answered]:
    """What was answered since the last call."""
    found = frozenset(_answered)
    _answered.clear()
    return found


@cache
def table() -> dict[str, dict[str, str]]:
    """By part and status: the test that provokes it, or the reason why nothing does."""
    parts: dict[str, dict[str, str]] = tomllib.loads(TABLE.read_text())
    return parts


@cache
def promised() -> dict[str, set[Answered]]:
    """By test: the statuses that the table says it provokes."""
    found: dict[str, set[Answered]] = {}
    for part, statuses in table().items():
        for status, test in statuses.items():
            if is_test(test):
                found.setdefault(test, set()).add((part, int(status)))
    return found


def is_test(text: str) -> bool:
    """Whether an entry of the table names a test; else it is a reason."""
    return "::" in text


def _statuses(element: Element, part: str) -> Iterator[Answered]:
    for child in element.children:
        name = child.name.rpartition(":")[2]
        if name == "Status" and child.text.isdecimal():
            status = int(child.text)
            yield (COMMON if status >= FIRST_COMMON else part), status
        else:
            yield from _statuses(child, _PARTS.get(name, part))
