"""The message class, from what a message contains (MS-ASEMAIL 2.2.2.49)."""

import pytest

from easd.mime.classify import is_smime
from easd.mime.parts import part
from tests.unit.mime.messages import message, multipart, read

SIGNATURE = "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nMIIB"


def class_of(raw: bytes) -> str:
    return read(raw).email.message_class


def report(kind: str, fields: str, *more: str, declared: bool = True) -> bytes:
    raw = multipart("report", "\nIn words.", f"Content-Type: message/{kind}\n\n{fields}", *more)
    parameter = f"report; report-type={kind};".encode()
    return raw.replace(b"report;", parameter, 1) if declared else raw


def test_normal_message_R590() -> None:
    email = read(message("Subject: x")).email
    assert (email.message_class, email.content_class) == ("IPM.Note", "urn:content-classes:message")


@pytest.mark.parametrize(
    "content_type", ["application/pkcs7-mime; smime-type=enveloped-data", "application/x-pkcs7-mime"]
)
def test_encrypted_message_R591(content_type: str) -> None:
    found = read(message(f"Content-Type: {content_type}", "Content-Transfer-Encoding: base64", body="MIIB"))
    assert found.email.message_class == "IPM.Note.SMIME"
    assert [(each.part, each.name) for each in found.email.attachments] == [("", "smime.p7m")]
    assert found.texts.plain == b""


def test_clear_signed_message_R592() -> None:
    content = "Content-Type: multipart/mixed; boundary=i\n\n--i\n\nwords\n--i\nContent-Type: a/b; name=c.d\n\nx\n--i--"
    raw = multipart("signed", content, SIGNATURE)
    found = read(raw)
    assert found.email.message_class == "IPM.Note.SMIME.MultipartSigned"
    assert found.texts.plain == b"words"
    assert [each.name for each in found.email.attachments] == ["c.d", "smime.p7s"]
    assert part(raw, "2").data == b"0\x82\x01"


def test_pgp_signed_message_is_a_normal_one() -> None:
    raw = multipart("signed", "\nwords", "Content-Type: application/pgp-signature\n\nx")
    assert class_of(raw) == "IPM.Note"
    assert read(raw).email.attachments[0].name == "signature.asc"


def test_a_signed_message_inside_another_does_not_make_the_outer_one_secure() -> None:
    inside = f"Content-Type: multipart/signed; boundary=i\n\n--i\n\nwords\n--i\n{SIGNATURE}\n--i--"
    assert class_of(multipart("mixed", inside, "\nlist footer")) == "IPM.Note"


def test_secure_read_receipt_R593() -> None:
    receipt = (
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=i\n\n"
        "--i\n\nRead.\n--i\nContent-Type: message/disposition-notification\n\n"
        "Disposition: manual-action/x; displayed\n--i--"
    )
    assert class_of(multipart("signed", receipt, SIGNATURE)) == "IPM.Note.Receipt.SMIME"


@pytest.mark.parametrize(
    "fields, suffix",
    [
        ("Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1", "NDR"),
        ("Action: delivered\n\nAction: Failed", "NDR"),
        ("Action: delivered", "DR"),
        ("action : relayed", "DR"),
        ("Action: delayed", "DELAYED"),
        ("nothing to read", "NDR"),
    ],
)
def test_delivery_reports_R604_R605_R606(fields: str, suffix: str) -> None:
    assert class_of(report("delivery-status", fields)) == f"REPORT.IPM.Note.{suffix}"
    assert class_of(report("delivery-status", fields, declared=False)) == f"REPORT.IPM.Note.{suffix}"


@pytest.mark.parametrize(
    "original, middle",
    [
        (
            "Content-Type: multipart/signed; protocol=application/pkcs7-signature; micalg=x",
            "IPM.Note.SMIME.MultipartSigned",
        ),
        ("Content-Type: multipart/signed; protocol=application/pgp-signature", "IPM.Note"),
        ("Content-Type: application/pkcs7-mime", "IPM.Note.SMIME"),
        ("Content-Type: text/calendar; method=REQUEST", "IPM.Schedule.Meeting.Request"),
        ("Content-Type: text/calendar; method=PUBLISH", "IPM.Note"),
        ("Subject: plain", "IPM.Note"),
    ],
)
@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_reports_name_the_class_of_the_original_R609_R613_R615(kind: str, original: str, middle: str) -> None:
    raw = report("delivery-status", "Action: failed", f"Content-Type: {kind}\n\n{original}\n\nx")
    assert class_of(raw) == f"REPORT.{middle}.NDR"


def test_the_parts_of_a_report_stay_reachable() -> None:
    found = read(report("delivery-status", "Action: failed", "Content-Type: message/rfc822\n\nSubject: lost\n\nx"))
    assert found.texts.plain == b"In words."
    assert [each.name for each in found.email.attachments] == ["details.txt", "lost.eml"]


@pytest.mark.parametrize(
    "fields, suffix",
    [
        ("Disposition: manual-action/MDN-sent-manually; displayed", "IPNRN"),
        ("Disposition: automatic-action/MDN-sent-automatically; deleted", "IPNNRN"),
        ("Disposition: manual-action/MDN-sent-manually; denied", "IPNNRN"),
        ("Original-Message-ID: <x@y>", "IPNRN"),
    ],
)
def test_read_reports_R607_R608(fields: str, suffix: str) -> None:
    assert class_of(report("disposition-notification", fields)) == f"REPORT.IPM.Note.{suffix}"


def test_other_reports_are_normal_messages() -> None:
    assert class_of(report("feedback-report", "x")) == "IPM.Note"
    assert class_of(multipart("report", "\nx")) == "IPM.Note"


@pytest.mark.parametrize(
    "raw",
    [
        multipart("voice-message", "Content-Type: audio/wav\n\nx"),
        message("Content-Class: urn:content-class:Voice-CA", "Subject: x"),
        message("Content-Class: urn:content-classes:voice"),
    ],
)
def test_voice_mail_R804(raw: bytes) -> None:
    assert class_of(raw).startswith("IPM.Note.Microsoft.Voicemail")


@pytest.mark.parametrize(
    "content_class, message_class",
    [
        ("Voice-CA", "IPM.Note.Microsoft.Voicemail.UM.CA"),
        ("voice", "IPM.Note.Microsoft.Voicemail.UM"),
        ("MissedCall", "IPM.Note.Microsoft.Missed.Voice"),
        ("urn:content-class:fax", "IPM.Note.Microsoft.Fax"),
        ("Sharing", "IPM.Sharing"),
        ("InfoPathForm.Travel", "IPM.InfoPathForm.Travel"),
        ("urn:content-classes:message", "IPM.Note"),
        ("voicesomething", "IPM.Note"),
    ],
)
def test_classes_by_content_class_R594_R600_R878(content_class: str, message_class: str) -> None:
    assert class_of(message(f"Content-Class: {content_class}")) == message_class


@pytest.mark.parametrize(
    "content_class, number, caller",
    [
        ("voice", "+49 30 1234", "+49 30 1234"),
        ("missedcall", "sip:bob@example.test", "sip:bob@example.test"),
        ("voice-ca", "anonymous", None),
        ("voice", "", None),
        ("fax", "+49 30 1234", None),
        ("urn:content-classes:message", "+49 30 1234", None),
    ],
)
def test_the_caller_of_a_voice_message_R814_R878_R930_R932(content_class: str, number: str, caller: str | None) -> None:
    raw = message(f"Content-Class: {content_class}", f"X-CallingTelephoneNumber: {number}")
    assert read(raw).email.um_caller_id == caller


def test_smime_classes_are_compared_without_case_R1312() -> None:
    assert is_smime("ipm.note.smime.MULTIPARTSIGNED")
    assert is_smime("IPM.Note.Receipt.SMIME")
    assert not is_smime("IPM.Note")
