"""The command line in this process: run a command, and look at what it prints and how it ends."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from typer.testing import CliRunner

from easd.admin.cli import app


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended: its exit code and what it printed."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.raw)


def easd(*arguments: str, standard_input: bytes = b"", environ: Mapping[str, str] | None = None) -> Ended:
    """Run `easd` with these arguments. What is raised and is no exit of the program comes out of here."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        result = CliRunner().invoke(app, arguments, input=standard_input, env=environ, prog_name="easd")
    finally:  # `serve` and `demo` send logs to the standard error of their time
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout_bytes, result.stderr)
