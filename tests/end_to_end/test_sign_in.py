"""Ways to sign in beside a person's own password, over the whole application."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from easd.directory.app_passwords import digest, new_secret
from easd.main.composition import Application
from tests.support.command_line import easd
from tests.support.server import PASSWORD, demo_users, in_process_app, office, prepared, variables

EAS = "/Microsoft-Server-ActiveSync"


@pytest.fixture
def people(sqlite_url: str) -> str:
    """A database with alice, bob and carol."""
    url = prepared(sqlite_url)
    demo_users(url)
    return url


@pytest.fixture
def application(people: str) -> Iterator[Application]:
    with in_process_app(people) as made:
        yield made


def app_password(people: str, name: str = "alice") -> str:
    """A new one."""
    secret = new_secret()
    mark = digest(secret)
    assert mark is not None
    with office(people) as opened:
        opened.accounts.add_app_password(opened.user(name).id, "phone", mark)
    return secret


async def sign_in(
    application: Application, password: str, device: str = "D1", login: str = "alice@example.test"
) -> int:
    """The HTTP status of a request that comes in with these credentials."""
    basic = b64encode(f"{login}:{password}".encode()).decode()
    return await _status(application, {"Authorization": f"Basic {basic}"}, device)


async def _status(application: Application, headers: dict[str, str], device: str = "D1") -> int:
    transport = httpx.ASGITransport(application.asgi, client=("192.0.2.1", 1))
    query = f"{EAS}?Cmd=Settings&User=alice&DeviceId={device}&DeviceType=Phone"
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post(query, headers={"MS-ASProtocolVersion": "14.1", **headers})
        assert answer.status_code in (200, 401), answer.text
        return answer.status_code


IN = 200
"""An empty body is no Settings request, which only those are told who are in."""


# ---------------------------------------------------------------- app passwords


async def test_an_app_password_lets_the_first_device_in_and_no_other(application: Application, people: str) -> None:
    secret = app_password(people)
    assert await sign_in(application, secret, "D1") == IN
    assert await sign_in(application, secret, "D2") == 401
    assert await sign_in(application, secret, "d1") == IN
    assert await sign_in(application, PASSWORD, "D2") == IN, "the user's own password is bound to nothing"


async def test_two_servers_agree_on_the_device(application: Application, people: str) -> None:
    secret = app_password(people)
    assert await sign_in(application, secret, "D1") == IN
    with in_process_app(people) as other:
        assert await sign_in(other, secret, "D2") == 401
        assert await sign_in(other, secret, "D1") == IN


async def test_androids_account_check_binds_nothing(application: Application, people: str) -> None:
    secret = app_password(people)
    assert await sign_in(application, secret, "validate") == IN
    assert await sign_in(application, secret, "ANDROID7") == IN
    assert await sign_in(application, secret, "validate") == IN


async def test_an_app_password_is_its_users_alone(application: Application, people: str) -> None:
    secret = app_password(people)
    assert await sign_in(application, secret, login="bob@example.test") == 401
    assert await sign_in(application, secret, login="nobody@example.test") == 401
    assert await sign_in(application, new_secret()) == 401


async def test_it_may_be_typed_without_hyphens_and_with_capitals(application: Application, people: str) -> None:
    secret = app_password(people)
    assert await sign_in(application, secret.replace("-", "").upper()) == IN
    assert await sign_in(application, secret.replace("-", " ")) == IN


async def test_a_revoked_one_counts_no_more_also_where_it_is_remembered(application: Application, people: str) -> None:
    first, second = app_password(people), app_password(people)
    assert await sign_in(application, first, "D1") == IN
    assert await sign_in(application, second, "D2") == IN
    with office(people) as opened:
        alice = opened.user("alice").id
        opened.accounts.remove_app_password(alice, opened.accounts.app_passwords(alice)[0].id)
    assert await sign_in(application, first, "D1") == 401
    assert await sign_in(application, second, "D2") == IN


async def test_peoples_own_passwords_can_be_kept_from_devices(people: str) -> None:
    secret = app_password(people)
    with in_process_app(people, environ={"EASD_AUTH_APP_PASSWORDS_ONLY": "true"}) as application:
        assert await sign_in(application, PASSWORD) == 401
        assert await sign_in(application, secret) == IN


def test_the_command_line_makes_lists_and_revokes(people: str, tmp_path: Path) -> None:
    environ = variables(people)
    made = easd("app-password", "create", "alice", "--name", "iPhone", environ=environ)
    assert digest(made.out.strip()) is not None
    again = easd("app-password", "create", "alice", "--json", environ=environ).json
    listed = easd("app-password", "list", "alice", "--json", environ=environ)
    assert [(one["name"], one["device"]) for one in listed.json] == [("iPhone", ""), ("", "")]
    assert "iPhone" in easd("app-password", "list", "alice", environ=environ).out
    for shown in (listed.out, (Path(people.removeprefix("sqlite:///"))).read_bytes().decode("latin-1")):
        assert made.out.strip() not in shown
        assert again["password"].replace("-", "") not in shown
    assert easd("app-password", "revoke", "alice", str(again["id"]), environ=environ).code == 0
    assert len(easd("app-password", "list", "alice", "--json", environ=environ).json) == 1
    gone = easd("app-password", "revoke", "bob", str(listed.json[0]["id"]), environ=environ)
    assert (gone.code, "there is no app password" in gone.err) == (1, True)


def test_a_user_with_app_passwords_can_be_removed(people: str) -> None:
    app_password(people)
    with office(people) as opened:
        opened.accounts.remove_user(opened.user("alice").id)
