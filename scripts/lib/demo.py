"""`scripts/demo`: an environment, the project, and a server with invented people and mail."""

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

import venvs


def main() -> NoReturn:
    """Make or reuse `.venv-demo`, then become `easd demo`. Other options go to that command as they are."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=main.__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=int, default=8080, help="TCP port to listen on (8080)")
    parser.add_argument("--data", type=Path, help="folder for the demonstration's store (var/demo in the checkout)")
    options, rest = parser.parse_known_args()
    data = (options.data or venvs.REPOSITORY / "var" / "demo").absolute()
    folder = Path(os.environ.get("EASD_DEMO_VENV", venvs.REPOSITORY / ".venv-demo")).absolute()
    try:
        python = venvs.ensure(folder, "runtime")
    except venvs.SetupError as failure:
        print(f"\neasd: {failure}", file=sys.stderr)
        sys.exit(3)
    command = [str(python.with_name("easd")), "demo", "--port", str(options.port), "--data", str(data), *rest]
    venvs.keep_compiled(folder)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
