"""The locks pin what pyproject.toml asks for, and the wheel holds every file of the package."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.gates.rules import REPOSITORY

_PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
_RUNTIME: list[str] = _PROJECT["project"]["dependencies"]
_GROUPS: dict[str, list[str]] = _PROJECT["dependency-groups"]
_LOCKS = {
    "build": _PROJECT["build-system"]["requires"],
    "runtime": _RUNTIME,
    "test": [*_RUNTIME, *_GROUPS["test"]],
    "bench": [*_RUNTIME, *_GROUPS["bench"]],
    "postgresql": _GROUPS["postgresql"],
}


def _pins(lock: str) -> dict[str, str]:
    lines = (REPOSITORY / "requirements" / f"{lock}.txt").read_text().splitlines()
    pinned = [line.split(";")[0].strip().split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pinned}


@pytest.mark.parametrize("lock", _LOCKS)
def test_lock_satisfies_the_project(lock: str) -> None:
    pins = _pins(lock)
    wanted = [Requirement(text) for text in _LOCKS[lock]]
    unmet = [str(one) for one in wanted if pins.get(canonicalize_name(one.name), "none") not in one.specifier]
    assert unmet == [], "run scripts/lock"


@pytest.mark.parametrize("lock", ["test", "bench", "postgresql"])
def test_locks_agree_with_each_other(lock: str) -> None:
    pins = _pins(lock)
    for other in ("runtime", "test"):
        assert {name: pin for name, pin in _pins(other).items() if pins.get(name, pin) != pin} == {}


def test_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    # Built from a copy: the build tool leaves folders behind.
    copy = tmp_path / "copy"
    shutil.copytree(REPOSITORY / "easd", copy / "easd", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(REPOSITORY / name, copy / name)
    build = "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", build, tmp_path], check=False, capture_output=True, text=True, cwd=copy
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("easd-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    wanted = {path.relative_to(copy).as_posix() for path in (copy / "easd").rglob("*") if path.is_file()}
    assert "easd/py.typed" in wanted
    assert wanted - packed == set()
