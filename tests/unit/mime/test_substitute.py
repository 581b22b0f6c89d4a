"""The mail that stands in for a meeting message at a delegate's: whatever a stranger sends, it can be written."""

from datetime import UTC, datetime

import pytest

from easd.mime.extract import extract
from easd.mime.substitute import write_substitute
from easd.model.email import Address
from tests.support.meetings import meeting_mail

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOB = Address("Bob", "bob@example.test")


@pytest.mark.parametrize(
    "method, told",
    [
        ("REQUEST", "Meeting request for Alice: Lunch"),
        ("ADD", "Meeting request for Alice: Lunch"),
        ("CANCEL", "Canceled meeting of Alice: Lunch"),
        ("REPLY", "Answer to a meeting of Alice: Lunch"),
        ("COUNTER", "Other times for a meeting of Alice: Lunch"),
    ],
)
def test_each_message_says_what_it_is_MS_ASCMD_R5607(method: str, told: str) -> None:
    raw = meeting_mail(method=method)
    made = extract(write_substitute(raw, extract(raw, NOW).email, "Alice", BOB, "1@example.test"), NOW)
    assert (made.email.subject, made.email.message_class) == (told, "IPM.Note")
    assert b"When: 2026-11-25 10:00 - 11:00 (UTC+00:00)" in made.texts.plain


@pytest.mark.parametrize(
    "times, when",
    [
        (("DTSTART:99991231T235900Z", "DTEND:99991231T235959Z"), b"When: 9999-12-31 23:59 - 23:59"),
        (("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261202"), b"When: 2026-12-01\r\n"),
        (("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261204"), b"When: 2026-12-01 - 2026-12-03\r\n"),
        (("DTSTART:20261201T220000Z", "DTEND:20261202T020000Z"), b"When: 2026-12-01 22:00 - 2026-12-02 02:00"),
    ],
)
def test_when_it_is_MS_ASCMD_R5613(times: tuple[str, str], when: bytes) -> None:
    raw = b"Message-ID: <" + b"x" * 5000 + b">\r\n" + meeting_mail("LOCATION:a\\nb", times=times, sender="", subject="")
    made = write_substitute(raw, extract(raw, NOW).email, "Alice", BOB, "1@example.test")
    assert when in extract(made, NOW).texts.plain.replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")
