"""`easd resource`: rooms and equipment that can be booked."""

from dataclasses import asdict, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, Yes, settings_of, sure
from easd.model.account import Kind
from easd.model.organisation import BookingOptions, Resource

if TYPE_CHECKING:  # it brings the database with it, which takes its time
    from easd.admin.office import Office

app = typer.Typer(name="resource", help="Rooms and equipment that can be booked.", no_args_is_help=True)


class ResourceType(StrEnum):
    """The kinds of which resources are."""

    ROOM = "ROOM"
    EQUIPMENT = "EQUIPMENT"


ResourceName = Annotated[
    str, typer.Argument(metavar="RESOURCE", help="Address, or the name alone where one domain is meant.")
]
AutoAccept = Annotated[
    bool | None, typer.Option("--auto-accept/--no-auto-accept", help="Accept requests.", show_default=False)
]
DeclineRecurring = Annotated[
    bool | None,
    typer.Option(
        "--auto-decline-recurring/--no-auto-decline-recurring", help="Decline requests for series.", show_default=False
    ),
]
DeclineConflicts = Annotated[
    bool | None,
    typer.Option(
        "--auto-decline-conflicts/--no-auto-decline-conflicts",
        help="Decline requests for a time that is taken.",
        show_default=False,
    ),
]
Description = Annotated[str | None, typer.Option("--description", help="Words about it.", show_default=False)]


@app.command("add")
def add(
    context: typer.Context,
    resource: ResourceName,
    kind: Annotated[ResourceType, typer.Option("--type", case_sensitive=False)] = ResourceType.ROOM,
    name: Annotated[str, typer.Option("--name", help="What others see; the address's local part by default.")] = "",
    description: Description = None,
    auto_accept: AutoAccept = None,
    auto_decline_recurring: DeclineRecurring = None,
    auto_decline_conflicts: DeclineConflicts = None,
    as_json: AsJson = False,
) -> None:
    """Add a room or a piece of equipment, with a mailbox of its own."""
    from easd.admin.office import open_office, refusing

    booking = _booking(BookingOptions(), auto_accept, auto_decline_recurring, auto_decline_conflicts)
    with open_office(settings_of(context)) as office:
        address = office.address(resource)
        shown = name or address.partition("@")[0]
        with refusing():
            made = office.desk.resources.create(address, shown, Kind(kind.value), description or "", booking)
        _show(office, made.user.address, as_json)


@app.command("list")
def list_resources(context: typer.Context, as_json: AsJson = False) -> None:
    """All resources."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = [_facts(office, one) for one in office.resources.all()]
    if as_json:
        output.as_json(found)
        return
    columns = ("address", "name", "type", "description", "delegates", "enabled")
    rows = ([facts[column] for column in columns] for facts in found)
    output.table(columns, rows, "there are no resources: `easd resource add` adds one")


@app.command("show")
def show(context: typer.Context, resource: ResourceName, as_json: AsJson = False) -> None:
    """All that is known of a resource."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        _show(office, office.resource(resource).user.address, as_json)


@app.command("change")
def change(
    context: typer.Context,
    resource: ResourceName,
    name: Annotated[str | None, typer.Option("--name", help="What others see.", show_default=False)] = None,
    description: Description = None,
    auto_accept: AutoAccept = None,
    auto_decline_recurring: DeclineRecurring = None,
    auto_decline_conflicts: DeclineConflicts = None,
    delegate: Annotated[list[str] | None, typer.Option("--delegate", help="A user or group who decides.")] = None,
    no_delegate: Annotated[list[str] | None, typer.Option("--no-delegate", help="Who decides no longer.")] = None,
    alias: Annotated[list[str] | None, typer.Option("--alias", help="A further address.")] = None,
    no_alias: Annotated[list[str] | None, typer.Option("--no-alias", help="An address that goes.")] = None,
    hidden: Annotated[
        bool | None, typer.Option("--hidden/--listed", help="Whether others find it.", show_default=False)
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="Whether it can be booked.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what the options name."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        found = office.resource(resource)
        number = found.user.id
        words = found.description if description is None else description
        booking = _booking(found.booking, auto_accept, auto_decline_recurring, auto_decline_conflicts)
        with refusing(), office.desk.together():
            office.desk.resources.change(found.user, words, booking)
            for one in delegate or ():
                office.desk.resources.add_delegate(found.user, office.address(one))
            for one in no_delegate or ():
                office.desk.resources.remove_delegate(found.user, office.address(one))
            add, drop = alias or (), no_alias or ()
            office.change_entity(number, name=name, hidden=hidden, enabled=enabled, add=add, drop=drop)
        _show(office, found.user.address, as_json)


@app.command("remove")
def remove(context: typer.Context, resource: ResourceName, yes: Yes = False) -> None:
    """Remove a resource with its calendar."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = office.resource(resource).user
        sure(f"Remove {found.address} and its calendar?", yes)
        office.desk.entities.remove(found)
    output.say(f"{found.address} is removed")


def _booking(
    kept: BookingOptions, accept: bool | None, decline_recurring: bool | None, decline_conflicts: bool | None
) -> BookingOptions:
    given = {
        "auto_accept": accept,
        "auto_decline_recurring": decline_recurring,
        "auto_decline_conflicts": decline_conflicts,
    }
    return replace(kept, **{name: value for name, value in given.items() if value is not None})


def _show(office: "Office", address: str, as_json: bool) -> None:
    facts = _facts(office, office.resource(address))
    if as_json:
        output.as_json(facts)
    else:
        rows = ((name.replace("_", " "), value) for name, value in facts.items() if name != "address")
        output.table(("what", facts["address"]), rows, "")


def _facts(office: "Office", resource: Resource) -> dict[str, Any]:
    """A resource as JSON: numbers of ours stay inside."""
    user = resource.user
    return {
        "address": user.address,
        "name": user.display_name,
        "type": user.kind.value,
        "description": resource.description,
        "aliases": user.aliases,
        **asdict(resource.booking),
        "delegates": [delegate.address for delegate in resource.delegates],
        "hidden": office.accounts.profile(user.id)[1],
        "enabled": user.enabled,
    }
