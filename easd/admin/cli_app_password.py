"""`easd app-password`: passwords for single devices."""

from typing import Annotated

import typer

from easd.admin import output
from easd.admin.options import AsJson, UserName, settings_of
from easd.model.app_password import AppPassword

app = typer.Typer(
    name="app-password",
    help="Passwords for single devices: each works on the device that uses it first, and can be revoked by itself.",
    no_args_is_help=True,
)


@app.command("create")
def create(
    context: typer.Context,
    user: UserName,
    name: Annotated[str, typer.Option("--name", help="What it is for, as the list shows it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a password for one device. It is shown now, and never again."""
    from easd.admin.office import open_office, refusing
    from easd.directory.app_passwords import digest, new_secret

    with open_office(settings_of(context)) as office, refusing():
        secret = new_secret()
        made = office.desk.users.add_app_password(office.user(user), name, digest(secret) or b"")
    if as_json:
        output.as_json({"id": made.id, "password": secret})
        return
    typer.echo(secret)
    output.say("Type it on the device in place of the user's password. It is not shown again.")


@app.command("list")
def list_app_passwords(context: typer.Context, user: UserName, as_json: AsJson = False) -> None:
    """A user's app passwords, with the device that each belongs to."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = office.accounts.app_passwords(office.user(user).id)
    if as_json:
        output.as_json([_facts(one) for one in found])
        return
    rows = (tuple(_facts(one).values()) for one in found)
    output.table(("id", "name", "device", "created", "last used"), rows, "there are no app passwords")


@app.command("revoke")
def revoke(
    context: typer.Context,
    user: UserName,
    number: Annotated[int, typer.Argument(metavar="ID", help="As `easd app-password list` shows it.")],
) -> None:
    """Let an app password count no more. The device that has it is refused from now on."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office, refusing():
        office.desk.users.remove_app_password(office.user(user), number)
    output.say(f"app password {number} is revoked")


def _facts(one: AppPassword) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "device": one.device_id,
        "created": one.created,
        "last_used": one.last_used,
    }
