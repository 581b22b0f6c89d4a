"""`easd deliver`, `easd import` and `easd mailbox`: mail into mailboxes, and mailboxes as new."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from easd.admin import output
from easd.admin.options import AsJson, UserName, Yes, settings_of, sure

if TYPE_CHECKING:
    from easd.admin.importing import Tally
    from easd.admin.mail_files import Found
    from easd.config import Settings

REMARKS_SHOWN = 20

importing = typer.Typer(name="import", help="Mail of other programs into a mailbox.", no_args_is_help=True)
mailbox = typer.Typer(name="mailbox", help="Whole mailboxes.", no_args_is_help=True)

InFolder = Annotated[str, typer.Option("--folder", help="The mail folder to put it into.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    from easd.admin import cli_import_eas, cli_import_workmail, cli_moving

    app.command("deliver")(deliver)
    cli_moving.register(importing)
    cli_import_eas.register(importing)
    cli_import_workmail.register(importing)
    app.add_typer(importing)
    app.add_typer(mailbox)


def deliver(
    context: typer.Context,
    recipient: Annotated[str, typer.Argument(metavar="RECIPIENT", help="Address of a user, resource or group.")],
    as_json: AsJson = False,
) -> None:
    """Put the message on standard input into the recipient's Inbox, or that of each in a group; waiting devices hear of
    it at once.
    """
    from easd.admin.importing import deliver_message
    from easd.admin.office import open_office

    settings = settings_of(context)
    raw = sys.stdin.buffer.read(settings.limits.message_bytes + 1)
    with open_office(settings) as office:
        delivered = deliver_message(office, recipient, raw, datetime.now(UTC))
    facts = [
        {"recipient": user.address, "server_id": f"{item.folder_id}:{item.uid}", "subject": item.email.subject}
        for user, item in delivered
    ]
    if as_json:
        output.as_json(facts)
    else:
        output.say(f"delivered to {', '.join(fact['recipient'] for fact in facts)}")


@importing.command("maildir")
def import_maildir(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder with cur and new in it.")],
    user: UserName,
    folder: InFolder = "Inbox",
    as_json: AsJson = False,
) -> None:
    """Import a Maildir; times and flags are kept, and the files stay as they are."""
    from easd.admin.mail_files import from_maildir, maildir, subfolders

    settings = settings_of(context)
    files = maildir(path)
    found = (from_maildir(file, settings.limits.message_bytes) for file in files)
    _import(settings, user, folder, found, len(files), as_json)
    if inside := subfolders(path):
        output.say(f"not imported: the folders {', '.join(inside)} inside; name each with --folder to import it")


@importing.command("mbox")
def import_mbox(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    user: UserName,
    folder: InFolder = "Inbox",
    as_json: AsJson = False,
) -> None:
    """Import an mbox file; times and flags are kept, and the file stays as it is."""
    from easd.admin.mail_files import from_mbox

    settings = settings_of(context)
    with file.open("rb") as source:
        found = from_mbox(source, str(file), settings.limits.message_bytes)
        _import(settings, user, folder, found, None, as_json)


@mailbox.command("reset")
def reset(context: typer.Context, user: UserName, yes: Yes = False) -> None:
    """Empty a mailbox: as new, with the default folders. Devices synchronise it from the start."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = office.user(user)
        sure(f"Delete all that is in the mailbox of {found.address}?", yes)
        office.desk.mailboxes.reset(found)
    output.say(f"the mailbox of {found.address} is as new")


@mailbox.command("index")
def index(context: typer.Context) -> None:
    """Index what searches do not find yet: mail of a database from before the index. A running server does it, too."""
    from easd.admin.office import open_office
    from easd.store import index_pending, pending

    with open_office(settings_of(context)) as office:
        total = pending(office.store)
        with progress_bar("indexing", total) as progress:
            count = index_pending(office.store, done=lambda done: progress(done, None))
    output.say(f"{count} items indexed")


def _import(
    settings: "Settings", user: str, folder: str, found: "Iterable[Found]", total: int | None, as_json: bool
) -> None:
    from easd.admin.importing import import_messages, mail_folder
    from easd.admin.office import open_office

    with open_office(settings) as office:
        owner = office.user(user)
        target = mail_folder(office, owner, folder)
        noted = office.desk.mailboxes.importing(owner, "files of messages")
        with noted, progress_bar("importing", total) as progress:
            tally = import_messages(office, owner, target, found, datetime.now(UTC), lambda done: progress(done, None))
    if as_json:
        output.as_json(tally)
    else:
        _tell(tally, target.name)
    if tally.left_out:
        raise typer.Exit(1)


def _tell(tally: "Tally", folder: str) -> None:
    output.say(f"{tally.imported} messages are in {folder} now: {tally.unread} unread, {tally.flagged} flagged")
    for title, remarks in (("malformed, imported as they are", tally.malformed), ("left out", tally.left_out)):
        if remarks:
            output.say(f"{len(remarks)} {title}:")
        for remark in remarks[:REMARKS_SHOWN]:
            output.say(f"  {remark.message}: {'; '.join(remark.remarks)}")
        if len(remarks) > REMARKS_SHOWN:
            output.say(f"  and {len(remarks) - REMARKS_SHOWN} more (--json tells all)")


@contextmanager
def progress_bar(title: str, total: int | None) -> "Iterator[Callable[[int, int | None], None]]":
    """A bar on standard error, where somebody watches. The value hears how many are done, and of how many."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = output.aside()
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)
