"""`scripts/lock`: pins every direct and indirect dependency of pyproject.toml into requirements/*.txt."""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import venvs

_HEADER = "# Made by scripts/lock from pyproject.toml ({source}). Do not edit; run scripts/lock.\n"
Pins = dict[str, str]

_NO_WHEEL = "dkimpy"
"""Published as source alone: Python without anything to compile. Whatever else has no wheel is not taken."""


def main() -> int:
    """Resolve each lock with pip alone, the runtime's pins binding the others, and write the files."""
    project = tomllib.loads((venvs.REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    runtime: list[str] = project["project"]["dependencies"]
    groups: dict[str, list[str]] = project["dependency-groups"]
    with tempfile.TemporaryDirectory(prefix="easd-lock-") as temporary:
        _resolve_all(Path(temporary), project, runtime, groups)
    return 0


def _resolve_all(folder: Path, project: dict[str, Any], runtime: list[str], groups: dict[str, list[str]]) -> None:
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = venvs.python_of(folder / "venv")
    pins = _resolve(python, runtime, folder, {})
    markers = _markers(runtime)
    _write("runtime", "dependencies", pins, markers)
    tools = [*project["build-system"]["requires"], "pip"]
    _write("build", "build-system, and pip", _resolve(python, tools, folder, pins), {})
    for name, wanted in groups.items():
        alone = name == "postgresql"  # installed after the others and only where it can be: a list of its own
        _write(name, f"group {name}", _resolve(python, wanted + ([] if alone else runtime), folder, pins), markers)


def _resolve(python: Path, wanted: list[str], folder: Path, bound: Pins) -> Pins:
    """The versions that pip would install for `wanted`, by normalised name, none differing from `bound`."""
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in bound.items()))
    report = folder / "report.json"
    options = ["--dry-run", "--ignore-installed", "-qq", "--disable-pip-version-check", "--only-binary", ":all:"]
    options += ["--no-binary", _NO_WHEEL]
    files = ["--report", str(report), "--constraint", str(constraints)]
    command = [str(python), "-m", "pip", "install", *options, *files, *wanted]
    subprocess.run(command, check=True)
    metadata = [entry["metadata"] for entry in json.loads(report.read_text())["install"]]
    return {_normal(entry["name"]): entry["version"] for entry in metadata}


def _markers(wanted: list[str]) -> Pins:
    """The environment marker of each direct requirement that has one, by normalised name."""
    conditional = (requirement.split(";") for requirement in wanted if ";" in requirement)
    return {_normal(re.split(r"[\[<>=!~ ]", name)[0]): marker.strip() for name, marker in conditional}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _write(name: str, source: str, pins: Pins, markers: Pins) -> None:
    lines = [f"{pin}=={pins[pin]}" + (f" ; {markers[pin]}" if pin in markers else "") for pin in sorted(pins)]
    path = venvs.LOCKS / f"{name}.txt"
    path.write_text(_HEADER.format(source=source) + "\n".join(lines) + "\n")
    print(f"{path.relative_to(venvs.REPOSITORY)}: {len(pins)} packages")


if __name__ == "__main__":
    sys.exit(main())
