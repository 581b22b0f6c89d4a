"""The command line in this process: run a command, and look at what it prints and how it ends."""

import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import structlog
from typer.main import get_command
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
    code = 0
    with CliRunner().isolation(input=standard_input, env=environ) as (out, err, _):
        try:
            _tree().main(args=arguments, prog_name="easd")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:  # `serve` and `demo` send logs to the standard error of their time
            root.handlers[:], root.level = handlers, level
            structlog.reset_defaults()
        sys.stdout.flush()
        sys.stderr.flush()
        return Ended(code, out.getvalue(), err.getvalue().decode().replace("\r\n", "\n"))


@cache
def _tree() -> Any:
    """Every command with its options; to make them takes longer than most commands run."""
    return get_command(app)
