"""`easd import vcf`, `easd import ics` and `easd export`: what a mailbox holds, as other programs have it."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from easd.admin import cli_organisation_files, output
from easd.admin.cli_mail import REMARKS_SHOWN, importing, progress_bar
from easd.admin.options import AsJson, UserName, settings_of

if TYPE_CHECKING:
    from easd.admin.importing import Remark

exporting = typer.Typer(name="export", help="What a mailbox holds, for other programs.", no_args_is_help=True)

InFolder = Annotated[str | None, typer.Option("--folder", help="The folder of contacts; the default one without.")]
InCalendar = Annotated[
    str | None, typer.Option("--folder", help="A folder of events, tasks or notes; the default ones without.")
]
Replacing = Annotated[
    bool, typer.Option("--replace", help="What is there already becomes as in the file; else it stays as it is.")
]


def register(app: typer.Typer) -> None:
    """Add the commands; those of import go to the group that is there."""
    importing.command("vcf")(import_vcf)
    importing.command("ics")(import_ics)
    exporting.command("vcf")(export_vcf)
    exporting.command("ics")(export_ics)
    exporting.command("mailbox")(export_mailbox)
    cli_organisation_files.register(importing, exporting)
    app.add_typer(exporting)


def import_vcf(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="vCards of version 2.1, 3.0 or 4.0.")],
    user: UserName,
    folder: InFolder = None,
    replace: Replacing = False,
    as_json: AsJson = False,
) -> None:
    """Import contacts; what devices cannot show of them is kept and goes out again with `easd export vcf`. A card that
    is there already is not added twice.
    """
    from easd.admin.cards import import_contacts
    from easd.admin.items import folder_of
    from easd.admin.office import open_office
    from easd.model.folder import ItemClass

    data = file.read_bytes()
    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        target = folder_of(office, owner, [ItemClass.CONTACTS], folder)
        noted = office.desk.mailboxes.importing(owner, str(file))
        with noted, progress_bar("importing", None) as progress:
            tally = import_contacts(
                office, owner, target, data, datetime.now(UTC), lambda done: progress(done, None), replacing=replace
            )
    if as_json:
        output.as_json(
            {"imported": tally.imported, "present": tally.present, "replaced": tally.replaced, "folder": target.name}
        )
    else:
        output.say(f"{tally.imported} contacts are in {target.name} now{_also(tally.present, tally.replaced)}")


def _also(present: int, replaced: int) -> str:
    there = f", {present} were there already" if present else ""
    return f"{there}, {replaced} are as in the file again" if replaced else there


def import_ics(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An iCalendar file.")],
    user: UserName,
    folder: InCalendar = None,
    replace: Replacing = False,
    as_json: AsJson = False,
) -> None:
    """Import events, tasks (VTODO) and notes (VJOURNAL). What devices cannot show of them is kept and goes out again
    with `easd export ics`. An item whose UID is there already is not added twice: an import that was stopped goes on.
    """
    from easd.admin.calendars import CalendarImport
    from easd.admin.office import open_office

    data = file.read_bytes()
    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        run = CalendarImport(office, owner, folder, replacing=replace)
        noted = office.desk.mailboxes.importing(owner, str(file))
        with noted, progress_bar("importing", None) as progress:
            tally = run.run(data, datetime.now(UTC), lambda done: progress(done, None))
    if as_json:
        output.as_json({**asdict(tally), "folders": run.folders})
    else:
        there = _also(tally.present, tally.replaced)
        output.say(f"{tally.events} events, {tally.tasks} tasks and {tally.notes} notes are in the mailbox now{there}")
        _tell_left_out(tally.left_out)
    if tally.left_out:
        raise typer.Exit(1)


def _tell_left_out(remarks: "Sequence[Remark]") -> None:
    if remarks:
        output.say(f"{len(remarks)} left out:")
    for remark in remarks[:REMARKS_SHOWN]:
        output.say(f"  {remark.message}: {'; '.join(remark.remarks)}")
    if len(remarks) > REMARKS_SHOWN:
        output.say(f"  and {len(remarks) - REMARKS_SHOWN} more (--json tells all)")


def export_vcf(context: typer.Context, user: UserName, folder: InFolder = None) -> None:
    """Write all contacts of a folder to standard output, as vCards 4.0."""
    from easd.admin.cards import export_contacts
    from easd.admin.items import folder_of
    from easd.admin.office import open_office
    from easd.model.folder import ItemClass

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        target = folder_of(office, owner, [ItemClass.CONTACTS], folder)
        with office.desk.mailboxes.exporting(owner, "vcf"):
            for card in export_contacts(office, owner, target):
                sys.stdout.buffer.write(card)
    sys.stdout.buffer.flush()


def export_ics(context: typer.Context, user: UserName, folder: InCalendar = None) -> None:
    """Write the events, tasks or notes of a folder to standard output, as iCalendar; without --folder the events."""
    from easd.admin.calendars import CLASSES
    from easd.admin.exporting import export_calendar
    from easd.admin.items import folder_of
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        target = folder_of(office, owner, CLASSES, folder)
        noted = office.desk.mailboxes.exporting(owner, "ics")
        with noted, progress_bar("exporting", None) as progress:
            text = export_calendar(office, owner, target, lambda done: progress(done, None))
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


def export_mailbox(
    context: typer.Context,
    user: UserName,
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to put the files; it is made if need be.")],
    mbox: Annotated[bool, typer.Option("--mbox", help="Mail as one mbox file a folder, not as Maildirs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a whole mailbox as files: mail, contacts (vcf), calendars, tasks and notes (ics). An export that was
    stopped goes on: messages that lie there already are not written again.
    """
    from easd.admin.exporting import MailboxExport
    from easd.admin.office import open_office
    from easd.model.folder import ItemClass

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        run = MailboxExport(office, owner, target, mbox=mbox)
        noted = office.desk.mailboxes.exporting(owner, str(target))
        with noted, progress_bar("exporting", None) as progress:
            tally = run.run(lambda done: progress(done, None))
    names = {"Email": "messages", "Contacts": "contacts", "Calendar": "events", "Tasks": "tasks", "Notes": "notes"}
    counts = {names[each]: tally.written[each] for each in ItemClass}
    if as_json:
        output.as_json({**counts, "present": tally.present, "lost": tally.lost})
    else:
        there = f"; {tally.present} messages were there already" if tally.present else ""
        output.say(f"{', '.join(f'{count} {name}' for name, count in counts.items())} are in {target}{there}")
        for lost in tally.lost:
            output.say(f"not written, for the database has lost its bytes: {lost}")
    if tally.lost:
        raise typer.Exit(1)
