"""`easd export organisation` and `easd import organisation`: all of an organisation as files, and back."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from easd.admin import output
from easd.admin.cli_import_workmail import tell
from easd.admin.cli_mail import progress_bar
from easd.admin.options import AsJson, settings_of

Named = Annotated[
    str, typer.Option("--organisation", metavar="NAME", help="Which; it may be left out where there is one.")
]


def register(importing: typer.Typer, exporting: typer.Typer) -> None:
    """Add the commands."""
    exporting.command("organisation")(export)
    importing.command("organisation")(bring)


def export(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to put it; it is made if need be.")],
    organisation: Named = "",
    passwords: Annotated[
        bool, typer.Option("--passwords/--no-passwords", help="Hashes of passwords in a file of their own.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Write a whole organisation as files: users, groups, resources, aliases, permissions, rules and policies (JSON),
    and every mailbox as `easd export mailbox` writes it, with all that those forms have no place for beside it.
    """
    from easd.admin.moving.organisation_files import export_organisation
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office, progress_bar("exporting", None) as progress:
        number = office.organisation(organisation)
        tally = export_organisation(office, number, target, progress, passwords=passwords)
    if as_json:
        counts = {
            address: {**{kind.value: count for kind, count in each.written.items()}, "present": each.present}
            for address, each in tally.mailboxes.items()
        }
        output.as_json({"mailboxes": counts, "lost": tally.lost})
    else:
        output.say(f"{tally.done} items of {len(tally.mailboxes)} mailboxes are in {target}")
        for lost in tally.lost:
            output.say(f"not written, for the database has lost its bytes: {lost}")
    if tally.lost:
        raise typer.Exit(1)


def bring(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `easd export organisation` wrote.")],
    organisation: Annotated[str, typer.Option("--organisation", metavar="NAME", help="Another name for it here.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Restore an organisation from files. Cut off, it goes on where it was when run again; what is here already stays,
    and what was deleted here does not come back.
    """
    from easd.admin.moving.organisation_files import import_organisation, planned
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office, progress_bar("importing", None) as progress:
        if dry_run:
            result = planned(office, source, organisation)
        else:
            result = import_organisation(office, source, progress, organisation)
    if as_json:
        output.as_json({**asdict(result), "dry_run": dry_run})
    else:
        tell(result.steps, result.left_out, dry=dry_run)
        columns = ("mailbox", "messages", "other items", "present", "left out")
        rows = [
            (each.mailbox, each.messages, each.items, each.present, len(each.left_out)) for each in result.mailboxes
        ]
        output.table(columns, rows, "no mailbox was looked at" if dry_run else "no mailbox")
        for each in result.mailboxes:
            for remark in each.left_out:
                output.say(f"{each.mailbox}: {remark.message}: {'; '.join(remark.remarks)}")
    if not result.complete:
        raise typer.Exit(1)
