"""Settings (MS-ASCMD Settings): each property with a status of its own, in the order in which they were asked for."""

from dataclasses import replace
from itertools import permutations

import pytest

from easd.eas.commands import settings
from easd.eas.commands.settings import (
    Account,
    DeviceInformationSet,
    DevicePasswordRequest,
    EmailAddresses,
    Get,
    PasswordSet,
    RightsManagementResponse,
    RightsTemplates,
    SettingsRequest,
    SettingsResponse,
    SettingStatus,
    UserInformation,
    UserInformationResponse,
)
from easd.eas.request import Command
from easd.eas.versions import V12_0, V14_0, V14_1, Version, between, since
from easd.model.account import Principal
from easd.model.device import DeviceInformation
from easd.model.policy import PolicyDocument
from easd.policy.rules import PolicyRules
from easd.service.ports import Unavailable
from easd.service.vault import Sealed, Vault
from easd.wbxml import Element, Tag, encode, tag
from tests.support.asking import Told, tell, value
from tests.support.faults import FaultyStore
from tests.support.versions import at
from tests.support.world import Phone, World

_PHONE = DeviceInformation(
    model="iPhone",
    imei="490154203237518",
    friendly_name="Ärztin 📱",
    os="iOS 17",
    os_language="de-DE",
    phone_number="+491234567",
    user_agent="Apple-iPhone/1",
    enable_outbound_sms=True,
    mobile_operator="Example Mobile",
)


@pytest.fixture(params=sorted(since(V12_0)), ids=lambda version: version.text)
def version(request: pytest.FixtureRequest) -> Version:
    """Each version that has Settings."""
    spoken: Version = request.param
    return spoken


def send(phone: Phone, request: SettingsRequest) -> Told:
    if phone.policy_key == 0:
        phone.provision()
    return tell(phone, Command.SETTINGS, settings.REQUEST.encode(request, phone.version))


def ask(phone: Phone, request: SettingsRequest) -> SettingsResponse:
    """The answer to a request, of which every property has its Status first (R485, R486)."""
    told = send(phone, request)
    for prop in told.root.children[1:]:
        assert prop.children[0].name == "Settings:Status"
    response = value(phone, settings.RESPONSE, told)
    assert response.status == 1  # R482
    return response


def raw(phone: Phone, *properties: Element) -> Told:
    """A request of these elements."""
    if phone.policy_key == 0:
        phone.provision()
    return tell(phone, Command.SETTINGS, encode(Element(tag("Settings:Settings"), list(properties))))


def element(name: str, *children: Element, text: str | None = None) -> Element:
    return Element(_tag(name), list(children) or text)


def _tag(name: str) -> Tag:
    return tag(f"Settings:{name}")


GET = element("Get")
ORDERED = {
    "Oof": element("Oof", element("Get", element("BodyType", text="Text"))),
    "DevicePassword": element("DevicePassword", element("Set", element("Password", text="x"))),
    "DeviceInformation": element("DeviceInformation", element("Set", element("Model", text="x"))),
    "UserInformation": element("UserInformation", GET),
}


# ---------------------------------------------------------------- order and statuses


@pytest.mark.parametrize("names", list(permutations(ORDERED, 3)), ids="-".join)
def test_answers_come_in_the_order_of_the_questions_R480_R5713(phone: Phone, names: tuple[str, ...]) -> None:
    told = raw(phone, *(ORDERED[name] for name in names))
    assert [child.name for child in told.root.children] == [f"Settings:{name}" for name in ("Status", *names)]


def test_all_properties_at_once(world: World, version: Version) -> None:
    told = raw(world.phone(version=version), *ORDERED.values())
    assert [child.name.partition(":")[2] for child in told.root.children] == ["Status", *ORDERED]
    assert {child.children[0].name for child in told.root.children[1:]} == {"Settings:Status"}  # R486: the first


def test_an_empty_request_is_answered_with_success_R482(phone: Phone) -> None:
    told = raw(phone)
    assert (told.status, len(told.root.children)) == (1, 1)


def test_one_property_that_fails_does_not_spoil_the_others_R484(world: World, version: Version) -> None:
    request = SettingsRequest(
        device_password=DevicePasswordRequest(PasswordSet("x")),
        device_information=DeviceInformationSet(DeviceInformation(model="x")),
        user_information=Get(),
    )
    response = ask(world.phone(version=version), request)
    assert response.device_password == SettingStatus(7)
    assert response.device_information == SettingStatus(1)
    assert response.user_information is not None
    assert response.user_information.status == 1


@pytest.mark.parametrize(
    "wrong",
    [
        element("Status", text="1"),
        element("UserInformation"),
        element("UserInformation", element("Set")),
        element("DeviceInformation", element("Get")),
        element("DeviceInformation", element("Set", element("Password", text="x"))),
        element("DeviceInformation", element("Set", element("EnableOutboundSMS", text="yes"))),
        element("DeviceInformation", element("Set", element("Model", text="x" * 1025))),
        element("Oof", element("Get")),
        element("Oof", element("Set", element("OofState", text="7"))),
        element("Oof", element("Set", element("StartTime", text="tomorrow"))),
        element("Settings"),
    ],
    ids=lambda wrong: wrong.name,
)
def test_a_protocol_error_is_status_2_and_nothing_else_R483(world: World, version: Version, wrong: Element) -> None:
    phone = world.phone(version=version)
    told = raw(phone, ORDERED["DeviceInformation"], wrong)
    assert (told.http, told.status, len(told.root.children)) == (200, 2, 1)
    assert phone.device is not None
    assert phone.device.information.model != "x"  # the processing of the request has not begun


def test_the_same_property_twice_is_a_protocol_error(phone: Phone) -> None:
    assert raw(phone, ORDERED["UserInformation"], ORDERED["UserInformation"]).status == 2


# ---------------------------------------------------------------- DeviceInformation


def test_device_information_is_kept_R3942(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    assert ask(phone, SettingsRequest(device_information=DeviceInformationSet(_PHONE))) == SettingsResponse(
        1, device_information=SettingStatus(1)
    )
    assert phone.device is not None
    assert phone.device.information == _PHONE


def test_what_a_device_leaves_out_stays_as_it_was_R3944(phone: Phone) -> None:
    ask(phone, SettingsRequest(device_information=DeviceInformationSet(_PHONE)))
    ask(phone, SettingsRequest(device_information=DeviceInformationSet(DeviceInformation(os="iOS 18", imei=""))))
    assert phone.device is not None
    assert phone.device.information == replace(_PHONE, os="iOS 18", imei="")


def test_an_empty_set_is_no_error(phone: Phone) -> None:
    told = raw(phone, element("DeviceInformation", element("Set")))
    assert (told.status, told.root.children[1].children[0].text) == (1, "1")


def test_device_information_of_1024_characters_fits(phone: Phone) -> None:
    long = DeviceInformation(model="ü" * 1024)
    assert ask(phone, SettingsRequest(device_information=DeviceInformationSet(long))).device_information == (
        SettingStatus(1)
    )


# ---------------------------------------------------------------- UserInformation


@at(between(V12_0, V14_0))
def test_addresses_stand_in_get_until_14_0_R6672(world: World, version: Version) -> None:
    phone = _with_aliases(world, version)
    assert ask(phone, SettingsRequest(user_information=Get())).user_information == UserInformationResponse(
        1, UserInformation(EmailAddresses(("alice@example.test", "a.archer@example.test", "sales@example.test")))
    )


@at(since(V14_1))
def test_addresses_stand_in_an_account_from_14_1_on_R1595_R3679(world: World, version: Version) -> None:
    phone = _with_aliases(world, version)
    held = EmailAddresses(("alice@example.test", "a.archer@example.test", "sales@example.test"), "alice@example.test")
    assert ask(phone, SettingsRequest(user_information=Get())).user_information == UserInformationResponse(
        1, UserInformation(accounts=(Account(addresses=held),))
    )


def _with_aliases(world: World, version: Version) -> Phone:
    for alias in ("a.archer@example.test", "sales@example.test"):
        world.admin.add_alias(world.user().id, alias)
    phone = world.phone(version=version)
    phone.principal = Principal(world.user(), 1)
    return phone


# ---------------------------------------------------------------- DevicePassword, RightsManagementInformation


def keep_password(phone: Phone, password: str) -> int | None:
    """The status of DevicePassword."""
    answer = ask(phone, SettingsRequest(device_password=DevicePasswordRequest(PasswordSet(password)))).device_password
    assert answer is not None
    return answer.status


def allow_recovery(world: World) -> None:
    world.services = replace(world.services, policy=PolicyRules(PolicyDocument(password_recovery_enabled=True)))


@pytest.mark.parametrize("password", ["1234", "x" * 255, ""])
def test_password_recovery_is_denied_by_policy_R4402(world: World, version: Version, password: str) -> None:
    phone = world.phone(version=version)
    assert keep_password(phone, password) == 7
    assert phone.device is not None
    assert phone.device.recovery_password == ""


def test_a_recovery_password_is_kept_and_cannot_be_read_without_the_key_R2184_R5737(
    world: World, version: Version
) -> None:
    allow_recovery(world)
    phone = world.phone(version=version)
    assert keep_password(phone, "4711 äß") == 1
    assert phone.device is not None
    assert world.services.vault.open(phone.device.recovery_password) == "4711 äß"
    assert "4711" not in f"{phone.device} {phone.device.recovery_password} {phone.notes}"
    with pytest.raises(Sealed):
        Vault.forgetful().open(phone.device.recovery_password)


def test_an_empty_password_clears_the_one_that_was_kept_R3661(world: World, version: Version) -> None:
    allow_recovery(world)
    phone = world.phone(version=version)
    assert [keep_password(phone, "4711"), keep_password(phone, "")] == [1, 1]
    assert phone.device is not None
    assert phone.device.recovery_password == ""


@pytest.mark.parametrize("allowed", [True, False])
def test_a_password_of_more_than_255_characters_is_an_invalid_argument_R3660_R4400(
    world: World, version: Version, allowed: bool
) -> None:
    if allowed:
        allow_recovery(world)
    phone = world.phone(version=version)
    assert keep_password(phone, "ü" * 256) == 5
    if allowed:
        assert keep_password(phone, "ü" * 255) == 1


@at(since(V14_1))
def test_rights_management_is_disabled_from_14_1_on_R4960_R3113(world: World, version: Version) -> None:
    response = ask(world.phone(version=version), SettingsRequest(rights_management_information=Get()))
    assert response.rights_management_information == RightsManagementResponse(168, RightsTemplates())


@at(between(V12_0, V14_0))
def test_rights_management_is_unknown_before_14_1_R6673(world: World, version: Version) -> None:
    told = raw(world.phone(version=version), element("RightsManagementInformation", GET))
    assert (told.http, told.status) == (200, 2)


def test_nothing_can_be_kept_now_is_status_4_R5384(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    faults.fail("save_device", Unavailable())
    told = send(phone, SettingsRequest(device_information=DeviceInformationSet(_PHONE)))
    assert value(phone, settings.RESPONSE, told) == SettingsResponse(4)


@at(since(V14_1))
def test_no_display_name_is_told_R5914_R5915(world: World, version: Version) -> None:
    told = ask(world.phone(version=version), SettingsRequest(user_information=Get())).user_information
    assert told is not None
    assert told.get is not None
    assert [account.user_display_name for account in told.get.accounts] == [None]
