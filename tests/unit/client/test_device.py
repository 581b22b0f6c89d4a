"""The device's folders and items, over scripted answers."""

from typing import Any

import httpx
import pytest

from easd.client import Device, Habits
from easd.client.errors import ClientError, ProtocolViolation, StatusFailure
from easd.eas.commands import folder_sync, sync
from easd.eas.commands.folder_sync import FolderChanges, FolderEntry, FolderGone, FolderSyncResponse
from easd.eas.commands.sync import (
    ClientChange,
    ClientDelete,
    ClientFetch,
    FetchResult,
    ServerAdd,
    ServerDelete,
    SyncCollectionResult,
    SyncRequest,
    SyncResponse,
)
from easd.eas.versions import V2_5, V12_1, V14_1, Version
from easd.model.email import Flag, FlagStatus
from easd.model.folder import FolderType, ItemClass
from easd.wbxml import Element, tag
from tests.unit.client.scripted import Script, device, empty, told

INBOX = FolderEntry("34", "0", "Inbox", FolderType.INBOX)
CONTACTS = FolderEntry("42", "0", "Contacts", FolderType.CONTACTS)
STRANGE = FolderEntry("99", "0", "Strange", 200)


def mail(subject: str, received: str = "2026-11-23T08:00:00.000Z") -> Element:
    fields = {"Email:Subject": subject, "Email:DateReceived": received, "Email:Read": "0"}
    return Element(tag("AirSync:ApplicationData"), [Element(tag(name), text) for name, text in fields.items()])


def hierarchy(status: int = 1, key: str | None = "1", **changes: Any) -> httpx.Response:
    return told(folder_sync.RESPONSE, FolderSyncResponse(status, key, FolderChanges.of(**changes)))


def items(key: str | None, *commands: Any, status: int = 1, version: Version = V14_1, **more: Any) -> httpx.Response:
    result = SyncCollectionResult("34", status, key, commands=commands, **more)
    return told(sync.RESPONSE, SyncResponse(collections=(result,)), version)


def asked(script: Script, index: int = -1, version: Version = V14_1) -> Any:
    """The first collection of a Sync request."""
    return script.value(sync.REQUEST, index, version).collections[0]


# ---------------------------------------------------------------- folders


async def test_folders_are_taken_over_and_kept() -> None:
    renamed = FolderEntry("34", "0", "Eingang", FolderType.INBOX)
    first = hierarchy(adds=(INBOX, CONTACTS, STRANGE))
    second = hierarchy(key="2", updates=(renamed,), deletes=(FolderGone("42"),))
    with device(first, second) as (phone, script):
        await phone.folder_sync()
        assert phone.folder_of(FolderType.CONTACTS) == CONTACTS
        assert [phone.class_of(name) for name in ("34", "42", "99", "unknown")] == [
            ItemClass.EMAIL, ItemClass.CONTACTS, ItemClass.EMAIL, ItemClass.EMAIL,
        ]  # fmt: skip
        assert phone.replica["42"].sync_key == "0"
        changes = await phone.folder_sync()
    assert changes.count == 2
    assert phone.folders == {"34": renamed, "99": STRANGE}
    assert "42" not in phone.replica.collections
    assert [script.value(folder_sync.REQUEST, n).sync_key for n in (0, 1)] == ["0", "1"]
    with pytest.raises(ClientError, match="no folder of type CALENDAR"):
        phone.folder_of(FolderType.CALENDAR)


async def test_status_9_starts_the_hierarchy_again_R4084() -> None:
    with device(hierarchy(adds=(INBOX,)), hierarchy(9, None), hierarchy(key="7", adds=(CONTACTS,))) as (phone, script):
        await phone.folder_sync()
        await phone.folder_sync()
    assert (list(phone.folders), phone.folder_key) == (["42"], "7")
    assert script.value(folder_sync.REQUEST).sync_key == "0"


@pytest.mark.parametrize(
    "answer, kind, message",
    [
        (hierarchy(9, None), StatusFailure, "FolderSync: status 9, the SyncKey is not valid"),
        (hierarchy(6, None), StatusFailure, "FolderSync: status 6, the server failed"),
        (hierarchy(key=None), ProtocolViolation, "no usable SyncKey"),
        (hierarchy(key="0"), ProtocolViolation, "no usable SyncKey"),
        (hierarchy(adds=(INBOX, INBOX)), ProtocolViolation, "Add of folder 34, which is held already"),
        (hierarchy(updates=(INBOX,)), ProtocolViolation, "Update of folder 34, which is not held"),
        (hierarchy(deletes=(FolderGone("34"),)), ProtocolViolation, "Delete of folder 34, which is not held"),
    ],
)
async def test_bad_hierarchy_is_refused(answer: httpx.Response, kind: type[ClientError], message: str) -> None:
    with device(answer) as (phone, _), pytest.raises(kind, match=message):
        await phone.folder_sync()


# ---------------------------------------------------------------- items


async def test_sync_all_goes_on_until_nothing_is_left() -> None:
    answers = (
        items("1", more_available=True),
        items("2", ServerAdd("34:2", mail("new")), more_available=True),
        items("3", ServerAdd("34:1", mail("old", "2020-01-01T00:00:00.000Z"))),
    )
    with device(*answers, habits=Habits(window_size=1, filter_type=3, mime_support=1, conflict=0)) as (phone, script):
        held = await phone.sync_all("34")
        shown = await phone.mail("34")
    assert (held.sync_key, [item.subject for item in shown]) == ("3", ["new", "old"])
    first, second = asked(script, 0), asked(script, 1)
    assert (first.sync_key, first.window_size, first.options) == ("0", None, ())
    assert (second.sync_key, second.window_size, second.options[0].filter_type) == ("1", 1, 3)
    assert (second.options[0].mime_support, second.options[0].conflict) == (1, 0)


async def test_empty_answer_means_nothing_has_changed() -> None:
    with device(items("1"), empty()) as (phone, _):
        await phone.sync("34")
        assert await phone.sync("34") is None
    assert phone.replica["34"].sync_key == "1"


async def test_status_3_restarts_from_0_once() -> None:
    answers = (items("1"), items(None, status=3), items("5"), items("6", ServerAdd("34:1", mail("a"))))
    with device(*answers) as (phone, script):
        held = await phone.sync_all("34")
    assert (held.sync_key, list(held.items)) == ("6", ["34:1"])
    assert [asked(script, n).sync_key for n in range(4)] == ["0", "1", "0", "5"]


async def test_server_that_never_takes_a_key_is_given_up() -> None:
    answers = (items("1"), items(None, status=3), items("5"), items(None, status=3))
    with device(*answers) as (phone, _), pytest.raises(StatusFailure, match="status 3"):
        await phone.sync_all("34")


async def test_more_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("easd.client.device._ROUNDS", 3)
    answers = [
        items(str(n), *([ServerAdd(f"34:{n}", mail("a"))] if n > 1 else []), more_available=True) for n in (1, 2, 3)
    ]
    with device(*answers) as (phone, _), pytest.raises(ProtocolViolation, match="MoreAvailable without end"):
        await phone.sync_all("34")


async def test_lost_answer_leaves_the_device_where_it_was() -> None:
    with device(items("1"), items("2", ServerAdd("34:1", mail("a"))), items("2b", ServerAdd("34:1", mail("a")))) as (
        phone,
        script,
    ):
        await phone.sync("34")
        await phone.sync("34", apply=False)
        assert phone.replica["34"].items == {}
        await phone.sync("34")
    assert asked(script, 1) == asked(script, 2)
    assert list(phone.replica["34"].items) == ["34:1"]


@pytest.mark.parametrize(
    "answer, message",
    [
        (items(None, status=12), "Sync of 34: status 12, the folders have changed"),
        (told(sync.RESPONSE, SyncResponse(13)), "Sync: status 13, nothing is remembered"),
        (told(sync.RESPONSE, SyncResponse(110)), "Sync: status 110, the server failed"),
    ],
)
async def test_failed_sync_says_why_in_words(answer: httpx.Response, message: str) -> None:
    with device(answer) as (phone, _), pytest.raises(StatusFailure, match=message):
        await phone.sync("34")


async def test_answer_without_collections_is_no_result() -> None:
    with device(told(sync.RESPONSE, SyncResponse(1))) as (phone, _):
        assert await phone.sync("34") is None


async def test_collection_that_was_not_asked_for_is_a_violation() -> None:
    with device(items("1")) as (phone, _), pytest.raises(ProtocolViolation, match="collection 34, which was not asked"):
        await phone.sync("35")


async def test_partial_request_takes_answers_for_what_is_held() -> None:
    with device(items("1"), items("2", ServerAdd("34:1", mail("a")))) as (phone, _):
        await phone.sync("34")
        await phone.sync_request(SyncRequest(partial=True, heartbeat_interval=60))
    assert (phone.replica["34"].sync_key, list(phone.replica["34"].items)) == ("2", ["34:1"])


async def test_several_collections_go_in_one_request() -> None:
    results = tuple(SyncCollectionResult(name, 1, "1") for name in ("34", "35"))
    with device(told(sync.RESPONSE, SyncResponse(collections=results))) as (phone, _):
        wanted = tuple([await phone.collection(name) for name in ("34", "35")])
        await phone.sync_request(SyncRequest(wanted))
    assert {name: held.sync_key for name, held in phone.replica.collections.items()} == {"34": "1", "35": "1"}


@pytest.mark.parametrize("version, heartbeat, wait", [(V14_1, 90, None), (V12_1, None, 1)])
async def test_waiting_is_asked_for_as_the_version_has_it(
    version: Version, heartbeat: int | None, wait: int | None
) -> None:
    with device(items("1", version=version), version=version) as (phone, script):
        await phone.sync("34", heartbeat=90)
    request = script.value(sync.REQUEST, -1, version)
    assert (request.heartbeat_interval, request.wait) == (heartbeat, wait)


async def test_class_is_named_where_the_version_requires_it() -> None:
    with device(items("1", version=V2_5, class_="Email"), version=V2_5) as (phone, script):
        await phone.sync("34")
    assert asked(script, 0, V2_5).class_ == "Email"


async def test_contacts_have_no_filter() -> None:
    with device(hierarchy(adds=(CONTACTS,))) as (phone, _):
        await phone.folder_sync()
        phone.replica["42"].sync_key = "1"
        (options,) = (await phone.collection("42")).options
    assert (options.filter_type, options.mime_support) == (None, None)


# ---------------------------------------------------------------- commands


async def _changed(phone: Device, what: str) -> None:
    phone.replica["34"].sync_key = "1"
    phone.replica["34"].items["34:1"] = mail("a")
    match what:
        case "read":
            await phone.mark_read("34", "34:1")
        case "flag":
            await phone.flag("34", "34:1", Flag(FlagStatus.ACTIVE, "x"))
        case "categories":
            await phone.categorize("34", "34:1", ("red",))


@pytest.mark.parametrize("what, name", [("read", "Read"), ("flag", "Flag"), ("categories", "Categories")])
async def test_change_of_state_is_sent_and_kept(what: str, name: str) -> None:
    with device(items("2")) as (phone, script):
        await _changed(phone, what)
        (shown,) = await phone.mail("34")
    (command,) = asked(script).commands
    assert isinstance(command, ClientChange)
    assert isinstance(command.data, Element)
    assert [child.name for child in command.data.children] == [f"Email:{name}"]
    assert (shown.read, shown.flag is not None, shown.categories) == (
        what == "read", what == "flag", ("red",) if what == "categories" else (),
    )  # fmt: skip


@pytest.mark.parametrize("permanently", [False, True])
async def test_delete_says_where_to_R2159(permanently: bool) -> None:
    with device(items("2")) as (phone, script):
        phone.replica["34"].sync_key = "1"
        phone.replica["34"].items["34:1"] = mail("a")
        await phone.delete("34", ["34:1"], permanently=permanently)
    assert asked(script).commands == (ClientDelete("34:1"),)
    assert asked(script).deletes_as_moves is not permanently
    assert phone.replica["34"].items == {}


async def test_fetch_gives_whole_items_and_asks_for_no_changes() -> None:
    fetched = FetchResult("34:1", 1, mail("whole"))
    with device(items("2", responses=(fetched,)), empty()) as (phone, script):
        phone.replica["34"].sync_key = "1"
        assert await phone.fetch("34", ["34:1"]) == (fetched,)
        assert asked(script).get_changes is False
        assert asked(script).commands == (ClientFetch("34:1"),)
        assert await phone.fetch("34", ["34:1"]) == ()


async def test_violation_of_the_server_is_not_hidden() -> None:
    with device(items("1", ServerDelete("34:9"))) as (phone, _), pytest.raises(ProtocolViolation, match="not held"):
        await phone.sync("34")


async def test_device_closes_with_its_block() -> None:
    with device() as (phone, _):
        async with phone:
            pass
    assert phone.session.transport._client.is_closed
