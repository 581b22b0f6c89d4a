"""Impersonation roles by the command line, and their tokens at the endpoint of ActiveSync."""

from collections.abc import Iterator

import httpx
import pytest

from easd.eas.commands import folder_sync
from easd.eas.commands.folder_sync import FolderSyncRequest
from easd.eas.versions import V16_1
from easd.main.composition import Application
from tests.support.command_line import Ended, easd
from tests.support.server import demo_users, in_process_app, prepared, variables

ENDPOINT = "/Microsoft-Server-ActiveSync"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = prepared(f"sqlite:///{tmp_path_factory.mktemp('impersonation') / 'easd.db'}")
    demo_users(url)
    return url


@pytest.fixture(scope="module")
def application(people: str) -> Iterator[Application]:
    with in_process_app(people, environ={"EASD_AUTH_ADDRESS_FAILURES": "5"}) as made:
        yield made


def run(people: str, *arguments: str) -> Ended:
    ended = easd("impersonation", *arguments, environ=variables(people))
    assert ended.code == 0, ended.err
    return ended


async def ask(
    application: Application, token: str, user: str, *, anchor: str = "", command: str = "FolderSync", body: bytes = b""
) -> httpx.Response:
    transport = httpx.ASGITransport(application.asgi, client=("192.0.2.9", 1))
    headers = {"Authorization": f"Bearer {token}", "MS-ASProtocolVersion": "16.1"}
    headers |= {"Content-Type": "application/vnd.ms-sync.wbxml"} | ({"X-AnchorMailbox": anchor} if anchor else {})
    query = f"?Cmd={command}&User={user}&DeviceId=PROGRAM1&DeviceType=Program"
    async with httpx.AsyncClient(transport=transport, base_url="https://mail.example.test") as client:
        if not command:
            return await client.options(f"{ENDPOINT}?User={user}", headers=headers)
        content = body or folder_sync.REQUEST.encode(FolderSyncRequest("0"), V16_1)
        return await client.post(ENDPOINT + query, headers=headers, content=content)


async def test_a_token_gives_the_places_that_its_role_gives_alone(people: str, application: Application) -> None:
    made = run(people, "create", "Archive", "--allow", "alice", "--json").json
    assert (made["type"], made["allow"]) == ("READ_ONLY", ["alice@example.test"])
    token = run(people, "assume", "archive", "--json").json["token"]
    for user, anchor in (("alice@example.test", ""), ("whoever", "Alice@example.test")):
        assert (await ask(application, token, user, anchor=anchor)).status_code == 200
        assert (await ask(application, token, user, anchor=anchor, command="")).status_code == 200 or anchor
    assert (await ask(application, token, "bob@example.test")).status_code == 401
    assert (await ask(application, token, "")).status_code == 401
    assert (await ask(application, token + "x", "alice@example.test")).status_code == 401
    create = b"\x03\x01\x6a\x00"
    denied = await ask(application, token, "alice@example.test", command="FolderCreate", body=create)
    assert b"130" in denied.content


async def test_what_is_changed_of_a_role_counts_from_the_next_request_on(people: str, application: Application) -> None:
    run(people, "create", "Migration", "--type", "full_access", "--allow-everybody", "--deny", "bob")
    token = run(people, "assume", "migration").out.strip()
    assert (await ask(application, token, "alice@example.test")).status_code == 200
    assert run(people, "test", "migration", "bob", "--json").json["effect"] == "DENY"
    run(people, "change", "migration", "--allow", "bob")
    assert (await ask(application, token, "alice@example.test")).status_code == 401
    assert (await ask(application, token, "bob@example.test")).status_code == 200
    assert "bob@example.test" in run(people, "list").out
    run(people, "remove", "migration", "--yes")
    assert (await ask(application, token, "bob@example.test")).status_code == 401


async def test_who_guesses_tokens_has_to_wait(application: Application) -> None:
    answers = [(await ask(application, f"guess{n}", "alice@example.test")).status_code for n in range(8)]
    assert answers[-1] == 503
