"""`scripts/bench`: an environment with the drawing tools, then `python -m tests.bench` with the arguments given."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import venvs


def main() -> NoReturn:
    """Make or reuse `.venv-bench` and become the benchmark; relative paths in the arguments keep their meaning."""
    folder = Path(os.environ.get("EASD_BENCH_VENV", venvs.REPOSITORY / ".venv-bench")).absolute()
    try:
        python = venvs.ensure(folder, "bench", optional=["postgresql"])
    except venvs.SetupError as failure:
        print(f"\neasd: {failure}", file=sys.stderr)
        sys.exit(3)
    venvs.keep_compiled(folder)
    os.environ["PYTHONPATH"] = str(venvs.REPOSITORY)
    os.execv(python, [str(python), "-m", "tests.bench", *sys.argv[1:]])


if __name__ == "__main__":
    main()
