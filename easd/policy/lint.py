"""What is known to go wrong with a policy: settings that have no effect, that a client refuses, or that contradict each
other. Pure.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum

from easd.model.frozen import dataclass
from easd.model.policy import PolicyDocument
from easd.policy.rules import PolicyRules
from easd.policy.settings import ATTRIBUTES, faults


class Severity(StrEnum):
    """How bad it is."""

    REFUSED = "refused"
    """Some devices cannot come in, or cannot do what they should."""
    WARNING = "warning"
    """It does not do what it seems to."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark: the settings that it is about, and what is the matter."""

    severity: Severity
    settings: tuple[str, ...]
    text: str


_NOTHING = PolicyDocument()
_PASSWORD = (
    "AlphanumericDevicePasswordRequired",
    "PasswordRecoveryEnabled",
    "MinDevicePasswordLength",
    "MaxInactivityTimeDeviceLock",
    "MaxDevicePasswordFailedAttempts",
    "AllowSimpleDevicePassword",
    "DevicePasswordExpiration",
    "DevicePasswordHistory",
    "MinDevicePasswordComplexCharacters",
)
_ANDROID_CANNOT = (
    "AllowStorageCard",
    "AllowUnsignedApplications",
    "AllowUnsignedInstallationPackages",
    "AllowWiFi",
    "AllowTextMessaging",
    "AllowPOPIMAPEmail",
    "AllowIrDA",
    "AllowHTMLEmail",
    "AllowBrowser",
    "AllowConsumerEmail",
    "AllowInternetSharing",
    "AllowBluetooth",
    "RequireStorageCardEncryption",
    "RequireSignedSMIMEMessages",
    "RequireEncryptedSMIMEMessages",
    "MaxEmailBodyTruncationSize",
    "MaxEmailHTMLBodyTruncationSize",
    "UnapprovedInROMApplicationList",
    "ApprovedApplicationList",
)
"""What Android's own mail program, and those made of it, acknowledge as applied in part alone."""


def findings(rules: PolicyRules) -> list[Finding]:
    """All remarks about a policy, those that keep devices out first."""
    document = rules.document
    if document is None:
        return []
    found = [Finding(Severity.REFUSED, (text.split()[0],), text) for text in faults(document)]
    for check in _CHECKS:
        found += check(document, rules)
    return sorted(found, key=lambda finding: finding.severity is not Severity.REFUSED)


def _set(document: PolicyDocument, *names: str) -> tuple[str, ...]:
    """Those of the settings that ask for something."""
    return tuple(name for name in names if getattr(document, ATTRIBUTES[name]) != getattr(_NOTHING, ATTRIBUTES[name]))


def _password_alone(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    """Gmail says that its own security settings are stronger, and refuses the account."""
    wanted = ("MinDevicePasswordLength", "MaxInactivityTimeDeviceLock")
    missing = tuple(name for name in wanted if name not in _set(document, *wanted))
    if document.device_password_enabled and missing:
        text = f"Gmail refuses a policy that wants a password and says nothing of {' and '.join(missing)}"
        yield Finding(Severity.REFUSED, ("DevicePasswordEnabled", *missing), text)


def _without_password(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    """MS-ASPROV R142, R188, R223, R231, R254, R290, R301."""
    useless = _set(document, *_PASSWORD)
    if useless and not document.device_password_enabled:
        text = f"no effect while DevicePasswordEnabled is off: {', '.join(useless)}"
        yield Finding(Severity.WARNING, useless, text)


def _groups_of_characters(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    if document.min_device_password_complex_characters > 1 and not document.alphanumeric_device_password_required:
        names = ("MinDevicePasswordComplexCharacters", "AlphanumericDevicePasswordRequired")
        yield Finding(Severity.WARNING, names, "groups of characters count in an alphanumeric password alone")


def _short_for_its_groups(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    length, groups = document.min_device_password_length, document.min_device_password_complex_characters
    if length is not None and length < groups:
        names = ("MinDevicePasswordLength", "MinDevicePasswordComplexCharacters")
        yield Finding(Severity.WARNING, names, f"a password of {length} characters cannot have {groups} groups of them")


def _erases_itself(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    """R603."""
    if document.device_password_enabled and document.max_device_password_failed_attempts is not None:
        name = "MaxDevicePasswordFailedAttempts"
        text = f"after {document.max_device_password_failed_attempts} wrong passwords a device erases ALL that is on it"
        yield Finding(Severity.WARNING, (name,), text)


def _history_without_end(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    """R230: a stored password is refused when the last one has expired."""
    if document.device_password_history and not document.device_password_expiration:
        names = ("DevicePasswordHistory", "DevicePasswordExpiration")
        yield Finding(Severity.WARNING, names, "a history of passwords counts when passwords expire")


def _partly(document: PolicyDocument, rules: PolicyRules) -> Iterator[Finding]:
    """Status 2 in the acknowledgement, answered with 139 (MS-ASPROV R684)."""
    names = _set(document, *_ANDROID_CANNOT)
    if names and not rules.allow_partial:
        text = f"Android's mail applies a policy in part alone which has {', '.join(names)}; partial is not allowed"
        yield Finding(Severity.REFUSED, names, text)


def _strict_with_outlook(_: PolicyDocument, rules: PolicyRules) -> Iterator[Finding]:
    if not rules.allow_non_provisionable:
        yield Finding(Severity.REFUSED, (), "Outlook on Windows takes part in no policy, and is kept out")


def _only_signed(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    names = _set(document, "RequireSignedSMIMEMessages", "RequireEncryptedSMIMEMessages")
    if names:
        yield Finding(Severity.REFUSED, names, "a device that cannot do so cannot send: the server refuses other mail")


def _weak_ciphers(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    if document.require_encryption_smime_algorithm:
        yield Finding(Severity.WARNING, ("RequireEncryptionSMIMEAlgorithm",), "DES and RC2 are broken: 0 is TripleDES")
    if document.require_signed_smime_algorithm:
        yield Finding(Severity.WARNING, ("RequireSignedSMIMEAlgorithm",), "MD5 is broken: 0 is SHA-1")


def _no_attachments(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    if document.attachments_enabled and document.max_attachment_size == 0:
        names = ("MaxAttachmentSize", "AttachmentsEnabled")
        text = "no attachment has 0 bytes, and some clients read 0 as no limit: switch AttachmentsEnabled off"
        yield Finding(Severity.WARNING, names, text)


def _card_that_is_forbidden(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    if document.require_storage_card_encryption and not document.allow_storage_card:
        names = ("RequireStorageCardEncryption", "AllowStorageCard")
        yield Finding(Severity.WARNING, names, "a storage card that is forbidden need not be encrypted")


def _off_where_mail_is_read(document: PolicyDocument, _: PolicyRules) -> Iterator[Finding]:
    if not document.allow_wifi:
        yield Finding(Severity.WARNING, ("AllowWiFi",), "tablets without a telephone contract cannot connect at all")


_CHECKS: tuple[Callable[[PolicyDocument, PolicyRules], Iterator[Finding]], ...] = (
    _password_alone,
    _without_password,
    _groups_of_characters,
    _short_for_its_groups,
    _erases_itself,
    _history_without_end,
    _partly,
    _strict_with_outlook,
    _only_signed,
    _weak_ciphers,
    _no_attachments,
    _card_that_is_forbidden,
    _off_where_mail_is_read,
)
