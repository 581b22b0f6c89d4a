"""`easd import imap` and `easd import workmail-export`: mailboxes that move in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
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
    UserName,
    UsersFile,
    known_password,
    settings_of,
)

if TYPE_CHECKING:
    from easd.admin.moving.imap_import import ImapTally, Wishes
    from easd.admin.moving.imap_source import Login
    from easd.config import Settings

_TLS = ("implicit", "starttls", "none")


def register(importing: typer.Typer) -> None:
    """Add the commands."""
    importing.command("imap")(import_imap)
    importing.command("workmail-export")(import_workmail_export)


@dataclass(frozen=True, slots=True)
class _Server:
    """Where the mailboxes are."""

    host: str
    port: int
    tls: str
    authority: str


def import_imap(
    context: typer.Context,
    host: Annotated[str, typer.Argument(metavar="HOST", help="The IMAP server.")],
    login: Annotated[str, typer.Argument(metavar="LOGIN", help="The user's name there.")] = "",
    user: Annotated[str, typer.Argument(metavar="USER", help="The mailbox here: an address, or the name alone.")] = "",
    port: Annotated[int, typer.Option("--port", help="0: 993, or 143 where TLS is not implicit.", min=0)] = 0,
    tls: Annotated[str, typer.Option("--tls", help="implicit, starttls, or none (nothing is secret then).")] = _TLS[0],
    authority: Authority = "",
    password_file: PasswordFile = None,
    oauth_token_file: Annotated[
        Path | None, typer.Option("--oauth-token-file", metavar="FILE", help="Its first line is an OAuth 2.0 token.")
    ] = None,
    users: UsersFile = None,
    connections: Connections = 4,
    exclude: LeftOut = None,
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Delete here what came from there and is gone there since.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import mailboxes from an IMAP server with all folders, times and flags. Cut off, it goes on where it was when
    run again; and run again later it brings what is new and which flags have changed.
    """
    from easd.admin.moving.imap_import import Wishes
    from easd.admin.moving.many import Move, moves_of
    from easd.admin.refused import Refused

    if tls not in _TLS:
        raise Refused(f"--tls is one of {', '.join(_TLS)}")
    server = _Server(host, port or (993 if tls == "implicit" else 143), tls, authority)
    if users is not None:
        moves = moves_of(users)
    elif login and user:
        moves = [Move(user, login, _secret(password_file, oauth_token_file))]
    else:
        raise Refused("name LOGIN and USER, or --users")
    wishes = Wishes(mirror, dry_run, frozenset(exclude or ()))
    logins = [(each.address, _login(server, each.login, each.secret, oauth_token_file is not None)) for each in moves]
    tallies = _run(settings_of(context), logins, wishes, connections)
    _tell(tallies, dry_run, as_json)
    if any(each.fault or each.left_out for each in tallies):
        raise typer.Exit(1)


def _secret(password_file: Path | None, token_file: Path | None) -> str:
    from easd.admin.moving.many import first_line

    file = token_file or password_file
    return known_password(from_stdin=False) if file is None else first_line(file)


def _login(server: _Server, name: str, secret: str, token: bool) -> "Login":
    from easd.admin.moving.imap_source import Login

    return Login(server.host, server.port, name, secret, server.tls, token, server.authority)


def _run(
    settings: "Settings", logins: "Sequence[tuple[str, Login]]", wishes: "Wishes", connections: int
) -> "list[ImapTally]":
    from easd.admin.moving.many import import_all
    from easd.admin.office import open_office

    with open_office(settings) as office, progress_bar("importing", None) as progress:
        return import_all(office, logins, wishes, connections, progress)


def _tell(tallies: "Sequence[ImapTally]", dry: bool, as_json: bool) -> None:
    if as_json:
        output.as_json(list(tallies))
        return
    columns = ("mailbox", "to import" if dry else "imported", "present", "elsewhere", "changed", "removed", "left out")
    rows = [
        (each.mailbox, each.imported, each.present, each.again, each.changed, each.removed, len(each.left_out))
        for each in tallies
    ]
    output.table(columns, rows, "no mailbox")
    for each in tallies:
        if each.fault:
            output.say(f"{each.mailbox}: {each.fault}")
        for remark in each.left_out[:REMARKS_SHOWN]:
            output.say(f"{each.mailbox}: {remark.message}: {'; '.join(remark.remarks)}")
        if len(each.left_out) > REMARKS_SHOWN:
            output.say(f"{each.mailbox}: and {len(each.left_out) - REMARKS_SHOWN} more (--json tells all)")


def import_workmail_export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip file of StartMailboxExportJob.")],
    user: UserName,
    unread: Annotated[bool, typer.Option("--unread", help="Messages count as unread; the file does not say.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a mailbox that Amazon WorkMail has exported: mail and calendar. Contacts and tasks are not in such a file.
    Cut off, it goes on where it was when run again.
    """
    from easd.admin.moving.export_zip import ZipImport
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office, progress_bar("importing", None) as progress:
        owner = office.user(user)
        with office.desk.mailboxes.importing(owner, str(file)):
            tally = ZipImport(office, owner, datetime.now(UTC), read=not unread).run(file, progress)
    if as_json:
        output.as_json(tally)
    else:
        output.say(f"{tally.messages} messages and {tally.events} events have come; {tally.present} were there already")
        for remark in tally.left_out[:REMARKS_SHOWN]:
            output.say(f"left out: {remark.message}: {'; '.join(remark.remarks)}")
        output.say(
            "contacts and tasks are not in such a file: import them with `easd import vcf` and `easd import ics`"
        )
    if tally.left_out:
        raise typer.Exit(1)
