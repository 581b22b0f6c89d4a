"""Virtual environments from the lock files, made once and reused while those are unchanged. Standard library only."""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOCKS = REPOSITORY / "requirements"
_STAMP = "easd-lock.txt"
_COMPILED = "compiled"


class SetupError(Exception):
    """The environment could not be made; the text says why and what to do."""


class Progress:
    """Numbered steps with their durations, on standard error."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._done = 0

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Announce one step and, when it ended well, how many seconds it took."""
        self._done += 1
        start = time.monotonic()
        print(f"[{self._done}/{self._steps}] {what} ...", end="", file=sys.stderr, flush=True)
        try:
            yield
        except BaseException:
            print(" failed", file=sys.stderr, flush=True)
            raise
        print(f" {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def python_of(folder: Path) -> Path:
    """The interpreter of the environment in `folder`."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure(folder: Path, lock: str, optional: Sequence[str] = ()) -> Path:
    """Make `folder` an environment with `requirements/<lock>.txt` and this project, or keep it if it is that already.

    Locks named in `optional` are installed if they can be; a failure there is reported and forgiven.
    Returns the environment's interpreter; raises SetupError.
    """
    wanted = _fingerprint(lock, optional)
    stamp = folder / _STAMP
    python = python_of(folder)
    if stamp.is_file() and stamp.read_text() == wanted and _runs(python):
        print(f"Using {folder} (unchanged)", file=sys.stderr)
        return python
    pip = [str(python), "-m", "pip"]
    progress = Progress(4 + len(optional))
    with progress.step(f"Making {folder}"):
        _create(folder)
    with progress.step("Installing the build tools"):
        _pip(_first_pip(python), "-r", str(LOCKS / "build.txt"))  # among them a pip that is quicker than most
    with progress.step(f"Installing {_count(lock)} packages of requirements/{lock}.txt (once; later starts skip this)"):
        _pip(pip, "--no-deps", "-r", str(LOCKS / f"{lock}.txt"))
    for name in optional:
        with contextlib.suppress(SetupError), progress.step(f"Installing requirements/{name}.txt (optional)"):
            _pip(pip, "-r", str(LOCKS / f"{name}.txt"))
    with progress.step("Installing easd"):
        _pip(pip, "--no-deps", "--no-build-isolation", "--editable", str(REPOSITORY))
    stamp.write_text(wanted)
    return python


def keep_compiled(folder: Path) -> None:
    """Let the programs that this process starts keep compiled modules in the environment in `folder`.

    They do so even where the user wants none beside the sources (PYTHONDONTWRITEBYTECODE): packages are installed
    without them, and to compile the server takes several times as long as to start it.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / _COMPILED)


def _fingerprint(lock: str, optional: Sequence[str]) -> str:
    digest = hashlib.sha256(f"{sys.version}\0{REPOSITORY}\0".encode())
    for path in (REPOSITORY / "pyproject.toml", *(LOCKS / f"{name}.txt" for name in ("build", lock, *optional))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _count(lock: str) -> int:
    return sum("==" in line for line in (LOCKS / f"{lock}.txt").read_text().splitlines())


def _runs(python: Path) -> bool:
    return python.exists() and subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0


def _create(folder: Path) -> None:
    """A new empty environment; what stood there is removed only if it is an environment (or empty)."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
            raise SetupError(f"{folder} exists and is not a virtual environment; it is left as it is.")
        shutil.rmtree(folder)
    without_pip = [] if _has("ensurepip") else ["--without-pip"]
    if without_pip and not _has("pip"):
        raise SetupError("This Python has neither ensurepip nor pip (Debian, Ubuntu: apt install python3-venv).")
    _run([sys.executable, "-m", "venv", *without_pip, str(folder)])


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _first_pip(python: Path) -> list[str]:
    """Debian ships pip without ensurepip: then its own pip serves the environment from outside."""
    return [str(python), "-m", "pip"] if _has("ensurepip") else [sys.executable, "-m", "pip", "--python", str(python)]


def _pip(pip: Sequence[str], *arguments: str) -> None:
    # Python compiles what is imported, when it is: a tenth of what lies in the packages, in a third of the time.
    _run([*pip, "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile", *arguments])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SetupError(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}".rstrip())
