"""`easd retention`: how long mail is kept in which folder."""

from collections.abc import Sequence
from typing import Annotated

import typer

from easd.admin import output
from easd.admin.options import AsJson, settings_of
from easd.admin.refused import Refused
from easd.model.retention import FolderRetention, RetentionAction, RetentionFolder, RetentionPolicy

app = typer.Typer(name="retention", help="How long mail is kept.", no_args_is_help=True)

Organisation = Annotated[
    str, typer.Option("--organisation", help="Name, alias or identifier; the only one if left out.")
]
Folders = Annotated[
    list[str] | None,
    typer.Option(
        "--folder",
        metavar="FOLDER=ACTION[:DAYS]",
        help="INBOX, DELETED_ITEMS, SENT_ITEMS, DRAFTS or JUNK_EMAIL; NONE, DELETE or PERMANENTLY_DELETE; 1 to 730 "
        "days since an item came or was changed: `JUNK_EMAIL=DELETE:30`. May be given several times.",
    ),
]


@app.command("show")
def show(context: typer.Context, organisation: Organisation = "", as_json: AsJson = False) -> None:
    """The policy of an organisation."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        _tell(office.desk.means.retention.policy(office.organisation(organisation)), as_json)


@app.command("set")
def put(
    context: typer.Context,
    folder: Folders = None,
    name: Annotated[str, typer.Option("--name", help="What it is called.")] = "Default",
    description: Annotated[str, typer.Option("--description", help="What it is for.")] = "",
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """Replace the policy. `easd retention preview` with the same folders says before what would go."""
    from easd.admin.office import open_office, refusing

    policy = RetentionPolicy("", name, _folders(folder), description)
    with open_office(settings_of(context)) as office, refusing():
        made = office.desk.retention.put(office.organisation(organisation), policy)
    _tell(made, as_json)


@app.command("preview")
def preview(
    context: typer.Context, folder: Folders = None, organisation: Organisation = "", as_json: AsJson = False
) -> None:
    """What the policy, or one with these folders, would delete now. Nothing is changed."""
    from easd.admin.office import open_office, refusing

    wish = RetentionPolicy("", "Preview", _folders(folder)) if folder else None
    with open_office(settings_of(context)) as office, refusing():
        found = office.desk.means.retention.preview(office.organisation(organisation), office.now(), wish)
    if as_json:
        output.as_json(found)
        return
    rows = [(one.address, one.folder.value, one.action.value, one.count, one.oldest) for one in found]
    output.table(("mailbox", "folder", "action", "items", "oldest"), rows, "nothing would go")


@app.command("remove")
def remove(context: typer.Context, organisation: Organisation = "") -> None:
    """Keep everything from now on."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        known = office.desk.means.retention.policy(number)
        if known is None:
            raise Refused("there is no retention policy")
        with refusing():
            office.desk.retention.remove(number, known.id)
    output.say("everything is kept")


def _folders(given: Sequence[str] | None) -> tuple[FolderRetention, ...]:
    return tuple(_folder(one) for one in given or ())


def _folder(text: str) -> FolderRetention:
    folder, _, rest = text.partition("=")
    action, _, days = rest.partition(":")
    try:
        made = RetentionFolder(folder.strip().upper()), RetentionAction(action.strip().upper())
        return FolderRetention(*made, int(days) if days else None)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not FOLDER=ACTION[:DAYS]") from None


def _tell(policy: RetentionPolicy | None, as_json: bool) -> None:
    if as_json:
        output.as_json(policy)
        return
    rows = [(one.folder.value, one.action.value, one.period) for one in policy.folders] if policy else []
    output.table(("folder", "action", "days"), rows, "everything is kept")
