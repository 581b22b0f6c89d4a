"""Folders of others on a user's devices (complaint B23): in the hierarchy, synchronised, waited for, and taken away."""

from typing import Any

import pytest

from easd.eas.commands import folder_create, folder_delete, folder_update, sync
from easd.eas.commands.folder_create import FolderCreateRequest
from easd.eas.commands.folder_delete import FolderDeleteRequest
from easd.eas.commands.folder_sync import ROOT, FolderEntry
from easd.eas.commands.folder_update import FolderUpdateRequest
from easd.eas.commands.ping import PingResponse
from easd.eas.commands.sync import SyncRequest, SyncResponse
from easd.eas.request import Command
from easd.eas.versions import V12_1, Version, since
from easd.model.account import Kind
from easd.model.folder import FolderType
from easd.model.organisation import Permission
from easd.model.share import Chosen, Rights
from easd.service.context import Answer, Hold
from easd.store import Groups, Resources, Shares
from easd.store.grants import Grants
from tests.support.sharing import agrees, forbid, number, permit, share, unshare
from tests.support.versions import at
from tests.support.world import Phone, Refused, World, filtered

USER_MAIL, USER_CALENDAR, USER_CONTACTS, USER_TASKS, USER_NOTES = 12, 13, 14, 15, 17


def shared_on(phone: Phone) -> dict[str, FolderEntry]:
    """The folders of others that the phone holds, by name."""
    phone.folder_sync()
    with phone.world.sql.reading(phone.principal.user.mailbox_id) as box:
        own = {str(folder.id) for folder in box.folders()}
    return {entry.name: entry for entry in phone.hierarchy.folders.values() if entry.server_id not in own}


def ready(world: World, version: Version) -> tuple[Phone, str]:
    """Bob's phone with Alice's Inbox, synchronised."""
    share(world)
    phone = world.phone("bob", version)
    inbox = shared_on(phone)["Alice"].server_id
    phone.sync_all(inbox)
    return phone, inbox


# ---------------------------------------------------------------- the hierarchy


def test_shared_folders_are_of_the_types_that_users_make_B23(world: World, version: Version) -> None:
    share(world, "bob", "alice", Chosen.ALL)
    found = shared_on(world.phone("bob", version))
    assert {name: (entry.type, entry.parent_id == ROOT) for name, entry in found.items()} == {
        "Alice": (USER_MAIL, True),  # her Inbox, with her other mail in it
        "Sent Items": (USER_MAIL, False),
        "Deleted Items": (USER_MAIL, False),
        "Junk Email": (USER_MAIL, False),
        "Archive": (USER_MAIL, False),
        "Alice - Calendar": (USER_CALENDAR, True),
        "Alice - Contacts": (USER_CONTACTS, True),
        "Alice - Tasks": (USER_TASKS, True),
        "Alice - Notes": (USER_NOTES, True),
    }
    parents = {entry.parent_id for entry in found.values()} - {ROOT}
    assert parents == {found["Alice"].server_id}


def test_the_reader_s_own_default_folders_stay_the_default_ones_B23(world: World, version: Version) -> None:
    share(world, "bob", "alice", Chosen.CALENDAR, Chosen.INBOX)
    phone = world.phone("bob", version)
    phone.folder_sync()
    for type_ in (FolderType.INBOX, FolderType.CALENDAR):
        entries = [entry.server_id for entry in phone.hierarchy.folders.values() if entry.type == type_]
        assert entries == [number(world, type_, "bob")]


def test_only_what_was_chosen_is_there_and_only_on_the_chosen_device(world: World) -> None:
    phones = [world.phone("bob"), world.phone("bob")]
    for phone in phones:
        phone.folder_sync()
    device = phones[0].device
    assert device is not None
    share(world, "bob", "alice", Chosen.CALENDAR, device=device.id)
    assert list(shared_on(phones[0])) == ["Alice - Calendar"]
    assert shared_on(phones[1]) == {}


def test_two_owners_of_one_name_are_told_apart_by_their_addresses(world: World) -> None:
    world.admin.create_user("other@example.test", "Alice", "")
    share(world, "bob", "alice")
    share(world, "bob", "other")
    assert set(shared_on(world.phone("bob"))) == {"Alice (alice@example.test)", "Alice (other@example.test)"}


def test_what_the_owner_does_to_the_folders_arrives(world: World, version: Version) -> None:
    share(world, "bob", "alice", Chosen.ALL)
    phone = world.phone("bob", version)
    shared_on(phone)
    inbox = world.folder().id
    with world.writing("alice") as box:
        made = box.add_folder(inbox, "Projects", FolderType.USER_MAIL)
    found = shared_on(phone)
    assert (found["Projects"].server_id, found["Projects"].parent_id) == (str(made.id), str(inbox))
    with world.writing("alice") as box:
        box.change_folder(made.id, 0, "Plans")
    assert shared_on(phone)["Plans"].server_id == str(made.id)
    with world.writing("alice") as box:
        box.remove_folder(made.id)
    assert "Plans" not in shared_on(phone)


def test_a_lost_answer_of_folder_sync_costs_nothing(world: World) -> None:
    phone = world.phone("bob")
    phone.folder_sync()
    share(world)
    phone.folder_sync(lose=True)
    assert list(shared_on(phone)) == ["Alice"]
    unshare(world)
    phone.folder_sync(lose=True)
    share(world)
    assert list(shared_on(phone)) == ["Alice"]


def test_without_a_grant_a_share_shows_nothing(world: World) -> None:
    share(world)
    forbid(world, world.user("alice"), world.user("bob"))
    assert shared_on(world.phone("bob")) == {}
    with pytest.raises(ValueError, match="may not open the mailbox"):
        share_again(world)


def share_again(world: World) -> None:
    Shares(world.sql).add(world.user("bob").id, world.user("alice").id, Chosen.INBOX, Rights(True, False))


def test_a_grant_to_a_group_counts_for_its_members(world: World) -> None:
    groups = Groups(world.sql)
    group = groups.create("team@example.test", "Team")
    outer = groups.create("all@example.test", "All")
    groups.add_member(group.id, "bob@example.test")
    groups.add_member(outer.id, "team@example.test")
    Grants(world.sql).grant(world.user("alice").id, "all@example.test", [Permission.FULL_ACCESS])
    share_again(world)
    phone = world.phone("bob")
    assert list(shared_on(phone)) == ["Alice"]
    groups.remove_member(group.id, "bob@example.test")
    assert shared_on(phone) == {}


# ---------------------------------------------------------------- folder commands


def folder_command(phone: Phone, command: Command, table: Any, request: object) -> int:
    """The status of a folder command that is refused."""
    try:
        answer = phone.ask(command, table.REQUEST, request, table.RESPONSE)
    except Refused as refused:
        return refused.status
    return int(answer.status)


def test_a_shared_folder_cannot_be_deleted_by_a_reader_R4047(world: World, version: Version) -> None:
    phone, inbox = ready(world, version)
    world.deliver("stays")
    request = FolderDeleteRequest(phone.hierarchy.key, inbox)
    assert folder_command(phone, Command.FOLDER_DELETE, folder_delete, request) == 3
    assert len(world.items(inbox)) == 1
    assert list(shared_on(phone)) == ["Alice"]


def test_a_shared_folder_is_neither_renamed_nor_moved_by_a_reader_R4102(world: World, version: Version) -> None:
    phone, inbox = ready(world, version)
    request = FolderUpdateRequest(phone.hierarchy.key, inbox, ROOT, "Mine")
    assert folder_command(phone, Command.FOLDER_UPDATE, folder_update, request) == 2
    assert world.folder().name == "Inbox"


def test_no_folder_is_made_inside_a_shared_one_R4016(world: World, version: Version) -> None:
    phone, inbox = ready(world, version)
    request = FolderCreateRequest(phone.hierarchy.key, inbox, "Mine", USER_MAIL)
    assert folder_command(phone, Command.FOLDER_CREATE, folder_create, request) == 3


# ---------------------------------------------------------------- reading


def test_what_happens_in_a_shared_folder_arrives_B23(world: World, version: Version) -> None:
    first = world.deliver("old")
    phone, inbox = ready(world, version)
    agrees(phone, inbox)
    second = world.deliver("new")
    world.change(first, read=True)
    phone.sync_all(inbox)
    agrees(phone, inbox)
    world.remove(second)
    phone.sync_all(inbox)
    agrees(phone, inbox)
    phone.quiet(inbox)


def test_the_age_filter_of_the_device_counts_in_a_shared_folder(world: World) -> None:
    world.deliver("old")
    world.forward(days=10)
    share(world)
    phone = world.phone("bob")
    inbox = shared_on(phone)["Alice"].server_id
    world.deliver("new")
    phone.sync_all(inbox, options=filtered(2))
    assert len(phone.held(inbox).items) == 1


def test_an_estimate_of_a_shared_folder_R2289(world: World, version: Version) -> None:
    phone, inbox = ready(world, version)
    world.deliver()
    world.deliver()
    estimate = phone.estimate(inbox)
    assert (estimate.status, estimate.collection.estimate if estimate.collection else None) == (1, 2)


def test_a_sync_of_own_and_shared_folders_answers_each(world: World, version: Version) -> None:
    phone, shared = ready(world, version)
    own = phone.folder()
    phone.sync_all(own)
    world.deliver("for alice")
    world.deliver("for bob", to="bob")
    response = phone.exchange(SyncRequest((phone.collection(own), phone.collection(shared))))
    assert isinstance(response, SyncResponse)
    assert {(r.collection_id, len(r.commands)) for r in response.collections} == {(own, 1), (shared, 1)}
    agrees(phone, shared)


# ---------------------------------------------------------------- waiting


def test_a_ping_waits_for_the_owner_s_mailbox_too_B23(world: World, version: Version) -> None:
    phone, inbox = ready(world, version)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    mailbox = world.user("alice").mailbox_id
    assert dict(hold.others) == {mailbox: world.sql.modseq(mailbox)}
    world.deliver()
    assert dict(hold.others)[mailbox] < world.sql.modseq(mailbox)
    response = phone.ping_again(hold)
    assert isinstance(response, PingResponse)
    assert (response.status, response.folders) == (2, (inbox,))


def test_a_change_of_the_owner_that_is_no_addition_ends_no_wait_R5639(world: World) -> None:
    letter = world.deliver()
    phone, inbox = ready(world, Version.V16_1)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    world.change(letter, read=True)
    again = phone.ping_again(hold)
    assert isinstance(again, Hold)
    assert dict(again.others) == {world.user("alice").mailbox_id: world.sql.modseq(world.user("alice").mailbox_id)}


def test_a_ping_without_shares_waits_for_one_mailbox(world: World) -> None:
    phone = world.phone("bob")
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    assert hold.others == ()


@at(since(V12_1))
def test_a_sync_waits_for_the_owner_s_mailbox_too_B23(world: World, version: Version) -> None:
    phone, inbox = ready(world, version)
    outcome = phone.exchange(SyncRequest((phone.collection(inbox),), wait=10))
    assert isinstance(outcome, Hold)
    assert [mailbox for mailbox, _ in outcome.others] == [world.user("alice").mailbox_id]
    world.deliver("while it waits")
    answer = outcome.again(True)
    assert isinstance(answer, Answer)
    phone.take(SyncRequest((phone.collection(inbox),)), phone.checked(answer))
    agrees(phone, inbox)


def test_a_new_share_ends_a_ping_R4257(world: World, version: Version) -> None:
    phone = world.phone("bob", version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    share(world)
    assert world.sql.modseq(hold.mailbox_id) > hold.since
    response = phone.ping_again(hold)
    assert isinstance(response, PingResponse)
    assert response.status == 7


# ---------------------------------------------------------------- taken away


def withdrawn(world: World, how: str) -> None:
    """The reader may not look into the folder any more."""
    alice, bob = world.user("alice"), world.user("bob")
    match how:
        case "grant":
            forbid(world, alice, bob)
        case "share":
            unshare(world)
        case "disabled":
            world.admin.set_enabled(alice.id, False)
        case "deleted":
            world.admin.remove_user(alice.id)


WAYS = ("grant", "share", "disabled", "deleted")


@pytest.mark.parametrize("how", WAYS)
def test_what_is_taken_away_is_status_12_and_goes_with_the_next_folder_sync_R4452(
    world: World, version: Version, how: str
) -> None:
    world.deliver()
    phone, inbox = ready(world, version)
    withdrawn(world, how)
    result = phone.sync(inbox)
    assert result.status == 12
    assert phone.estimate(inbox).status == 2
    assert shared_on(phone) == {}


@pytest.mark.parametrize("how", WAYS)
def test_what_is_taken_away_ends_a_held_ping_and_a_held_sync(world: World, how: str) -> None:
    phone, inbox = ready(world, Version.V16_1)
    hold = phone.ping(inbox)
    waiting = phone.exchange(SyncRequest((phone.collection(inbox),), wait=10))
    assert isinstance(hold, Hold)
    assert isinstance(waiting, Hold)
    withdrawn(world, how)
    assert world.sql.modseq(hold.mailbox_id) > hold.since  # so it is woken
    response = phone.ping_again(hold)
    assert isinstance(response, PingResponse)
    assert response.status == 7
    answer = waiting.again(True)
    assert isinstance(answer, Answer)
    told = phone.read(sync.RESPONSE, phone.checked(answer))
    assert [result.status for result in told.collections] == [12]


def test_what_comes_back_is_synchronised_anew(world: World) -> None:
    world.deliver("before")
    phone, inbox = ready(world, Version.V16_1)
    unshare(world)
    shared_on(phone)
    share(world)
    assert list(shared_on(phone)) == ["Alice"]
    assert phone.sync(inbox).status == 3  # what was kept went with the folder
    phone.sync_all(inbox)
    agrees(phone, inbox)


def test_nobody_looks_into_a_folder_that_is_not_shared_with_him(world: World, version: Version) -> None:
    world.deliver()
    share(world, "bob", "alice", Chosen.CALENDAR)
    phone = world.phone("bob", version)
    phone.folder_sync()
    assert phone.sync(number(world), sync_key="0").status == 12
    assert phone.estimate(number(world)).status == 2


def test_a_resource_and_a_mailbox_without_a_password_can_be_shared(world: World) -> None:
    Resources(world.sql).create("room@example.test", "Room 1", Kind.ROOM)
    room = world.admin.entity("room@example.test")
    permit(world, room, world.user("bob"))
    Shares(world.sql).add(world.user("bob").id, room.id, Chosen.CALENDAR, Rights(False, False))
    assert list(shared_on(world.phone("bob"))) == ["Room 1 - Calendar"]
