"""What a benchmark says: figures with their aims and what others were measured at, printed, kept and compared."""

import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

SOGO, ZPUSH = "SOGo 5.8", "Z-Push 2.7.1"
ELSEWHERE = f"{SOGO} and {ZPUSH} were measured elsewhere, on this kind of machine"
_MUST_AGREE = ("cpu", "cores", "python", "database")
_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `more`: whether more of it is better. `peers`: the same of others, by their names."""

    name: str
    value: float
    unit: str
    more: bool = False
    aim: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached; None without an aim."""
        return None if self.aim is None else self.times(self.aim) >= 1

    def times(self, other: float) -> float:
        """How many times better this is than that of another."""
        best, worst = (self.value, other) if self.more else (other, self.value)
        return best / worst if worst else float("inf")


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a scenario. `notes` say under which conditions; `error` why there are no figures."""

    scenario: str
    title: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A run of some scenarios on one machine."""

    machine: Mapping[str, object]
    results: list[Result] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Report":
        """What `write` wrote. ValueError for anything else."""
        try:
            raw = json.loads(path.read_text())
            return cls(raw["machine"], [_result(entry) for entry in raw["results"]])
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is no report of this benchmark: {error!r}") from error


def _result(raw: Mapping[str, Any]) -> Result:
    return Result(**{**raw, "figures": [Figure(**figure) for figure in raw["figures"]]})


def published(sogo: float, zpush: float) -> dict[str, float]:
    """The two servers' figures, as `Figure.peers`."""
    return {SOGO: sogo, ZPUSH: zpush}


def machine(database: str) -> dict[str, object]:
    """Where and with what a run was made."""
    return {
        "database": database,
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
        "commit": _commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def _commit() -> str:
    """The commit, with a + if the checkout differs from it."""
    try:
        git = ["git", "-C", str(_REPOSITORY)]
        named = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return named.stdout.strip() + ("+" if changed.stdout.strip() else "")


# ---------------------------------------------------------------- for people


def number(value: float) -> str:
    """With three significant digits, or all before the point."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def show(console: Console, result: Result) -> None:
    """A table of the scenario's figures; in brackets how many times better ours is than a peer's."""
    peers = list(dict.fromkeys(peer for figure in result.figures for peer in figure.peers))
    table = Table(title=f"{result.title} ({result.seconds:.0f} s)", title_justify="left", caption_justify="left")
    for place, heading in enumerate(["", "easd", "", "aim", *peers]):
        table.add_column(heading, justify="left" if place in (0, 2) else "right")
    for figure in result.figures:
        table.add_row(*_cells(figure, peers))
    table.caption = "\n".join([*result.notes, *([ELSEWHERE] if SOGO in peers else [])])
    console.print(table)
    if result.error:
        console.print(f"[red]{result.scenario} failed:[/red]")
        console.print(result.error, markup=False)


def _cells(figure: Figure, peers: Sequence[str]) -> Iterator[str]:
    yield figure.name
    yield number(figure.value)
    yield figure.unit
    yield _aim(figure)
    for name in peers:
        peer = figure.peers.get(name)
        yield "" if peer is None else f"{number(peer)} ({number(figure.times(peer))}x)"


def _aim(figure: Figure) -> str:
    if figure.aim is None:
        return ""
    mark = "[green]✓[/green]" if figure.reached else "[red]✗[/red]"
    return f"{'>' if figure.more else '<'} {number(figure.aim)} {mark}"


def compare(console: Console, now: Report, before: Report) -> None:
    """The ratio of each figure to that of an earlier run."""
    table = Table(title=f"Compared with {before.machine['commit']} of {before.machine['date']}", title_justify="left")
    for place, heading in enumerate(("scenario", "", "before", "now", "", "better")):
        table.add_column(heading, justify="left" if place in (0, 1, 4) else "right")
    for row in _compared(now, before):
        table.add_row(*row)
    console.print(table if table.row_count else "The two runs have no figure in common.")
    different = [fact for fact in _MUST_AGREE if now.machine.get(fact) != before.machine.get(fact)]
    if different:
        console.print(f"Take care: the two runs differ in {' and '.join(different)}.")


def _compared(now: Report, before: Report) -> Iterator[tuple[str, ...]]:
    old = {(result.scenario, figure.name): figure.value for result in before.results for figure in result.figures}
    for result in now.results:
        for figure in result.figures:
            value = old.get((result.scenario, figure.name))
            if value is not None:
                yield (
                    result.scenario,
                    figure.name,
                    number(value),
                    number(figure.value),
                    figure.unit,
                    _ratio(figure.times(value)),
                )


def _ratio(times: float) -> str:
    colour = "green" if times > 1.1 else "red" if times < 0.9 else "white"
    return f"[{colour}]{times:.2f}x[/{colour}]"
