"""`easd encryption`: keys under which the bytes and texts of mail are kept."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from easd.admin import output
from easd.admin.cli_mail import progress_bar
from easd.admin.options import AsJson, settings_of
from easd.admin.refused import Refused

if TYPE_CHECKING:
    from easd.custody.key_file import KeyFile
    from easd.model.encryption import EncryptionStatus

app = typer.Typer(name="encryption", help="Encryption of what is kept.", no_args_is_help=True)

Organisation = Annotated[str, typer.Option("--organisation", help="Name, alias or identifier.")]


@app.command("new-key")
def new_key(
    context: typer.Context,
    add: Annotated[
        bool, typer.Option("--add", help="To a file that has keys; the new one is the present one from then on.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the file `encryption.master_key_file` with a new master key, for the eyes of its owner alone."""
    path = _path(context)
    if path.exists() and not add:
        raise Refused(
            f"{path} has a master key; --add puts a new one beside it, `easd encryption rotate --master` uses it"
        )
    name = _file(path).add()
    if as_json:
        output.as_json({"file": str(path), "name": name})
    else:
        output.say(f"{path}: {name}. Keep a copy elsewhere: without it encrypted mail is lost")


@app.command("drop-key")
def drop_key(context: typer.Context, name: Annotated[str, typer.Argument(help="As `status` shows it.")]) -> None:
    """Remove a master key that nothing in the database is sealed with any more from the file. What older backups hold
    is lost with it.
    """
    from easd.admin.office import open_office, refusing

    file = _file(_path(context))
    with open_office(settings_of(context)) as office:
        if name in office.desk.means.encryption.status().masters:
            raise Refused(f"{name} still seals keys in the database: `easd encryption rotate --master`")
    with refusing():
        file.drop(name)
    output.say(f"{name} is gone")


@app.command("on")
def turn_on(context: typer.Context) -> None:
    """Encrypt what is new from now on, and what is there in the background of running servers. Each of them must have
    the master key before.
    """
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office, refusing():
        done = office.desk.encryption.turn_on()
    output.say("encryption is on" if done else "encryption was on")


@app.command("rotate")
def rotate(
    context: typer.Context,
    master: Annotated[bool, typer.Option("--master", help="Put all keys under the present master key.")] = False,
    every: Annotated[bool, typer.Option("--all", help="A new key for each organisation.")] = False,
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """Exchange keys while servers run. What was under an old key is put under the new one in the background."""
    from easd.admin.office import open_office, refusing

    if master + every + bool(organisation) != 1:
        raise typer.BadParameter("say one of --master, --all and --organisation NAME")
    with open_office(settings_of(context)) as office, refusing():
        if master:
            done: dict[str, object] = {"master": office.desk.encryption.rotate_master()}
        else:
            chosen = None if every else office.organisation(organisation)
            done = {"rotated": office.desk.encryption.rotate(chosen)}
    if as_json:
        output.as_json(done)
    else:
        output.say(f"all keys are under {done['master']}" if master else f"{done['rotated']} keys have a successor")


@app.command("run")
def run(context: typer.Context) -> None:
    """Do now what running servers would do in the background. It may be ended at any time."""
    from easd.admin.office import open_office
    from easd.store.sealing.turning import Turning

    with open_office(settings_of(context)) as office:
        turning, encryption, count = Turning(office.store), office.desk.means.encryption, 0
        before = encryption.status()
        with progress_bar("encrypting", before.plain + before.outdated) as progress:
            while done := turning.portion().count:
                count += done
                progress(count, None)
        status = encryption.status()
    output.say(
        f"{status.plain} of {status.blobs} contents are not encrypted, {status.outdated} are under a retired key"
    )


@app.command("reindex")
def reindex(context: typer.Context) -> None:
    """Make the search index anew, with or without the words of bodies as `encryption.index_bodies` says. Servers with
    another setting must be restarted before. Searches miss a few items while it runs.
    """
    from easd.admin.office import open_office
    from easd.store.indexing import index_again

    with open_office(settings_of(context)) as office, progress_bar("indexing", None) as progress:
        count = index_again(office.store, done=lambda done: progress(done, None))
    output.say(f"{count} items are indexed anew")


@app.command("status")
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Whether encryption is on, under which keys, and how far it has come."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        status = office.desk.means.encryption.status()
    if as_json:
        output.as_json(status)
    else:
        _tell(status)


def _tell(status: "EncryptionStatus") -> None:
    facts = (
        ("on since", status.since),
        ("present master key", status.present),
        ("master keys in use", status.masters),
        ("contents", status.blobs),
        ("not encrypted", status.plain),
        ("under a retired key", status.outdated),
        ("all looked through", status.passes_done),
    )
    output.table(("", ""), facts, "")
    rows = [
        (one.organisation or "(server)", one.generation, one.created, one.retired, one.destroyed, one.blobs)
        for one in status.keys
    ]
    output.table(("organisation", "key", "created", "retired", "destroyed", "contents"), rows, "there is no key")


def _path(context: typer.Context) -> Path:
    path = settings_of(context).encryption.master_key_file
    if not path:
        raise Refused("where? Say it in the settings: encryption.master_key_file")
    return Path(path)


def _file(path: Path) -> "KeyFile":
    from easd.custody.key_file import KeyFile

    return KeyFile(path)
