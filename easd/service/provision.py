"""Provision (MS-ASPROV): the document under a temporary key, the acknowledgement, the key for good.

The first phase hands out the policy with a key that is good for the acknowledgement alone (R650); the second checks
that key (R657) and what the device says of itself (R659), and hands out the lasting key (R662).
"""

from dataclasses import replace

from easd.eas.commands.provision import (
    POLICY_WBXML,
    RESPONSE,
    PolicyAsked,
    PolicyGiven,
    ProvisionRequest,
    ProvisionResponse,
)
from easd.eas.commands.settings import SettingStatus
from easd.eas.status import CommonStatus, EasError, PolicyAcknowledgement, PolicyStatus, ProvisionStatus, SettingsStatus
from easd.model.device import Device
from easd.service.context import Answer, Context
from easd.service.policy_document import digest
from easd.service.settings import noted

_INCOMPLETE = (PolicyAcknowledgement.PARTLY_APPLIED, PolicyAcknowledgement.NOT_APPLIED)


def handle(context: Context, request: ProvisionRequest) -> Answer:
    """Either phase; a request without policies is answered that there is nothing to wipe (R493, R653)."""
    if not request.policies:
        return _answer(context, ProvisionResponse(ProvisionStatus.SUCCESS))
    if len(request.policies) > 1:
        raise EasError(ProvisionStatus.PROTOCOL_ERROR, "more than one policy")
    asked = request.policies[0]
    information = request.device_information
    if asked.type != POLICY_WBXML:
        return _answer(context, _one(PolicyGiven(asked.type, PolicyStatus.UNKNOWN_TYPE)))
    if asked.status is not None:
        return _answer(context, _acknowledge(context, asked))
    if context.dialect.device_information_in_provision and information is None:
        raise EasError(CommonStatus.DEVICE_INFORMATION_REQUIRED, "no DeviceInformation")  # MS-ASCMD R4954
    device = noted(context.device, information.set) if information is not None else context.device
    status = SettingStatus(SettingsStatus.SUCCESS) if information is not None else None
    return _answer(context, _offer(context, device, asked, status))


def _answer(context: Context, response: ProvisionResponse) -> Answer:
    notes = tuple(PolicyStatus(policy.status).name for policy in response.policies)
    return Answer(RESPONSE.encode(response, context.version), notes=notes)


def _one(policy: PolicyGiven, information: SettingStatus | None = None) -> ProvisionResponse:
    return ProvisionResponse(ProvisionStatus.SUCCESS, information, (policy,))


def _offer(
    context: Context, device: Device, asked: PolicyAsked, information: SettingStatus | None
) -> ProvisionResponse:
    key = context.services.number(32)
    _save(context, replace(device, offered_key=key))
    document = context.services.policy.document
    return _one(PolicyGiven(asked.type, PolicyStatus.SUCCESS, str(key), document), information)


def _acknowledge(context: Context, asked: PolicyAsked) -> ProvisionResponse:
    device, rules = context.device, context.services.policy
    if device.offered_key is None or asked.key != str(device.offered_key):
        return _one(PolicyGiven(asked.type, PolicyStatus.WRONG_KEY))  # R658
    if asked.status == PolicyAcknowledgement.MANAGED_ELSEWHERE and not rules.allow_external:
        raise EasError(CommonStatus.EXTERNALLY_MANAGED_DEVICES_NOT_ALLOWED, "managed by another system")  # R687
    if asked.status in _INCOMPLETE and not rules.allow_partial:
        raise EasError(CommonStatus.DEVICE_NOT_FULLY_PROVISIONABLE, f"acknowledged with {asked.status}")  # R684
    if asked.status not in set(PolicyAcknowledgement):
        raise EasError(ProvisionStatus.PROTOCOL_ERROR, f"acknowledged with {asked.status}")
    key = context.services.number(32)
    _save(
        context,
        replace(
            device,
            offered_key=None,
            policy_key=key,
            policy_digest=digest(rules.document, context.version),
            policy_acknowledged=context.services.clock(),
        ),
    )
    return _one(PolicyGiven(asked.type, PolicyStatus.SUCCESS, str(key)))


def _save(context: Context, device: Device) -> None:
    if device.id:
        with context.services.store.writing(context.mailbox_id) as box:
            box.save_device(device)
