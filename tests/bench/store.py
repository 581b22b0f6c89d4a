"""What a statement costs: the store's way beside the bare driver and SQLAlchemy Core, on SQLite.

    python -m tests.bench.store [--json] [--postgresql]

Microseconds a statement, the best of seven repeats, on a mailbox of 10,000 messages. "Bare" is the same SQL text with
positional parameters on the driver's own cursor; "Core" executes the same construct on an open SQLAlchemy connection
inside a transaction. `--postgresql` adds the store's own transactions on a temporary PostgreSQL server.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from timeit import Timer
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine
from sqlalchemy.sql.elements import ClauseElement

from easd.service.ports import SyncRow
from easd.store import Administration, SqlStore, collection, devices, migrate, open_store, reading
from easd.store.prepared import POSTGRESQL, SQLITE, Prepared
from easd.store.sqlite import connect
from easd.sync.ports import Position
from tests.support.postgres import running_server
from tests.support.stores import START, folders, mail, with_users
from tests.unit.store.test_devices import phone

_MESSAGES = 10_000
_REPEATS = 7
_SECONDS_A_REPEAT = 0.02


@dataclass(frozen=True, slots=True)
class Result:
    """One row. `bare` and `core` are None where there is no such way."""

    name: str
    us: float
    bare: float | None = None
    core: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        ratios = (f"{self.us:.1f}", *(f"{us:.1f} ({us / self.us:.1f}x)" if us else "" for us in (self.bare, self.core)))
        return (self.name, *ratios)


def microseconds(work: Callable[[], object]) -> float:
    """The best of some repeats of at least 20 ms each."""
    timer = Timer(work)
    work()
    once = max(min(timer.repeat(3, 1)), 1e-7)
    number = max(1, round(_SECONDS_A_REPEAT / once))
    return min(timer.repeat(_REPEATS, number)) / number * 1e6


@contextmanager
def filled(url: str) -> Iterator[tuple[SqlStore, int, int]]:
    """A store with one mailbox of many messages and one device: store, mailbox, folder."""
    migrate(url)
    store = open_store(url)
    [alice] = with_users(store, "alice")
    inbox, _ = folders(store, alice.mailbox_id)
    messages = (mail(number, START + number * 1000) for number in range(_MESSAGES))
    Administration(store).import_mail(alice.mailbox_id, inbox, messages, batch=500)
    with store.writing(alice.mailbox_id) as writing:
        device = writing.save_device(phone(alice.id))
        writing.save_sync_row(device.id, inbox, SyncRow(bytes(200), bytes(100)))
    if store.database.dialect == POSTGRESQL:
        with store.database.write() as block:
            block.session._run("ANALYZE", {})  # what autovacuum does within a minute
    yield store, alice.mailbox_id, inbox
    store.close()


def statements(mailbox: int, inbox: int) -> Iterator[tuple[str, Prepared, dict[str, object]]]:
    """The statements that every exchange runs."""
    top = {"folder": inbox, "sort_time": 2**62, "uid": 0}
    yield "counter of a mailbox", reading.MAILBOX, {"mailbox": mailbox}
    yield "one folder", reading.FOLDER, {"mailbox": mailbox, "folder": inbox}
    yield "device", devices.FIND, {"mailbox": mailbox, "device_id": "APPL1", "device_type": "iPhone"}
    yield "sync state", devices.SYNC_ROW, {"device": 1, "collection": inbox}
    yield "no changes", collection.CHANGES, {"folder": inbox, "after": 10**9, "limit": 100}
    yield "first 100 changes", collection.CHANGES, {"folder": inbox, "after": 0, "limit": 100}
    yield "newest 100", collection.BEFORE, {**top, "not_older": 0, "limit": 100}
    yield "count of 10,000", collection.COUNT_BEFORE, {**top, "not_older": 0}


def compare(path: str, store: SqlStore, mailbox: int, inbox: int) -> Iterator[Result]:
    """Each statement in the three ways, inside a transaction that is open already."""
    bare = connect(path, 1)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as core, store.database.read() as block:
        for name, statement, values in statements(mailbox, inbox):
            construct = statement._builds[SQLITE]
            assert isinstance(construct, ClauseElement)
            yield Result(
                name,
                microseconds(lambda: block.session.all(statement, **values)),  # noqa: B023 - run before the next turn
                microseconds(bare_way(bare, statement, values)),
                microseconds(lambda: core.execute(construct, values).fetchall()),  # type: ignore[call-overload]  # noqa: B023
            )
    engine.dispose()
    bare.close()


def bare_way(connection: Any, statement: Prepared, values: dict[str, object]) -> Callable[[], object]:
    """The same text with `?` for each parameter."""
    text, ordered = statement.compile(SQLITE), []
    while at := min(((text.find(f":{name}"), name) for name in values if f":{name}" in text), default=None):
        text = text.replace(f":{at[1]}", "?", 1)
        ordered.append(values[at[1]])
    parameters = tuple(ordered)
    return lambda: connection.execute(text, parameters).fetchall()


def transactions(store: SqlStore, mailbox: int, inbox: int) -> Iterator[Result]:
    """Whole transactions of the store."""
    numbers = iter(range(10**6, 10**9))

    def read_nothing() -> None:
        with store.reading(mailbox):
            pass

    def quiet_sync() -> None:
        with store.reading(mailbox) as it:
            device = it.device("APPL1", "iPhone")
            assert device is not None
            it.sync_row(device.id, inbox)
            it.collection(inbox).changes(it.modseq, 100)

    def fetch() -> None:
        with store.reading(mailbox) as it:
            it.items(inbox, [entry.uid for entry in it.collection(inbox).before(Position(2**62, 0), 0, 100)])

    def save_state() -> None:
        with store.writing(mailbox) as it:
            it.save_sync_row(1, inbox, SyncRow(bytes(200), bytes(100)))

    def deliver() -> None:
        with store.writing(mailbox) as it:
            it.add_mail(inbox, mail(next(numbers)))

    yield Result("counter without a transaction", microseconds(lambda: store.modseq(mailbox)))
    yield Result("a reading of nothing", microseconds(read_nothing))
    yield Result("a reading: device, state, no changes", microseconds(quiet_sync))
    yield Result("a reading: newest 100 with content", microseconds(fetch))
    yield Result("a writing: save a sync state", microseconds(save_state))
    yield Result("a writing: add a new message", microseconds(deliver))


def results(*, postgresql: bool) -> Iterator[Result]:
    """All rows, in order."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "easd.db")
        with filled(f"sqlite:///{path}") as (store, mailbox, inbox):
            yield from compare(path, store, mailbox, inbox)
            yield from transactions(store, mailbox, inbox)
    if postgresql:
        with running_server() as server, filled(server.fresh()) as (store, mailbox, inbox):
            for row in transactions(store, mailbox, inbox):
                yield Result(f"PostgreSQL, {row.name}", row.us)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.add_argument("--postgresql", action="store_true", help="also transactions on a PostgreSQL of its own")
    arguments = parser.parse_args()
    rows = list(results(postgresql=arguments.postgresql))
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    table = Table("", "us", "bare driver", "SQLAlchemy Core", title="Statements of the store")
    for row in rows:
        table.add_row(*row.cells)
    Console().print(table)


if __name__ == "__main__":
    main()
