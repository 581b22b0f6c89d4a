"""Reports of what has become of a message."""

import email
import email.policy
from datetime import UTC, datetime

import pytest

from easd.mime.delivery_report import delivery_report
from easd.model.outgoing import Action, Outcome
from tests.unit.mime.messages import message, multipart, read

NOW = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)
ORIGINAL = message(
    "From: ann@example.com", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Message-ID: <1@x>", body="the secret text"
)
FAILED = (
    Outcome("bob@example.org", "no such user", "5.1.1"),
    Outcome("carl@x.test", "timed\r\nout: \u20ac"),
)


def report(original: bytes = ORIGINAL, failed: tuple[Outcome, ...] = FAILED) -> bytes:
    return delivery_report(
        original, "ann@example.com", failed, domain="example.com", message_id="<b@example.com>", now=NOW
    )


def test_the_report_reads_as_one() -> None:
    found = read(report())
    mail = found.email
    assert found.problems == ()
    assert mail.message_class == "REPORT.IPM.Note.NDR"
    assert mail.from_[0].address == "MAILER-DAEMON@example.com"
    assert [address.address for address in mail.to] == ["ann@example.com"]
    assert mail.subject == "Undeliverable: Grüße"
    assert (mail.message_id, mail.in_reply_to, mail.references, mail.sent) == ("b@example.com", "1@x", ("1@x",), NOW)
    assert mail.conversation_id == read(ORIGINAL).email.conversation_id
    assert "bob@example.org\r\n    no such user" in found.texts.plain.decode()
    assert "timed out: €" in found.texts.plain.decode()
    assert [each.name for each in mail.attachments] == ["details.txt", "headers.txt"]


def test_another_parser_reads_the_status_fields_RFC_3464() -> None:
    parsed = email.message_from_bytes(report(), policy=email.policy.default)
    assert parsed.get_content_type() == "multipart/report"
    assert parsed["Auto-Submitted"] == "auto-replied"
    assert not parsed.defects
    text, status, returned = parsed.iter_parts()
    assert text.get_content_type() == "text/plain"
    _, about, first, second = status.walk()
    assert about["Reporting-MTA"] == "dns; example.com"
    assert first["Final-Recipient"] == "rfc822; bob@example.org"
    assert (first["Action"], first["Status"]) == ("failed", "5.1.1")
    assert second["Status"] == "5.0.0"
    assert second["Diagnostic-Code"] == "X-easd; timed out: ?"
    assert returned.get_content_type() == "text/rfc822-headers"
    assert b"secret" not in report()


@pytest.mark.parametrize(
    "original, shown",
    [
        (b"", "had no subject"),
        (b"Subject: bare\nX: y", "bare"),
        ("Subject: Grüße\r\n\r\n".encode(), "Grüße"),
        (b"no header at all", "had no subject"),
    ],
)
def test_any_original_can_be_reported(original: bytes, shown: str) -> None:
    found = read(report(original))
    assert shown in found.texts.plain.decode()
    assert found.email.message_class == "REPORT.IPM.Note.NDR"


def test_returned_fields_cannot_end_the_report() -> None:
    first = report()
    boundary = first.partition(b'boundary="')[2].partition(b'"')[0]
    forged = report(message("Subject: x", f"X: y\r\n--{boundary.decode()}--"))
    assert len(read(forged).email.attachments) == 2


def test_the_class_follows_the_original_R615() -> None:
    signed = multipart(
        "signed; protocol=application/pkcs7-signature", "\nx", "Content-Type: application/pkcs7-signature\n\nx"
    )
    assert read(report(signed)).email.message_class == "REPORT.IPM.Note.SMIME.MultipartSigned.NDR"


def test_odd_values_cannot_add_fields() -> None:
    odd = Outcome("ü@x.test\r\nX-Evil: 1", "a\nX-Evil: 2", "5.1.1\r\nX-Evil: 3")
    raw = report(failed=(odd,))
    assert b"\nX-Evil" not in raw
    assert b"Final-Recipient: utf-8; \xc3\xbc@x.test" in raw
    assert b"Status: 5.0.0\r\n" in raw


def test_what_another_server_said_is_told_as_it_was_said_RFC_3464() -> None:
    refused = Outcome(
        "bob@example.org", "", "5.7.1", diagnostic="550 5.7.1 no\r\nthanks", remote="mx.example.org",
        original="rfc822;bob@list.example.org",
    )  # fmt: skip
    raw = delivery_report(
        ORIGINAL,
        "ann@example.com",
        [refused],
        domain="example.com",
        message_id="b@example.com",
        now=NOW,
        reporting="mail.example.com",
        envid="QQ314159",
        arrived=datetime(2024, 5, 17, 8, 0, tzinfo=UTC),
        full=True,
    )
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    text, status, returned = parsed.iter_parts()
    _, about, first = status.walk()
    assert (about["Original-Envelope-Id"], about["Reporting-MTA"]) == ("QQ314159", "dns; mail.example.com")
    assert about["Arrival-Date"] == "Fri, 17 May 2024 08:00:00 +0000"
    assert first["Original-Recipient"] == "rfc822;bob@list.example.org"
    assert first["Diagnostic-Code"] == "smtp; 550 5.7.1 no thanks"
    assert first["Remote-MTA"] == "dns; mx.example.org"
    assert first["Last-Attempt-Date"] == "Fri, 17 May 2024 08:30:00 +0000"
    assert "mx.example.org said: 550 5.7.1 no thanks" in text.get_content()
    assert returned.get_content_type() == "message/rfc822"
    assert b"the secret text" in raw


@pytest.mark.parametrize(
    "action, message_class, subject",
    [
        (Action.DELAYED, "REPORT.IPM.Note.DELAYED", "Delayed: Grüße"),
        (Action.DELIVERED, "REPORT.IPM.Note.DR", "Delivered: Grüße"),
        (Action.RELAYED, "REPORT.IPM.Note.DR", "Relayed: Grüße"),
    ],
)
def test_other_reports_than_of_failures_R604_R606(action: Action, message_class: str, subject: str) -> None:
    until = datetime(2024, 5, 22, 8, 30, tzinfo=UTC) if action is Action.DELAYED else None
    raw = report(failed=(Outcome("bob@example.org", "so it is", "4.4.1", action, until=until),))
    assert (read(raw).email.message_class, read(raw).email.subject) == (message_class, subject)
    assert (b"Will-Retry-Until: Wed, 22 May 2024 08:30:00 +0000" in raw) is (until is not None)
