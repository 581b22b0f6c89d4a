"""Provision: the policy document with every setting, in both phases, and the order to wipe."""

import json
from dataclasses import fields

import pytest

from easd.eas.commands import provision
from easd.eas.commands.provision import (
    POLICY_DOCUMENT,
    POLICY_WBXML,
    POLICY_XML,
    PolicyAsked,
    PolicyGiven,
    ProvisionRequest,
    ProvisionResponse,
    WipeAcknowledged,
)
from easd.eas.commands.settings import DeviceInformationSet, SettingStatus
from easd.eas.schema import Malformed
from easd.eas.versions import V2_5, V12_0, V12_1, V14_0, V14_1, V16_1, Version
from easd.model.device import DeviceInformation
from easd.model.policy import PolicyDocument
from easd.wbxml import Element, decode, tag
from tests.support.shared import SHARED
from tests.support.xsd import validate

STRICT = PolicyDocument(
    device_password_enabled=True,
    min_device_password_length=6,
    max_inactivity_time_device_lock=900,
    max_device_password_failed_attempts=8,
    device_password_expiration=90,
    allow_bluetooth=1,
    max_attachment_size=10_000_000,
    unapproved_applications=("game.exe",),
    approved_hashes=("aGFzaA==",),
)


def _answer(data: PolicyDocument | str | None, version: Version, **more: object) -> Element:
    given = (PolicyGiven(POLICY_WBXML, 1, "1307199584", data),)
    response = ProvisionResponse(1, policies=given, **more)  # type: ignore[arg-type]  # flags and statuses of the test
    element = decode(provision.RESPONSE.encode(response, version))
    assert provision.RESPONSE.load(element, version) == response
    return element


def _document(element: Element) -> Element:
    for name in ("Provision:Policies", "Provision:Policy", "Provision:Data", "Provision:EASProvisionDoc"):
        found = element.find(tag(name))
        assert found is not None
        element = found
    return element


@pytest.mark.parametrize("document", [PolicyDocument(), STRICT])
@pytest.mark.parametrize("version", [V12_1, V14_0, V14_1, V16_1])
def test_policy_comes_back_whole_and_follows_the_schema(document: PolicyDocument, version: Version) -> None:
    assert validate(_answer(document, version)) == []


def test_every_setting_has_a_row_and_is_written_even_when_nothing_is_required() -> None:
    assert {prop.attr for prop in POLICY_DOCUMENT.props} == {field.name for field in fields(PolicyDocument)}
    assert len(_document(_answer(PolicyDocument(), V14_1)).children) == len(fields(PolicyDocument))


def test_12_0_has_the_twelve_settings_of_its_time() -> None:
    names = [child.name.partition(":")[2] for child in _document(_answer(PolicyDocument(), V12_0)).children]
    assert len(names) == 12
    assert names[-1] == "DevicePasswordHistory"


@pytest.mark.skipif(SHARED is None, reason="the reference material is not here")
def test_settings_are_those_of_the_specification() -> None:
    assert SHARED is not None
    protocol = json.loads((SHARED / "reference" / "protocol.json").read_text(encoding="utf-8"))
    not_settings = {
        "AccountOnlyRemoteWipe", "RemoteWipe", "EASProvisionDoc", "PolicyKey", "PolicyType", "ApplicationName", "Hash",
    }  # fmt: skip
    named = {
        value.get("tag", name).lower()
        for name, value in protocol["device_policies"].items()
        if name not in not_settings
    }
    ours = {prop.tag.partition(":")[2].lower() for prop in POLICY_DOCUMENT.props}
    assert named - ours - {"policies", "policy", "data", "provision", "status", "deviceinformation"} == set()


def test_policy_of_2_5_is_text() -> None:
    response = ProvisionResponse(1, policies=(PolicyGiven(POLICY_XML, 1, "1", "<wap-provisioningdoc/>"),))
    element = decode(provision.RESPONSE.encode(response, V2_5))
    assert provision.RESPONSE.load(element, V2_5) == response


@pytest.mark.parametrize(
    "content, message",
    [
        ([], "where one EASProvisionDoc is expected"),
        ([Element(tag("Provision:Status"))], "where one EASProvisionDoc is expected"),
        (
            [Element(tag("Provision:EASProvisionDoc"), [Element(tag("Provision:AllowBluetooth"), "3")])],
            r"Data/EASProvisionDoc/AllowBluetooth: 3 is not in 0\.\.2",
        ),
    ],
)
def test_data_that_is_no_policy_is_refused(content: list[Element], message: str) -> None:
    policy = [
        Element(tag("Provision:PolicyType"), POLICY_WBXML),
        Element(tag("Provision:Status"), "1"),
        Element(tag("Provision:Data"), content),
    ]
    policies = Element(tag("Provision:Policies"), [Element(tag("Provision:Policy"), policy)])
    root = Element(tag("Provision:Provision"), [Element(tag("Provision:Status"), "1"), policies])
    with pytest.raises(Malformed, match=message):
        provision.RESPONSE.load(root, V14_1)


@pytest.mark.parametrize(
    "request_, version",
    [
        (ProvisionRequest(), V12_1),
        (ProvisionRequest(policies=(PolicyAsked(POLICY_WBXML),)), V12_1),
        (ProvisionRequest(DeviceInformationSet(DeviceInformation("m")), (PolicyAsked(POLICY_WBXML),)), V14_1),
        (ProvisionRequest(policies=(PolicyAsked(POLICY_WBXML, "5", 1),)), V14_0),
        (ProvisionRequest(remote_wipe=WipeAcknowledged(1)), V12_1),
        (ProvisionRequest(account_only_remote_wipe=WipeAcknowledged(2)), V16_1),
    ],
)
def test_provision_request_round_trip(request_: ProvisionRequest, version: Version) -> None:
    element = decode(provision.REQUEST.encode(request_, version))
    assert provision.REQUEST.load(element, version) == request_


def test_answer_with_device_information_and_the_order_to_wipe() -> None:
    both = _answer(None, V16_1, device_information=SettingStatus(1), account_only_remote_wipe=True)
    assert validate(both) == []
    assert validate(_answer(None, V14_1, remote_wipe=True)) == []


def test_account_only_wipe_is_unknown_before_16_1() -> None:
    root = Element(tag("Provision:Provision"), [Element(tag("Provision:AccountOnlyRemoteWipe"))])
    with pytest.raises(Malformed, match="unexpected element Provision:AccountOnlyRemoteWipe"):
        provision.REQUEST.load(root, V14_1)
