"""The partnership of a user and a device: made at the first request, and asked about its policy at each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from easd.eas.headers import PROTOCOL_VERSIONS
from easd.eas.request import EasRequest
from easd.eas.status import CommonStatus, EasError
from easd.model.account import Principal
from easd.model.device import Device
from easd.model.trouble import refused
from easd.policy.partnerships import replaceable
from easd.policy.rules import Standing, standing
from easd.service.context import Context, HttpError, Services
from easd.service.policy_document import digest
from easd.service.ports import Writing
from easd.service.registry import Entry

VALIDATION_DEVICE = "validate"
"""Android's account check uses this DeviceId: it is answered, and leaves no partnership behind."""

_TOUCH_EVERY = timedelta(hours=1)
_SEARCHES_KEPT = 8


def kept(services: Services, principal: Principal, request: EasRequest, device: Device | None) -> Device:
    """The partnership as of now (None: there is none yet); a new one is stored, and a changed user agent or version, or
    an hour's silence, is noted. EasError 177 where there may be no further one.
    """
    mailbox, now = principal.user.mailbox_id, services.clock()
    if device is not None and not _stale(device, request, services):
        return device
    if device is None:
        device = Device(0, principal.user.id, request.device_id, request.device_type, first_seen=now)
        device = replace(device, versions_told=PROTOCOL_VERSIONS)
        if request.device_id.lower() == VALIDATION_DEVICE:
            return device
    with services.store.writing(mailbox) as writing:
        current = writing.device(request.device_id, request.device_type)
        told = _told(current or device, request, now)
        if current is None:
            _make_room(writing, services, told)
        return writing.save_device(told)


def _make_room(writing: Writing, services: Services, newcomer: Device) -> None:
    """EasError 177 where the user has as many partnerships as there may be, and none that the newcomer stands for
    (MS-ASCMD R4980).
    """
    devices, most = writing.devices(), services.limits.devices_max
    if len(devices) < most:
        return
    old = replaceable(devices, newcomer, services.clock())
    if old is None:
        detail = f"the user has {len(devices)} devices: `easd device remove` makes room"
        raise EasError(CommonStatus.MAXIMUM_DEVICES_REACHED, detail)
    writing.remove_device(old.id)


def _told(device: Device, request: EasRequest, now: datetime) -> Device:
    agent = request.user_agent or device.user_agent
    return replace(device, user_agent=agent, version=request.version.text, last_seen=now)


def _stale(device: Device, request: EasRequest, services: Services) -> bool:
    if device.version != request.version.text or (request.user_agent and device.user_agent != request.user_agent):
        return True
    return device.last_seen is None or services.clock() - device.last_seen >= _TOUCH_EVERY


def remember_sync(context: Context, request: bytes) -> None:
    """Keep what the last Sync request named, for empty and partial ones; most requests change nothing of it."""
    if request != context.device.sync_request:
        update(context, lambda device: replace(device, sync_request=request))


def forget_sync(context: Context) -> None:
    """A Sync request with a body has come that cannot be served: it takes the place of the one that was kept, and an
    empty request after it means nothing (MS-ASCMD R674).
    """
    if context.device.sync_request is not None:
        update(context, lambda device: replace(device, sync_request=None))


def remember_versions(context: Context) -> None:
    """The device starts anew, and is told which versions there are: it need not be told again (MS-ASHTTP R1104)."""
    if context.device.versions_told != PROTOCOL_VERSIONS:
        update(context, lambda device: replace(device, versions_told=PROTOCOL_VERSIONS))


def remember_ping(context: Context, parameters: bytes) -> None:
    """Keep the parameters of the last Ping (MS-ASCMD R5632, R5634)."""
    if parameters != context.device.ping:
        update(context, lambda device: replace(device, ping=parameters))


def remember_search(context: Context, search_id: str) -> None:
    """A search has begun of which further pages may be asked for (MS-ASCMD R70981808)."""
    if search_id not in context.device.searches:
        update(context, lambda device: replace(device, searches=(*device.searches, search_id)[-_SEARCHES_KEPT:]))


def update(context: Context, change: Callable[[Device], Device]) -> Device | None:
    """Change the partnership as it is now, not as it was when the request came in; answers what it has become, None if
    it was removed meanwhile.
    """
    if context.device.id == 0:
        return change(context.device)
    with context.services.store.writing(context.mailbox_id) as box:
        current = box.device(context.device.device_id, context.device.device_type)
        if current is None:
            return None
        changed = change(current)
        return current if changed == current else box.save_device(changed)


def check_policy(context: Context, entry: Entry) -> None:
    """EasError 141-144 for a device whose policy key does not stand (HTTP 449 before 14.0)."""
    if entry.under_policy:
        _check_key(context)


def check_policy_again(context: Context, entry: Entry) -> None:
    """The same of a request that waits. A Ping, too, is to end when the policy of its device has changed, so that the
    device gets the new one (MS-ASPROV R693); but of one that has never had a policy none is asked (R757).
    """
    check_policy(context, entry)
    if not entry.under_policy and context.device.policy_key is not None:
        key = context.device.policy_key
        _check_key(replace(context, request=replace(context.request, policy_key=key)))


def _check_key(context: Context) -> None:
    if context.device.id == 0:
        return
    rules, now = context.rules, context.services.clock()
    if rules.damaged:
        raise EasError(CommonStatus.DEVICE_NOT_PROVISIONED, "the policy cannot be read")  # Provision says so: R381
    if rules.document is None:
        return
    stands = standing(rules, context.device, context.request.policy_key, digest(rules.document, context.version), now)
    if stands is not Standing.GOOD:
        _refuse(context, stands)
    elif context.device.trouble is not None:
        update(context, lambda device: replace(device, trouble=None))


def _refuse(context: Context, stands: Standing) -> None:
    """EasError for a device that has to provision first. One that has done so again and again in vain is not asked once
    more: it is let in where devices may come in that take part in no policy, and kept out where they may not.
    """
    now = context.services.clock()
    trouble = context.device.trouble
    if trouble is None or trouble.counts:
        device = update(context, lambda device: replace(device, trouble=refused(device.trouble, now)))
        trouble = device.trouble if device is not None else None
    why = f"policy key {context.request.policy_key}: {stands.name}"
    if trouble is not None and trouble.failing:
        why = f"{why}; {trouble.words}"
    if trouble is None or not trouble.hopeless:
        raise EasError(CommonStatus(stands.value), why)
    if context.rules.allow_non_provisionable:
        return
    if not context.dialect.common_status:
        raise HttpError(403, why)  # 449 would send it to Provision once more
    raise EasError(CommonStatus.LEGACY_DEVICE_ON_STRICT_POLICY, why)
