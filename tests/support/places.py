"""Where tests put their files: in memory where there is room, because databases wait for disks again and again."""

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 3 << 30
"""Bytes that must be free: a run uses a third of it."""


def in_memory() -> Path | None:
    """The folder in memory, if this system has one with room in it."""
    usable = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK | os.X_OK)
    return _MEMORY if usable and shutil.disk_usage(_MEMORY).free >= _ROOM else None


def settle() -> None:
    """Send all temporary files of this process and of those it starts there. `TMPDIR`, where it is set, stays."""
    if "TMPDIR" not in os.environ and (folder := in_memory()):
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
