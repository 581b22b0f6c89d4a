"""`easd probe` against scripted answers: tables, JSON, traces, watching, and exit codes."""

import json
from io import StringIO

import httpx
import pytest
from rich.console import Console

from easd.client.probe import ProbeSettings, probe
from easd.eas.commands import folder_sync, ping, sync
from easd.eas.commands.folder_sync import FolderChanges, FolderEntry, FolderSyncResponse
from easd.eas.commands.ping import PingResponse
from easd.eas.commands.sync import ServerAdd, SyncCollectionResult, SyncResponse
from easd.model.folder import FolderType
from easd.wbxml import Element, tag
from tests.unit.client.scripted import URL, Script, provisioned, told

OPTIONS = {"MS-ASProtocolVersions": "12.1,14.1", "MS-ASProtocolCommands": "Sync"}


def message(subject: str, received: str, read: str = "0", importance: str = "1") -> Element:
    attachment = [
        Element(tag("AirSyncBase:DisplayName"), "a.pdf"),
        Element(tag("AirSyncBase:FileReference"), "r"),
    ]
    fields: list[tuple[str, str | list[Element]]] = [
        ("Email:Subject", subject),
        ("Email:From", '"Bob [x]" <bob@example.test>'),
        ("Email:DateReceived", received),
        ("Email:Read", read),
        ("Email:Importance", importance),
        ("Email:Flag", [Element(tag("Email:Status"), "2")]),
        ("AirSyncBase:Attachments", [Element(tag("AirSyncBase:Attachment"), attachment)]),
    ]
    return Element(tag("AirSync:ApplicationData"), [Element(tag(name), content) for name, content in fields])


def items(key: str, *commands: ServerAdd) -> httpx.Response:
    return told(sync.RESPONSE, SyncResponse(collections=(SyncCollectionResult("34", 1, key, commands=commands),)))


def hierarchy(key: str = "1", *adds: FolderEntry) -> httpx.Response:
    return told(folder_sync.RESPONSE, FolderSyncResponse(1, key, FolderChanges.of(adds)))


def looking() -> list[httpx.Response]:
    folders = (
        FolderEntry("34", "0", "Inbox", FolderType.INBOX),
        FolderEntry("50", "34", "Projects [2026]", FolderType.USER_MAIL),
        FolderEntry("51", "0", "Strange", 200),
    )
    mail = (
        ServerAdd("34:1", message("Old one", "2020-01-01T00:00:00.000Z", "1")),
        ServerAdd("34:2", message("Lunch [bold]?", "2026-11-23T08:00:00.000Z", importance="2")),
    )
    return [httpx.Response(200, headers=OPTIONS), *provisioned(),
            hierarchy("1", *folders), items("1"), items("2", *mail)]  # fmt: skip


async def run(answers: list[httpx.Response], **more: object) -> tuple[int, str, Script]:
    script = Script(answers)
    screen = StringIO()
    console = Console(file=screen, width=160)
    settings = ProbeSettings(URL, "alice@example.test", "secret", transport=httpx.MockTransport(script), **more)  # type: ignore[arg-type]  # options of the test
    code = await probe(settings, console)
    return code, screen.getvalue(), script


async def test_folders_and_mail_are_shown_as_tables() -> None:
    code, text, script = await run(looking())
    assert code == 0
    assert "speaks 12.1, 14.1; using 14.1; policy key 77" in text
    for shown in (
        "Projects [2026]",
        "user mail",
        "200",
        "Lunch [bold]?",
        '"Bob [x]" <bob@example.test>',
        "! flag file",
    ):
        assert shown in text
    assert text.index("Lunch") < text.index("Old one"), "newest first"
    assert script.answers == []


async def test_json_is_one_line_for_programs() -> None:
    code, text, _ = await run(looking(), as_json=True)
    report = json.loads(text)
    assert code == 0
    assert (report["version"], report["policy_key"], len(report["folders"])) == ("14.1", 77, 3)
    assert report["inbox"][0] == {
        "id": "34:2",
        "received": "2026-11-23T08:00:00+00:00",
        "from": '"Bob [x]" <bob@example.test>',
        "subject": "Lunch [bold]?",
        "read": False,
        "attachments": ["a.pdf"],
    }


async def test_only_as_much_is_shown_as_was_asked_for() -> None:
    _, text, _ = await run(looking(), as_json=True, shown=1)
    assert len(json.loads(text)["inbox"]) == 1


async def test_trace_shows_every_document_and_no_password() -> None:
    _, text, _ = await run(looking(), trace=True)
    for shown in ("> Provision 14.1", "< Sync HTTP 200", "<EASProvisionDoc>", "<CollectionId>34</CollectionId>"):
        assert shown in text
    assert "secret" not in text


@pytest.mark.parametrize("as_json", [False, True])
async def test_watching_shows_new_mail_and_does_what_ping_asks_for(as_json: bool) -> None:
    watching = [
        told(ping.RESPONSE, PingResponse(5, heartbeat_interval=300)),
        told(ping.RESPONSE, PingResponse(1)),
        told(ping.RESPONSE, PingResponse(7)),
        hierarchy("2"),
        told(ping.RESPONSE, PingResponse(2, ("34",))),
        items("3", ServerAdd("34:3", message("Breaking news", "2026-11-23T09:00:00.000Z"))),
    ]
    code, text, script = await run([*looking(), *watching], watch=True, rounds=4, as_json=as_json)
    assert code == 0
    last = text.strip().splitlines()[-1]
    assert (json.loads(last)["new"]["subject"] if as_json else last.partition(": ")[2]) == "Breaking news"
    pings = [index for index, name in enumerate(script.names) if name == "Ping"]
    assert [script.value(ping.REQUEST, index).heartbeat_interval for index in pings] == [480, 300, 300, 300]
    assert script.answers == []


async def test_heartbeat_that_is_refused_without_a_better_one_falls_to_the_least() -> None:
    watching = [told(ping.RESPONSE, PingResponse(5)), told(ping.RESPONSE, PingResponse(1))]
    _, _, script = await run([*looking(), *watching], watch=True, rounds=2)
    assert script.value(ping.REQUEST, -1).heartbeat_interval == 60


@pytest.mark.parametrize("as_json, text", [(False, "OPTIONS: HTTP 401"), (True, '{"error": "OPTIONS: HTTP 401')])
async def test_failure_is_said_in_words_and_by_the_exit_code(as_json: bool, text: str) -> None:
    code, shown, _ = await run([httpx.Response(401)], as_json=as_json)
    assert code == 1
    assert shown.startswith(text)


async def test_interruption_has_its_own_exit_code() -> None:
    def interrupted(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    settings = ProbeSettings(URL, "alice", "secret", transport=httpx.MockTransport(interrupted))
    assert await probe(settings, Console(file=StringIO())) == 130
    assert "secret" not in repr(settings)
