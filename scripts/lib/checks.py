"""`scripts/test`: every check of the project, and a summary. Standard library only."""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import venvs

_WORKERS = min((os.cpu_count() or 1) + 1, 8)
"""Processes that test: one more than cores, because a quarter of the time they wait for servers that they started."""

_LONG = "pytest"
"""The step that uses all cores by itself; the others run one after the other beside its first minutes."""
_SERVERS = {"PostgreSQL": "tests.support.postgres", "slapd": "tests.support.slapd"}
"""What tests start beside the program, and the modules that say whether they can."""
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_CLOSING = re.compile(r"^=+ .*\b(passed|failed|error|errors|skipped|no tests ran)\b.* in [0-9.]+s.*=+$")


class Step(NamedTuple):
    """One check: its short name, what it is, and the program of the environment that does it, with its arguments."""

    name: str
    title: str
    command: Sequence[str]


class Result(NamedTuple):
    step: Step
    code: int
    seconds: float
    closing: str | None


def steps(pytest_arguments: Sequence[str]) -> list[Step]:
    """The checks in their order, quick ones first."""
    folders = [name for name in ("easd", "tests", "fixtures", "scripts/lib") if (venvs.REPOSITORY / name).is_dir()]
    tests = ["--ignore=tests/gates", "-n", str(_WORKERS), "--dist", "worksteal", *pytest_arguments]
    return [
        Step("ruff", "ruff check", ["ruff", "check", "--output-format", "concise", "."]),
        Step("format", "ruff format --check", ["ruff", "format", "--check", "--output-format", "concise", "."]),
        Step("mypy", "mypy --strict", ["mypy", "--strict", *folders]),
        Step("layers", "lint-imports", ["lint-imports", "--no-logo", "--no-cache"]),
        Step("gates", "sizes, purity, names, leaks", ["pytest", "tests/gates", "-q"]),
        Step(_LONG, "pytest on SQLite and PostgreSQL", ["pytest", *tests]),
    ]


def main() -> int:
    """Make or reuse the environment, run all checks even when one fails; 0 only if all passed."""
    options = _options()
    chosen = [step for step in steps(options.pytest) if not options.only or step.name in options.only]
    folder = Path(os.environ.get("EASD_TEST_VENV", venvs.REPOSITORY / ".venv-test")).absolute()
    try:
        python = venvs.ensure(folder, "test", optional=["postgresql"])
    except venvs.SetupError as failure:
        print(f"\neasd: {failure}", file=sys.stderr)
        return 3
    venvs.keep_compiled(folder)
    missing = {server: _missing(python, server, module) for server, module in _SERVERS.items()}
    quick, long = [step for step in chosen if step.name != _LONG], [step for step in chosen if step.name == _LONG]
    with ThreadPoolExecutor(1) as pool:
        beside = pool.map(partial(_run_aside, python), quick)
        tested = [_run(python, step) for step in long]
        results = [*beside, *tested]
    _sum_up(results, missing)
    return int(any(result.code for result in results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/test", description=main.__doc__, allow_abbrev=False)
    names = [step.name for step in steps([])]
    parser.add_argument("--only", action="append", choices=names, help="run this step alone (may be given again)")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    return parser.parse_args()


def _missing(python: Path, server: str, module: str) -> str | None:
    """Why the tests with that server cannot run, or None if they can."""
    found = subprocess.run(
        [str(python), "-m", module], check=False, capture_output=True, text=True, cwd=venvs.REPOSITORY
    )
    print(f"{server}: {(found.stdout or found.stderr).strip()}", flush=True)
    return None if found.returncode == 0 else (found.stderr.strip().splitlines() or ["unknown"])[-1]


def _run_aside(python: Path, step: Step) -> Result:
    """Run a step beside others: its output is printed when it has ended."""
    lines: list[str] = []
    result = _run(python, step, lines.append)
    print("".join(lines), end="", flush=True)
    return result


def _print(text: str) -> None:
    print(text, end="", flush=True)


def _run(python: Path, step: Step, say: Callable[[str], None] = _print) -> Result:
    say(f"\n===== {step.name}: {step.title} =====\n")
    start = time.monotonic()
    closing: list[str] = []
    program, *arguments = step.command
    code = _stream([str(python.with_name(program)), *arguments], say, closing.append)
    seconds = time.monotonic() - start
    say(f"----- {step.name}: {_verdict(code)} in {seconds:.1f} s\n")
    return Result(step, code, seconds, closing[-1] if closing else None)


def _stream(command: Sequence[str], say: Callable[[str], None], on_closing: Callable[[str], None]) -> int:
    """Run `command` in the checkout, passing its output on; pytest's closing line goes to `on_closing` too."""
    process = subprocess.Popen(
        command, cwd=venvs.REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            say(line)
            plain = _ESCAPES.sub("", line).strip()
            if _CLOSING.match(plain):
                on_closing(plain)
        return process.wait()
    except KeyboardInterrupt:
        process.wait()  # the terminal has interrupted it too; let it clean up
        raise


def _verdict(code: int) -> str:
    return "passed" if code == 0 else f"FAILED ({code})"


def _sum_up(results: Sequence[Result], missing: Mapping[str, str | None]) -> None:
    print("\n===== summary =====")
    for result in results:
        print(f"{result.step.name:8} {_verdict(result.code):12} {result.seconds:6.1f} s")
    for server, reason in missing.items():
        if reason:
            print(f"\n!!!!! NOT TESTED WITH {server.upper()}: {reason} !!!!!")
    for result in results:
        if result.step.name == _LONG:
            print(f"\n{result.closing or 'pytest printed no closing line'}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
