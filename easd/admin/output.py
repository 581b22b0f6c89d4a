"""What commands print: tables for people, JSON for programs, everything else on standard error."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def as_json(value: object) -> None:
    """One JSON document, indented; dataclasses are objects, moments are RFC 3339 texts."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    sys.stdout.write(f"{text}\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Aligned columns; `empty` is said (on standard error) where there is no row."""
    made = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        made.add_row(*(escape(cell(value)) for value in row))
    if made.row_count:
        console().print(made)
    else:
        say(empty)


def cell(value: object) -> str:
    """A value as people read it."""
    if value is None or value in ("", ()):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M:%S}"
    return ", ".join(map(cell, value)) if isinstance(value, tuple | list) else str(value)


def console() -> Console:
    """Standard output as it is now (tests exchange it); no line is broken where nobody sees a width."""
    return Console(width=None if sys.stdout.isatty() else 240, highlight=False)


def aside() -> Console:
    """Standard error likewise: progress and remarks."""
    return Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """A remark for the person, apart from the data."""
    sys.stderr.write(f"{text}\n")
