"""Devices over REST: who has which, whether they come in, and what lost ones are told."""

from collections.abc import Iterator, Sequence

from easd.http.rest.shapes import AccessBody, DeviceShown, WipeBody, WipeShown
from easd.http.rest.table import Call, Operation
from easd.model.access import Effect
from easd.model.access_key import Level
from easd.model.account import User
from easd.model.device import Device, Wipe, WipeKind
from easd.policy.access import state_of
from easd.service.administration.errors import saying


def _list(call: Call) -> list[DeviceShown]:
    wanted, failing = call.query.get("state"), call.query.get("failing")
    found = [one for one in _all(call) if wanted is None or one.state == wanted]
    return [one for one in found if failing is None or (one.failing is (failing == "true"))]


def _all(call: Call) -> Iterator[DeviceShown]:
    accounts = call.desk.means.accounts
    with saying():
        for owner in accounts.users():
            if accounts.organization_of(owner.id) == call.organisation:
                yield from (_shown(call, owner, device) for device in accounts.devices(owner.mailbox_id))


def _of_user(call: Call) -> list[DeviceShown]:
    owner = call.whom()
    return [_shown(call, owner, device) for device in call.desk.means.accounts.devices(owner.mailbox_id)]


def _get(call: Call) -> DeviceShown:
    owner = call.whom()
    return _shown(call, owner, call.device(owner))


def _forget(call: Call) -> None:
    owner = call.whom()
    call.desk.mailboxes.forget_device(owner, call.device(owner))


def _say(call: Call) -> None:
    body = call.body
    assert isinstance(body, AccessBody)
    call.desk.device_access.put_override(call.whom(), call.path["device"], Effect(body.effect), body.description)


def _unsay(call: Call) -> None:
    call.desk.device_access.remove_override(call.whom(), call.path["device"])


def _wipe(call: Call) -> DeviceShown:
    body = call.body
    assert isinstance(body, WipeBody)
    owner = call.whom()
    kind = WipeKind.DEVICE if body.kind == "device" else WipeKind.ACCOUNT
    done = call.desk.wipes.order(owner, call.device(owner), kind, body.reason, body.confirm)
    return _shown(call, owner, done)


def _take_back(call: Call) -> DeviceShown:
    owner = call.whom()
    return _shown(call, owner, call.desk.wipes.take_back(owner, call.device(owner)))


def _shown(call: Call, owner: User, device: Device) -> DeviceShown:
    store = call.desk.means.store
    access = store.arrival(owner.mailbox_id, device.device_id, device.device_type).access
    information = device.information
    return DeviceShown(
        owner.address,
        device.device_id,
        device.device_type,
        information.model or "",
        information.friendly_name or "",
        information.os or "",
        device.user_agent or information.user_agent or "",
        device.version,
        device.policy_key is not None,
        state_of(device, access),
        access.override.value if access.override is not None else None,
        device.first_seen,
        device.last_seen,
        [_ordered(wipe) for wipe in device.wipes],
        device.trouble is not None and device.trouble.failing,
        device.trouble.words if device.trouble is not None else "",
    )


def _ordered(wipe: Wipe) -> WipeShown:
    state = wipe.outcome.value if wipe.outcome else "pending"
    return WipeShown(wipe.kind.value, state, wipe.ordered, wipe.told, wipe.ended, wipe.reason)


_DEVICE = "/users/{address}/devices/{device}"
_TYPE = (("type", "the DeviceType, where two devices of the user have the same id"),)
_STATES = (
    ("state", "those alone that are in it: quarantined, blocked ..."),
    ("failing", "`true`: those alone that keep failing to provision; `false`: the others"),
)
_FORGET = "Forget a device: if it comes again it begins anew"
_LET_IN = "Let one device in, also out of quarantine, or block it"
_ORDER = "Order a device to wipe itself"
OPERATIONS: Sequence[Operation] = (
    Operation("GET", "/devices", "All devices", Level.READ, _list, answer=list[DeviceShown], query=_STATES),
    Operation("GET", "/users/{address}/devices", "A user's devices", Level.READ, _of_user, answer=list[DeviceShown]),
    Operation("GET", _DEVICE, "One device", Level.READ, _get, answer=DeviceShown, query=_TYPE),
    Operation("DELETE", _DEVICE, _FORGET, Level.DEVICES, _forget, query=_TYPE),
    Operation("PUT", f"{_DEVICE}/access", _LET_IN, Level.DEVICES, _say, AccessBody),
    Operation("DELETE", f"{_DEVICE}/access", "Let the rules decide again", Level.DEVICES, _unsay),
    Operation("POST", f"{_DEVICE}/wipe", _ORDER, Level.DEVICES, _wipe, WipeBody, DeviceShown, _TYPE),
    Operation("DELETE", f"{_DEVICE}/wipe", "Take it back", Level.DEVICES, _take_back, None, DeviceShown, _TYPE),
)
