"""The endpoint of the WorkMail API over HTTP, without a client of Amazon's: what strangers send."""

from collections.abc import AsyncIterator

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from easd.http.workmail.endpoint import BODY_MAX
from tests.support.databases import copied
from tests.support.server import in_process_app, inhabit
from tests.support.workmail import REGION, access_key

URL = "http://testserver/"
TARGET = "WorkMailService.ListOrganizations"


@pytest.fixture
def url(sqlite_url: str) -> str:
    return copied(sqlite_url, inhabit)


@pytest.fixture
def key(url: str) -> tuple[str, str]:
    return access_key(url)


@pytest.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    with in_process_app(url, environ={"EASD_AUTH_ADDRESS_FAILURES": "3"}) as application:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application.asgi), base_url=URL) as client:
            yield client


def signed(
    key: tuple[str, str], body: bytes = b"{}", target: str = TARGET, service: str = "workmail"
) -> dict[str, str]:
    request = AWSRequest("POST", URL, {"X-Amz-Target": target, "Host": "testserver"}, body)
    SigV4Auth(Credentials(*key), service, REGION).add_auth(request)
    return dict(request.headers.items())


async def told(http: httpx.AsyncClient, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    answer = await http.post("/", content=body, headers=headers)
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    assert answer.headers["x-amzn-requestid"]
    return answer.status_code, answer.json().get("__type", "")


async def test_a_signed_call_is_answered(http: httpx.AsyncClient, key: tuple[str, str]) -> None:
    assert await told(http, b"{}", signed(key)) == (200, "")
    assert (await http.get("/")).status_code == 405


async def test_what_is_not_signed_is_not_looked_at(http: httpx.AsyncClient) -> None:
    assert await told(http, b"not json", {"X-Amz-Target": TARGET}) == (403, "MissingAuthenticationTokenException")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 10_000])
async def test_a_body_that_is_no_object_is_refused(http: httpx.AsyncClient, key: tuple[str, str], body: bytes) -> None:
    assert await told(http, body, signed(key, body)) == (400, "SerializationException")


async def test_a_body_that_is_too_large_is_refused(http: httpx.AsyncClient, key: tuple[str, str]) -> None:
    body = b" " * (BODY_MAX + 1)
    assert await told(http, body, signed(key, body)) == (413, "RequestEntityTooLargeException")


async def test_unknown_operations_and_services_are_refused(http: httpx.AsyncClient, key: tuple[str, str]) -> None:
    for target in ("WorkMailService.Nothing", "Other.ListUsers"):
        assert await told(http, b"{}", signed(key, target=target)) == (404, "UnknownOperationException")
    elsewhere = signed(key, service="s3")
    assert (await told(http, b"{}", elsewhere))[1] == "InvalidSignatureException"


async def test_a_request_that_is_sent_again_says_the_same_again(http: httpx.AsyncClient, key: tuple[str, str]) -> None:
    headers = signed(key)
    first, second = [await http.post("/", content=b"{}", headers=headers) for _ in range(2)]
    assert first.json() == second.json()


async def test_who_guesses_is_slowed_down(http: httpx.AsyncClient, key: tuple[str, str]) -> None:
    wrong = [await told(http, b"{}", signed((key[0], "wrong"))) for _ in range(5)]
    assert [code for _, code in wrong] == ["InvalidSignatureException"] * 3 + ["ThrottlingException"] * 2
    assert (await told(http, b"{}", signed(key)))[1] == "ThrottlingException"
