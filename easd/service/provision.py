"""Provision (MS-ASPROV): the document under a temporary key, the acknowledgement, the key for good.

The first phase hands out the policy with a key that is good for the acknowledgement alone (R650); the second checks
that key (R657) and what the device says of itself (R659), and hands out the lasting key (R662).
"""

from collections.abc import Callable
from dataclasses import replace

from easd.eas.commands.provision import (
    RESPONSE,
    PolicyAsked,
    PolicyGiven,
    ProvisionRequest,
    ProvisionResponse,
)
from easd.eas.commands.settings import DeviceInformationSet, SettingStatus
from easd.eas.status import CommonStatus, EasError, PolicyAcknowledgement, PolicyStatus, ProvisionStatus, SettingsStatus
from easd.model.device import Device, noted
from easd.model.trouble import acknowledged, rejected
from easd.service import partnership, wiping
from easd.service.context import Answer, Context
from easd.service.policy_document import digest, shaped

_INCOMPLETE = (PolicyAcknowledgement.PARTLY_APPLIED, PolicyAcknowledgement.NOT_APPLIED)


def handle(context: Context, request: ProvisionRequest) -> Answer:
    """Either phase; a request without policies is answered that there is nothing to wipe (R493, R653), if it is so."""
    wipe = wiping.provision(context, request)
    if wipe is not None:
        return wipe
    information = request.device_information
    if not request.policies:
        return _answer(context, ProvisionResponse(ProvisionStatus.SUCCESS, _noted(context, information)))
    if len(request.policies) > 1:
        raise EasError(ProvisionStatus.PROTOCOL_ERROR, "more than one policy")
    asked = request.policies[0]
    if asked.type is None:
        if request.remote_wipe or request.account_only_remote_wipe:  # iOS sends a Policy with nothing but a Status, too
            return _answer(context, ProvisionResponse(ProvisionStatus.SUCCESS))
        raise EasError(ProvisionStatus.PROTOCOL_ERROR, "a policy without PolicyType")
    if asked.type != context.dialect.policy_type:
        return _refused(context, PolicyStatus.UNKNOWN_TYPE, _noted(context, information), type_=asked.type)
    if asked.status is not None:
        return _acknowledge(context, asked)
    if context.dialect.device_information_in_provision and information is None:
        raise EasError(CommonStatus.DEVICE_INFORMATION_REQUIRED, "no DeviceInformation")  # MS-ASCMD R4954
    return _offer(context, information)


def _noted(context: Context, information: DeviceInformationSet | None) -> SettingStatus | None:
    """Keep what the device says of itself (R488); the status that this has in the answer, None if it says nothing."""
    if information is None:
        return None
    said = information.set
    _kept(context, lambda device: noted(device, said))
    return SettingStatus(SettingsStatus.SUCCESS)


def _answer(context: Context, response: ProvisionResponse) -> Answer:
    notes = tuple(PolicyStatus(policy.status).name for policy in response.policies)
    return Answer(RESPONSE.encode(response, context.version), notes=notes)


def _refused(
    context: Context, status: PolicyStatus, information: SettingStatus | None = None, *, type_: str = ""
) -> Answer:
    given = PolicyGiven(type_ or context.dialect.policy_type, status)
    return _answer(context, ProvisionResponse(ProvisionStatus.SUCCESS, information, (given,)))


def _offer(context: Context, information: DeviceInformationSet | None) -> Answer:
    """The document under a temporary key, which no other command accepts (R650)."""
    document, key = context.rules.document, context.services.number(32)
    if context.rules.damaged:
        return _refused(context, PolicyStatus.CORRUPT, _noted(context, information))  # R381, R473
    try:
        name = digest(document, context.version) if document is not None else ""
    except (TypeError, ValueError):  # R473: a value that no device could be told
        return _refused(context, PolicyStatus.CORRUPT, _noted(context, information))

    def offered(device: Device) -> Device:
        told = device if information is None else noted(device, information.set)
        return told if document is None else replace(told, offered_key=key, offered_digest=name)

    _kept(context, offered)
    status = None if information is None else SettingStatus(SettingsStatus.SUCCESS)
    if document is None:
        return _refused(context, PolicyStatus.NO_POLICY, status)
    given = PolicyGiven(context.dialect.policy_type, PolicyStatus.SUCCESS, str(key), shaped(document, context.version))
    return _answer(context, ProvisionResponse(ProvisionStatus.SUCCESS, status, (given,)))


def _acknowledge(context: Context, asked: PolicyAsked) -> Answer:
    """The lasting key (R662); the same one again for a repeated acknowledgement, whose answer may have been lost."""
    device, rules = context.device, context.rules
    if rules.document is None:
        return _refused(context, PolicyStatus.CORRUPT if rules.damaged else PolicyStatus.NO_POLICY)
    if device.offered_key is None or asked.key != str(device.offered_key):
        return _refused(context, PolicyStatus.WRONG_KEY)  # R658
    name = digest(rules.document, context.version)
    if device.offered_digest != name:
        return _refused(context, PolicyStatus.WRONG_KEY)  # R475: what the device applied is out of date
    _check_compliance(context, asked)
    key, now = context.services.number(32), context.services.clock()

    def settled(device: Device) -> Device:
        if device.settled_key == device.offered_key:
            return device
        trouble = acknowledged(device.trouble, asked.status or 0)
        known = replace(device, settled_key=device.offered_key, policy_key=key, policy_digest=name, trouble=trouble)
        return replace(known, policy_acknowledged=now)

    given = PolicyGiven(context.dialect.policy_type, PolicyStatus.SUCCESS, str(_kept(context, settled).policy_key))
    return _answer(context, ProvisionResponse(ProvisionStatus.SUCCESS, policies=(given,)))


def _check_compliance(context: Context, asked: PolicyAsked) -> None:
    """EasError for a device that does not comply as far as it must (R660)."""
    rules, status, now = context.rules, asked.status or 0, context.services.clock()
    if status not in set(PolicyAcknowledgement):
        raise EasError(ProvisionStatus.PROTOCOL_ERROR, f"acknowledged with {status}")
    elsewhere = status == PolicyAcknowledgement.MANAGED_ELSEWHERE and not rules.allow_external
    if not elsewhere and (status not in _INCOMPLETE or rules.allow_partial):
        return
    device = _kept(context, lambda device: replace(device, trouble=rejected(device.trouble, status, now)))
    why = f"acknowledged with {status}"
    if device.trouble is not None and device.trouble.failing:
        why = f"{why}; {device.trouble.words}"
    if elsewhere:
        raise EasError(CommonStatus.EXTERNALLY_MANAGED_DEVICES_NOT_ALLOWED, why)  # R687
    raise EasError(CommonStatus.DEVICE_NOT_FULLY_PROVISIONABLE, why)  # R684


def _kept(context: Context, change: Callable[[Device], Device]) -> Device:
    """The partnership after the change. EasError 3 if it was removed meanwhile: the next request makes a new one."""
    device = partnership.update(context, change)
    if device is None:
        raise EasError(ProvisionStatus.SERVER_ERROR, "the partnership was removed")  # R452: a temporary issue
    return device
