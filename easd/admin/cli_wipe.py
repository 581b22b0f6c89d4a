"""`easd device wipe`, `wipe-cancel` and `full-wipe`: what a lost phone is told."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, UserName, Yes, settings_of, sure
from easd.admin.refused import Refused
from easd.eas.versions import DIALECTS, Version
from easd.model.device import Device, Wipe, WipeKind

if TYPE_CHECKING:
    from easd.admin.office import Office
    from easd.model.account import User

DeviceId = Annotated[str, typer.Argument(metavar="DEVICE", help="The DeviceId, as `easd device list` shows it.")]
DeviceType = Annotated[str, typer.Option("--type", help="Its DeviceType, where two devices have the same id.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `easd device`."""
    app.command("wipe")(wipe)
    app.command("wipe-cancel")(cancel)
    app.command("wipes")(wipes)
    app.command("full-wipe")(full_wipe)


def wipe(
    context: typer.Context,
    user: UserName,
    device: DeviceId,
    device_type: DeviceType = "",
    full: Annotated[bool, typer.Option("--full", help="Everything on the device, not this account alone.")] = False,
    confirm: Annotated[
        str, typer.Option("--confirm", metavar="DEVICE", help="With --full: the DeviceId again, instead of typing it.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="Told to the user, and kept.")] = "",
    yes: Yes = False,
) -> None:
    """Order a device to remove this account, or with --full all that is on it. The user is told by mail."""
    from easd.admin.devices import find_device
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        found = find_device(office, owner, device, device_type)
        confirm = _meant(office, owner, found, confirm, full=full, yes=yes)
        kind = WipeKind.DEVICE if full else WipeKind.ACCOUNT
        with refusing():
            office.desk.wipes.order(owner, found, kind, reason, confirm)
        _foretell(found, kind, enabled=owner.enabled)


def _meant(office: "Office", owner: "User", device: Device, confirm: str, *, full: bool, yes: bool) -> str:
    """What the person has typed again for a full wipe. typer.Abort unless the person means it."""
    name = f"{device.device_type} {device.device_id} of {owner.address}"
    if device.wiped:
        return confirm
    if not full:
        sure(f"Order {name} to remove this account and all that it has of it?", yes)
    elif not office.desk.wipes.forbids_whole(owner):
        if not confirm and sys.stdin.isatty():
            question = f"This erases ALL that is on {name}, private things too. Type its DeviceId to order it"
            confirm = str(typer.prompt(question, err=True))
        if confirm != device.device_id:
            raise Refused(f"a full wipe is ordered with --confirm {device.device_id}, and only so")
    return confirm


def _foretell(device: Device, kind: WipeKind, *, enabled: bool) -> None:
    """What is going to happen, and what would hinder it."""
    version = next((one for one in Version if one.text == device.version), None)
    if kind is WipeKind.ACCOUNT and version is not None and not DIALECTS[version].account_only_wipe:
        output.say(
            f"{device.device_id} speaks {version.text}, which has no word for this: it gets nothing more from this "
            "server, but keeps what it has"
        )
    else:
        output.say(f"{device.device_id} is told as soon as it connects")
    if not enabled:
        output.say("the user is disabled, so the device cannot sign in to be told: enable the user until it is done")


def cancel(context: typer.Context, user: UserName, device: DeviceId, device_type: DeviceType = "") -> None:
    """Take an order to wipe back. The device may be doing it by now, if it was told."""
    from easd.admin.devices import find_device
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        found = find_device(office, owner, device, device_type)
        with refusing():
            after = office.desk.wipes.take_back(owner, found)
    told = after.wipes[-1].told
    output.say("taken back" if told is None else f"taken back; but the device was told, {output.cell(told)}")


def wipes(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="[USER]", help="Whose devices; everybody's if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """All orders to wipe, also of devices and users that are gone by now, oldest first."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        address = office.address(user).lower() if user else ""
        found = [
            (owner.address, device.device_id, device.device_type, wipe)
            for owner in office.accounts.users()
            for device in office.accounts.devices(owner.mailbox_id)
            for wipe in device.wipes
        ]
        past = office.policies.past_wipes()
    found += [(one.address, one.device_id, one.device_type, one.wipe) for one in past]
    chosen = sorted((row for row in found if row[0] == (address or row[0])), key=lambda row: row[3].ordered)
    listed = [{"user": row[0], "device": row[1], "type": row[2], **wipe_facts(row[3])} for row in chosen]
    if as_json:
        output.as_json(listed)
    else:
        columns = ("user", "device", "type", "kind", "state", "ordered", "told", "failures", "ended", "reason")
        output.table(columns, [list(one.values()) for one in listed], "nothing was ever ordered to be wiped")


def full_wipe(
    context: typer.Context,
    organisation: Annotated[str, typer.Option("--organisation", help="Whose; the only one if left out.")] = "",
    allow: Annotated[bool | None, typer.Option("--allow/--forbid", help="Change it.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Show, or change, whether whole devices of an organisation's users may be wiped."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        if allow is not None:
            with refusing():
                (office.desk.wipes.allow_whole if allow else office.desk.wipes.forbid_whole)(number)
        allowed = number not in office.policies.forbidding_full_wipe()
        name = dict(office.accounts.organizations())[number]
    if as_json:
        output.as_json({"organisation": name, "full_wipe": allowed})
    else:
        output.table(("organisation", "full wipe"), [(name, "allowed" if allowed else "forbidden")], "")


def wipe_facts(wipe: Wipe) -> dict[str, Any]:
    """An order to wipe as JSON."""
    return {
        "kind": wipe.kind.value,
        "state": wipe.outcome.value if wipe.outcome else "pending",
        "ordered": wipe.ordered,
        "told": wipe.told,
        "failures": wipe.failures,
        "ended": wipe.ended,
        "reason": wipe.reason,
    }
