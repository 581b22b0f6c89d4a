"""People of an LDAP directory, with phones: over the whole server, a real slapd behind it."""

import asyncio
import time
from base64 import b64encode
from pathlib import Path

import httpx
import pytest

from easd.admin.office import establish
from easd.client import AuthenticationFailed, Device
from easd.eas.commands.gal import PictureOptions
from easd.eas.commands.search import SearchOptions
from easd.main.composition import Application
from easd.wbxml import Element, tag
from tests.support.certificates import self_signed
from tests.support.checked import CheckedTransport
from tests.support.command_line import Ended, easd
from tests.support.followed import environ_of
from tests.support.server import DOMAIN, ORGANISATION, in_process_app, office, prepared, running_server, variables
from tests.support.slapd import Office, Slapd, running_slapd

EAS = "/Microsoft-Server-ActiveSync"
_SOON = 20.0
_SALES: dict[str, list[str] | list[bytes]] = {
    "objectClass": ["groupOfNames", "extensibleObject"],
    "mail": ["sales@example.test"],
}


@pytest.fixture
def there(slapd: Slapd) -> Office:
    """A directory with alice and bob."""
    made = slapd.office()
    made.person("alice", displayName=["Alice Archer"])
    made.person("bob", displayName=["Bob Brandt"], jpegPhoto=[b"\xff\xd8 bob"])
    made.add("cn=sales", {**_SALES, "member": [made.dn("uid=bob")]})
    return made


@pytest.fixture
def url(sqlite_url: str) -> str:
    """A database with the organisation and nobody in it."""
    prepared(sqlite_url)
    with office(sqlite_url) as opened:
        establish(opened, ORGANISATION, DOMAIN)
    return sqlite_url


@pytest.fixture
def environ(slapd: Slapd, there: Office, url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of a server, as variables."""
    return environ_of(slapd, there, tmp_path, variables(url))


def run(environ: dict[str, str], *arguments: str, standard_input: bytes = b"") -> Ended:
    """`easd`, to a good end."""
    done = easd(*arguments, environ=environ, standard_input=standard_input)
    assert done.code == 0, done.err
    return done


# ---------------------------------------------------------------- phones


async def _colleague(phone: Device, name: str) -> tuple[str, bytes]:
    """Address and picture of somebody in the address list, as soon as the server has looked at the directory."""
    deadline = time.monotonic() + _SOON
    while not (found := await phone.search(name, SearchOptions(picture=PictureOptions()))).results:
        assert time.monotonic() < deadline, "the server has not looked at the directory"
    properties = found.results[0].properties
    assert isinstance(properties, Element)
    address, picture = properties.find(tag("GAL:EmailAddress")), properties.find(tag("GAL:Picture"))
    assert address is not None
    assert picture is not None
    data = picture.find(tag("GAL:Data"))
    assert data is not None
    assert isinstance(data.content, bytes)
    return address.text, data.content


async def test_a_phone_signs_in_finds_colleagues_with_pictures_and_follows_the_policy_of_a_group(
    url: str, there: Office, environ: dict[str, str]
) -> None:
    """Provision and FolderSync over HTTP at a server that has looked at the directory by itself."""
    with running_server(url, environ=environ) as server:
        async with Device(server.url, "alice", "alice's password", "PHONE1", transport=CheckedTransport()) as phone:
            await phone.provision()
            await phone.folder_sync()
            assert await _colleague(phone, "brandt") == ("bob@example.test", b"\xff\xd8 bob")
            environ = dict(server.environ)
            await asyncio.to_thread(run, environ, "policy", "set", "strict", "DevicePasswordEnabled=1")
            await asyncio.to_thread(run, environ, "policy", "assign", "strict", "--group", "sales@example.test")
            await phone.folder_sync()
            assert not (phone.session.policy and phone.session.policy.device_password_enabled)
            there.set("cn=sales", member=[there.dn("uid=alice")])
            await asyncio.to_thread(run, environ, "ldap", "sync")
            await phone.folder_sync()
            assert phone.session.policy is not None
            assert phone.session.policy.device_password_enabled


async def test_renamed_there_she_keeps_mailbox_and_device(url: str, there: Office, environ: dict[str, str]) -> None:
    with in_process_app(url, environ=environ) as application:
        transport = httpx.ASGITransport(application.asgi)
        async with Device("http://test", "alice", "alice's password", "PHONE1", transport=transport) as phone:
            await phone.provision()
            await phone.folder_sync()
            folders = dict(phone.folders)
            there.rename("uid=alice", "uid=anna")
            there.set("uid=anna", mail=["anna@example.test"], mailAlternateAddress=["alice@example.test"])
            run(environ, "ldap", "sync")
            await phone.folder_sync()
            assert phone.folders == folders
        async with Device("http://test", "anna", "alice's password", "PHONE1", transport=transport) as phone:
            await phone.folder_sync()
            assert phone.folders == folders
    listed = run(environ, "device", "list", "--json").json
    assert [one["user"] for one in listed] == ["anna@example.test"]


async def test_a_disabled_account_is_out(url: str, there: Office, environ: dict[str, str]) -> None:
    with in_process_app(url, environ=environ) as application:
        transport = httpx.ASGITransport(application.asgi)
        async with Device("http://test", "alice", "alice's password", transport=transport) as phone:
            await phone.provision()
            await phone.folder_sync()
            there.remove("uid=alice")
            run(environ, "ldap", "sync")
            with pytest.raises(AuthenticationFailed):
                await phone.folder_sync()


# ---------------------------------------------------------------- the directory is away


async def status(application: Application, login: str, password: str) -> httpx.Response:
    """What a request gets that comes in with these credentials."""
    basic = b64encode(f"{login}:{password}".encode()).decode()
    transport = httpx.ASGITransport(application.asgi, client=("192.0.2.1", 1))
    query = f"{EAS}?Cmd=Settings&User=x&DeviceId=D1&DeviceType=Phone"
    headers = {"MS-ASProtocolVersion": "14.1", "Authorization": f"Basic {basic}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.post(query, headers=headers)


async def test_while_the_directory_is_away_nobody_is_asked_for_a_password(url: str, tmp_path: Path) -> None:
    """503 and not 401, after which a phone shows its owner the question; who was in stays in."""
    with running_slapd() as slapd:
        there = slapd.office()
        there.person("alice")
        there.person("bob")
        forgetful = {"EASD_AUTH_CACHE_IDLE_SECONDS": "0"}
        environ = environ_of(slapd, there, tmp_path, {**variables(url), **forgetful})
        run(environ, "user", "add", "carol", "--password-stdin", standard_input=b"own\n")
        with in_process_app(url, environ=environ) as application:
            assert (await status(application, "alice", "alice's password")).status_code == 200
            assert (await status(application, "alice", "wrong")).status_code == 401
            slapd.stop()
            assert (await status(application, "alice", "alice's password")).status_code == 200
            answer = await status(application, "bob", "bob's password")
            assert answer.status_code == 503
            assert "WWW-Authenticate" not in answer.headers
            assert (await status(application, "carol", "own")).status_code == 200
            assert (await status(application, "carol", "wrong")).status_code == 401


async def test_a_server_with_another_authority_is_asked_for_nothing(
    url: str, environ: dict[str, str], tmp_path: Path
) -> None:
    other, _ = self_signed(tmp_path, "127.0.0.1")
    environ = {**environ, "EASD_LDAP_CA_FILE": str(other)}
    with in_process_app(url, environ=environ) as application:
        assert (await status(application, "alice", "alice's password")).status_code == 503
    refused = easd("ldap", "test", environ=environ)
    assert refused.code == 1
    assert "certificate verify failed" in refused.out
    checked = easd("check", "--json", environ=environ)
    assert (checked.code, len(checked.json["ldap"]["problems"])) == (1, 1)


# ---------------------------------------------------------------- the command line


def test_the_command_line_says_who_is_found_and_who_may_sign_in(there: Office, environ: dict[str, str]) -> None:
    there.person("dora", mail=["dora@elsewhere.test"], pwdAccountLockedTime=["000001010000Z"])
    found = run(environ, "ldap", "test", "--json").json
    assert (found["people"], found["groups"], found["servers"][0]["problem"]) == (3, 1, "")
    table = run(environ, "ldap", "test").out
    assert "Alice Archer" in table
    alice = run(environ, "ldap", "test", "alice@example.test", "--json").json
    assert (alice["may_sign_in"], alice["logins"]) == (True, ["alice"])
    dora = easd("ldap", "test", "dora", "--json", environ=environ)
    assert dora.code == 1
    assert dora.json["because"] == [
        "disabled there: pwdAccountLockedTime is 000001010000Z",
        "no address in a domain of the organisation (example.test)",
    ]
    wrong = easd("ldap", "test", "alice", "--password-stdin", environ=environ, standard_input=b"hunter2\n")
    assert wrong.code == 1
    assert "the directory refuses the password: 49" in wrong.out
    assert "hunter2" not in wrong.out + wrong.err
    nobody = easd("ldap", "test", "*", environ=environ)
    assert (nobody.code, "nobody is found" in nobody.err) == (1, True)


def test_the_command_line_synchronises_and_refuses_what_comes_from_there(
    there: Office, environ: dict[str, str]
) -> None:
    report = run(environ, "ldap", "sync", "--json").json
    assert {key: report[key] for key in ("people", "created", "groups_created", "remarks")} == {
        "people": 2,
        "created": 2,
        "groups_created": 1,
        "remarks": [],
    }
    assert "changed" in run(environ, "ldap", "sync").out
    for command in (
        ("user", "passwd", "alice", "--password-stdin"),
        ("user", "change", "alice", "--name", "X"),
        ("user", "change", "alice", "--alias", "x@example.test"),
        ("user", "profile", "alice", "--title", "X"),
        ("user", "remove", "alice", "--yes"),
        ("group", "join", "sales", "alice"),
        ("group", "remove", "sales", "--yes"),
    ):
        refused = easd(*command, environ=environ, standard_input=b"new password\n")
        assert refused.code == 1, command
        assert "comes from the LDAP directory: change it there" in refused.err, command
    run(environ, "user", "change", "alice", "--disabled")
    run(environ, "user", "change", "alice", "--enabled")
    for name in ("alice", "bob"):
        there.remove(f"uid={name}")
    stopped = easd("ldap", "sync", environ=environ)
    assert stopped.code == 1
    assert "2 of 2 people are gone" in stopped.err
    assert run(environ, "ldap", "sync", "--force", "--json").json["disabled"] == 2


def test_without_a_directory_the_commands_say_so(url: str) -> None:
    for command in (("ldap", "sync"), ("ldap", "test")):
        refused = easd(*command, environ=variables(url))
        assert (refused.code, "ldap.urls is empty" in refused.err) == (1, True)


@pytest.mark.parametrize(
    "name, value, complaint",
    [
        ("EASD_LDAP_USER_FILTER", "(uid=", "there is no )"),
        ("EASD_LDAP_ATTRIBUTES", "shoe=size", "is not one of"),
        ("EASD_LDAP_CA_FILE", "/nowhere.pem", "No such file"),
        ("EASD_LDAP_URLS", "http://ldap", "is not ldap://"),
        ("EASD_LDAP_BASE_DN", "", "ldap.base_dn"),
        ("EASD_LDAP_BIND_DN", "", "give both or none"),
    ],
)
def test_settings_that_cannot_be_are_named(environ: dict[str, str], name: str, value: str, complaint: str) -> None:
    refused = easd("ldap", "sync", environ={**environ, name: value})
    assert refused.code == 1
    assert complaint in refused.err
