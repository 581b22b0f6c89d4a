"""`easd user grant`, `revoke` and `grants`: what people and groups may do with what belongs to others."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from easd.admin import output
from easd.admin.options import AsJson, settings_of
from easd.model.account import User
from easd.model.organisation import Grant, Permission

if TYPE_CHECKING:  # it brings the database with it, which takes its time
    from easd.admin.office import Office

Owner = Annotated[str, typer.Argument(metavar="OWNER", help="Whose mailbox or address: a user, resource or group.")]
Grantee = Annotated[str, typer.Argument(metavar="GRANTEE", help="Who may: a user or group of the organisation.")]
Permissions = Annotated[list[Permission], typer.Argument(metavar="PERMISSION...", case_sensitive=False)]


def grant(
    context: typer.Context, owner: Owner, grantee: Grantee, permissions: Permissions, as_json: AsJson = False
) -> None:
    """Allow GRANTEE to open the mailbox of OWNER (FULL_ACCESS), to send as OWNER (SEND_AS), or in OWNER's name
    (SEND_ON_BEHALF).
    """
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        whose = office.entity(owner)
        with refusing():
            office.desk.permissions.grant(whose, office.address(grantee), permissions)
        _show(office, whose, as_json)


def revoke(
    context: typer.Context, owner: Owner, grantee: Grantee, permissions: Permissions, as_json: AsJson = False
) -> None:
    """Allow it no longer."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        whose = office.entity(owner)
        with refusing():
            office.desk.permissions.revoke(whose, office.address(grantee), permissions)
        _show(office, whose, as_json)


def grants(context: typer.Context, owner: Owner, as_json: AsJson = False) -> None:
    """What others may do with what belongs to OWNER."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        _show(office, office.entity(owner), as_json)


def _show(office: "Office", owner: User, as_json: bool) -> None:
    found = _by_grantee(office.grants.on(owner.id))
    if as_json:
        output.as_json([{"grantee": grantee, "permissions": allowed} for grantee, allowed in found.items()])
    else:
        rows = ((grantee, allowed) for grantee, allowed in found.items())
        output.table(("grantee", "permissions"), rows, f"nobody but the owner may use {owner.address}")


def _by_grantee(found: Sequence[Grant]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for one in found:
        made.setdefault(one.grantee.address, []).append(one.permission.value)
    return made
