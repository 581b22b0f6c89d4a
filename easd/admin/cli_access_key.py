"""`easd access-key`: what programs administer with, by the WorkMail API."""

from typing import Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, Yes, settings_of, sure
from easd.model.access_key import AccessKey, KeyRole

app = typer.Typer(
    name="access-key", help="Keys of programs that administer this server as Amazon WorkMail.", no_args_is_help=True
)

KeyId = Annotated[str, typer.Argument(metavar="KEY", help="As `easd access-key list` shows it.")]


@app.command("create")
def create(
    context: typer.Context,
    role: Annotated[KeyRole, typer.Option("--role", help="What the holder may do.")],
    organisation: Annotated[
        str, typer.Option("--organisation", help="The only one that the key is good for; all if left out.")
    ] = "",
    description: Annotated[str, typer.Option("--description", help="What it is for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key. Its secret is shown now, and never again."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office, refusing():
        number = office.organisation(organisation) if organisation else None
        made, secret = office.desk.access_keys.create(role, number, description)
    if as_json:
        output.as_json({"id": made.id, "secret": secret, "role": made.role})
        return
    typer.echo(f"AWS_ACCESS_KEY_ID={made.id}\nAWS_SECRET_ACCESS_KEY={secret}")
    output.say("Keep the secret: it is not shown again.")


@app.command("list")
def list_keys(context: typer.Context, as_json: AsJson = False) -> None:
    """All keys."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        names = dict(office.accounts.organizations())
        found = [_facts(key, names) for key in office.desk.access_keys.listed()]
    if as_json:
        output.as_json(found)
    else:
        columns = ("key", "role", "organisation", "description", "enabled", "created", "last used")
        output.table(columns, [list(key.values()) for key in found], "there are no access keys")


@app.command("disable")
def disable(context: typer.Context, key: KeyId) -> None:
    """Let a key count no more for the time being."""
    _switch(context, key, enabled=False)


@app.command("enable")
def enable(context: typer.Context, key: KeyId) -> None:
    """Let a key count again."""
    _switch(context, key, enabled=True)


@app.command("remove")
def remove(context: typer.Context, key: KeyId, yes: Yes = False) -> None:
    """Remove a key. Whoever has it is refused from now on."""
    from easd.admin.office import open_office, refusing

    sure(f"Remove the access key {key}?", yes)
    with open_office(settings_of(context)) as office, refusing():
        office.desk.access_keys.remove(key)
    output.say(f"{key} is removed")


def _switch(context: typer.Context, key: str, *, enabled: bool) -> None:
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office, refusing():
        office.desk.access_keys.set_enabled(key, enabled=enabled)
    output.say(f"{key} is {'enabled' if enabled else 'disabled'}")


def _facts(key: AccessKey, names: dict[int, str]) -> dict[str, Any]:
    return {
        "key": key.id,
        "role": key.role.value,
        "organisation": None if key.organisation is None else names.get(key.organisation),
        "description": key.description,
        "enabled": key.enabled,
        "created": key.created,
        "last_used": key.last_used,
    }
