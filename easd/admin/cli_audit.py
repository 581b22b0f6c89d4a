"""`easd audit`: what administrators have changed."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, settings_of
from easd.model.audit import AuditLine, AuditQuestion

app = typer.Typer(name="audit", help="What administrators have changed.", no_args_is_help=True)


@app.command("list")
def list_lines(
    context: typer.Context,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="A day (2026-11-25), a moment in RFC 3339, or 90m, 12h, 7d.")
    ] = "",
    actor: Annotated[str, typer.Option("--actor", help="`cli:root`, or only `cli` or `key`.")] = "",
    target: Annotated[str, typer.Option("--target", help="The address or name of what was changed.")] = "",
    limit: Annotated[int, typer.Option("--limit", help="How many at most.", min=1, max=100_000)] = 1000,
    as_json: AsJson = False,
) -> None:
    """Changes, the latest first. `begun`: the program ended in the middle, and it may have been done or not."""
    from easd.admin.office import open_office

    question = AuditQuestion(_moment(since) if since else None, actor, target, limit=limit)
    with open_office(settings_of(context)) as office:
        found = office.desk.audit(question)
        names = dict(office.accounts.organizations())
    if as_json:
        output.as_json([_facts(line, names) for line in found])
        return
    rows = ((one.at, one.actor, one.operation, one.target, _told(one), one.outcome) for one in found)
    output.table(("when", "who", "operation", "target", "with", "outcome"), rows, "nothing was changed")


def _facts(line: AuditLine, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": line.id,
        "at": line.at,
        "actor": line.actor,
        "organisation": None if line.organisation is None else names.get(line.organisation),
        "operation": line.operation,
        "target": line.target,
        "parameters": line.parameters,
        "outcome": line.outcome,
    }


def _told(line: AuditLine) -> str:
    return ", ".join(f"{name}={output.cell(value)}" for name, value in line.parameters.items() if value not in ("", []))


def _moment(text: str) -> datetime:
    """A moment in UTC where nothing else is said. BadParameter for what is none."""
    units = {"m": "minutes", "h": "hours", "d": "days"}
    number, unit = text[:-1], text[-1:]
    try:
        if unit in units and number.isascii() and number.isdigit():
            return datetime.now(UTC) - timedelta(**{units[unit]: int(number)})
        made = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"not a moment: {text[:40]}") from error
    return made if made.tzinfo else made.replace(tzinfo=UTC)
