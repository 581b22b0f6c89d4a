"""`easd queue`: mail on its way."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, Yes, settings_of, sure
from easd.admin.refused import Refused

if TYPE_CHECKING:
    from easd.model.outgoing import Outbound
    from easd.store import SqlStore

app = typer.Typer(name="queue", help="Mail on its way: what waits, and why.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ID", help="As `easd queue list` shows it.")]


@app.command("list")
def list_entries(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many at most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """What waits, the oldest first."""
    with _store(context) as store:
        entries, waiting = store.listed(limit), store.waiting()
    if as_json:
        output.as_json([_facts(entry) for entry in entries])
        return
    columns = ("id", "from", "to", "queued", "next attempt", "attempts", "last error")
    rows = [(e.id, e.sender or "<>", e.recipient, e.queued, e.due, e.attempts, e.error) for e in entries]
    output.table(columns, rows, "nothing waits")
    if waiting.here + waiting.elsewhere > len(entries):
        output.say(f"and {waiting.here + waiting.elsewhere - len(entries)} more (--limit)")


@app.command()
def show(context: typer.Context, number: Number, as_json: AsJson = False) -> None:
    """All about one copy, and the header of its message."""
    with _store(context) as store:
        entry = _found(store, number)
        raw = store.queued_raw(entry)
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    facts = {**_facts(entry), "bytes": len(raw), "header": head}
    if as_json:
        output.as_json(facts)
    else:
        output.table(("", ""), [(name, value) for name, value in facts.items() if name != "header"], "")
        typer.echo(f"\n{head}")


@app.command()
def retry(context: typer.Context, number: Number) -> None:
    """Try a copy again now. A running server does it within `upkeep.queue_seconds`."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        office.desk.queue.hasten(_found(office.store, number))
    output.say(f"{number} is due")


@app.command()
def flush(context: typer.Context) -> None:
    """Try everything that waits again now."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        count = office.desk.queue.flush()
    output.say(f"{count} copies that had to wait are due")


@app.command()
def remove(context: typer.Context, number: Number, yes: Yes = False) -> None:
    """Take a copy off the queue; nobody gets it, and nobody is told."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        entry = _found(office.store, number)
        sure(f"Throw away the mail of {entry.sender or '<>'} to {entry.recipient}?", yes)
        office.desk.queue.discard(entry)
    output.say(f"{number} is gone")


@contextmanager
def _store(context: typer.Context) -> "Iterator[SqlStore]":
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        yield office.store


def _found(store: "SqlStore", number: int) -> "Outbound":
    entry = store.entry(number)
    if entry is None:
        raise Refused(f"there is no {number} in the queue: it is delivered, or has never been there")
    return entry


def _facts(entry: "Outbound") -> dict[str, Any]:
    return {
        "id": entry.id,
        "from": entry.sender,
        "to": entry.recipient,
        "destination": "elsewhere" if entry.elsewhere else "here",
        "queued": entry.queued,
        "next_attempt": entry.due,
        "attempts": entry.attempts,
        "worker": entry.worker,
        "last_error": entry.error,
        "notify": sorted(entry.asked.notify),
        "envelope_id": entry.asked.envid,
    }
