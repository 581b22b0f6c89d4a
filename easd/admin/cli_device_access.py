"""`easd device allow`, `block`, `approve`, `rules`, `overrides`: what becomes of one device, whatever the rules say."""

from typing import Annotated

import typer

from easd.admin import output
from easd.admin.cli_wipe import DeviceId, DeviceType
from easd.admin.options import AsJson, UserName, settings_of
from easd.admin.refused import Refused
from easd.model.access import Effect, Override
from easd.policy.access import Verdict, decide, properties_of, unreported

AnyDevice = Annotated[str, typer.Argument(metavar="DEVICE", help="Its DeviceId; the device may still be to come.")]
Why = Annotated[str, typer.Option("--description", help="Why, for whoever reads it later.")]


def allow(context: typer.Context, user: UserName, device: AnyDevice, why: Why = "", as_json: AsJson = False) -> None:
    """Let the device in, whatever the rules say."""
    _say(context, user, device, Effect.ALLOW, why, as_json)


def block(context: typer.Context, user: UserName, device: AnyDevice, why: Why = "", as_json: AsJson = False) -> None:
    """Keep the device out, whatever the rules say. What it has waiting at the server ends at once."""
    _say(context, user, device, Effect.DENY, why, as_json)


def approve(
    context: typer.Context, user: UserName, device: DeviceId, device_type: DeviceType = "", as_json: AsJson = False
) -> None:
    """Let in a device that waits in quarantine. It then synchronises everything by itself."""
    from easd.admin.access import override
    from easd.admin.devices import access_of, find_device
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        found = find_device(office, owner, device, device_type)
        if decide(access_of(office, owner, found), unreported(properties_of(found))) is not Verdict.QUARANTINED:
            raise Refused(f"{found.device_id} of {owner.address} does not wait for an approval")
        override(office, owner, found.device_id, Effect.ALLOW, "approved")
    _told(owner.address, found.device_id, Effect.ALLOW, "approved", as_json)


def by_rules(context: typer.Context, user: UserName, device: AnyDevice) -> None:
    """Forget what was said of the device: the rules decide again."""
    from easd.admin.access import remove_override
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        remove_override(office, owner, device)
    output.say(f"the rules decide about {device} of {owner.address}")


def overrides(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="[USER]", help="Whose; everybody's if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """What was said of single devices, those included that never came."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        desk = office.desk.means.access
        owners = [office.user(user)] if user else office.accounts.users()
        found = [(owner.address, said) for owner in owners for said in desk.overrides(owner.id)]
    if as_json:
        output.as_json([_override(address, said) for address, said in found])
        return
    rows = (list(_override(address, said).values()) for address, said in found)
    columns = ("user", "device", "effect", "description", "created", "modified")
    output.table(columns, rows, "nothing is said of any device in particular")


def _override(address: str, said: Override) -> dict[str, object]:
    return {
        "user": address,
        "device": said.device_id,
        "effect": said.effect,
        "description": said.description,
        "created": said.created,
        "modified": said.modified,
    }


def _say(context: typer.Context, user: str, device: str, effect: Effect, why: str, as_json: bool) -> None:
    from easd.admin.access import override
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        override(office, owner, device, effect, why)
    _told(owner.address, device, effect, why, as_json)


def _told(user: str, device: str, effect: Effect, why: str, as_json: bool) -> None:
    if as_json:
        output.as_json({"user": user, "device": device, "effect": effect, "description": why})
    else:
        output.say(f"{device} of {user} is {'let in' if effect is Effect.ALLOW else 'blocked'}")
