"""What real devices, and the tests of other programs, have sent, against this server.

Every recorded request of the commands that it has, in the recorded order, version and form, with the names of things
rewritten as `tests.support.replay` says. Each is answered by a document that keeps to the schemas, with the status that
the rule below derives.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from easd.eas.commands import (
    get_item_estimate,
    item_operations,
    move_items,
    ping,
    provision,
    settings,
    sync,
)
from easd.eas.commands.move_items import MoveItemsRequest
from easd.eas.commands.provision import ProvisionRequest
from easd.eas.commands.settings import SettingsRequest
from easd.eas.commands.sync import AddResult, SyncRequest
from easd.eas.request import Command
from easd.eas.schema import Malformed
from easd.eas.versions import DIALECTS, SUPPORTED, V2_5, V14_1, Version
from easd.service.context import Answer, Hold, HttpError
from easd.wbxml import Element, decode, encode
from tests.replay.test_traffic_requests import MESSAGES, UNREADABLE, Recorded
from tests.support.databases import copied
from tests.support.fetching import with_files
from tests.support.replay import Player, everything, evidence
from tests.support.shared import SHARED
from tests.support.world import World, furnish

_NEEDED = pytest.mark.skipif(not MESSAGES, reason="the recorded traffic is not here")
_COMMANDS = {command.wire_name: command for command in Command}
_MALFORMED = {Command.SYNC: 4, Command.SETTINGS: 2, Command.GET_ITEM_ESTIMATE: 103}

NOT_SENT = {
    "xml/libwbxml/activesync-030-sendmail-request.xml": "its message is a line of dots",
}
"""Requests that hold nothing that could be served, with the reason."""


@dataclass(frozen=True, slots=True)
class Take:
    """A recording: its messages in order. A capture of packets is one device, every other file is one by itself."""

    name: str
    messages: tuple[Recorded, ...]

    @property
    def requests(self) -> list[Recorded]:
        return [message for message in self.messages if message.direction == "request"]


def _takes() -> Iterator[Take]:
    grouped: dict[str, list[Recorded]] = {}
    for message in MESSAGES:
        if message.name not in UNREADABLE.keys() | NOT_SENT.keys():
            name = message.name.rpartition("/")[0] if message.name.startswith("pcap/") else message.name
            grouped.setdefault(name, []).append(message)
    for name, messages in grouped.items():
        take = Take(name, tuple(messages))
        if take.requests:
            yield take


TAKES = list(_takes())


@cache
def _lines() -> dict[str, dict[str, str]]:
    """The request lines of the captures, by the file of the body."""
    assert SHARED is not None
    with (SHARED / "traffic" / "http.tsv").open(encoding="utf-8", newline="") as file:
        return {row["request_body"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


_BODIES_OF_2_5 = {"Contacts:Body", "Calendar:Body", "Tasks:Body"}
"""Later versions have AirSyncBase's Body; the grammar of Sync does not look into ApplicationData."""


def _version(message: Recorded) -> tuple[Version, bool]:
    """The version to speak: the recorded one, else the newest that has a request of this form; and whether there is
    any.
    """
    element = message.element()
    own_bodies = any(e.name in _BODIES_OF_2_5 for e in everything(element))
    allowed = [
        version for version in ((V2_5,) if own_bodies else SUPPORTED) if _loads(element, message, version) is not None
    ]
    if any(e.name == "Calendar:ClientUid" for e in everything(element)):
        return allowed[-1], True  # 16.0 or later, whatever the index says
    for version in allowed:
        if version.text == message.version:
            return version, True
    return (allowed[-1], True) if allowed else (V14_1, False)


def _loads(element: Element, message: Recorded, version: Version) -> Any:
    try:
        return message.document.load(element, version)
    except Malformed:
        return None


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    made = World(copied(sqlite_url, furnish))
    yield made
    made.close()


@_NEEDED
def test_there_is_something_to_replay() -> None:
    commands = {message.command for take in TAKES for message in take.requests}
    assert commands == {
        "FolderSync",
        "GetItemEstimate",
        "ItemOperations",
        "MoveItems",
        "Ping",
        "Provision",
        "SendMail",
        "Settings",
        "Sync",
    }
    assert sum(len(take.requests) for take in TAKES) > 300


@pytest.mark.parametrize("take", TAKES, ids=lambda take: take.name)
def test_recorded_requests_are_served(world: World, take: Take) -> None:
    elements = [message.element() for message in take.messages]
    named = {e.text for root in elements for e in everything(root) if e.name in ("AirSync:ServerId", "Move:SrcMsgId")}
    for _ in range(len(named) + 3):
        world.deliver()
    reference = f"{world.deliver(raw=with_files().as_bytes())}:2"
    player = Player(world, _version(take.requests[0])[0], evidence(elements), reference)
    for message in take.requests:
        _serve(world, player, message)


def _serve(world: World, player: Player, message: Recorded) -> None:
    world.deliver()  # something to tell
    command, (version, allowed) = _COMMANDS[message.command], _version(message)
    assert version is player.version
    row = _lines().get(message.name, {})
    line, key = row.get("http_request_line", "").partition("?")[2], row.get("policy_key_sent", "yes")
    fitted = player.fitted(message.element())
    request = _loads(fitted, message, version)
    if row.get("http_status", "").startswith("449"):
        with pytest.raises(HttpError) as caught:  # as the server of the recording said
            player.send(command, encode(fitted), key, line, row["user_agent"])
        assert caught.value.status == 449
        return
    outcome = player.send(command, encode(fitted), key, line, row.get("user_agent", ""))
    if not allowed:
        assert isinstance(outcome, Answer)
        assert decode(outcome.body).children[0].text == str(_MALFORMED[command]), message.name
        return
    _CHECKS.get(command, _succeeds)(request, outcome, player)


# ---------------------------------------------------------------- the rule, by command


def _root(outcome: Answer | Hold) -> Element:
    assert isinstance(outcome, Answer)
    assert outcome.status == 200
    return decode(outcome.body)


def _succeeds(_request: object, outcome: Answer | Hold, _player: Player) -> None:
    """FolderSync: success."""
    assert _root(outcome).children[0].text == "1"


def _sent(_request: object, outcome: Answer | Hold, _player: Player) -> None:
    """SendMail: an empty answer."""
    assert isinstance(outcome, Answer)
    assert (outcome.status, outcome.body) == (200, b"")


def _provisioned(request: ProvisionRequest, outcome: Answer | Hold, player: Player) -> None:
    """Provision: 165 where the version wants DeviceInformation and has none; 3 for policies of 2.5; else success."""
    found = provision.RESPONSE.load(_root(outcome), player.version)
    (asked,) = request.policies
    wanting = DIALECTS[player.version].device_information_in_provision and request.device_information is None
    if asked.type != DIALECTS[player.version].policy_type:
        assert found.policies[0].status == 3
    elif wanting and asked.status is None:
        assert found.status == 165
    else:
        assert (found.status, found.policies[0].status) == (1, 1)


def _set(request: SettingsRequest, outcome: Answer | Hold, player: Player) -> None:
    """Settings: success; 7 for a recovery password."""
    found = settings.RESPONSE.load(_root(outcome), player.version)
    assert found.status == 1
    assert [found.device_information is None, found.user_information is None, found.oof is None] == [
        request.device_information is None,
        request.user_information is None,
        request.oof is None,
    ]
    if found.oof is not None:
        assert found.oof.status == 1
    if found.device_password is not None:
        assert found.device_password.status == 7
    for answered in (found.device_information, found.user_information):
        assert answered is None or answered.status == 1


def _pinged(request: ping.PingRequest, outcome: Answer | Hold, player: Player) -> None:
    """Ping: held, or news; 5 for an interval out of bounds, 3 for folders that were never named."""
    if isinstance(outcome, Hold):
        assert 60 <= outcome.seconds <= 3540
        return
    status = ping.RESPONSE.load(_root(outcome), player.version).status
    if request.folders is None:
        assert status == 3
    elif request.heartbeat_interval is not None and not 60 <= request.heartbeat_interval <= 3540:
        assert status == 5
    else:
        assert status == 2


def _estimated(request: get_item_estimate.GetItemEstimateRequest, outcome: Answer | Hold, player: Player) -> None:
    """GetItemEstimate: success for each collection."""
    found = get_item_estimate.RESPONSE.load(_root(outcome), player.version)
    assert [each.status for each in found.responses] == [1] * len(request.collections)


def _operated(request: item_operations.ItemOperationsRequest, outcome: Answer | Hold, player: Player) -> None:
    """ItemOperations: each operation succeeds."""
    found = item_operations.RESPONSE.load(_root(outcome), player.version)
    assert (found.status, found.response is not None) == (1, True)
    assert found.response is not None
    assert [result.status for result in found.response.results] == [1] * len(request.operations)


def _moved(request: MoveItemsRequest, outcome: Answer | Hold, player: Player) -> None:
    """MoveItems: success; 4 within one folder; 1 where we have no such message in the folder."""
    found = move_items.RESPONSE.load(_root(outcome), player.version)
    for move, result in zip(request.moves, found.responses, strict=True):
        if move.source_folder_id == move.target_folder_id:
            assert result.status == 4
        elif result.status == 3:
            assert result.target_id in player.world.items(move.target_folder_id)
        else:
            assert (result.status, move.source_id.endswith(":999")) == (1, True)


_DAMAGED = {"58281": "ios-calendar-add-request.wbxml: the time zone lacks three characters of its base64"}
"""ClientIds of Adds that must not succeed."""


def _synced(request: SyncRequest, outcome: Answer | Hold, player: Player) -> None:
    """Sync: held or silent, or each collection with success and a new key.

    The whole fails with 13 for a partial request that says nothing beside, 14 for a wait out of bounds, 4 where there
    are neither collections nor anything that stands for them, or changes are asked for with key 0 (R3128). A command
    succeeds; 8 is the answer to one for an item that is not there.
    """
    if isinstance(outcome, Hold) or not outcome.body:
        return
    found = sync.RESPONSE.load(_root(outcome), player.version)
    if found.status is not None:
        assert found.status == _whole(request)
        return
    for result in found.collections:
        assert result.status == 1
        _commands(result)


def _whole(request: SyncRequest) -> int:
    if request.partial and not request.collections:
        return 13
    if request.heartbeat_interval is not None and not 60 <= request.heartbeat_interval <= 3540:
        return 14
    return 4


def _commands(result: sync.SyncCollectionResult) -> None:
    for answer in result.responses:
        missing = not isinstance(answer, AddResult) and str(answer.server_id).endswith(":999")
        damaged = isinstance(answer, AddResult) and answer.client_id in _DAMAGED
        assert answer.status == (6 if damaged else 8 if missing else 1), answer


_CHECKS: dict[Command, Any] = {
    Command.SEND_MAIL: _sent,
    Command.PROVISION: _provisioned,
    Command.SETTINGS: _set,
    Command.PING: _pinged,
    Command.GET_ITEM_ESTIMATE: _estimated,
    Command.ITEM_OPERATIONS: _operated,
    Command.MOVE_ITEMS: _moved,
    Command.SYNC: _synced,
}
