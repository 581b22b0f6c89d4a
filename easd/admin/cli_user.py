"""`easd user`: who has a mailbox."""

from typing import Annotated, Any

import typer

from easd.admin import output
from easd.admin.cli_delegate import delegate, delegates, undelegate
from easd.admin.cli_grant import grant, grants, revoke
from easd.admin.cli_profile import profile
from easd.admin.options import AsJson, PasswordStdin, UserName, Yes, new_password, settings_of, sure
from easd.admin.refused import Refused
from easd.model.account import User
from easd.model.identity import Role

app = typer.Typer(name="user", help="Who has a mailbox here.", no_args_is_help=True)
app.command("profile")(profile)
app.command("grant")(grant)
app.command("revoke")(revoke)
app.command("grants")(grants)
app.command("delegate")(delegate)
app.command("undelegate")(undelegate)
app.command("delegates")(delegates)


@app.command("add")
def add(
    context: typer.Context,
    user: UserName,
    name: Annotated[str, typer.Option("--name", help="What others see; the address's local part by default.")] = "",
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Add a user with a new mailbox. The password is asked, or taken from standard input or EASD_PASSWORD."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        made = office.add_user(user, name, new_password(password_stdin))
    if as_json:
        output.as_json(_facts(made))
    else:
        output.say(f"{made.address} has a mailbox now")


@app.command("list")
def list_users(context: typer.Context, as_json: AsJson = False) -> None:
    """All users."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        users = office.accounts.users()
    if as_json:
        output.as_json([_facts(user) for user in users])
    else:
        rows = ((user.address, user.display_name, user.aliases, user.enabled) for user in users)
        output.table(("address", "name", "aliases", "enabled"), rows, "there are no users: `easd user add` adds one")


@app.command("passwd")
def passwd(context: typer.Context, user: UserName, password_stdin: PasswordStdin = False) -> None:
    """Set a new password. Devices with the old one are refused from now on."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = office.user(user)
        office.set_password(found, new_password(password_stdin))
    output.say(f"{found.address} has a new password")


@app.command("change")
def change(
    context: typer.Context,
    user: UserName,
    name: Annotated[str | None, typer.Option("--name", help="What others see.", show_default=False)] = None,
    alias: Annotated[list[str] | None, typer.Option("--alias", help="A further address.")] = None,
    no_alias: Annotated[list[str] | None, typer.Option("--no-alias", help="An address that goes.")] = None,
    enabled: Annotated[
        bool | None,
        typer.Option("--enabled/--disabled", help="Whether the user logs in and receives mail.", show_default=False),
    ] = None,
    primary: Annotated[
        str, typer.Option("--primary", help="Another primary address; the old one becomes an alias.")
    ] = "",
    role: Annotated[
        Role | None, typer.Option("--role", help="USER, SYSTEM_USER or REMOTE_USER.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what the options name; `easd user profile` has the rest."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        found = office.user(user)
        with refusing(), office.desk.together():
            if primary:
                office.desk.entities.set_primary_address(found, office.address(primary))
            if role is not None:
                office.desk.entities.set_role(found, role)
            office.change_entity(found.id, name=name, enabled=enabled, add=alias or (), drop=no_alias or ())
        changed = office.accounts.by_number(found.id)
    if as_json:
        output.as_json(_facts(changed))
    else:
        output.say(f"{changed.address} is changed")


@app.command("quota")
def quota(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="A user or resource.")],
    megabytes: Annotated[
        int | None, typer.Option("--megabytes", help="What the mailbox may hold.", show_default=False, min=1)
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="As much as everybody's.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how much a mailbox holds and may hold, or change that."""
    from easd.admin.office import open_office, refusing

    if default and megabytes is not None:
        raise typer.BadParameter("--megabytes and --default exclude each other")
    with open_office(settings_of(context)) as office:
        with refusing():
            found = office.accounts.user(office.address(user))
        if default or megabytes is not None:
            office.desk.mailboxes.set_quota(found, None if megabytes is None else megabytes * 2**20)
        used, own = office.accounts.quota(found.mailbox_id)
        most = (office.settings.limits.mailbox_bytes or None) if own is None else own
    facts = {"address": found.address, "used_bytes": used, "quota_bytes": most, "own": own is not None}
    if as_json:
        output.as_json(facts)
    else:
        output.table(("mailbox", "bytes", "of", "own quota"), [tuple(facts.values())], "")


@app.command("remove")
def remove(
    context: typer.Context,
    user: UserName,
    purge: Annotated[bool, typer.Option("--purge", help="The mailbox goes at once, for good.")] = False,
    yes: Yes = False,
) -> None:
    """Remove a user. `easd user restore` brings the user back with the mailbox for `upkeep.departed_days`."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = office.user(user)
        sure(f"Remove {found.address}{' and all mail of the mailbox, for good' if purge else ''}?", yes)
        office.desk.entities.remove(found, purge=purge)
        days = office.settings.upkeep.departed_days
    output.say(f"{found.address} is removed" + ("" if purge else f"; the mailbox is kept for {days} days"))


@app.command("restore")
def restore(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="The old address, or the identifier.")],
    address: Annotated[str, typer.Option("--address", help="Another address than the old one.")] = "",
    organisation: Annotated[str, typer.Option("--organisation", help="The only one if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Bring back a user who was removed, with the mailbox. Nobody can sign in before `easd user password`, and what the
    user was allowed and belonged to has to be said anew.
    """
    from easd.admin.office import open_office, refusing
    from easd.model.identity import State

    with open_office(settings_of(context)) as office:
        number, asked = office.organisation(organisation), user.strip().lower()
        gone = [one for one in office.organisations.identities(number, deleted=True) if one.state is State.DELETED]
        found = [one for one in gone if asked in (one.public_id, one.address, one.address.partition("@")[0])]
        if not found:
            raise Refused(f"nobody who was removed had {user}: see `easd organisation people --deleted`")
        with refusing():
            made = office.desk.entities.restore(found[-1], office.address(address) if address else "")
    if as_json:
        output.as_json(_facts(made))
    else:
        output.say(f"{made.address} is back: `easd user password` lets the user sign in")


def _facts(user: User) -> dict[str, Any]:
    """A user as JSON: numbers of ours stay inside."""
    return {
        "address": user.address,
        "name": user.display_name,
        "aliases": user.aliases,
        "enabled": user.enabled,
    }
