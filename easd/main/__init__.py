"""The composition root: the only package that knows both the edges and what stands behind them.

`composition` builds and serves the application; it is imported only where a command needs it, since that takes time.
"""


def cli() -> None:
    """The program `easd`: run what the arguments say, and end the process with an exit code."""
    from easd.admin.cli import app

    app(prog_name="easd")
