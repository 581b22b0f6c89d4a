"""Settings (MS-ASCMD Settings): out of office, the device's description, the user's addresses."""

from dataclasses import field, replace
from datetime import datetime

from easd.eas.schema import (
    BOOLEAN,
    DATE,
    PRESENCE,
    TEXT,
    Document,
    Enumeration,
    Integer,
    ListOf,
    Prop,
    Schema,
    Text,
    children_of,
)
from easd.eas.versions import V14_0, V14_1, Version, since, until
from easd.model.absence import AbsenceState
from easd.model.device import DeviceInformation
from easd.model.frozen import dataclass
from easd.wbxml import Element, Writer, tag

_STATUS_KIND = Integer(0, 65535)


@dataclass(frozen=True, slots=True)
class OofMessage:
    """One out-of-office message for one audience. `body_type` is "Text" or "HTML"."""

    applies_to_internal: bool = False
    applies_to_external_known: bool = False
    applies_to_external_unknown: bool = False
    enabled: bool | None = None
    reply_message: str | None = None
    body_type: str | None = None


@dataclass(frozen=True, slots=True)
class OofGet:
    """Get of Oof: the form in which messages are wanted ("Text" or "HTML")."""

    body_type: str


@dataclass(frozen=True, slots=True)
class OofSettings:
    """Set of a request, Get of a response: the state, the times of TIME_BASED, and up to three messages."""

    state: AbsenceState | None = None
    start: datetime | None = None
    end: datetime | None = None
    messages: tuple[OofMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class OofRequest:
    """Oof: read or write."""

    get: OofGet | None = None
    set: OofSettings | None = None


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """Set of DevicePassword: the recovery password."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DevicePasswordRequest:
    """DevicePassword."""

    set: PasswordSet


@dataclass(frozen=True, slots=True)
class DeviceInformationSet:
    """DeviceInformation: what a device says of itself."""

    set: DeviceInformation


@dataclass(frozen=True, slots=True)
class Get:
    """UserInformation or RightsManagementInformation of a request, which only read."""

    get: bool = True


@dataclass(frozen=True, slots=True)
class SettingsRequest:
    """A Settings request. `order` names the attributes in the order of the document, which is that of the answers
    (MS-ASCMD R480).
    """

    oof: OofRequest | None = None
    device_password: DevicePasswordRequest | None = None
    device_information: DeviceInformationSet | None = None
    user_information: Get | None = None
    rights_management_information: Get | None = None
    order: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class SettingStatus:
    """What became of one thing that was set."""

    status: int | None = None


@dataclass(frozen=True, slots=True)
class OofResponse:
    """Oof in a response: `get` answers a Get, an absent one a Set."""

    status: int | None = None
    get: OofSettings | None = None


@dataclass(frozen=True, slots=True)
class EmailAddresses:
    """The user's addresses; the primary one apart from 14.1 on, before that the first of `smtp`."""

    smtp: tuple[str, ...] = ()
    primary: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the user (14.1 and later); without id and name it is the mailbox itself."""

    account_id: str | None = None
    name: str | None = None
    user_display_name: str | None = None
    send_disabled: bool | None = None
    addresses: EmailAddresses | None = None


@dataclass(frozen=True, slots=True)
class UserInformation:
    """Get of UserInformation in a response: `addresses` until 14.0, `accounts` from 14.1 on."""

    addresses: EmailAddresses | None = None
    accounts: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class UserInformationResponse:
    """UserInformation in a response."""

    status: int | None = None
    get: UserInformation | None = None


@dataclass(frozen=True, slots=True)
class RightsTemplate:
    """One rights policy template (MS-ASRM)."""

    id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class RightsTemplates:
    """Get of RightsManagementInformation in a response; the container is there even when empty."""

    templates: tuple[RightsTemplate, ...] = ()


@dataclass(frozen=True, slots=True)
class RightsManagementResponse:
    """RightsManagementInformation in a response."""

    status: int | None = None
    get: RightsTemplates | None = None


@dataclass(frozen=True, slots=True)
class SettingsResponse:
    """A Settings response: `status` for the whole, and an entry a thing that was asked; `order` as in the request."""

    status: int | None = None
    oof: OofResponse | None = None
    device_information: SettingStatus | None = None
    device_password: SettingStatus | None = None
    user_information: UserInformationResponse | None = None
    rights_management_information: RightsManagementResponse | None = None
    order: tuple[str, ...] = field(default=(), compare=False)


_INFORMATION = Text(max_length=1024)

_DEVICE_INFORMATION_SET = Schema(
    DeviceInformation,
    (
        Prop("Settings:Model", "model", _INFORMATION, "MS-ASCMD Model"),
        Prop("Settings:IMEI", "imei", _INFORMATION, "MS-ASCMD IMEI"),
        Prop("Settings:FriendlyName", "friendly_name", _INFORMATION, "MS-ASCMD FriendlyName"),
        Prop("Settings:OS", "os", _INFORMATION, "MS-ASCMD OS"),
        Prop("Settings:OSLanguage", "os_language", _INFORMATION, "MS-ASCMD OSLanguage"),
        Prop("Settings:PhoneNumber", "phone_number", _INFORMATION, "MS-ASCMD PhoneNumber"),
        Prop("Settings:UserAgent", "user_agent", _INFORMATION, "MS-ASCMD UserAgent"),
        Prop("Settings:EnableOutboundSMS", "enable_outbound_sms", BOOLEAN, "MS-ASCMD EnableOutboundSMS"),
        # MS-ASCMD names 14.0 for MobileOperator and EnableOutboundSMS; Android 4.4 sends MobileOperator at 12.1.
        Prop("Settings:MobileOperator", "mobile_operator", _INFORMATION, "MS-ASCMD MobileOperator"),
    ),
)

DEVICE_INFORMATION: Schema[DeviceInformationSet] = Schema(
    DeviceInformationSet,
    (Prop("Settings:Set", "set", _DEVICE_INFORMATION_SET, "MS-ASCMD Set (Settings)", required=True),),
)
"""MS-ASCMD DeviceInformation in requests of Settings, and of Provision from 14.1 on."""

_STATUS = Prop("Settings:Status", "status", _STATUS_KIND, "MS-ASCMD Status (Settings)")

DEVICE_INFORMATION_STATUS: Schema[SettingStatus] = Schema(SettingStatus, (_STATUS,))
"""MS-ASCMD DeviceInformation in responses."""

_BODY_TYPE = Text(max_length=16, required=True)

_OOF_MESSAGE = Schema(
    OofMessage,
    (
        Prop("Settings:AppliesToInternal", "applies_to_internal", PRESENCE, "MS-ASCMD AppliesToInternal"),
        Prop(
            "Settings:AppliesToExternalKnown", "applies_to_external_known", PRESENCE, "MS-ASCMD AppliesToExternalKnown"
        ),
        Prop(
            "Settings:AppliesToExternalUnknown",
            "applies_to_external_unknown",
            PRESENCE,
            "MS-ASCMD AppliesToExternalUnknown",
        ),
        Prop("Settings:Enabled", "enabled", BOOLEAN, "MS-ASCMD Enabled"),
        Prop("Settings:ReplyMessage", "reply_message", TEXT, "MS-ASCMD ReplyMessage"),
        Prop("Settings:BodyType", "body_type", _BODY_TYPE, "MS-ASCMD BodyType"),
    ),
)

_OOF_SETTINGS = Schema(
    OofSettings,
    (
        Prop("Settings:OofState", "state", Enumeration(AbsenceState), "MS-ASCMD OofState"),
        Prop("Settings:StartTime", "start", DATE, "MS-ASCMD StartTime (Settings)"),
        Prop("Settings:EndTime", "end", DATE, "MS-ASCMD EndTime (Settings)"),
        Prop("Settings:OofMessage", "messages", _OOF_MESSAGE, "MS-ASCMD OofMessage", many=True),
    ),
)

_OOF_GET = Schema(
    OofGet, (Prop("Settings:BodyType", "body_type", _BODY_TYPE, "MS-ASCMD BodyType R824", required=True),)
)

_OOF_REQUEST = Schema(
    OofRequest,
    (
        Prop("Settings:Get", "get", _OOF_GET, "MS-ASCMD Get (Settings)"),
        Prop("Settings:Set", "set", _OOF_SETTINGS, "MS-ASCMD Set (Settings)"),
    ),
)

_PASSWORD_SET = Schema(
    PasswordSet, (Prop("Settings:Password", "password", TEXT, "MS-ASCMD Password (Settings)", required=True),)
)
_DEVICE_PASSWORD = Schema(
    DevicePasswordRequest, (Prop("Settings:Set", "set", _PASSWORD_SET, "MS-ASCMD Set (Settings)", required=True),)
)
_GET = Schema(Get, (Prop("Settings:Get", "get", PRESENCE, "MS-ASCMD Get (Settings)", required=True),))


class _Asked(Schema[SettingsRequest]):
    """Remembers the order of what is asked."""

    def load(self, element: Element, version: Version) -> SettingsRequest:
        attributes = {tag(prop.tag): prop.attr for prop in self.props}
        request = super().load(element, version)
        return replace(request, order=tuple(attributes[child.tag] for child in children_of(element)))


class _Answered(Schema[SettingsResponse]):
    """Writes the status, and then the answers in the order in which they were asked for."""

    def dump_children(self, writer: Writer, value: SettingsResponse, version: Version) -> None:
        place = {attribute: number for number, attribute in enumerate(value.order)}
        for prop in sorted(self.props, key=lambda prop: place.get(prop.attr, -1 if prop is _STATUS else len(place))):
            _ALONE[prop.attr].dump_children(writer, value, version)


REQUEST: Document[SettingsRequest] = Document(
    "Settings:Settings",
    _Asked(
        SettingsRequest,
        (
            Prop(
                "Settings:RightsManagementInformation", "rights_management_information", _GET, "MS-ASCMD", since(V14_1)
            ),
            Prop("Settings:Oof", "oof", _OOF_REQUEST, "MS-ASCMD Oof"),
            Prop("Settings:DevicePassword", "device_password", _DEVICE_PASSWORD, "MS-ASCMD DevicePassword"),
            Prop("Settings:DeviceInformation", "device_information", DEVICE_INFORMATION, "MS-ASCMD DeviceInformation"),
            Prop("Settings:UserInformation", "user_information", _GET, "MS-ASCMD UserInformation"),
        ),
    ),
)

_OOF_RESPONSE = Schema(OofResponse, (_STATUS, Prop("Settings:Get", "get", _OOF_SETTINGS, "MS-ASCMD Get (Settings)")))

_ADDRESSES = Schema(
    EmailAddresses,
    (
        Prop("Settings:SMTPAddress", "smtp", TEXT, "MS-ASCMD SMTPAddress", many=True),
        Prop("Settings:PrimarySmtpAddress", "primary", TEXT, "MS-ASCMD PrimarySmtpAddress", since(V14_1)),
    ),
)

_ACCOUNT = Schema(
    Account,
    (
        Prop("Settings:AccountId", "account_id", TEXT, "MS-ASCMD AccountId (Settings)"),
        Prop("Settings:AccountName", "name", TEXT, "MS-ASCMD AccountName"),
        Prop("Settings:UserDisplayName", "user_display_name", TEXT, "MS-ASCMD UserDisplayName"),
        Prop("Settings:SendDisabled", "send_disabled", BOOLEAN, "MS-ASCMD SendDisabled"),
        Prop("Settings:EmailAddresses", "addresses", _ADDRESSES, "MS-ASCMD EmailAddresses"),
    ),
)

_USER_INFORMATION = Schema(
    UserInformation,
    (
        Prop("Settings:EmailAddresses", "addresses", _ADDRESSES, "MS-ASCMD EmailAddresses", until(V14_0)),
        Prop("Settings:Accounts", "accounts", ListOf("Settings:Account", _ACCOUNT), "MS-ASCMD Accounts", since(V14_1)),
    ),
)

_USER_RESPONSE = Schema(
    UserInformationResponse, (_STATUS, Prop("Settings:Get", "get", _USER_INFORMATION, "MS-ASCMD Get (Settings)"))
)

_TEMPLATE = Schema(
    RightsTemplate,
    (
        Prop("RightsManagement:TemplateID", "id", Text(required=True), "MS-ASRM TemplateID", required=True),
        Prop("RightsManagement:TemplateName", "name", Text(required=True), "MS-ASRM TemplateName", required=True),
        Prop("RightsManagement:TemplateDescription", "description", TEXT, "MS-ASRM TemplateDescription", required=True),
    ),
)

_TEMPLATES = Schema(
    RightsTemplates,
    (
        Prop(
            "RightsManagement:RightsManagementTemplates",
            "templates",
            ListOf("RightsManagement:RightsManagementTemplate", _TEMPLATE, at_most=20, keep_empty=True),
            "MS-ASRM RightsManagementTemplates R304",
            required=True,
        ),
    ),
)

_RIGHTS_RESPONSE = Schema(
    RightsManagementResponse, (_STATUS, Prop("Settings:Get", "get", _TEMPLATES, "MS-ASCMD Get (Settings)"))
)

RESPONSE: Document[SettingsResponse] = Document(
    "Settings:Settings",
    _Answered(
        SettingsResponse,
        (
            _STATUS,
            Prop("Settings:Oof", "oof", _OOF_RESPONSE, "MS-ASCMD Oof"),
            Prop(
                "Settings:DeviceInformation",
                "device_information",
                DEVICE_INFORMATION_STATUS,
                "MS-ASCMD DeviceInformation",
            ),
            Prop("Settings:DevicePassword", "device_password", DEVICE_INFORMATION_STATUS, "MS-ASCMD DevicePassword"),
            Prop("Settings:UserInformation", "user_information", _USER_RESPONSE, "MS-ASCMD UserInformation"),
            Prop(
                "Settings:RightsManagementInformation",
                "rights_management_information",
                _RIGHTS_RESPONSE,
                "MS-ASCMD RightsManagementInformation",
                since(V14_1),
            ),
        ),
    ),
)

_ALONE = {prop.attr: Schema(SettingsResponse, (prop,)) for prop in RESPONSE.schema.props}
"""Each row of the response by itself."""
