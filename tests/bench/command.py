"""The command line of the benchmark."""

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.bench import changes, codec, files, first_sync, latency, pings, plot, search
from tests.bench.processes import cores
from tests.bench.progress import Progress
from tests.bench.results import Report, Result, compare, machine, show
from tests.bench.sizes import FULL, QUICK, Sizes

SCENARIOS: dict[str, Callable[[Sizes, Progress], Result]] = {
    "first-sync": first_sync.run,
    "latency": latency.run,
    "pings": pings.run,
    "wbxml": codec.run,
    "changes": changes.run,
    "files": files.run,
    "search": search.run,
}

_WIDTH = 120


class Database(StrEnum):
    """What the server keeps everything in."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


def measure(scenarios: Sequence[str], sizes: Sizes, console: Console, written: Path | None = None) -> Report:
    """Run the scenarios one after another, show each result, and write what there is after each.

    A scenario that fails is reported with its error; the others run all the same.
    """
    report = Report(machine(sizes.database))
    for name in scenarios:
        result = _run(name, sizes)
        report = replace(report, results=[*report.results, result])
        show(console, result)
        if written is not None:
            report.write(written)
    return report


def _run(name: str, sizes: Sizes) -> Result:
    begun = time.monotonic()
    try:
        result = SCENARIOS[name](sizes, Progress())
    except Exception:  # noqa: BLE001 - what was measured before must not be lost
        result = Result(name, name, error=traceback.format_exc())
    return replace(result, seconds=time.monotonic() - begun)


def _chosen(names: Sequence[str]) -> list[str]:
    """The scenarios that are asked for, in our order. BadParameter for an unknown one."""
    unknown = set(names) - SCENARIOS.keys() - {"all"}
    if unknown:
        raise typer.BadParameter(f"there is no scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    every = not names or "all" in names
    return [name for name in SCENARIOS if every or name in names]


def _before(path: Path | None) -> Report | None:
    try:
        return None if path is None else Report.read(path)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from error


def bench(
    scenarios: Annotated[list[str] | None, typer.Argument(help=f"{', '.join(SCENARIOS)}, or all.")] = None,
    quick: Annotated[bool, typer.Option(help="Smaller sizes: a minute or two in all.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    plotted: Annotated[Path | None, typer.Option("--plot", help="Draw the figures to this PNG or SVG file.")] = None,
    compared: Annotated[Path | None, typer.Option("--compare", help="An earlier --json file to compare with.")] = None,
    database: Annotated[Database, typer.Option(help="What the server keeps everything in.")] = Database.SQLITE,
) -> None:
    """Measure the server: first sync, latency by mailbox size, held Pings, the codec, changes, large files, search."""
    chosen, before = _chosen(scenarios or []), _before(compared)
    sizes = replace(QUICK if quick else FULL, database=database.value)
    console = Console(width=max(_WIDTH, Console().width))
    report = measure(chosen, sizes, console, json)
    console.print(_conditions(report, database))
    if before is not None:
        compare(console, report, before)
    if plotted is not None:
        plot.draw(report, plotted)
    if any(result.error for result in report.results):
        raise typer.Exit(1)


def _conditions(report: Report, database: Database) -> str:
    facts = report.machine
    apart = cores()
    kept = "not kept apart" if apart is None else f"on core {apart[0]}, clients on core {apart[1]}"
    where = f"{facts['cpu']}, {facts['cores']} cores, Python {facts['python']}, commit {facts['commit']}"
    return f"{where}; {database.value}; server {kept}"
