"""First passwords of people who move in: invented, and written where the administrator said, before they count."""

import csv
import os
import secrets
import string
from pathlib import Path
from typing import Final

from easd.admin.refused import Refused

_LETTERS: Final = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
"""Without those that people take for others."""
_GROUPS, _LENGTH = 4, 5
"""20 characters, 116 bits."""
_HEAD: Final = ("address", "password")


class FirstPasswords:
    """A CSV file that its owner alone can read. Whoever stands in it already keeps the password."""

    def __init__(self, file: Path) -> None:
        """Refused for a file that others can read, or that is another one."""
        self._file = file
        self._known = _rows(file)

    def __call__(self, address: str) -> str:
        """A password for somebody new. It is in the file, and on the disk, when this returns."""
        if address not in self._known:
            self._known[address] = _invented()
            self._add(address, self._known[address])
        return self._known[address]

    def _add(self, address: str, password: str) -> None:
        number = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(number, "a", encoding="utf-8", newline="") as opened:
            rows = csv.writer(opened)
            if opened.tell() == 0:
                rows.writerow(_HEAD)
            rows.writerow((address, password))
            opened.flush()
            os.fsync(opened.fileno())


def _rows(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    if file.stat().st_mode & 0o077:
        raise Refused(f"{file} can be read by others: chmod 600 {file}")
    with file.open(encoding="utf-8", newline="") as opened:
        rows = csv.DictReader(opened)
        if tuple(rows.fieldnames or _HEAD) != _HEAD:
            raise Refused(f"{file} is no file of first passwords: it has no columns {', '.join(_HEAD)}")
        return {row["address"]: row["password"] for row in rows}


def _invented() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(_GROUPS))
