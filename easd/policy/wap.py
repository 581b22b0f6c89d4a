"""The policy as Windows Mobile reads it at version 2.5: a WAP provisioning document (MS-ASPROV 2.2.2.24.2). Pure.

It can say whether a password is wanted, how long and of which kind, when the device locks itself, and after how many
wrong passwords it wipes itself. All else of a policy has no word in it.
"""

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import quoteattr

from easd.model.policy import PolicyDocument

_LASSD = r"HKLM\Comm\Security\Policy\LASSD"
_IDLE = _LASSD + r"\AE\{50C13377-C66D-400C-889E-C316FC4AB374}"
_PASSWORD = _LASSD + r"\LAP\lap_pw"
_REQUIRED, _NOT_REQUIRED = 0, 1
_ALPHANUMERIC, _ANY = 0, 2


def wap_document(policy: PolicyDocument) -> str:
    """The document as text. Policy 4131 is "a password is required" (0 yes, 1 no); the rest is said only with it."""
    required = _REQUIRED if policy.device_password_enabled else _NOT_REQUIRED
    security = _characteristic("SecurityPolicy", _parameters({"4131": required}))
    registry = _characteristic("Registry", "".join(_password(policy))) if policy.device_password_enabled else ""
    return f"<wap-provisioningdoc>{security}{registry}</wap-provisioningdoc>"


def _password(policy: PolicyDocument) -> Iterator[str]:
    idle = policy.max_inactivity_time_device_lock
    if idle is None:
        yield _characteristic(_IDLE, _parameters({"AEFrequencyType": 0}))
    else:  # whole minutes: rather too early than too late
        yield _characteristic(_IDLE, _parameters({"AEFrequencyType": 1, "AEFrequencyValue": max(idle // 60, 1)}))
    attempts = policy.max_device_password_failed_attempts
    if attempts is not None:
        yield _characteristic(_LASSD, _parameters({"DeviceWipeThreshold": attempts}))
    length = policy.min_device_password_length
    kind = {"PasswordComplexity": _ALPHANUMERIC if policy.alphanumeric_device_password_required else _ANY}
    yield _characteristic(_PASSWORD, _parameters(kind if length is None else {"MinimumPasswordLength": length, **kind}))


def _characteristic(kind: str, content: str) -> str:
    return f"<characteristic type={quoteattr(kind)}>{content}</characteristic>"


def _parameters(values: Mapping[str, int]) -> str:
    return "".join(f'<parm name="{name}" value="{value}"/>' for name, value in values.items())
