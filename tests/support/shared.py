"""Where the reference material lies (recorded traffic, schemas, requirement lists), for the tests that can use it."""

import os
from pathlib import Path

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2].parent / "shared"


def _find() -> Path | None:
    folder = Path(os.environ.get("EASD_SHARED", _BESIDE_THE_CHECKOUT))
    return folder if folder.is_dir() else None


SHARED: Path | None = _find()
