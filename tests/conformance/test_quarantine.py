"""A device that waits for an approval: folders, one message, nothing else; and everything once it is approved."""

from typing import Any

import pytest

from easd.eas.commands import folder_sync, item_operations, settings
from easd.eas.commands.folder_sync import FolderSyncRequest
from easd.eas.commands.item_operations import Fetch, ItemOperationsRequest
from easd.eas.commands.settings import DeviceInformationSet, Get, OofRequest, OofSettings, SettingsRequest
from easd.eas.commands.sync import ClientAdd, ClientDelete, ClientFetch, SyncRequest
from easd.eas.items.email import EmailChange
from easd.eas.request import Command
from easd.eas.versions import V12_0, V12_1, V14_0, V14_1, V16_1, Version, between, since, until
from easd.model.absence import AbsenceState
from easd.model.access import AccessRule, Conditions, Effect, Undecided
from easd.model.device import DeviceInformation
from easd.model.folder import FolderType
from easd.service.commands import COMMANDS
from easd.service.context import Hold
from easd.service.ports import MailboxFull
from tests.support.asking import tell, value
from tests.support.faults import FaultyStore
from tests.support.typed_items import named
from tests.support.versions import at
from tests.support.world import Phone, Refused, World, text

ALLOW_ALL = AccessRule(0, "all", Effect.ALLOW)
KNOWN_ALONE = AccessRule(0, "known", Effect.ALLOW, Conditions(device_models=("Known",)))


def quarantine(world: World) -> None:
    """From now on every device waits of which nothing is said in particular."""
    world.rules(undecided=Undecided.QUARANTINE)


def approve(world: World, phone: Phone) -> None:
    world.override(phone, Effect.ALLOW)


def subjects(phone: Phone, folder: str) -> list[str]:
    return [text(item, "Email:Subject") for item in phone.held(folder).items.values()]


def waiting(world: World, version: Version = V16_1) -> tuple[Phone, str]:
    """A phone in quarantine that has synchronised its Inbox."""
    quarantine(world)
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    return phone, inbox


NOTICE = "TestPhone waits for approval"


# ---------------------------------------------------------------- what it gets


def test_a_device_in_quarantine_gets_folders_and_one_message(world: World, version: Version) -> None:
    for _ in range(5):
        world.deliver()
    phone, inbox = waiting(world, version)
    assert len(phone.hierarchy.folders) > 5
    assert subjects(phone, inbox) == [NOTICE]
    world.deliver()
    phone.quiet(inbox)
    assert phone.device is not None
    assert phone.device.quarantined == world.now
    for folder, entry in phone.hierarchy.folders.items():
        if folder != inbox and (entry.type != FolderType.NOTES or version >= V14_0):
            phone.sync_all(folder)
            assert not phone.held(folder).items
            found = phone.estimate(folder).collection
            assert (found and found.estimate) == 0


def test_the_message_is_told_once_and_names_the_device(world: World, version: Version) -> None:
    phone, _ = waiting(world, version)
    for _ in range(3):
        phone.folder_sync()
    [(server_id, item)] = world.items(world.folder().id).items()
    assert item.email.subject == NOTICE
    with world.sql.reading(world.user().mailbox_id) as box:
        assert item.blob_id is not None
        raw = box.blob(item.blob_id).decode()
    assert f"Device: TestPhone, {phone.device_id}" in raw
    assert "change it, and tell your administrator" in raw
    assert server_id in phone.held(phone.folder()).items


def test_other_devices_of_the_user_see_the_message_among_the_others(world: World, version: Version) -> None:
    world.deliver("Before")
    other = world.phone(version=version)
    inbox = other.folder()
    other.sync_all(inbox)
    quarantine(world)
    approve(world, other)
    world.phone(version=version).folder_sync()
    other.sync_all(inbox)
    assert sorted(subjects(other, inbox)) == ["Before", NOTICE]


@at(since(V12_0))
def test_the_message_can_be_fetched_and_no_other_item_R4167(world: World, version: Version) -> None:
    secret = world.deliver("Secret")
    phone, inbox = waiting(world, version)
    [notice] = phone.held(inbox).items

    def fetched(server_id: str) -> int:
        request = ItemOperationsRequest((Fetch("Mailbox", collection_id=inbox, server_id=server_id),))
        told = tell(phone, Command.ITEM_OPERATIONS, item_operations.REQUEST.encode(request, version))
        found = value(phone, item_operations.RESPONSE, told).response
        assert found is not None
        assert "Secret" not in told.body.decode("latin-1")
        return int(found.results[0].status)

    assert (fetched(notice), fetched(secret), fetched(f"{inbox}:999")) == (1, 16, 16)
    file = ItemOperationsRequest((Fetch("Mailbox", file_reference=f"{secret}:1"),))
    assert tell(phone, Command.ITEM_OPERATIONS, item_operations.REQUEST.encode(file, version)).status == 16


def test_items_whose_ids_are_guessed_cannot_be_had_or_touched_in_sync_R4447(world: World, version: Version) -> None:
    secret = world.deliver("Secret")
    phone, inbox = waiting(world, version)
    commands: list[Any] = [ClientDelete(secret), phone.change(secret, EmailChange(read=True))]
    if version >= V12_0:
        commands.append(ClientFetch(secret))
    request = SyncRequest((phone.collection(inbox, commands=tuple(commands)),))
    answer = phone.exchange(request, lose=True)
    assert answer is not None
    assert not isinstance(answer, Hold)
    assert {result.status for result in answer.collections[0].responses} == {8}
    assert not world.items(inbox)[secret].email.read


def test_all_other_commands_are_refused_R4878(world: World, version: Version) -> None:
    phone, _ = waiting(world, version)
    asked = {Command.FOLDER_SYNC, Command.SYNC, Command.PING, Command.GET_ITEM_ESTIMATE, Command.ITEM_OPERATIONS}
    for command, entry in COMMANDS.items():
        if version in entry.versions and command not in asked | {Command.PROVISION, Command.SETTINGS}:
            told = tell(phone, command, b"")
            by_http = version in until(V12_1) or not entry.root
            assert (told.http, told.status) == ((403, None) if by_http else (200, 130)), command
            assert "waits for an approval" in told.notes


@at(since(V12_0))
def test_a_waiting_device_may_say_what_it_is_and_set_nothing(world: World, version: Version) -> None:
    phone, _ = waiting(world, version)

    def asked(request: SettingsRequest) -> int | None:
        return tell(phone, Command.SETTINGS, settings.REQUEST.encode(request, version)).status

    assert asked(SettingsRequest(user_information=Get())) == 1
    assert asked(SettingsRequest(oof=OofRequest(set=OofSettings(AbsenceState.DISABLED)))) == 3


# ---------------------------------------------------------------- what it sends


def test_a_contact_made_while_it_waits_is_kept_and_can_be_changed(world: World) -> None:
    phone, _ = waiting(world)
    contacts = phone.folder(FolderType.CONTACTS)
    phone.sync_all(contacts)
    made = phone.sync(contacts, ClientAdd("1", named("Contacts:FirstName", "Ada"))).responses[0]
    assert made.status == 1
    phone.quiet(contacts)
    assert len(world.items(contacts)) == 1
    assert phone.sync(contacts, ClientDelete(made.server_id or "")).status == 1
    assert not world.items(contacts)


def test_what_could_send_mail_is_refused(world: World) -> None:
    phone, _ = waiting(world)
    for kind in (FolderType.CALENDAR, FolderType.DRAFTS):
        folder = phone.folder(kind)
        phone.sync_all(folder)
        assert phone.sync(folder, ClientAdd("1", named("Contacts:FirstName", "Ada"))).responses[0].status == 6
        assert not world.items(folder)


# ---------------------------------------------------------------- in and out


def test_once_approved_it_synchronises_everything_without_its_user_R4425(world: World, version: Version) -> None:
    sent = [world.deliver(f"Letter {number}") for number in range(3)]
    phone, inbox = waiting(world, version)
    before = phone.hierarchy.key
    approve(world, phone)
    with_old_key = phone.exchange(SyncRequest((phone.collection(inbox),)), lose=True)
    assert with_old_key is not None
    assert not isinstance(with_old_key, Hold)
    assert with_old_key.collections[0].status == 3
    phone.held(inbox).sync_key = "0"
    phone.held(inbox).items.clear()
    phone.sync_all(inbox)
    assert phone.held(inbox).items.keys() > set(sent)
    phone.agrees(inbox)
    assert phone.folder_sync(before).status == 1, "its folders are still its folders"
    assert phone.device is not None
    assert phone.device.quarantined is None


def test_a_waiting_ping_ends_and_the_next_one_sends_it_to_sync(world: World, version: Version) -> None:
    phone, inbox = waiting(world, version)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    world.deliver()
    assert isinstance(hold.again(True), Hold), "what it may not have does not wake it"
    approve(world, phone)
    assert world.sql.modseq(world.user().mailbox_id) > hold.since
    ended = phone.ping_again(hold)
    assert not isinstance(ended, Hold)
    assert ended.status == 1
    again = phone.ping(inbox)
    assert not isinstance(again, Hold)
    assert (again.status, again.folders) == (2, (inbox,))


@at(since(V12_1))
def test_a_waiting_sync_ends_when_the_device_is_approved(world: World, version: Version) -> None:
    phone, inbox = waiting(world, version)
    hold = phone.exchange(SyncRequest((phone.collection(inbox),), wait=5))
    assert isinstance(hold, Hold)
    approve(world, phone)
    answer = hold.again(True)
    assert not isinstance(answer, Hold)
    assert answer.body == b""


def test_a_device_that_was_in_loses_what_it_holds_when_it_has_to_wait(world: World, version: Version) -> None:
    world.deliver("Before")
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    quarantine(world)
    assert world.sql.modseq(world.user().mailbox_id) > hold.since
    ended = phone.ping_again(hold)
    assert not isinstance(ended, Hold)
    assert ended.status == 1
    again = phone.ping(inbox)
    assert not isinstance(again, Hold)
    assert again.status == 2
    phone.held(inbox).sync_key = "0"
    phone.held(inbox).items.clear()
    phone.sync_all(inbox)
    assert subjects(phone, inbox) == [NOTICE]


def test_a_rule_that_decides_ends_the_wait(world: World, version: Version) -> None:
    phone, inbox = waiting(world, version)
    world.access.add(world.organization, AccessRule(0, "no", Effect.DENY, Conditions(device_types=("TestPhone",))))
    with pytest.raises(Refused):
        phone.folder_sync()
    world.rules(ALLOW_ALL, undecided=Undecided.QUARANTINE)
    world.deliver("After")
    phone.held(inbox).sync_key = "0"
    phone.held(inbox).items.clear()
    phone.sync_all(inbox)
    assert "After" in subjects(phone, inbox)


def test_without_room_for_the_message_the_device_waits_all_the_same(world: World) -> None:
    world.deliver("Secret")
    faults = FaultyStore(world.sql)
    faults.fail("add_mail", MailboxFull("full"))
    world.through(faults.store)
    phone, inbox = waiting(world)
    assert subjects(phone, inbox) == []


def test_an_account_check_in_quarantine_leaves_nothing_behind(world: World, version: Version) -> None:
    quarantine(world)
    phone = world.phone(version=version, device_id="validate")
    phone.policy_key = None
    phone.folder_sync()
    assert world.items(world.folder().id) == {}


@at(since(V14_1))
def test_a_device_is_asked_what_it_is_before_it_has_to_wait(world: World, version: Version) -> None:
    world.rules(
        AccessRule(0, "known", Effect.ALLOW, Conditions(device_models=("Known",))), undecided=Undecided.QUARANTINE
    )
    phone = world.phone(version=version)
    told = tell(phone, Command.FOLDER_SYNC, folder_sync.REQUEST.encode(FolderSyncRequest("0"), version))
    assert told.status == 142
    assert world.items(world.folder().id) == {}, "nobody is told of a device of which nothing is known"
    phone.folder_sync()
    assert [item.email.subject for item in world.items(world.folder().id).values()] == [NOTICE]


@at(between(V12_0, V14_0))
def test_an_older_device_that_tells_its_model_later_comes_in_by_itself(world: World, version: Version) -> None:
    world.rules(
        AccessRule(0, "known", Effect.ALLOW, Conditions(device_models=("Known",))), undecided=Undecided.QUARANTINE
    )
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    assert subjects(phone, inbox) == [NOTICE]
    report = SettingsRequest(device_information=DeviceInformationSet(DeviceInformation(model="Known 1")))
    assert tell(phone, Command.SETTINGS, settings.REQUEST.encode(report, version)).status == 1
    world.deliver("At last")
    phone.held(inbox).sync_key = "0"
    phone.held(inbox).items.clear()
    phone.sync_all(inbox)
    assert "At last" in subjects(phone, inbox)
