"""`easd import workmail`: an organisation of Amazon WorkMail, by its API."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.cli_mail import REMARKS_SHOWN, progress_bar
from easd.admin.options import AsJson, settings_of

if TYPE_CHECKING:
    from easd.admin.importing import Remark
    from easd.admin.moving.described import Described
    from easd.admin.moving.steps import Happened
    from easd.admin.office import Office


def register(importing: typer.Typer) -> None:
    """Add the command."""
    importing.command("workmail")(import_workmail)


def import_workmail(
    context: typer.Context,
    organization_id: Annotated[
        str, typer.Option("--organization-id", metavar="ID", help="There (m-...); the only one without.")
    ] = "",
    region: Annotated[str, typer.Option("--region", help="As eu-west-1; else what AWS_REGION says.")] = "",
    profile: Annotated[str, typer.Option("--profile", help="Of the credentials, as the AWS CLI knows it.")] = "",
    endpoint_url: Annotated[
        str, typer.Option("--endpoint-url", metavar="URL", help="Another server with this API, easd for one.")
    ] = "",
    organisation: Annotated[
        str,
        typer.Option(
            "--organisation", metavar="NAME", help="What it is called here; else that of its domain, or its alias."
        ),
    ] = "",
    passwords: Annotated[
        Path | None,
        typer.Option("--passwords", metavar="FILE", help="Invent first passwords, and write them here (CSV)."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import users, groups, resources, aliases, permissions, rules, retention and roles from Amazon WorkMail. Run
    again, it makes what is new there and changes what differs; nobody is deleted. Needs `easd[aws]`, and the
    permissions workmail:Describe*, Get* and List*.
    """
    from easd.admin.moving.establishing import Establishing, nobody_signs_in
    from easd.admin.moving.first_passwords import FirstPasswords
    from easd.admin.moving.from_workmail import WorkMailSource, open_workmail
    from easd.admin.office import open_office

    settings = settings_of(context)
    source = WorkMailSource(
        open_workmail(region, endpoint_url, profile), organization_id, settings.limits.mailbox_bytes or None
    )
    with open_office(settings) as office:
        with progress_bar("reading", None) as progress:
            wanted = source.described(progress)
        wanted = replace(wanted, name=organisation or name_here(office, wanted))
        run = Establishing(office, wanted, FirstPasswords(passwords) if passwords else nobody_signs_in)
        if dry_run:
            happened = run.planned()
        else:
            with progress_bar("importing", None) as progress:
                happened = run.run(progress)
    if as_json:
        output.as_json(
            {"organisation": wanted.name, "steps": happened, "left_out": source.left_out, "dry_run": dry_run}
        )
    else:
        tell(happened, source.left_out, dry=dry_run)
    if source.left_out or any(one.fault for one in happened):
        raise typer.Exit(1)


def name_here(office: "Office", wanted: "Described") -> str:
    """What the organisation is called here: whoever has its default domain already is meant."""
    owner = dict(office.accounts.domains()).get(wanted.default_domain)
    return next((one.name for one in office.organisations.all() if one.id == owner), wanted.name)


def tell(happened: "Sequence[Happened]", left_out: "Sequence[Remark]", *, dry: bool) -> None:
    """What was done to an organisation, or would be."""
    from easd.admin.moving.steps import counted

    columns = ("what", "to make", "to change", "to remove") if dry else ("what", "made", "changed", "removed", "failed")
    output.table(columns, _rows(counted(happened), dry), "nothing is to be done: all is here already")
    if dry:
        _say(f"{one.kind} {one.name}: {one.what}" for one in happened if one.what != "new")
    _say(f"{one.kind} {one.name}: {one.fault}" for one in happened if one.fault)
    _say(f"not read: {one.message}: {'; '.join(one.remarks)}" for one in left_out)


def _rows(counts: dict[str, Any], dry: bool) -> Iterable[Sequence[object]]:
    for kind, count in counts.items():
        values = tuple(asdict(count).values())
        yield (kind, *(values[:3] if dry else values))


def _say(lines: Iterable[str]) -> None:
    told = list(lines)
    for line in told[:REMARKS_SHOWN]:
        output.say(line)
    if len(told) > REMARKS_SHOWN:
        output.say(f"and {len(told) - REMARKS_SHOWN} more (--json tells all)")
