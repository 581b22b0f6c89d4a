"""`easd import eas`: a mailbox from any server that speaks Exchange ActiveSync."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from easd.admin import output
from easd.admin.cli_mail import REMARKS_SHOWN, progress_bar
from easd.admin.options import (
    AsJson,
    Authority,
    Connections,
    LeftOut,
    PasswordFile,
    UsersFile,
    known_password,
    settings_of,
)
from easd.admin.refused import Refused

if TYPE_CHECKING:
    from easd.admin.moving.eas_import import EasTally
    from easd.eas.versions import Version
    from easd.model.folder import ItemClass


def register(importing: typer.Typer) -> None:
    """Add the command."""
    importing.command("eas")(import_eas)


def import_eas(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The server there: https://mail.example.org.")],
    user: Annotated[str, typer.Argument(metavar="USER", help="The mailbox here: an address, or the name alone.")] = "",
    login: Annotated[str, typer.Option("--login", help="The user's name there; the address here without.")] = "",
    password_file: PasswordFile = None,
    users: UsersFile = None,
    connections: Connections = 4,
    version: Annotated[
        str, typer.Option("--protocol", metavar="VERSION", help="12.0 to 16.1; the newest of both without.")
    ] = "",
    device_type: Annotated[
        str, typer.Option("--device-type", help="What we say that we are: servers may let in some alone.")
    ] = "easd",
    authority: Authority = "",
    exclude: LeftOut = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="CLASS", help="email, contacts, calendar, tasks or notes; repeatable."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing here.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import mailboxes by Exchange ActiveSync: mail as it is, contacts, calendars, tasks and notes, with all folders.
    Cut off, it goes on where it was when run again; and run again later it brings what is new or has changed.
    """
    from easd.admin.moving.eas_import import EasWishes
    from easd.admin.moving.eas_many import EasMoves
    from easd.admin.moving.eas_source import EasLogin
    from easd.admin.moving.many import Move, first_line, moves_of
    from easd.admin.office import open_office

    if not url.startswith(("https://", "http://")):
        raise Refused(f"{url} does not begin with https:// or http://")
    if users is not None:
        moves = moves_of(users)
    elif user:
        password = known_password(from_stdin=False) if password_file is None else first_line(password_file)
        moves = [Move(user, login, password)]
    else:
        raise Refused("name USER, or --users")
    there = EasLogin(url, "", "", _version(version), device_type, authority)
    wishes = EasWishes(frozenset(exclude or ()), _classes(only or ()), dry_run)
    with open_office(settings_of(context)) as office, progress_bar("importing", None) as progress:
        tallies = EasMoves(there, moves, wishes, connections).run(office, progress)
    if as_json:
        output.as_json(tallies)
    else:
        _tell(tallies, dry_run)
    if any(each.fault or each.left_out for each in tallies):
        raise typer.Exit(1)


def _version(text: str) -> "Version | None":
    from easd.eas.versions import Version

    spoken = {one.text: one for one in Version}
    if text and text not in spoken:
        raise Refused(f"--protocol is one of {', '.join(spoken)}")
    return spoken.get(text)


def _classes(names: Iterable[str]) -> "frozenset[ItemClass]":
    from easd.model.folder import ItemClass

    known = {one.lower(): one for one in ItemClass}
    if strange := [one for one in names if one.lower() not in known]:
        raise Refused(f"--only {strange[0]}: there are {', '.join(known)}")
    return frozenset(known[one.lower()] for one in names) or frozenset(ItemClass)


def _tell(tallies: "Sequence[EasTally]", dry: bool) -> None:
    from easd.model.folder import ItemClass

    columns = ("mailbox", *(one.value.lower() for one in ItemClass), "present", "changed", "left out")
    rows = [
        (each.mailbox, *(each.imported[one.value] for one in ItemClass), each.present, each.changed, len(each.left_out))
        for each in tallies
    ]
    output.table(columns, rows, "no mailbox")
    if dry:
        output.say("nothing was changed")
    for each in tallies:
        if each.fault:
            output.say(f"{each.mailbox}: {each.fault}")
        remarks = [("left out", one) for one in each.left_out] + [("in part", one) for one in each.partly]
        for how, remark in remarks[:REMARKS_SHOWN]:
            output.say(f"{each.mailbox}: {how}: {remark.message}: {'; '.join(remark.remarks)}")
        if len(remarks) > REMARKS_SHOWN:
            output.say(f"{each.mailbox}: and {len(remarks) - REMARKS_SHOWN} more (--json tells all)")
