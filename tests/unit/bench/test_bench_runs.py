"""Every scenario of the benchmark runs, at a tiny size, and its report can be kept, drawn and compared.

What it measures is nobody's business here: no assertion depends on a time.
"""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from tests.bench import plot
from tests.bench.command import SCENARIOS, bench, measure
from tests.bench.results import Figure, Report, Result, compare, machine, published, show
from tests.bench.sizes import Sizes
from tests.bench.times import percentile

_TINY = Sizes(
    mails=12,
    mailboxes=(3, 30),
    requests=3,
    arrivals=2,
    pings=(12,),
    devices_each=3,
    idle_seconds=0.05,
    deliveries=2,
    delivery_seconds=0.1,
    changers=4,
    change_seconds=0.2,
    repeats=1,
    searched=40,
    searches=2,
    fetchers=2,
    file_bytes=400_000,
    fresh=False,
)

_FIGURES = {
    "first-sync": {"16.1 html: letters", "14.1 plain: server CPU for 1,000", "extracted and stored"},
    "latency": {"empty Sync, 30: p50", "Sync with one new letter: largest to smallest mailbox"},
    "pings": {"12 held: server memory each", "12 held: letter to answer, p99"},
    "wbxml": {"decode ping, 81 bytes"},
    "changes": {"requests, one process", "requests, two processes", "two processes: p99"},
    "files": {"inline: memory of all fetches", "multipart: sent", "memory of sending one"},
    "search": {"a common word: p50", "everything in a folder: p50", "added and indexed"},
}


def _console() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=160), written


def _report(value: float, commit: str = "abc") -> Report:
    figures = [Figure("speed", value, "/s", more=True, aim=50), Figure("cost", value, "ms", peers=published(10, 20))]
    return Report({**machine("sqlite"), "commit": commit}, [Result("changes", "Changes", figures, ["a note"])])


def test_the_figures_of_every_scenario_are_looked_for() -> None:
    assert _FIGURES.keys() == SCENARIOS.keys() == plot.PANELS.keys()


@pytest.mark.parametrize("scenario", sorted(_FIGURES))
def test_a_scenario_measures_and_its_report_is_kept(scenario: str, tmp_path: Path) -> None:
    console, written = _console()
    report = measure([scenario], _TINY, console, tmp_path / "report.json")
    [result] = report.results
    assert result.error is None
    assert _FIGURES[scenario] <= {figure.name for figure in result.figures}
    assert all(figure.value >= 0 for figure in result.figures)
    assert result.title in written.getvalue()
    assert Report.read(tmp_path / "report.json") == report


def test_a_report_is_drawn_with_a_panel_for_each_scenario(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="only the benchmark's own environment has the drawing library")
    results = [
        Result(scenario, scenario, [Figure(name, 3.0, "", peers=published(10, 20)) for name in sorted(names)])
        for scenario, names in _FIGURES.items()
    ]
    for number, shown in enumerate([results[:1], results]):
        path = tmp_path / f"{number}.png"
        plot.draw(Report(machine("sqlite"), shown), path)
        assert path.read_bytes().startswith(b"\x89PNG")


def test_a_scenario_that_fails_is_reported_and_the_others_run(tmp_path: Path) -> None:
    console, written = _console()
    report = measure(["latency", "wbxml"], replace(_TINY, database="none"), console, tmp_path / "report.json")
    failed, good = report.results
    assert "Traceback" in (failed.error or "")
    assert "latency failed" in written.getvalue()
    assert good.error is None
    assert good.figures


def test_a_figure_knows_what_is_better() -> None:
    speed, cost = _report(100).results[0].figures
    assert (speed.times(50), speed.reached) == (2.0, True)
    assert (cost.times(200), cost.reached) == (2.0, None)


def test_a_table_says_how_far_we_are_from_aims_and_peers() -> None:
    console, written = _console()
    show(console, _report(40).results[0])
    text = written.getvalue()
    assert "> 50 ✗" in text
    assert "20 (0.5x)" in text
    assert "measured elsewhere" in text
    assert "a note" in text


def test_two_runs_are_compared_figure_by_figure() -> None:
    console, written = _console()
    before = _report(50, "before")
    compare(console, _report(100), replace(before, machine={**before.machine, "cpu": "another"}))
    text = written.getvalue()
    assert "Compared with before" in text
    assert "2.00x" in text
    assert "0.50x" in text
    assert "the two runs differ in cpu" in text


def test_two_runs_of_different_scenarios_have_nothing_to_compare() -> None:
    console, written = _console()
    compare(console, _report(1), Report(machine("sqlite"), []))
    assert "no figure in common" in written.getvalue()


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps({"machine": {}}))
    with pytest.raises(ValueError, match="no report of this benchmark"):
        Report.read(path)
    app = typer.Typer()
    app.command()(bench)
    outcome = CliRunner().invoke(app, ["wbxml", "--compare", str(path)])
    assert outcome.exit_code == 2
    assert CliRunner().invoke(app, ["everything"]).exit_code == 2


@pytest.mark.parametrize("share, expected", [(50, 2.0), (99, 4.0), (100, 4.0), (1, 1.0)])
def test_a_percentile_is_the_nearest_rank(share: int, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == expected
