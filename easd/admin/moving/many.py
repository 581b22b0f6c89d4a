"""Many mailboxes at once, each over a connection of its own."""

import csv
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from easd.admin.moving.imap_import import ImapImport, ImapTally, Wishes
from easd.admin.moving.imap_source import ImapSource, Login
from easd.admin.office import Office
from easd.admin.refused import Refused
from easd.model.account import User

_COLUMNS = ("address", "login", "password")

Progress = Callable[[int, int | None], None]
"""Hears how many messages are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Move:
    """One mailbox here, and who its owner is there."""

    address: str
    login: str
    secret: str = field(repr=False)


def first_line(file: Path) -> str:
    """A secret from a file. Refused for an empty one."""
    with file.open(encoding="utf-8") as opened:
        line = opened.readline().rstrip("\r\n")
    if not line:
        raise Refused(f"{file} has no first line")
    return line


def moves_of(file: Path) -> list[Move]:
    """The rows of a CSV file with a head line; an empty login is the address. Refused if it is none."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened)
        if missing := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]:
            raise Refused(f"{file} has no column {', '.join(missing)}")
        found = [
            Move(row["address"].strip(), (row["login"] or row["address"]).strip(), row["password"]) for row in rows
        ]
    for line, move in enumerate(found, 2):
        if not move.address or not move.secret:
            raise Refused(f"{file}, line {line}: address and password are wanted")
    return found


def import_all(
    office: Office,
    logins: Sequence[tuple[str, Login]],
    wishes: Wishes,
    connections: int,
    progress: Progress,
    wait: Callable[[float], None] = time.sleep,
) -> list[ImapTally]:
    """Each mailbox from its login, `connections` at once. What goes wrong with one is its `fault`, and stops no other.
    Refused for an address that nobody here has: then nothing has begun.
    """
    users = [office.user(address) for address, _ in logins]
    board = _Board(progress)

    def one(number: int) -> ImapTally:
        return _import(office, users[number], ImapSource(logins[number][1], wait), wishes, board.hears(number))

    with ThreadPoolExecutor(max_workers=min(connections, max(1, len(logins)))) as pool:
        return list(pool.map(one, range(len(logins))))


def _import(
    office: Office, user: User, source: ImapSource, wishes: Wishes, progress: Callable[[int, int], None]
) -> ImapTally:
    work = ImapImport(office, user, source, wishes, datetime.now(UTC))
    noted = nullcontext() if wishes.dry else office.desk.mailboxes.importing(user, source.account)
    try:
        with noted:
            work.run(progress)
    except Refused as refused:
        work.tally.fault = str(refused)
    finally:
        source.close()
    return work.tally


class _Board:
    """The progress of all of them as one."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._lock = progress, Lock()
        self._done: dict[int, tuple[int, int]] = {}

    def hears(self, number: int) -> Callable[[int, int], None]:
        def heard(done: int, total: int) -> None:
            with self._lock:
                self._done[number] = (done, total)
                self._progress(
                    sum(each[0] for each in self._done.values()), sum(each[1] for each in self._done.values())
                )

        return heard
