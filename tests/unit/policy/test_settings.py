"""Settings of policies as administrators write them, and what is known to go wrong with them."""

from dataclasses import fields, replace
from typing import Any

import pytest

from easd.model.policy import PolicyDocument
from easd.policy.lint import Severity, findings
from easd.policy.rules import PolicyRules
from easd.policy.settings import ATTRIBUTES, NUMBERS, BadSetting, changed, faults, parsed

_HASH = "2jmj7l5rSw0yVb/vlWAYkK/YBwk="


def test_every_setting_of_the_document_has_a_name_and_its_kind_R235() -> None:
    assert set(ATTRIBUTES.values()) == {field.name for field in fields(PolicyDocument)}
    plain = PolicyDocument()
    for name, attribute in ATTRIBUTES.items():
        value = getattr(plain, attribute)
        is_number = value is None or (isinstance(value, int) and not isinstance(value, bool))
        assert (name in NUMBERS) is is_number, name
    assert faults(plain) == []


@pytest.mark.parametrize(
    "text, attribute, value",
    [
        ("DevicePasswordEnabled=1", "device_password_enabled", True),
        ("devicepasswordenabled=yes", "device_password_enabled", True),
        ("AllowCamera = off", "allow_camera", False),
        ("MinDevicePasswordLength=16", "min_device_password_length", 16),
        ("MinDevicePasswordLength=none", "min_device_password_length", None),
        ("MaxAttachmentSize=", "max_attachment_size", None),
        ("MaxEmailBodyTruncationSize=-1", "max_email_body_truncation_size", -1),
        ("UnapprovedInROMApplicationList=a.exe, b.exe,a.exe", "unapproved_applications", ("a.exe", "b.exe")),
        (f"ApprovedApplicationList={_HASH}", "approved_hashes", (_HASH,)),
        ("ApprovedApplicationList=", "approved_hashes", ()),
    ],
)
def test_a_setting_is_read(text: str, attribute: str, value: object) -> None:
    assert changed(PolicyDocument(), [text]) == replace(PolicyDocument(), **{attribute: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text, words",
    [
        ("MinDevicePaswordLength=4", "did you mean MinDevicePasswordLength?"),
        ("Nonsense=1", "there is no setting Nonsense"),
        ("AllowCamera", "write Setting=value"),
        ("AllowCamera=2", "yes or no, not '2'"),
        ("MinDevicePasswordLength=0", "1 to 16 characters, or none"),  # R288
        ("MinDevicePasswordLength=17", "1 to 16 characters, or none"),
        ("MaxDevicePasswordFailedAttempts=3", "4 to 16 attempts, or none"),  # R253
        ("MinDevicePasswordComplexCharacters=5", "1 to 4"),  # R282
        ("MinDevicePasswordComplexCharacters=none", "1 to 4"),
        ("MaxInactivityTimeDeviceLock=9999", "1 to 9998 seconds, or none"),  # R278
        ("MaxCalendarAgeFilter=1", "0, 4, 5, 6, 7"),  # R245
        ("MaxEmailAgeFilter=6", "0 to 5"),  # R257
        ("MaxEmailHTMLBodyTruncationSize=-2", "-1 to"),  # R272
        ("AllowBluetooth=3", "0 to 2"),  # R72
        ("RequireEncryptionSMIMEAlgorithm=5", "0 to 4"),  # R338
        ("DevicePasswordHistory=many", "0 to 50"),
        ("MaxAttachmentSize=9999999999", "0 to 4294967295"),
        ("ApprovedApplicationList=abc", "no SHA-1 hash"),  # R237
        ("UnapprovedInROMApplicationList=a\x00b", "is no name"),
        ("UnapprovedInROMApplicationList=" + ",".join(map(str, range(1001))), "may have 1000"),
    ],
)
def test_what_a_setting_may_not_be_is_refused_with_what_it_may(text: str, words: str) -> None:
    with pytest.raises(BadSetting) as caught:
        changed(PolicyDocument(), [text])
    assert words in str(caught.value)


def test_each_number_may_be_its_bounds_and_nothing_beyond() -> None:
    for name, numbers in NUMBERS.items():
        every = numbers.values if isinstance(numbers.values, range) else sorted(numbers.values)
        least, most = every[0], every[-1]
        assert (parsed(name, str(least)), parsed(name, str(most))) == (least, most)
        for beyond in (least - 1, most + 1):
            with pytest.raises(BadSetting):
                parsed(name, str(beyond))
            assert faults(replace(PolicyDocument(), **{ATTRIBUTES[name]: beyond})) != []  # type: ignore[arg-type]


_GOOD = {
    "device_password_enabled": True,
    "min_device_password_length": 6,
    "max_inactivity_time_device_lock": 300,
}


def _found(document: dict[str, Any], **rules: Any) -> list[tuple[Severity, str]]:
    made = PolicyRules(replace(PolicyDocument(), **document), **rules)
    return [(finding.severity, finding.text) for finding in findings(made)]


@pytest.mark.parametrize("document", [{}, _GOOD, {"allow_camera": False}, {"max_email_age_filter": 3}])
def test_nothing_is_said_of_a_policy_that_clients_take(document: dict[str, Any]) -> None:
    assert _found(document) == []


def test_nothing_is_said_where_there_is_no_document() -> None:
    assert findings(PolicyRules(None)) == []


REFUSED, WARNING = Severity.REFUSED, Severity.WARNING


@pytest.mark.parametrize(
    "document, rules, severity, words",
    [
        ({"device_password_enabled": True}, {}, REFUSED, "Gmail refuses"),  # field note B 16
        ({**_GOOD, "min_device_password_length": None}, {}, REFUSED, "says nothing of MinDevicePasswordLength"),
        ({"min_device_password_length": 6}, {}, WARNING, "no effect while DevicePasswordEnabled is off"),
        ({**_GOOD, "min_device_password_complex_characters": 3}, {}, WARNING, "alphanumeric password alone"),
        (
            {**_GOOD, "min_device_password_length": 2, "min_device_password_complex_characters": 3},
            {},
            WARNING,
            "of 2 characters cannot have 3 groups",
        ),
        ({**_GOOD, "max_device_password_failed_attempts": 8}, {}, WARNING, "after 8 wrong passwords"),
        ({**_GOOD, "device_password_history": 5}, {}, WARNING, "when passwords expire"),
        ({"allow_browser": False, "allow_bluetooth": 1}, {"allow_partial": False}, REFUSED, "AllowBrowser, AllowBl"),
        ({}, {"allow_non_provisionable": False}, REFUSED, "Outlook on Windows"),
        ({"require_signed_smime_messages": True}, {}, REFUSED, "cannot send"),
        ({"require_encryption_smime_algorithm": 1}, {}, WARNING, "DES and RC2"),
        ({"require_signed_smime_algorithm": 1}, {}, WARNING, "MD5"),
        ({"max_attachment_size": 0}, {}, WARNING, "switch AttachmentsEnabled off"),
        ({"require_storage_card_encryption": True, "allow_storage_card": False}, {}, WARNING, "storage card"),
        ({"allow_wifi": False}, {}, WARNING, "tablets"),
        ({"min_device_password_length": 99, "device_password_enabled": True}, {}, REFUSED, "may be 1 to 16"),
    ],
)
def test_what_goes_wrong_is_said(
    document: dict[str, Any], rules: dict[str, Any], severity: Severity, words: str
) -> None:
    assert any(how is severity and words in text for how, text in _found(document, **rules))


def test_what_keeps_devices_out_comes_first() -> None:
    found = _found({**_GOOD, "max_attachment_size": 0}, allow_non_provisionable=False)
    assert [severity for severity, _ in found] == [REFUSED, WARNING]
