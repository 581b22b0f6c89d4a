"""What the organisation demands of its devices (MS-ASPROV), and what a request's policy key says under it. Pure."""

from dataclasses import field
from datetime import datetime, timedelta
from enum import Enum

from easd.model.device import Device
from easd.model.frozen import dataclass
from easd.model.policy import PolicyDocument


@dataclass(frozen=True, slots=True)
class PolicyRules:
    """The document, and how strictly it is meant. Without a document there is no policy: every device may come in, and
    one that asks is told so (MS-ASPROV R379).

    `allow_non_provisionable`: a device that never sends a policy key may come in (Outlook does so). `allow_partial`:
    so may one that can apply only a part of the document. `allow_external`: so may one that says another system
    manages it: not by default, as with Exchange, whose answer is 145 (MS-ASCMD R4917). `refresh`: how long an
    acknowledgement lasts (None: until the document changes). `damaged`: what was kept cannot be read, and lets
    nobody in (R381).
    """

    document: PolicyDocument | None = field(default_factory=PolicyDocument)
    allow_non_provisionable: bool = True
    allow_partial: bool = True
    allow_external: bool = False
    refresh: timedelta | None = None
    damaged: bool = False


class Standing(Enum):
    """How a device stands with its policy, by the common status that says so (MS-ASCMD 2.2.4)."""

    GOOD = 0
    NOT_PROVISIONABLE = 141
    NOT_PROVISIONED = 142
    REFRESH = 143
    KEY_INVALID = 144


def standing(rules: PolicyRules, device: Device, key: int | None, digest: str, now: datetime) -> Standing:
    """How a request with the policy key `key` stands. `digest` names the document as encoded for the request's version.

    A device that sends no key at all does not take part in provisioning (MS-ASPROV R458, R685); key 0 asks to be
    provisioned (MS-ASCMD R4905); another key than the acknowledged one, or one for an older document, is invalid
    (R4911, R4914); an old one is to be renewed (R4909).
    """
    if key is None:
        return Standing.GOOD if rules.allow_non_provisionable else Standing.NOT_PROVISIONABLE
    if device.policy_key is None or key == 0:
        return Standing.NOT_PROVISIONED
    if key != device.policy_key or digest != device.policy_digest:
        return Standing.KEY_INVALID
    at = device.policy_acknowledged
    if rules.refresh is not None and (at is None or now - at >= rules.refresh):
        return Standing.REFRESH
    return Standing.GOOD
