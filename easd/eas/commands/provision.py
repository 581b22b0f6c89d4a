"""Provision (MS-ASPROV): policies down, acknowledgement up; and the order to wipe."""

from types import MappingProxyType

from easd.eas.commands.settings import (
    DEVICE_INFORMATION,
    DEVICE_INFORMATION_STATUS,
    DeviceInformationSet,
    SettingStatus,
)
from easd.eas.schema import (
    BOOLEAN,
    PRESENCE,
    TEXT,
    Document,
    Integer,
    ListOf,
    Malformed,
    OptionalInteger,
    Prop,
    Schema,
    Text,
    children_of,
    text_of,
)
from easd.eas.versions import V12_0, V12_1, V14_1, V16_1, Version, since
from easd.model.frozen import dataclass
from easd.model.policy import PolicyDocument
from easd.wbxml import NAMES, Element, Tag, Writer, tag

POLICY_WBXML = "MS-EAS-Provisioning-WBXML"
"""PolicyType of 12.0 and later: the policy is an EASProvisionDoc."""
POLICY_XML = "MS-WAP-Provisioning-XML"
"""PolicyType of 2.5: the policy is a WAP provisioning document as text."""


@dataclass(frozen=True, slots=True)
class PolicyAsked:
    """Policy in a request: with `key` and `status` it acknowledges what was sent under that key. Without a type it is
    no request for a policy: iOS sends so beside the acknowledgement of a wipe.
    """

    type: str | None = None
    key: str | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class WipeAcknowledged:
    """RemoteWipe or AccountOnlyRemoteWipe in a request: 1 done, 2 failed."""

    status: int


@dataclass(frozen=True, slots=True)
class ProvisionRequest:
    """A Provision request."""

    device_information: DeviceInformationSet | None = None
    policies: tuple[PolicyAsked, ...] = ()
    remote_wipe: WipeAcknowledged | None = None
    account_only_remote_wipe: WipeAcknowledged | None = None


@dataclass(frozen=True, slots=True)
class PolicyGiven:
    """Policy in a response: status, and in the first phase the document itself (as text for `POLICY_XML`)."""

    type: str
    status: int
    key: str | None = None
    data: PolicyDocument | str | None = None


@dataclass(frozen=True, slots=True)
class ProvisionResponse:
    """A Provision response. `device_information` is the status of what the request said of the device."""

    status: int
    device_information: SettingStatus | None = None
    policies: tuple[PolicyGiven, ...] = ()
    remote_wipe: bool = False
    account_only_remote_wipe: bool = False


def _yes_no(name: str, attr: str, first: Version = V12_1) -> Prop:
    return Prop(f"Provision:{name}", attr, BOOLEAN, f"MS-ASPROV {name}", since(first))


def _limit(name: str, attr: str, high: int) -> Prop:
    return Prop(f"Provision:{name}", attr, OptionalInteger(0, high), f"MS-ASPROV {name}", since(V12_0), always=True)


def _number(name: str, attr: str, low: int, high: int, first: Version = V12_1) -> Prop:
    return Prop(f"Provision:{name}", attr, Integer(low, high), f"MS-ASPROV {name}", since(first))


def _names(name: str, attr: str, item: str) -> Prop:
    kind = ListOf(f"Provision:{item}", TEXT, keep_empty=True)
    return Prop(f"Provision:{name}", attr, kind, f"MS-ASPROV {name}", since(V12_1))


POLICY_DOCUMENT: Schema[PolicyDocument] = Schema(
    PolicyDocument,
    (
        _yes_no("DevicePasswordEnabled", "device_password_enabled", V12_0),
        _yes_no("AlphanumericDevicePasswordRequired", "alphanumeric_device_password_required", V12_0),
        _yes_no("PasswordRecoveryEnabled", "password_recovery_enabled", V12_0),
        _yes_no("RequireStorageCardEncryption", "require_storage_card_encryption", V12_0),
        _yes_no("AttachmentsEnabled", "attachments_enabled", V12_0),
        _limit("MinDevicePasswordLength", "min_device_password_length", 255),
        _limit("MaxInactivityTimeDeviceLock", "max_inactivity_time_device_lock", 2**32 - 1),
        _limit("MaxDevicePasswordFailedAttempts", "max_device_password_failed_attempts", 255),
        _limit("MaxAttachmentSize", "max_attachment_size", 2**32 - 1),
        _yes_no("AllowSimpleDevicePassword", "allow_simple_device_password", V12_0),
        _limit("DevicePasswordExpiration", "device_password_expiration", 2**32 - 1),
        _number("DevicePasswordHistory", "device_password_history", 0, 2**32 - 1, V12_0),
        _yes_no("AllowStorageCard", "allow_storage_card"),
        _yes_no("AllowCamera", "allow_camera"),
        _yes_no("RequireDeviceEncryption", "require_device_encryption"),
        _yes_no("AllowUnsignedApplications", "allow_unsigned_applications"),
        _yes_no("AllowUnsignedInstallationPackages", "allow_unsigned_installation_packages"),
        _number("MinDevicePasswordComplexCharacters", "min_device_password_complex_characters", 0, 255),
        _yes_no("AllowWiFi", "allow_wifi"),
        _yes_no("AllowTextMessaging", "allow_text_messaging"),
        _yes_no("AllowPOPIMAPEmail", "allow_pop_imap_email"),
        _number("AllowBluetooth", "allow_bluetooth", 0, 2),
        _yes_no("AllowIrDA", "allow_irda"),
        _yes_no("RequireManualSyncWhenRoaming", "require_manual_sync_when_roaming"),
        _yes_no("AllowDesktopSync", "allow_desktop_sync"),
        _number("MaxCalendarAgeFilter", "max_calendar_age_filter", 0, 7),
        _yes_no("AllowHTMLEmail", "allow_html_email"),
        _number("MaxEmailAgeFilter", "max_email_age_filter", 0, 5),
        _number("MaxEmailBodyTruncationSize", "max_email_body_truncation_size", -1, 2**31 - 1),
        _number("MaxEmailHTMLBodyTruncationSize", "max_email_html_body_truncation_size", -1, 2**31 - 1),
        _yes_no("RequireSignedSMIMEMessages", "require_signed_smime_messages"),
        _yes_no("RequireEncryptedSMIMEMessages", "require_encrypted_smime_messages"),
        _number("RequireSignedSMIMEAlgorithm", "require_signed_smime_algorithm", 0, 1),
        _number("RequireEncryptionSMIMEAlgorithm", "require_encryption_smime_algorithm", 0, 4),
        _number("AllowSMIMEEncryptionAlgorithmNegotiation", "allow_smime_encryption_algorithm_negotiation", 0, 2),
        _yes_no("AllowSMIMESoftCerts", "allow_smime_soft_certs"),
        _yes_no("AllowBrowser", "allow_browser"),
        _yes_no("AllowConsumerEmail", "allow_consumer_email"),
        _yes_no("AllowRemoteDesktop", "allow_remote_desktop"),
        _yes_no("AllowInternetSharing", "allow_internet_sharing"),
        _names("UnapprovedInROMApplicationList", "unapproved_applications", "ApplicationName"),
        _names("ApprovedApplicationList", "approved_hashes", "Hash"),
    ),
)
"""MS-ASPROV EASProvisionDoc: elements in the order of its schema, all of them written."""

_DOCUMENT = tag("Provision:EASProvisionDoc")


class _PolicyData:
    """MS-ASPROV Data: an EASProvisionDoc, or text."""

    parts = MappingProxyType({_DOCUMENT: POLICY_DOCUMENT})

    def load(self, element: Element, version: Version) -> PolicyDocument | str:
        if not isinstance(element.content, list):
            return text_of(element)
        children = children_of(element)
        if len(children) != 1 or children[0].tag != _DOCUMENT:
            raise Malformed(f"holds {[NAMES[child.tag] for child in children]} where one EASProvisionDoc is expected")
        try:
            return POLICY_DOCUMENT.load(children[0], version)
        except Malformed as fault:
            raise fault.inside("EASProvisionDoc") from None

    def dump(self, writer: Writer, tag: Tag, value: PolicyDocument | str, version: Version) -> None:
        if isinstance(value, str):
            writer.text(tag, value)
            return
        writer.start(tag)
        POLICY_DOCUMENT.dump(writer, _DOCUMENT, value, version)
        writer.end()


_STATUS = Integer(0, 255)
_TYPE = Prop("Provision:PolicyType", "type", Text(64, required=True), "MS-ASPROV PolicyType", required=True)
_TYPE_ASKED = Prop("Provision:PolicyType", "type", Text(64, required=True), "MS-ASPROV PolicyType")
_KEY = Prop("Provision:PolicyKey", "key", Text(64), "MS-ASPROV PolicyKey R312")

_ASKED = Schema(
    PolicyAsked, (_TYPE_ASKED, _KEY, Prop("Provision:Status", "status", _STATUS, "MS-ASPROV Status (Policy)"))
)
_WIPED = Schema(
    WipeAcknowledged, (Prop("Provision:Status", "status", _STATUS, "MS-ASPROV Status (RemoteWipe)", required=True),)
)

REQUEST: Document[ProvisionRequest] = Document(
    "Provision:Provision",
    Schema(
        ProvisionRequest,
        (
            Prop(
                "Settings:DeviceInformation",
                "device_information",
                DEVICE_INFORMATION,
                "MS-ASPROV DeviceInformation",
                since(V14_1),
            ),
            Prop(
                "Provision:Policies",
                "policies",
                ListOf("Provision:Policy", _ASKED, at_least=1),
                "MS-ASPROV Policies R306",
            ),
            Prop("Provision:RemoteWipe", "remote_wipe", _WIPED, "MS-ASPROV RemoteWipe"),
            Prop(
                "Provision:AccountOnlyRemoteWipe",
                "account_only_remote_wipe",
                _WIPED,
                "MS-ASPROV AccountOnlyRemoteWipe",
                since(V16_1),
            ),
        ),
    ),
)

_GIVEN = Schema(
    PolicyGiven,
    (
        _TYPE,
        Prop("Provision:Status", "status", _STATUS, "MS-ASPROV Status (Policy)", required=True),
        _KEY,
        Prop("Provision:Data", "data", _PolicyData(), "MS-ASPROV Data"),
    ),
)

RESPONSE: Document[ProvisionResponse] = Document(
    "Provision:Provision",
    Schema(
        ProvisionResponse,
        (
            Prop(
                "Settings:DeviceInformation",
                "device_information",
                DEVICE_INFORMATION_STATUS,
                "MS-ASPROV DeviceInformation",
                since(V14_1),
            ),
            Prop("Provision:Status", "status", _STATUS, "MS-ASPROV Status (Provision)", required=True),
            Prop("Provision:Policies", "policies", ListOf("Provision:Policy", _GIVEN), "MS-ASPROV Policies"),
            Prop("Provision:RemoteWipe", "remote_wipe", PRESENCE, "MS-ASPROV RemoteWipe"),
            Prop(
                "Provision:AccountOnlyRemoteWipe",
                "account_only_remote_wipe",
                PRESENCE,
                "MS-ASPROV AccountOnlyRemoteWipe",
                since(V16_1),
            ),
        ),
    ),
)
