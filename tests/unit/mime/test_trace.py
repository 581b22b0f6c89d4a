"""What is written on top of a message: strangers' words in it can end nothing and begin nothing."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from easd.mime.headers import Headers
from easd.mime.trace import Finding, Passage, authentication_results, received, without_forged

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
HOST = "mx.example.test"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_a_received_field_is_one_field_whatever_a_client_calls_itself(helo: str, address: str, recipient: str) -> None:
    raw = received(Passage(helo, address, "ESMTPS", HOST, "1f"), NOW, recipient)
    headers, end = Headers.parse(raw + b"\r\nbody", 0, len(raw) + 6, [])
    assert [name for name, _ in headers.fields] == ["received"]
    assert end == len(raw) + 2
    assert raw.endswith(b";\r\n\tMon, 23 Nov 2026 12:30:00 +0000\r\n")


@given(st.text(max_size=60), st.text(max_size=60))
def test_results_are_one_field_with_as_many_results_whatever_a_message_says(domain: str, reason: str) -> None:
    found = (Finding("dkim", "fail", (("header.d", domain),), reason), Finding("dmarc", "none"))
    raw = authentication_results(HOST, found)
    headers, _ = Headers.parse(raw + b"\r\n", 0, len(raw) + 2, [])
    assert [name for name, _ in headers.fields] == ["authentication-results"]
    assert headers.first("authentication-results").count(";") == 2
    assert without_forged(raw + b"\r\nbody", HOST) == b"\r\nbody"


def test_where_people_are_who_send_is_told_to_nobody() -> None:
    raw = received(Passage("laptop", "2001:db8::1", "ESMTPSA", HOST, "1f", signed_in=True), NOW)
    assert b"2001:db8" not in raw
    assert b"([IPv6:2001:db8::1])" in received(Passage("x", "2001:db8::1", "ESMTP", HOST, "1f"), NOW)


@pytest.mark.parametrize(
    "field",
    [
        b"Authentication-Results: mx.example.test; spf=pass\r\n",
        b"AUTHENTICATION-RESULTS:MX.EXAMPLE.TEST;none\r\n",
        b"Authentication-Results:\r\n\t(c) mx.example.test/1;\r\n\tspf=pass\r\n",
        b"Authentication-Results : mx.example.test\n",
    ],
)
def test_only_what_claims_to_be_of_this_server_goes(field: bytes) -> None:
    """RFC 8601 section 5."""
    others = (
        b"Subject: x\r\n",
        b"Authentication-Results: mx.example.test.elsewhere.test; spf=pass\r\n",
        b"X-Authentication-Results: mx.example.test; spf=pass\r\n",
    )
    body = b"\r\nAuthentication-Results: mx.example.test; spf=pass\r\n"
    kept = b"".join(others) + body
    assert without_forged(b"".join(field + one for one in others) + field + body, HOST) == kept
    assert without_forged(kept, HOST) == kept


@given(st.binary(max_size=300))
def test_any_bytes_will_do(raw: bytes) -> None:
    assert without_forged(raw, HOST) in (raw, raw)
    whole = b"Authentication-Results: x\r\n" + raw
    assert without_forged(whole, HOST) == whole
