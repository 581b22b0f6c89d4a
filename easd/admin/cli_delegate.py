"""`easd user delegate`, `undelegate` and `delegates`: who hears of the meeting messages for whom."""

from typing import TYPE_CHECKING, Annotated

import typer

from easd.admin import output
from easd.admin.options import AsJson, settings_of
from easd.model.account import User

if TYPE_CHECKING:  # it brings the database with it, which takes its time
    from easd.admin.office import Office

Owner = Annotated[str, typer.Argument(metavar="OWNER", help="Whose meetings: a user.")]
Delegate = Annotated[str, typer.Argument(metavar="DELEGATE", help="Who hears: a user or group of the organisation.")]
Decides = Annotated[bool, typer.Option("--decides", help="OWNER leaves the answers to DELEGATE.")]


def delegate(
    context: typer.Context, owner: Owner, delegate: Delegate, decides: Decides = False, as_json: AsJson = False
) -> None:
    """Let DELEGATE hear of the meeting messages for OWNER. To answer them, share OWNER's calendar (`easd share`)."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        whose = office.user(owner)
        with refusing():
            office.desk.permissions.delegate(whose, office.address(delegate), decides=decides)
        _show(office, whose, as_json)


def undelegate(context: typer.Context, owner: Owner, delegate: Delegate, as_json: AsJson = False) -> None:
    """Let DELEGATE hear of them no longer."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        whose = office.user(owner)
        with refusing():
            office.desk.permissions.undelegate(whose, office.address(delegate))
        _show(office, whose, as_json)


def delegates(context: typer.Context, owner: Owner, as_json: AsJson = False) -> None:
    """Who hears of the meeting messages for OWNER."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        _show(office, office.user(owner), as_json)


def _show(office: "Office", owner: User, as_json: bool) -> None:
    found = office.grants.delegates(owner.id)
    if as_json:
        output.as_json([{"delegate": each.user.address, "decides": each.decides} for each in found])
    else:
        rows = ((each.user.address, each.decides) for each in found)
        output.table(("delegate", "decides"), rows, f"{owner.address} has no delegates")
