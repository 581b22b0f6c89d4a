"""Where a SQLite database is."""

from pathlib import Path

from easd.store.opening import parsed


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL; None for other databases. StoreMisused for a URL that names no database of ours."""
    made = parsed(url)
    return Path(made.database) if made.drivername == "sqlite" and made.database else None
