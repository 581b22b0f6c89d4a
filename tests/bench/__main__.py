"""`python -m tests.bench`; see `--help`."""

import typer

from tests.bench.command import bench

if __name__ == "__main__":
    typer.run(bench)
