"""Signatures of AWS Signature Version 4: those that botocore makes are good, and nothing else is."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, strategies as st

from easd.http.workmail import sigv4
from easd.service.workmail.errors import ApiError

KEY, SECRET = "EASDABCDEFGHIJKLMNOP", "secret/secret+secret"
HOST = "mail.example.test:8080"
BODY = b'{"OrganizationId": "m-1"}'


def signed(body: bytes = BODY, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers of a request as botocore signs it now."""
    given_headers = {"X-Amz-Target": "WorkMailService.ListUsers", "Host": HOST, **(more or {})}
    request = AWSRequest("POST", f"http://{HOST}/", given_headers, body)
    SigV4Auth(Credentials(KEY, SECRET), "workmail", "eu-west-1").add_auth(request)
    return {name.lower(): str(value) for name, value in request.headers.items()}


def check(headers: dict[str, str], body: bytes = BODY, secret: str = SECRET, now: datetime | None = None) -> None:
    sigv4.verify(sigv4.parsed(headers), secret, "POST", headers, body, now or datetime.now(UTC))


def refused(headers: dict[str, str], body: bytes = BODY, secret: str = SECRET, now: datetime | None = None) -> str:
    with pytest.raises(ApiError) as caught:
        check(headers, body, secret, now)
    return caught.value.code


@given(st.binary(max_size=300), st.text("abcXYZ  \t", max_size=20))
def test_what_botocore_signs_is_good(body: bytes, spaced: str) -> None:
    headers = signed(body, {"X-Amz-Meta": f"a{spaced}b"})
    assert sigv4.parsed(headers).key_id == KEY
    if "\t" not in spaced:  # the two differ on tabs, which no client sends
        check(headers, body)


def test_another_secret_body_target_or_host_is_not() -> None:
    headers = signed()
    assert refused(headers, secret="other") == "InvalidSignatureException"
    assert refused(headers, body=BODY + b" ") == "InvalidSignatureException"
    assert refused({**headers, "x-amz-target": "WorkMailService.DeleteUser"}) == "InvalidSignatureException"
    assert refused({**headers, "host": "elsewhere.test"}) == "InvalidSignatureException"


def test_a_header_of_amazon_that_is_not_signed_is_refused() -> None:
    assert refused({**signed(), "x-amz-new": "1"}) == "InvalidSignatureException"


def test_a_signed_header_that_was_taken_away_is_refused() -> None:
    headers = signed(more={"X-Amz-Meta": "a"})
    del headers["x-amz-meta"]
    assert refused(headers) == "InvalidSignatureException"


@pytest.mark.parametrize("digest", ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "0" * 64])
def test_payloads_that_are_not_signed_as_they_are_are_refused(digest: str) -> None:
    assert refused(signed(more={"X-Amz-Content-SHA256": digest})) == "InvalidSignatureException"


def test_a_date_is_good_for_five_minutes_each_way() -> None:
    headers, now = signed(), datetime.now(UTC)
    check(headers, now=now + timedelta(minutes=4, seconds=50))
    check(headers, now=now - timedelta(minutes=4, seconds=50))
    assert refused(headers, now=now + timedelta(minutes=5, seconds=10)) == "InvalidSignatureException"
    assert refused(headers, now=now - timedelta(minutes=5, seconds=10)) == "InvalidSignatureException"


@pytest.mark.parametrize(
    "header, code",
    [
        ("", "MissingAuthenticationTokenException"),
        ("Basic YTpi", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=x", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 " + "x=y," * 2000, "IncompleteSignatureException"),
        (
            f"AWS4-HMAC-SHA256 Credential={KEY}/20261125/eu/workmail/aws4_request, Signature={'0' * 64}",
            "IncompleteSignatureException",
        ),
    ],
)
def test_each_unusable_header_has_its_error(header: str, code: str) -> None:
    assert refused({**signed(), "authorization": header}) == code


@given(st.text(max_size=200))
def test_no_header_does_more_than_be_refused(header: str) -> None:
    with pytest.raises(ApiError):
        check({**signed(), "authorization": header})
