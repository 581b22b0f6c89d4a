"""`easd share`: folders of other people's mailboxes, and of shared mailboxes and resources, on somebody's devices."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, settings_of
from easd.admin.refused import Refused
from easd.model.account import User
from easd.model.folder import Folder
from easd.model.share import SHARED_AS, Chosen, Rights, Share

if TYPE_CHECKING:  # it brings the database with it, which takes its time
    from easd.admin.office import Office

app = typer.Typer(
    name="share", help="Folders of others, and of shared mailboxes, on a user's devices.", no_args_is_help=True
)

Reader = Annotated[str, typer.Argument(metavar="USER", help="On whose devices.")]
Owner = Annotated[str, typer.Argument(metavar="OWNER", help="Whose folders: a user or resource that USER may open.")]
Everything = Annotated[bool, typer.Option("--all", help="All folders, those to come included.")]
Inbox = Annotated[bool, typer.Option("--inbox", help="The Inbox.")]
Calendar = Annotated[bool, typer.Option("--calendar", help="The calendar.")]
Contacts = Annotated[bool, typer.Option("--contacts", help="The contacts.")]
Tasks = Annotated[bool, typer.Option("--tasks", help="The tasks.")]
Notes = Annotated[bool, typer.Option("--notes", help="The notes.")]
Named = Annotated[
    list[str] | None,
    typer.Option("--folder", metavar="NAME", help="A folder, by its name, path or number; may repeat."),
]
OnDevice = Annotated[str, typer.Option("--device", metavar="ID", help="On this device alone, not on all.")]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="What USER changes there is undone on the device.")]
Private = Annotated[bool, typer.Option("--show-private", help="Private and confidential events in full.")]


@app.command("add")
def add(
    context: typer.Context,
    reader: Reader,
    owner: Owner,
    everything: Everything = False,
    inbox: Inbox = False,
    calendar: Calendar = False,
    contacts: Contacts = False,
    tasks: Tasks = False,
    notes: Notes = False,
    folder: Named = None,
    device: OnDevice = "",
    read_only: ReadOnly = False,
    show_private: Private = False,
    as_json: AsJson = False,
) -> None:
    """Put folders of OWNER on the devices of USER, who must have FULL_ACCESS (`easd user grant`). To share the same
    again with other options replaces them.
    """
    from easd.admin.devices import find_device
    from easd.admin.office import open_office, refusing

    flags = zip((everything, inbox, calendar, contacts, tasks, notes), list(Chosen)[:6], strict=True)
    chosen = [one for flag, one in flags if flag]
    with open_office(settings_of(context)) as office:
        user, whose = office.user(reader), office.entity(owner)
        there = office.folders(whose)
        wanted: list[tuple[Chosen, int | None]] = [(one, None) for one in chosen]
        wanted += [(Chosen.FOLDER, _folder(there, whose, name)) for name in folder or ()]
        if not wanted:
            raise Refused("which folders? Say --all, --inbox, --calendar, --contacts, --tasks, --notes or --folder")
        number = find_device(office, user, device).id if device else None
        rights = Rights(writable=not read_only, private=show_private)
        told = {"of": whose.address, "folders": [one for one, _ in wanted], "writable": not read_only}
        with refusing(), office.desk.log.about("ShareFolders", user, device=device or None, **told):
            for one, folder_id in wanted:
                office.shares.add(user.id, whose.id, one, rights, folder_id=folder_id, device=number)
        _show(office, user, as_json)


@app.command("list")
def list_shares(context: typer.Context, reader: Reader, as_json: AsJson = False) -> None:
    """What is shared with USER."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        _show(office, office.user(reader), as_json)


@app.command("remove")
def remove(
    context: typer.Context,
    reader: Reader,
    number: Annotated[list[int] | None, typer.Argument(metavar="[NUMBER]...", help="As `list` shows them.")] = None,
    owner: Annotated[str, typer.Option("--owner", help="All that are of this mailbox.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take shared folders off the devices of USER again; nothing in them is deleted."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        user = office.user(reader)
        doomed = set(number or ())
        if owner:
            whose = office.entity(owner).id
            doomed |= {share.id for share in office.shares.of(user.id) if share.owner.id == whose}
        missing = doomed - {share.id for share in office.shares.of(user.id)}
        if missing or not doomed:
            raise Refused(f"{user.address} has no share {', '.join(map(str, sorted(missing)))}".strip())
        with refusing(), office.desk.log.about("UnshareFolders", user, numbers=sorted(doomed)):
            office.shares.remove(user.id, doomed)
        _show(office, user, as_json)


def _folder(there: Sequence[Folder], owner: User, name: str) -> int:
    """The number of the owner's folder of that name, path ("Projects/2026") or number. Refused if there is none."""
    found = [one.id for one in there if name in (str(one.id), one.name, _path(there, one)) and one.type in SHARED_AS]
    if len(found) == 1:
        return found[0]
    paths = ", ".join(_path(there, one) for one in there if one.type in SHARED_AS)
    raise Refused(f"{owner.address} has {'several folders' if found else 'no folder'} {name!r}. There are: {paths}")


def _path(there: Sequence[Folder], folder: Folder) -> str:
    known, names = {one.id: one for one in there}, [folder.name]
    while (above := known.get(folder.parent_id)) is not None and len(names) <= len(there):
        folder = above
        names.insert(0, folder.name)
    return "/".join(names)


def _show(office: "Office", reader: User, as_json: bool) -> None:
    found = [_facts(office, reader, share) for share in office.shares.of(reader.id)]
    if as_json:
        output.as_json(found)
        return
    columns = ("number", "owner", "folders", "device", "access", "private")
    output.table(columns, (tuple(facts.values()) for facts in found), f"nothing is shared with {reader.address}")


def _facts(office: "Office", reader: User, share: Share) -> dict[str, Any]:
    there, devices = office.folders(share.owner), office.accounts.devices(reader.mailbox_id)
    paths = {one.id: _path(there, one) for one in there}
    folders = share.chosen.value if share.folder_id is None else paths.get(share.folder_id, "(deleted)")
    return {
        "number": share.id,
        "owner": share.owner.address,
        "folders": folders,
        "device": next((one.device_id for one in devices if one.id == share.device), "all"),
        "access": "read and write" if share.rights.writable else "read",
        "private": "shown" if share.rights.private else "times only",
    }
