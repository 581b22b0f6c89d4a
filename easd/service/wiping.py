"""Orders to wipe: given and taken back by an administrator, carried out by the device (MS-ASPROV 3.2.5.1.2.2 and
3.2.5.1.2.3), told to the user by mail each time.
"""

from collections.abc import Callable
from datetime import datetime

from easd.eas.commands.provision import RESPONSE, ProvisionRequest, ProvisionResponse, WipeAcknowledged
from easd.eas.commands.settings import SettingStatus
from easd.eas.status import CommonStatus, EasError, ProvisionStatus, SettingsStatus, WipeStatus
from easd.mime.notice import notice
from easd.model.account import User
from easd.model.device import Device, Wipe, WipeKind, WipeOutcome, noted
from easd.model.email import Address
from easd.policy.wiping import Demand, cancelled, demand, done, failed, told
from easd.service.context import Answer, Context
from easd.service.delivery import new_mail, put
from easd.service.ports import Store, Writing

_WHAT = {
    WipeKind.ACCOUNT: "what it holds of this account: mail, contacts, calendar, tasks and notes",
    WipeKind.DEVICE: "everything on it, as if it came from the factory",
}


class NoOrder(Exception):
    """The device has no order to wipe that could be taken back, or has one already."""


# ---------------------------------------------------------------- the administrator


def order(store: Store, user: User, device: Device, wipe: Wipe, message_id: str) -> Device:
    """Order the wipe; held requests of the device end at once. NoOrder if one stands already, KeyError if the
    partnership is gone.
    """
    with store.writing(user.mailbox_id) as box:
        current = _existing(box, device)
        if current.pending_wipe is not None:
            raise NoOrder(f"an order to wipe {device.device_id} stands already")
        _tell_user(box, user, current, wipe, wipe.ordered, message_id)
        return box.save_device(current.with_wipe(wipe))


def take_back(store: Store, user: User, device: Device, now: datetime, message_id: str) -> Device:
    """Cancel the order. NoOrder if there is none that stands, KeyError if the partnership is gone."""
    with store.writing(user.mailbox_id) as box:
        current = _existing(box, device)
        if current.pending_wipe is None:
            raise NoOrder(f"there is no order to wipe {device.device_id} that could be taken back")
        wipe = cancelled(current.pending_wipe, now)
        _tell_user(box, user, current, wipe, now, message_id)
        return box.save_device(current.with_wipe(wipe))


def _existing(box: Writing, device: Device) -> Device:
    found = box.device(device.device_id, device.device_type)
    if found is None:
        raise KeyError(f"there is no device {device.device_id} any more")
    return found


# ---------------------------------------------------------------- the device


def admit(context: Context, *, provisioning: bool) -> bool:
    """EasError 140 where the device is to wipe itself (MS-ASCMD R5279, R7561), 129 where it is to get nothing.

    True: it is a Provision that is about the wipe, and must get through whatever else there is against the device.
    """
    demanded = demand(context.device, knows_account_only=context.dialect.account_only_wipe)
    if demanded is Demand.NOTHING:
        return False
    if provisioning and (demanded is Demand.WIPE or context.device.wiped):
        return True
    if demanded is Demand.WIPE:
        raise EasError(CommonStatus.REMOTE_WIPE_REQUESTED, "an order to wipe stands")
    raise EasError(CommonStatus.DEVICE_IS_BLOCKED_FOR_THIS_USER, "the device was wiped, or is to be")


def provision(context: Context, request: ProvisionRequest) -> Answer | None:
    """The answer to a Provision of a device that is to wipe itself, or has; None where neither is so.

    The order stands in whatever Provision is answered, until it is acknowledged; no policy key is given meanwhile.
    """
    if context.device.wiped:
        if request.remote_wipe or request.account_only_remote_wipe:
            return _answer(context, ProvisionStatus.SUCCESS, None)  # the first answer may have been lost
        raise EasError(CommonStatus.DEVICE_IS_BLOCKED_FOR_THIS_USER, "the device was wiped")
    pending = context.device.pending_wipe
    if pending is None:
        return None
    acknowledged = request.remote_wipe if pending.kind is WipeKind.DEVICE else request.account_only_remote_wipe
    return _offer(context, request) if acknowledged is None else _acknowledge(context, acknowledged)


def _offer(context: Context, request: ProvisionRequest) -> Answer:
    information, now = request.device_information.set if request.device_information else None, context.services.clock()

    def change(_: Writing, device: Device, wipe: Wipe) -> Device:
        known = device if information is None else noted(device, information)
        return known.with_wipe(told(wipe, now))

    device = _changed(context, change)
    return _answer(context, ProvisionStatus.SUCCESS, device.pending_wipe, with_information=information is not None)


def _acknowledge(context: Context, acknowledged: WipeAcknowledged) -> Answer:
    """Success ends the order (R664, R66602); after a failure it is given once more (R665, R701, R66603, R66604)."""
    now = context.services.clock()
    if acknowledged.status == WipeStatus.DONE:
        device = _changed(context, lambda box, device, wipe: _ended(context, box, device, done(wipe, now)))
        return _answer(context, ProvisionStatus.SUCCESS, device.pending_wipe, "the device has wiped itself")
    if acknowledged.status == WipeStatus.FAILED:
        device = _changed(context, lambda _, device, wipe: device.with_wipe(failed(wipe, now)))
        return _answer(context, ProvisionStatus.PROTOCOL_ERROR, device.pending_wipe, "the device could not wipe itself")
    raise EasError(ProvisionStatus.PROTOCOL_ERROR, f"a wipe acknowledged with {acknowledged.status}")


def _ended(context: Context, box: Writing, device: Device, wipe: Wipe) -> Device:
    """Nothing of what the device held is taken for granted any more."""
    for collection in box.sync_rows(device.id):
        box.forget_sync_row(device.id, collection)
    message_id = f"{context.services.number(64):016x}.wipe@{context.principal.user.address.rpartition('@')[2]}"
    _tell_user(box, context.principal.user, device, wipe, context.services.clock(), message_id)
    return device.forgetful().with_wipe(wipe)


def _changed(context: Context, change: Callable[[Writing, Device, Wipe], Device]) -> Device:
    """The partnership after the change, if the order still stands; EasError 3 if the partnership is gone."""
    asked = context.device
    with context.services.store.writing(context.mailbox_id) as box:
        current = box.device(asked.device_id, asked.device_type)
        if current is None:
            raise EasError(ProvisionStatus.SERVER_ERROR, "the partnership was removed")
        pending = current.pending_wipe
        if pending is None or asked.pending_wipe is None or pending.kind is not asked.pending_wipe.kind:
            return current
        changed = change(box, current, pending)
        return current if changed == current else box.save_device(changed)


def _answer(
    context: Context, status: ProvisionStatus, wipe: Wipe | None, note: str = "", *, with_information: bool = False
) -> Answer:
    """MS-ASPROV 3.2.5.1.1: the status, and the order, an empty element (R322, R6903)."""
    response = ProvisionResponse(
        status,
        SettingStatus(SettingsStatus.SUCCESS) if with_information else None,
        remote_wipe=wipe is not None and wipe.kind is WipeKind.DEVICE,
        account_only_remote_wipe=wipe is not None and wipe.kind is WipeKind.ACCOUNT,
    )
    ordered = f"ordered to wipe: {wipe.kind}" if wipe is not None else ""
    return Answer(RESPONSE.encode(response, context.version), notes=tuple(filter(None, (note, ordered))))


# ---------------------------------------------------------------- the user


def _tell_user(box: Writing, user: User, device: Device, wipe: Wipe, now: datetime, message_id: str) -> None:
    """A message into the user's Inbox, which other devices show. It also wakes whoever waits for the mailbox."""
    subject, text = _words(device, wipe)
    raw = notice(Address(user.display_name, user.address), subject, text, message_id=message_id, now=now)
    box.beyond_quota()
    put(box, new_mail(raw, now))


def _words(device: Device, wipe: Wipe) -> tuple[str, str]:
    name = device.information.friendly_name or device.information.model or device.device_type
    what = _WHAT[wipe.kind]
    if wipe.outcome is None:
        subject, said = f"{name} will be wiped", f"the device is to remove {what}. It does so when it next connects."
    elif wipe.outcome is WipeOutcome.DONE:
        subject, said = f"{name} was wiped", f"the device says that it has removed {what}."
    else:
        subject, said = f"{name} will not be wiped", "the order to wipe the device was taken back."
    reason = [f"Reason: {wipe.reason}"] if wipe.reason else []
    lines = [
        f"By order of your administrator, {said}",
        "",
        f"Device: {device.device_type}, {device.device_id}",
        *reason,
    ]
    return subject, "\n".join(lines)
