"""`easd import eas`: a mailbox from any server that speaks Exchange ActiveSync."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from easd.admin import output
from easd.admin.cli_mail import REMARKS_SHOWN, progress_bar
from easd.admin.options import AsJson, UserName, known_password, settings_of
from easd.admin.refused import Refused

if TYPE_CHECKING:
    from easd.admin.moving.eas_import import EasTally


def register(importing: typer.Typer) -> None:
    """Add the command."""
    importing.command("eas")(import_eas)


def import_eas(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The server there: https://mail.example.org.")],
    user: UserName,
    login: Annotated[str, typer.Option("--login", help="The user's name there; the address here without.")] = "",
    password_file: Annotated[
        Path | None, typer.Option("--password-file", metavar="FILE", help="Its first line is the password.")
    ] = None,
    version: Annotated[
        str, typer.Option("--protocol", metavar="VERSION", help="12.0 to 16.1; the newest of both without.")
    ] = "",
    device_type: Annotated[
        str, typer.Option("--device-type", help="What we say that we are: servers may let in some alone.")
    ] = "easd",
    authority: Annotated[
        str, typer.Option("--authority", metavar="FILE", help="Certificates (PEM) to trust instead of the system's.")
    ] = "",
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="FOLDER", help="A folder there to leave out; repeatable.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="CLASS", help="email, contacts, calendar, tasks or notes; repeatable."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing here.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a mailbox by Exchange ActiveSync: mail as it is, contacts, calendars, tasks and notes, with all folders.
    Cut off, it goes on where it was when run again; and run again later it brings what is new or has changed.
    """
    import asyncio
    from contextlib import nullcontext
    from datetime import UTC, datetime

    from easd.admin.moving.eas_import import EasImport
    from easd.admin.moving.eas_source import EasLogin, EasSource
    from easd.admin.moving.many import first_line
    from easd.admin.office import open_office
    from easd.eas.versions import Version
    from easd.model.folder import ItemClass

    if not url.startswith(("https://", "http://")):
        raise Refused(f"{url} does not begin with https:// or http://")
    spoken = {one.text: one for one in Version}
    if version and version not in spoken:
        raise Refused(f"--protocol is one of {', '.join(spoken)}")
    classes = {one.lower(): one for one in ItemClass}
    if strange := [one for one in only or () if one.lower() not in classes]:
        raise Refused(f"--only {strange[0]}: there are {', '.join(classes)}")
    wanted = frozenset(classes[one.lower()] for one in only or classes)
    password = known_password(from_stdin=False) if password_file is None else first_line(password_file)
    with open_office(settings_of(context)) as office, progress_bar("importing", None) as progress:
        owner = office.user(user)
        there = EasLogin(url, login or owner.address, password, spoken.get(version), device_type, authority)

        async def run() -> "EasTally":
            source = EasSource(there)
            work = EasImport(
                office, owner, source, datetime.now(UTC), exclude=frozenset(exclude or ()), only=wanted, dry=dry_run
            )
            noted = nullcontext() if dry_run else office.desk.mailboxes.importing(owner, there.account)
            try:
                with noted:
                    return await work.run(lambda done: progress(done, None))
            finally:
                await source.close()

        tally = asyncio.run(run())
    _tell(tally, dry_run, as_json)
    if tally.left_out:
        raise typer.Exit(1)


def _tell(tally: "EasTally", dry: bool, as_json: bool) -> None:
    if as_json:
        output.as_json(tally)
        return
    rows = [(name, count) for name, count in tally.imported.items()]
    rows += [("there already", tally.present), ("changed there", tally.changed), ("left out", len(tally.left_out))]
    output.table(("what", "to import" if dry else "imported"), rows, "nothing")
    remarks = [("left out", each) for each in tally.left_out] + [("in part", each) for each in tally.partly]
    for how, remark in remarks[:REMARKS_SHOWN]:
        output.say(f"{how}: {remark.message}: {'; '.join(remark.remarks)}")
    if len(remarks) > REMARKS_SHOWN:
        output.say(f"and {len(remarks) - REMARKS_SHOWN} more (--json tells all)")
