"""What is kept of exchanges: what went wrong, and everything while somebody watches; how it reads, and that it can be
played again.
"""

import csv
import io
import zipfile
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from easd.admin.bundle import write_bundle
from easd.admin.timeline import Event, timeline, words
from easd.eas.items.email import EmailChange
from easd.eas.request import Command
from easd.eas.versions import V12_1, V14_0, V16_1, Version, since
from easd.model.access import Effect
from easd.model.exchange import Exchange
from easd.service.context import Answer, Hold, HttpError
from easd.service.dispatch import dispatch
from easd.service.ports import Watched
from easd.service.recording import Recorder, recorded
from easd.store import SqlExchanges
from easd.wbxml import Element, decode, encode
from tests.support.replay import Player, everything, evidence
from tests.support.world import NOW, Phone, Refused, World, furnish

SECRETS = ("Geheim", "Ausserdem", "4711", "alice", "bob", "example.test")


class Desk:
    """A recorder on a world, and what it has kept."""

    def __init__(self, world: World, *, most: int = 100, **options: Any) -> None:
        self.world = world
        self.recorder = Recorder(**options)
        self.kept = SqlExchanges(world.sql, most)
        world.serve = partial(recorded, self.recorder, dispatch)

    def flush(self) -> None:
        self.recorder.flush(self.kept, self.world.now)

    def watch(self, phone: Phone, **span: float) -> None:
        """From now on all is wanted of the phone."""
        device = phone.device
        assert device is not None
        self.kept.watch(device.id, self.world.now + timedelta(**(span or {"hours": 1})))
        self.flush()

    def exchanges(self, phone: Phone) -> list[Exchange]:
        self.flush()
        device = phone.device
        assert device is not None
        return list(self.kept.listed(device.id))

    def events(self, phone: Phone) -> list[Event]:
        return timeline(self.exchanges(phone))


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def settled(world: World, version: Version = V16_1) -> tuple[Phone, str]:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    return phone, inbox


# ---------------------------------------------------------------- what is kept


def test_nothing_is_noted_where_all_goes_well(world: World, desk: Desk, version: Version) -> None:
    phone, inbox = settled(world, version)
    desk.flush()
    before = len(desk.exchanges(phone))
    world.deliver()
    phone.sync_all(inbox)
    assert isinstance(phone.ping(inbox), Hold)
    assert len(desk.recorder) == 0
    assert len(desk.exchanges(phone)) == before


def test_what_went_wrong_is_kept_with_its_status_in_words(world: World, desk: Desk, version: Version) -> None:
    phone, inbox = settled(world, version)
    phone.held(inbox).sync_key = "1-1"
    assert phone.sync(inbox, lose=True).status == 3
    event = desk.events(phone)[-1]
    assert (event.command, event.http, event.version) == ("Sync", 200, version.text)
    [collection] = event.collections
    assert (collection.id, collection.key) == (inbox, "1-1")
    assert collection.status.startswith("3: ")


def test_a_refusal_by_http_is_kept_with_its_cause(world: World, desk: Desk) -> None:
    phone, _ = settled(world, V12_1)
    world.override(phone, Effect.DENY)
    with pytest.raises(Refused):
        phone.folder_sync()
    event = desk.events(phone)[-1]
    assert (event.http, event.command) == (403, "FolderSync")
    assert "blocked by an administrator" in event.notes[0]


def test_a_fault_of_ours_is_kept_and_goes_on(world: World, desk: Desk) -> None:
    phone, _ = settled(world)

    def broken(*_: object) -> Answer:
        raise RuntimeError("secret")

    world.serve = partial(recorded, desk.recorder, broken)
    with pytest.raises(RuntimeError):
        phone.folder_sync()
    event = desk.events(phone)[-1]
    assert (event.http, event.notes) == (500, ("RuntimeError",))


def test_a_watched_device_is_kept_whole_and_no_other(world: World, desk: Desk, version: Version) -> None:
    phone, inbox = settled(world, version)
    other, _ = settled(world, version)
    before, others = len(desk.exchanges(phone)), len(desk.exchanges(other))
    desk.watch(phone)
    world.deliver()
    phone.sync_all(inbox)
    other.folder_sync()
    assert len(desk.exchanges(phone)) > before
    assert len(desk.exchanges(other)) == others
    world.forward(hours=2)
    desk.flush()
    before = len(desk.exchanges(phone))
    phone.folder_sync()
    assert len(desk.exchanges(phone)) == before, "the watch has ended by itself"


def test_a_held_request_is_kept_with_the_time_that_it_was_held(world: World, desk: Desk, version: Version) -> None:
    phone, inbox = settled(world, version)
    desk.watch(phone)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    world.forward(seconds=90)
    phone.ping_again(hold, changed=False)
    event = desk.events(phone)[-1]
    assert (event.command, event.held) == ("Ping", 90)
    assert [one.id for one in event.collections] == [inbox]
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    world.override(phone, Effect.DENY)
    with nullcontext() if version in since(V14_0) else pytest.raises(HttpError):
        hold.again(True)
    assert "blocked" in desk.events(phone)[-1].notes[0]


def test_of_each_device_the_last_ones_are_kept(world: World) -> None:
    desk = Desk(world, most=3, everything=True)
    phone, _ = settled(world)
    for _ in range(5):
        phone.folder_sync()
        desk.flush()
    kept = desk.exchanges(phone)
    assert [exchange.command for exchange in kept] == ["FolderSync"] * 3


def test_the_ring_is_bounded_by_number_and_bytes() -> None:
    device = Watched(1, "A", "iPhone")
    exchange = Exchange(NOW, "Sync", "16.1")
    few = Recorder(most=2)
    for _ in range(5):
        few.add(device, exchange, b"x" * 10, b"")
    assert len(few) == 2
    small = Recorder(bytes_max=25)
    for _ in range(5):
        small.add(device, exchange, b"x" * 10, b"")
    assert len(small) == 2
    large = Recorder(bytes_max=1000)
    large.add(device, exchange, b"x" * 10**6, b"x")
    assert len(large) == 1


def test_what_is_kept_goes_with_the_partnership(world: World, desk: Desk) -> None:
    phone, _ = settled(world)
    desk.watch(phone)
    phone.folder_sync()
    assert desk.exchanges(phone)
    device = phone.device
    assert device is not None
    phone.folder_sync()
    world.admin.remove_device(world.user().mailbox_id, device.id)
    desk.flush()
    assert list(desk.kept.listed(device.id)) == []


# ---------------------------------------------------------------- how it reads


def test_the_timeline_tells_keys_and_what_was_offered_and_acknowledged(world: World, version: Version) -> None:
    desk = Desk(world, everything=True)
    phone, inbox = settled(world, version)
    sent = [world.deliver() for _ in range(3)]
    desk.flush()
    before = phone.held(inbox).sync_key
    phone.sync(inbox)
    offered_under = phone.held(inbox).sync_key
    phone.sync(inbox, phone.change(sent[0], EmailChange(read=True)))
    first, second = (event.collections[0] for event in desk.events(phone)[-2:])
    assert (first.key, first.new_key, first.offered) == (before, offered_under, {"Add": 3})
    assert first.acknowledged is True
    assert (second.key, second.sent) == (offered_under, {"Change": 1})
    assert second.acknowledged is None, "nothing came after it"


def test_an_answer_that_was_lost_is_seen_to_be_so(world: World, version: Version) -> None:
    desk = Desk(world, everything=True)
    phone, inbox = settled(world, version)
    world.deliver()
    phone.sync(inbox, lose=True)
    phone.sync(inbox)
    first, second = (event.collections[0] for event in desk.events(phone)[-2:])
    assert first.acknowledged is False
    assert first.key == second.key


def test_statuses_are_words_for_each_command() -> None:
    assert words("Ping", "2").startswith("2: ")
    assert words("Ping", "2") != words("Sync", "2")
    assert "blocked" in words("SendMail", "129")
    assert words("Sync", "99") == "99"
    assert words("Sync", "") == ""


# ---------------------------------------------------------------- the bundle


def busy(world: World, version: Version) -> Phone:
    """A phone that has done most things, with secrets in all of them."""
    phone = world.phone(version=version)
    for number in range(3):
        world.deliver(f"Geheim {number}", body="Ausserdem 4711\r\n")
    inbox = phone.folder()
    phone.sync_all(inbox)
    [first, *_] = phone.held(inbox).items
    phone.sync(inbox, phone.change(first, EmailChange(read=True)))
    phone.estimate(inbox)
    phone.ping(inbox)
    phone.folder_sync()
    return phone


def test_the_bundle_holds_no_content_and_no_names(world: World, version: Version, tmp_path: Path) -> None:
    desk = Desk(world, everything=True)
    phone = busy(world, version)
    write_bundle(tmp_path / "bundle.zip", desk.exchanges(phone), "TestPhone")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        whole = b"\n".join(bundle.read(name) for name in bundle.namelist()).decode("latin-1")
    assert not [secret for secret in (*SECRETS, phone.device_id) if secret in whole]


def statuses(root: Element) -> set[str]:
    """All statuses of a document."""
    return {element.text for element in everything(root) if element.name.endswith(":Status")}


def test_the_bundle_can_be_played_again_against_another_server(world: World, version: Version, tmp_path: Path) -> None:
    """In the form of recorded traffic, by the player of recorded traffic."""
    desk = Desk(world, everything=True)
    phone = busy(world, version)
    exchanges = desk.exchanges(phone)
    write_bundle(tmp_path / "bundle.zip", exchanges, "TestPhone")
    furnish(f"sqlite:///{tmp_path / 'other.db'}")
    other = World(f"sqlite:///{tmp_path / 'other.db'}")
    for _ in range(5):
        other.deliver()
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        rows = list(csv.DictReader(io.StringIO(bundle.read("http.tsv").decode()), delimiter="\t"))
        assert len(rows) == len(exchanges)
        named = {row["file"] for row in csv.DictReader(io.StringIO(bundle.read("index.tsv").decode()), delimiter="\t")}
        documents = {name: decode(bundle.read(name)) for name in named}
    player = Player(other, version, evidence(documents.values()), "")
    commands = {command.wire_name: command for command in Command}
    played = [row for row in rows if row["request_body"] in documents and row["policy_key_sent"] == "yes"]
    assert {"FolderSync", "Sync", "GetItemEstimate"} <= {row["command"] for row in played}
    for row in played:
        fitted = player.fitted(documents[row["request_body"]])
        outcome = player.send(commands[row["command"]], encode(fitted), "yes", "", row["user_agent"])
        if isinstance(outcome, Answer) and outcome.body and row["response_body"] in documents:
            assert statuses(decode(outcome.body)) == statuses(documents[row["response_body"]]), row
    other.close()
