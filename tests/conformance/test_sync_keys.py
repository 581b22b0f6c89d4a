"""SyncKey (MS-ASCMD SyncKey (Sync), Status (Sync) 3): what each key means, and what becomes of lost answers."""

import pytest

from easd.eas.commands.sync import ClientChange, ClientDelete, SyncRequest
from easd.eas.items.email import EmailChange
from easd.eas.versions import Version
from tests.support.world import Phone, World, emails, filtered


def test_sync_key_0_gives_a_key_and_no_items_R4598_R4606_R5555(world: World, version: Version) -> None:
    world.deliver()
    phone = world.phone(version=version)
    inbox = phone.folder()
    result = phone.sync(inbox, sync_key="0")
    assert (result.status, result.commands, result.more_available) == (1, (), False)
    assert len(phone.sync(inbox).commands) == 1


def test_an_answer_that_says_something_has_a_new_key_R5034(world: World, phone: Phone, inbox: str) -> None:
    keys = [phone.start(inbox)]
    for _ in range(3):
        world.deliver()
        keys.append(phone.sync(inbox).sync_key or "")
    assert len(set(keys)) == 4
    assert all(1 < len(key) <= 64 for key in keys)


def test_the_key_stays_while_there_is_nothing_to_say_R679(world: World, phone: Phone, inbox: str) -> None:
    world.deliver()
    phone.sync_all(inbox)
    key = phone.held(inbox).sync_key
    for _ in range(3):
        phone.quiet(inbox)
    world.deliver()
    assert len(phone.sync(inbox, sync_key=key).commands) == 1


@pytest.mark.parametrize(
    "key", ["1-2", "7", "garbage", "-1", "0-0", "00", "9" * 64, "é" * 64, "99999999999999999999-1"]
)
def test_a_key_that_was_never_given_out_is_status_3_R4425(phone: Phone, inbox: str, key: str) -> None:
    phone.start(inbox)
    result = phone.sync(inbox, sync_key=key)
    assert (result.status, result.sync_key, result.commands) == (3, "0", ())


def test_a_key_longer_than_64_characters_is_status_4_R4604_R5779(phone: Phone, inbox: str) -> None:
    phone.start(inbox)
    with pytest.raises(Exception, match="status 4"):
        phone.sync(inbox, sync_key="1" * 65)


def test_a_key_without_any_state_is_status_3_R4425(phone: Phone, inbox: str) -> None:
    assert phone.sync(inbox, sync_key="1-1").status == 3


def test_the_last_key_but_one_asks_for_the_same_answer_again(world: World, version: Version) -> None:
    ids = {world.deliver() for _ in range(3)}
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    lost = phone.sync(inbox, lose=True)
    again = phone.sync(inbox)
    assert [c.server_id for c in lost.commands] == [c.server_id for c in again.commands]
    assert {c.server_id for c in again.commands} == ids
    assert again.sync_key != lost.sync_key
    phone.agrees(inbox)


def test_what_came_after_a_lost_answer_comes_with_the_next_one(world: World, phone: Phone, inbox: str) -> None:
    gone, stays = world.deliver(), world.deliver()
    phone.start(inbox)
    phone.sync(inbox, lose=True)
    world.remove(gone)
    world.change(stays, read=True)
    new = world.deliver()
    assert {c.server_id for c in phone.sync(inbox).commands} == {stays, new}
    phone.agrees(inbox)
    phone.quiet(inbox)


def test_answers_may_be_lost_again_and_again(world: World, phone: Phone, inbox: str) -> None:
    phone.start(inbox)
    for _ in range(5):
        world.deliver()
        phone.sync(inbox, lose=True)
    assert len(phone.sync(inbox).commands) == 5
    phone.agrees(inbox)
    phone.quiet(inbox)


def test_the_key_of_a_lost_answer_is_dead_once_it_was_asked_for_again(world: World, phone: Phone, inbox: str) -> None:
    world.deliver()
    phone.start(inbox)
    lost = phone.sync(inbox, lose=True)
    phone.sync(inbox)
    assert phone.sync(inbox, sync_key=lost.sync_key).status == 3


def test_an_older_key_is_status_3_R4425(world: World, phone: Phone, inbox: str) -> None:
    first = phone.start(inbox)
    for _ in range(2):
        world.deliver()
        phone.sync(inbox)
    world.deliver()
    assert phone.sync(inbox, sync_key=first).status == 3


def test_the_last_key_but_one_is_dead_once_the_last_one_was_used(world: World, phone: Phone, inbox: str) -> None:
    first = phone.start(inbox)
    world.deliver()
    phone.sync(inbox)
    phone.quiet(inbox)
    assert phone.sync(inbox, sync_key=first).status == 3


def test_sync_key_0_starts_a_new_epoch_in_which_the_old_keys_are_dead(world: World, phone: Phone, inbox: str) -> None:
    world.deliver()
    phone.start(inbox)
    old = phone.sync(inbox).sync_key
    new = phone.start(inbox)
    assert new.partition("-")[0] != (old or "").partition("-")[0]
    assert phone.sync(inbox, sync_key=old).status == 3
    phone.start(inbox)
    assert len(phone.sync(inbox).commands) == 1


def test_after_status_3_the_phone_starts_again_and_has_everything_R4427(world: World, phone: Phone, inbox: str) -> None:
    world.deliver()
    phone.sync_all(inbox)
    assert phone.sync(inbox, sync_key="5-5").status == 3
    assert not phone.held(inbox).items
    phone.sync_all(inbox)
    phone.agrees(inbox)


def test_state_that_cannot_be_read_is_status_3_and_starts_again_R4426(world: World, phone: Phone, inbox: str) -> None:
    world.deliver()
    phone.sync_all(inbox)
    device = phone.device
    assert device is not None
    with world.writing() as box:
        row = box.sync_row(device.id, int(inbox))
        assert row is not None
        box.save_sync_row(device.id, int(inbox), type(row)(b'{"broken"', row.options))
    assert phone.sync(inbox).status == 3
    phone.sync_all(inbox)
    phone.agrees(inbox)


def test_a_mailbox_that_was_reset_sends_the_phone_to_FolderSync(world: World, phone: Phone, inbox: str) -> None:
    world.deliver()
    phone.sync_all(inbox)
    world.admin.reset_mailbox(world.user().mailbox_id)
    assert phone.sync(inbox).status == 12  # a new Inbox; the old one is no more
    assert phone.folder_sync(key="0").status == 1
    phone.sync_all(phone.folder())


def test_one_phones_key_is_no_other_phones_key(world: World, phone: Phone, inbox: str) -> None:
    phone.sync_all(inbox)
    other = world.phone()
    other.folder()
    assert other.sync(inbox, sync_key=phone.held(inbox).sync_key).status == 3


def test_one_folders_key_is_no_other_folders_key(phone: Phone, inbox: str) -> None:
    key = phone.start(inbox)
    drafts = str(int(inbox) + 1)
    phone.start(drafts)
    assert phone.sync(drafts, sync_key=key).status == 3


# ------------------------------------------------------------ commands of requests whose answers are lost


def test_a_change_sent_again_after_a_lost_answer_is_made_once(world: World, version: Version) -> None:
    letter = world.deliver()
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    command = phone.change(letter, EmailChange(read=True))
    phone.sync(inbox, command, lose=True)
    made = world.items(inbox)[letter].mod_seq
    result = phone.sync(inbox, command)
    assert (result.status, result.responses, result.commands) == (1, (), ())
    assert world.items(inbox)[letter].mod_seq == made
    phone.agrees(inbox)


def test_a_change_edited_before_it_is_sent_again_is_the_last_word(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    phone.sync(inbox, phone.change(letter, EmailChange(read=True)), lose=True)
    phone.sync(inbox, phone.change(letter, EmailChange(read=False)))
    assert not emails(world, inbox)[letter].read
    phone.agrees(inbox)


def test_a_change_that_is_not_sent_again_is_told_as_the_servers_own(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    phone.sync(inbox, phone.change(letter, EmailChange(read=True)), lose=True)
    assert [c.server_id for c in phone.sync(inbox).commands] == [letter]
    phone.agrees(inbox)


def test_a_delete_sent_again_after_a_lost_answer_succeeds(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    phone.sync(inbox, ClientDelete(letter), lose=True)
    result = phone.sync(inbox, ClientDelete(letter))
    assert (result.status, result.responses, result.commands) == (1, (), ())
    phone.agrees(inbox)


def test_a_lost_answer_with_commands_and_news_is_given_again_whole(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    new = world.deliver()
    command = phone.change(letter, EmailChange(read=True))
    assert [c.server_id for c in phone.sync(inbox, command, lose=True).commands] == [new]
    assert [c.server_id for c in phone.sync(inbox, command).commands] == [new]
    phone.agrees(inbox)


def test_an_old_request_that_arrives_twice_changes_nothing(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    key = phone.held(inbox).sync_key
    old = phone.change(letter, EmailChange(read=True))
    phone.sync(inbox, old)
    phone.sync(inbox, phone.change(letter, EmailChange(read=False)))
    phone.exchange(SyncRequest((phone.collection(inbox, sync_key=key, commands=(old,)),)), lose=True)
    assert not emails(world, inbox)[letter].read
    phone.quiet(inbox)
    phone.agrees(inbox)


def test_a_lost_answer_to_key_0_is_repaired_by_key_0(world: World, phone: Phone, inbox: str) -> None:
    world.deliver()
    phone.sync(inbox, sync_key="0", lose=True)
    phone.sync_all(inbox)
    phone.agrees(inbox)


def test_the_device_may_change_its_filter_before_it_asks_again(world: World, phone: Phone, inbox: str) -> None:
    world.deliver()
    world.forward(days=5)
    new = world.deliver()
    phone.start(inbox)
    assert len(phone.sync(inbox, lose=True).commands) == 2
    assert [c.server_id for c in phone.sync(inbox, options=filtered(2)).commands] == [new]
    phone.quiet(inbox)


def test_two_changes_of_one_item_in_one_request_are_both_made_in_order(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    commands: list[ClientChange] = [phone.change(letter, EmailChange(read=read)) for read in (True, False, True)]
    assert phone.sync(inbox, *commands).responses == ()
    assert emails(world, inbox)[letter].read
    phone.agrees(inbox)
