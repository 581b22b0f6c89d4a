"""Programs of ours that start at once: forked from a process that has imported everything already.

To import the server takes a second of CPU, and to serve one test a tenth of that. Each process here is a real one, with
its own pid, signals, files and exit code; it differs from `python -m easd` in nothing but how it came to be.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

POSSIBLE = hasattr(os, "fork")
_REPOSITORY = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0
_NO_MODULES = ("easd.__main__", "easd.store.migrations")
"""What is run and not imported."""
_LATE = ("anyio._backends._asyncio", "uvicorn.lifespan.on", "uvicorn.protocols.http.httptools_impl", "uvloop")
"""What a server imports when it starts."""


class Forked:
    """One such process; what is here is as in `subprocess.Popen`."""

    def __init__(self, arguments: Sequence[str], connection: socket.socket) -> None:
        self.args = ["easd", *arguments]
        self._connection = connection
        self._answers = connection.makefile("r")
        self.pid = int(self._answers.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code (minus the signal that ended it), None while it runs."""
        return self.returncode if self.returncode is not None or not self._told(0.0) else self._ended()

    def wait(self, timeout: float | None = None) -> int:
        """The same at the end; subprocess.TimeoutExpired after `timeout` seconds."""
        if self.returncode is None and not self._told(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return self._ended() if self.returncode is None else self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _told(self, timeout: float | None) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            return bool(selector.select(timeout))

    def _ended(self) -> int:
        self.returncode = int(self._answers.readline())
        self._answers.close()
        self._connection.close()
        return self.returncode


def start(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    log: Path,
    source: Path | str = os.devnull,
    output: Path | str = os.devnull,
) -> Forked:
    """Run `easd` with these arguments and these variables alone; its standard error goes to `log`, what it reads and
    writes are the files `source` and `output`.
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(_forker())
    files = {"log": str(log), "source": str(source), "output": str(output)}
    task = {"arguments": list(arguments), "environ": dict(environ), **files}
    connection.sendall(json.dumps(task).encode() + b"\n")
    return Forked(arguments, connection)


@functools.cache
def _forker() -> str:
    """The socket of the process that forks; it ends with this one."""
    folder = tempfile.TemporaryDirectory(prefix="easd-fork-")
    path = f"{folder.name}/socket"
    command = [sys.executable, "-W", "error", "-m", "tests.support.forking", path]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("EASD_")}
    process = subprocess.Popen(
        command, env={**environ, "PYTHONPATH": str(_REPOSITORY)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n", "the process that forks did not start"

    def end() -> None:
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        process.kill()
        process.wait()
        folder.cleanup()

    atexit.register(end)
    return path


# ---------------------------------------------------------------- in the process that forks


def _serve(path: str) -> None:
    easd = _program()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while not any(key.fileobj is sys.stdin for key, _ in selector.select()):  # its end is that of who started us
            connection, _ = listener.accept()
            if os.fork() == 0:
                selector.close()
                listener.close()
                _keep(connection, easd)
            connection.close()


def _program() -> Callable[[], object]:
    """`easd`, with all that a command or a server needs imported and made: once, for all who come of it."""
    import easd

    for module in pkgutil.walk_packages(easd.__path__, "easd."):
        if not module.name.startswith(_NO_MODULES):
            importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)
    from typer.main import get_command

    from easd.admin.cli import app

    tree = get_command(app)
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        tree.main(["user", "list", "--help"])  # what the first command alone would import
    gc.collect()
    gc.freeze()  # else each server looks through all this when it starts
    return lambda: tree.main(sys.argv[1:], prog_name="easd")


def _keep(connection: socket.socket, easd: Callable[[], object]) -> None:
    """Fork once more for the program itself, wait for its end, and tell of it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    task = json.loads(connection.makefile("r").readline())
    program = os.fork()
    if program == 0:
        connection.close()
        _become(task, easd)
    connection.sendall(f"{program}\n".encode())
    _, status = os.waitpid(program, 0)
    try:
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    finally:
        os._exit(0)


def _become(task: Mapping[str, Any], easd: Callable[[], object]) -> None:
    """The program: its variables, files and arguments. It ends as any program does, by coming back from here."""
    os.environ.clear()
    os.environ.update(task["environ"])
    os.dup2(os.open(task["source"], os.O_RDONLY), 0)
    for name, number in (("output", 1), ("log", 2)):
        os.dup2(os.open(task[name], os.O_WRONLY | os.O_APPEND | os.O_CREAT), number)
    sys.argv = ["easd", *task["arguments"]]
    easd()


if __name__ == "__main__":
    _serve(sys.argv[1])
