"""`easd group`: several under one address."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, Yes, settings_of, sure
from easd.model.organisation import Group

if TYPE_CHECKING:  # it brings the database with it, which takes its time
    from easd.admin.office import Office

app = typer.Typer(name="group", help="Several people under one address.", no_args_is_help=True)

Distribution = Annotated[
    bool | None,
    typer.Option("--distribution/--no-distribution", help="Whether it is there for mail.", show_default=False),
]
Security = Annotated[
    bool | None,
    typer.Option("--security/--no-security", help="Whether it can have permissions and policies.", show_default=False),
]
GroupName = Annotated[str, typer.Argument(metavar="GROUP", help="Address, or the name where one domain is meant.")]
Members = Annotated[list[str], typer.Argument(metavar="MEMBER...", help="Users, resources, groups, or any address.")]


@app.command("add")
def add(
    context: typer.Context,
    group: GroupName,
    members: Annotated[list[str] | None, typer.Argument(metavar="[MEMBER...]")] = None,
    name: Annotated[str, typer.Option("--name", help="What others see; the address's local part by default.")] = "",
    distribution: Distribution = None,
    security: Security = None,
    as_json: AsJson = False,
) -> None:
    """Add a group, with members if they are named."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        address = office.address(group)
        with refusing(), office.desk.together():
            made = office.desk.groups.create(address, name or address.partition("@")[0])
            for member in members or ():
                office.desk.groups.add_member(made.id, office.address(member))
            _use(office, made, distribution, security)
        _show(office, office.groups.group(made.address), as_json)


@app.command("list")
def list_groups(context: typer.Context, as_json: AsJson = False) -> None:
    """All groups, with how many members they have themselves."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = [(group, len(office.groups.members(group.id))) for group in office.groups.all()]
    if as_json:
        output.as_json([{**_facts(group), "members": count} for group, count in found])
        return
    rows = ((one.address, one.display_name, one.aliases, count, one.hidden, one.enabled) for one, count in found)
    columns = ("address", "name", "aliases", "members", "hidden", "enabled")
    output.table(columns, rows, "there are no groups: `easd group add` adds one")


@app.command("show")
def show(context: typer.Context, group: GroupName, as_json: AsJson = False) -> None:
    """A group and its members."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        _show(office, office.group(group), as_json)


@app.command("join")
def join(context: typer.Context, group: GroupName, members: Members, as_json: AsJson = False) -> None:
    """Add members to a group."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        found = office.group(group)
        with refusing(), office.desk.together():
            for member in members:
                office.desk.groups.add_member(found.id, office.address(member))
        _show(office, found, as_json)


@app.command("leave")
def leave(context: typer.Context, group: GroupName, members: Members, as_json: AsJson = False) -> None:
    """Take members out of a group."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        found = office.group(group)
        with refusing(), office.desk.together():
            for member in members:
                office.desk.groups.remove_member(found.id, office.address(member))
        _show(office, found, as_json)


@app.command("change")
def change(
    context: typer.Context,
    group: GroupName,
    name: Annotated[str | None, typer.Option("--name", help="What others see.", show_default=False)] = None,
    alias: Annotated[list[str] | None, typer.Option("--alias", help="A further address.")] = None,
    no_alias: Annotated[list[str] | None, typer.Option("--no-alias", help="An address that goes.")] = None,
    hidden: Annotated[
        bool | None, typer.Option("--hidden/--listed", help="Whether others find the group.", show_default=False)
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="Whether it is in use.", show_default=False)
    ] = None,
    distribution: Distribution = None,
    security: Security = None,
    as_json: AsJson = False,
) -> None:
    """Change what the options name."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office, refusing(), office.desk.together():
        found = office.group(group)
        add, drop = alias or (), no_alias or ()
        office.change_entity(found.id, name=name, hidden=hidden, enabled=enabled, add=add, drop=drop)
        _use(office, found, distribution, security)
        _show(office, office.groups.group(found.address), as_json)


@app.command("remove")
def remove(context: typer.Context, group: GroupName, yes: Yes = False) -> None:
    """Remove a group; its members stay."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = office.group(group)
        sure(f"Remove the group {found.address}?", yes)
        office.desk.entities.remove(office.accounts.by_number(found.id))
    output.say(f"{found.address} is removed")


def _use(office: "Office", group: Group, distribution: bool | None, security: bool | None) -> None:
    """Say what the group is for, as far as it is said."""
    if distribution is None and security is None:
        return
    office.desk.groups.set_uses(
        group.id,
        distribution=group.distribution if distribution is None else distribution,
        security=group.security if security is None else security,
    )


def _show(office: "Office", group: Group, as_json: bool) -> None:
    members = office.groups.members(group.id)
    if as_json:
        listed = [
            {"address": one.address, "name": one.display_name, "kind": one.kind.value if one.kind else None}
            for one in members
        ]
        output.as_json({**_facts(group), "members": listed})
        return
    output.table(("what", group.address), list(_facts(group).items())[1:], "")
    rows = ((one.address, one.display_name, one.kind.value if one.kind else "outside") for one in members)
    output.table(("member", "name", "kind"), rows, "the group has no members: `easd group join` adds some")


def _facts(group: Group) -> dict[str, Any]:
    """A group as JSON: numbers of ours stay inside."""
    return {
        "address": group.address,
        "name": group.display_name,
        "aliases": group.aliases,
        "hidden": group.hidden,
        "enabled": group.enabled,
        "distribution": group.distribution,
        "security": group.security,
    }
