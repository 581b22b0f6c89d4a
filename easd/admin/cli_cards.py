"""`easd import vcf` and `easd export vcf`: contacts as vCards."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from easd.admin import output
from easd.admin.cli_mail import importing, progress_bar
from easd.admin.options import AsJson, UserName, settings_of

exporting = typer.Typer(name="export", help="What a mailbox holds, for other programs.", no_args_is_help=True)

InFolder = Annotated[str | None, typer.Option("--folder", help="The folder of contacts; the default one without.")]


def register(app: typer.Typer) -> None:
    """Add the commands; those of import go to the group that is there."""
    importing.command("vcf")(import_vcf)
    exporting.command("vcf")(export_vcf)
    app.add_typer(exporting)


def import_vcf(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="vCards of version 2.1, 3.0 or 4.0.")],
    user: UserName,
    folder: InFolder = None,
    as_json: AsJson = False,
) -> None:
    """Import contacts; what devices cannot show of them is kept and goes out again with `easd export vcf`."""
    from easd.admin.cards import contact_folder, import_contacts
    from easd.admin.office import open_office

    data = file.read_bytes()
    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        target = contact_folder(office, owner, folder)
        with progress_bar("importing", None) as progress:
            count = import_contacts(office, owner, target, data, datetime.now(UTC), lambda done: progress(done, None))
    if as_json:
        output.as_json({"imported": count, "folder": target.name})
    else:
        output.say(f"{count} contacts are in {target.name} now")


def export_vcf(context: typer.Context, user: UserName, folder: InFolder = None) -> None:
    """Write all contacts of a folder to standard output, as vCards 4.0."""
    from easd.admin.cards import contact_folder, export_contacts
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        for card in export_contacts(office, owner, contact_folder(office, owner, folder)):
            sys.stdout.buffer.write(card)
    sys.stdout.buffer.flush()
