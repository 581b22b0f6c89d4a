"""`easd device`: the phones and programs that synchronise a mailbox."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import cli_device_access, cli_seeing, cli_wipe, output
from easd.admin.cli_wipe import DeviceId, DeviceType, wipe_facts
from easd.admin.options import AsJson, UserName, Yes, settings_of, sure
from easd.model.access import Access
from easd.model.device import Device
from easd.policy.access import state_of

if TYPE_CHECKING:
    from easd.service.ports import Reduced

app = typer.Typer(name="device", help="The phones and programs that synchronise a mailbox.", no_args_is_help=True)
app.command("allow")(cli_device_access.allow)
app.command("block")(cli_device_access.block)
app.command("approve")(cli_device_access.approve)
app.command("overrides")(cli_device_access.overrides)
app.command("rules")(cli_device_access.by_rules)

cli_wipe.register(app)
cli_seeing.register(app)

RecoveryPassword = Annotated[
    bool, typer.Option("--recovery-password", help="Also the password that the device has left, which unlocks it.")
]


@app.command("list")
def list_devices(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="[USER]", help="Whose; everybody's if left out.")] = "",
    pending: Annotated[bool, typer.Option("--pending", help="Those alone that wait for an approval.")] = False,
    failing: Annotated[bool, typer.Option("--failing", help="Those alone that keep failing to come in.")] = False,
    as_json: AsJson = False,
) -> None:
    """Devices, with when they were last heard of."""
    from easd.admin.devices import access_of
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        users = [office.user(user)] if user else office.accounts.users()
        found = [
            (owner, device, access_of(office, owner, device))
            for owner in users
            for device in office.accounts.devices(owner.mailbox_id)
        ]
    if pending:
        found = [row for row in found if state_of(*row[1:]) == "quarantined"]
    if failing:
        found = [row for row in found if row[1].trouble is not None and row[1].trouble.failing]
    if as_json:
        output.as_json([{"user": owner.address, **facts(device, access)} for owner, device, access in found])
        return
    rows = (
        (
            owner.address,
            it.device_id,
            it.device_type,
            it.information.model,
            it.version,
            it.last_seen,
            state_of(it, access),
            "keeps failing" if it.trouble is not None and it.trouble.failing else "",
        )
        for owner, it, access in found
    )
    columns = ("user", "device", "type", "model", "version", "last seen", "state", "trouble")
    none = "no device has synchronised yet"
    if pending or failing:
        none = "no device waits for an approval" if pending else "no device keeps failing"
    output.table(columns, rows, none)


@app.command("show")
def show(
    context: typer.Context,
    user: UserName,
    device: DeviceId,
    device_type: DeviceType = "",
    recovery_password: RecoveryPassword = False,
    as_json: AsJson = False,
) -> None:
    """All that is known of a device."""
    from easd.admin.devices import access_of, find_device, opened_password
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        known = find_device(office, owner, device, device_type)
        reduced = office.accounts.reduced(owner.mailbox_id, known.id)
        found = facts(known, access_of(office, owner, known))
        found["policy"] = next((name for name, _, _ in office.policies.applying(owner.id)), None)
        if recovery_password:
            found["recovery_password"] = opened_password(office.settings, known)
    if as_json:
        output.as_json({**found, "reduced": [_reduced(item) for item in reduced]})
        return
    wipes, _ = found.pop("wipes"), found.pop("trouble")
    output.table(("", ""), found.items(), "")
    if known.trouble is not None:
        output.say(known.trouble.words)
    if wipes:
        output.say("Orders to wipe it:")
        output.table(tuple(wipes[0]), [list(wipe.values()) for wipe in wipes], "")
    if reduced:
        output.say("Items that it was not shown in full:")
        output.table(("item", "folder", "reason", "since"), [list(_reduced(item).values()) for item in reduced], "")


@app.command("remove")
def remove(
    context: typer.Context, user: UserName, device: DeviceId, device_type: DeviceType = "", yes: Yes = False
) -> None:
    """Forget a device and where it was in its synchronisation. If it comes again it starts from the beginning."""
    from easd.admin.devices import find_device
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        found = find_device(office, owner, device, device_type)
        pending = " The order to wipe it, which stands, is then given up." if found.pending_wipe else ""
        sure(f"Forget {found.device_type} {found.device_id} of {owner.address}?{pending}", yes)
        office.desk.mailboxes.forget_device(owner, found)
    output.say(f"{found.device_id} is forgotten")


def _reduced(item: "Reduced") -> dict[str, Any]:
    """As ServerId, like the server's log."""
    return {
        "item": f"{item.folder_id}:{item.uid}",
        "folder": item.folder,
        "reason": item.reason,
        "since": item.since,
    }


def facts(device: Device, access: Access) -> dict[str, Any]:
    """A device as JSON: what it said of itself, and where it stands with rules and policy. No keys."""
    information = device.information
    return {
        "device": device.device_id,
        "type": device.device_type,
        "model": information.model,
        "name": information.friendly_name,
        "os": information.os,
        "language": information.os_language,
        "phone_number": information.phone_number,
        "operator": information.mobile_operator,
        "imei": information.imei,
        "user_agent": device.user_agent or information.user_agent,
        "version": device.version,
        "provisioned": device.policy_key is not None,
        "policy_acknowledged": device.policy_acknowledged,
        "state": state_of(device, access),
        "trouble": _trouble(device),
        "override": access.override,
        "quarantined": device.quarantined,
        "wipes": [wipe_facts(wipe) for wipe in device.wipes],
        "first_seen": device.first_seen,
        "last_seen": device.last_seen,
    }


def _trouble(device: Device) -> dict[str, Any] | None:
    """What goes wrong between the device and its policy."""
    found = device.trouble
    if found is None:
        return None
    return {
        "since": found.since,
        "failing": found.failing,
        "refusals": found.refusals,
        "acknowledged_in_vain": found.cycles,
        "rejected": found.rejections,
        "last_acknowledgement": found.said,
    }
