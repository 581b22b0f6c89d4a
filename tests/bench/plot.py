"""A report as a picture: one panel a scenario."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.bench.results import ELSEWHERE, Figure, Report, Result, number

_OURS, _OTHERS = "#2a6f97", ("#c9a227", "#9a8c98")
_BY_SIZE = re.compile(r"(.+), ([0-9,]+): p50")

Bar = tuple[str, float, str]


def draw(report: Report, path: Path) -> None:
    """Write the picture in the format of the file's suffix."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    shown = [result for result in report.results if result.figures]
    figure, axes = plt.subplots(len(shown), 1, figsize=(9, 3.4 * len(shown)), squeeze=False, layout="constrained")
    for result, axis in zip(shown, axes[:, 0], strict=True):
        axis.set_title(result.title, fontsize=10, loc="left")
        PANELS[result.scenario](axis, result)
    figure.suptitle(_caption(report), fontsize=8)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _caption(report: Report) -> str:
    facts = report.machine
    where = f"{facts['cpu']}, {facts['cores']} cores, Python {facts['python']}, {facts['commit']}, {facts['date']}"
    return f"{where}\n{ELSEWHERE}"


def _first_sync(axis: Any, result: Result) -> None:
    letters = [figure for figure in result.figures if figure.name.endswith(": letters")]
    bars = [(f"easd {figure.name.removesuffix(': letters')}", figure.value, _OURS) for figure in letters]
    _bars(axis, [*bars, *_peers(letters[0])], "letters a second")


def _latency(axis: Any, result: Result) -> None:
    for kind, points in _by_size(result).items():
        sizes = sorted(points)
        axis.plot(sizes, [points[size].value for size in sizes], marker="o", label=f"easd: {kind}, median")
        _peer_points(axis, points)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("letters in the mailbox")
    axis.set_ylabel("ms")
    axis.legend(fontsize=7)


def _peer_points(axis: Any, points: dict[int, Figure]) -> None:
    names = dict.fromkeys(name for figure in points.values() for name in figure.peers)
    for name, colour in zip(names, _OTHERS, strict=False):
        known = {size: figure.peers[name] for size, figure in points.items() if name in figure.peers}
        axis.scatter(list(known), list(known.values()), color=colour, marker="x", label=f"{name}: empty Sync")


def _by_size(result: Result) -> dict[str, dict[int, Figure]]:
    found: dict[str, dict[int, Figure]] = {}
    for figure in result.figures:
        if match := _BY_SIZE.fullmatch(figure.name):
            found.setdefault(match[1], {})[int(match[2].replace(",", ""))] = figure
    return found


def _pings(axis: Any, result: Result) -> None:
    memory = [figure for figure in result.figures if figure.name.endswith("memory each")]
    bars = [(f"easd, {figure.name.partition(':')[0]}", figure.value, _OURS) for figure in memory]
    _bars(axis, [*bars, *_peers(memory[0])], "KiB of server memory for each held Ping")


def _changes(axis: Any, result: Result) -> None:
    requests = [figure for figure in result.figures if figure.name.startswith("requests")]
    bars = [(f"easd, {figure.name.removeprefix('requests, ')}", figure.value, _OURS) for figure in requests]
    _bars(axis, [*bars, *_peers(requests[0])], "requests a second")


def _codec(axis: Any, result: Result) -> None:
    bars = [
        bar for figure in result.figures for bar in ((f"{figure.name}: easd", figure.value, _OURS), *_peers(figure))
    ]
    _bars(axis, bars, "µs a document")
    axis.tick_params(axis="y", labelsize=5)


def _peers(figure: Figure) -> list[Bar]:
    return [(name, value, colour) for (name, value), colour in zip(figure.peers.items(), _OTHERS, strict=False)]


def _bars(axis: Any, bars: Sequence[Bar], unit: str) -> None:
    names, values, colours = ([*column] for column in zip(*bars, strict=True))
    drawn = axis.barh(range(len(bars)), values, color=colours)
    axis.bar_label(drawn, [number(value) for value in values], fontsize=7, padding=3)
    axis.set_yticks(range(len(bars)), names, fontsize=8)
    axis.invert_yaxis()
    axis.set_xscale("log")
    axis.set_xlim(min(1, *values) / 2, max(values) * 4)
    axis.set_xlabel(unit)


def _files(axis: Any, result: Result) -> None:
    memory = [figure for figure in result.figures if figure.name.endswith("memory of all fetches")]
    _bars(axis, [(figure.name, figure.value, _OURS) for figure in memory], "MB of server memory")


def _search(axis: Any, result: Result) -> None:
    medians = [figure for figure in result.figures if figure.name.endswith(": p50")]
    _bars(axis, [(figure.name.removesuffix(": p50"), figure.value, _OURS) for figure in medians], "ms, median")


PANELS: dict[str, Callable[[Any, Result], None]] = {
    "first-sync": _first_sync,
    "latency": _latency,
    "pings": _pings,
    "changes": _changes,
    "wbxml": _codec,
    "files": _files,
    "search": _search,
}
"""How each scenario is drawn."""
