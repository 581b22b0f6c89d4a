"""What real clients do and what real servers got wrong, for Sync, FolderSync, GetItemEstimate and Ping: each test is
named for the client or the symptom.
"""

import pytest

from easd.eas.commands.folder_sync import ROOT
from easd.eas.commands.options import Options
from easd.eas.commands.ping import PingResponse
from easd.eas.commands.sync import AddResult, ClientAdd, ClientDelete, SyncCollection, SyncRequest, SyncResponse
from easd.eas.items.email import EmailChange
from easd.eas.versions import V12_1, V14_0, V14_1, V16_1, Version, since
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.service.context import Hold
from easd.wbxml import decode, tag
from tests.support.faults import FaultyStore
from tests.support.versions import at
from tests.support.world import Phone, World, child, emails, filtered, text

GMAIL = (Options(filter_type=5, body_preferences=(BodyPreference(BodyType.HTML, 200_000),)),)


def test_gmail_FolderSync_0_in_normal_sync_keeps_collections_B13(world: World) -> None:
    phone = world.phone(version=V16_1)
    inbox = phone.folder()
    world.deliver()
    phone.sync_all(inbox, options=GMAIL)
    for _ in range(3):
        phone.folder_sync(key=ROOT)
        assert isinstance(phone.ping(inbox), Hold)
        world.deliver()
        assert len(phone.sync(inbox).commands) == 1
    phone.agrees(inbox)


def test_gmail_first_sync_without_options_then_windows_of_10(world: World) -> None:
    phone = world.phone(version=V14_1)
    for _ in range(23):
        world.deliver()
    inbox = phone.folder()
    phone.start(inbox)
    results = phone.sync_all(inbox, window_size=10, get_changes=True, deletes_as_moves=True, options=GMAIL)
    assert [len(r.commands) for r in results] == [10, 10, 3]
    assert child(phone.held(inbox).items[f"{inbox}:1"], "AirSyncBase:Body") is not None


def test_android_more_available_always_has_a_new_key(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    for _ in range(7):
        world.deliver()
    phone.start(inbox)
    keys = [phone.held(inbox).sync_key]
    more = True
    while more:
        result = phone.sync(inbox, window_size=2)
        assert result.commands
        keys.append(result.sync_key or "")
        more = result.more_available
    assert len(set(keys)) == len(keys) == 5


def test_android_account_check_is_answered_and_leaves_no_device(world: World) -> None:
    phone = world.phone(version=V14_1, device_id="validate")
    phone.policy_key = None
    phone.folder_sync()
    assert world.admin.devices(world.user().mailbox_id) == []


def test_android_takes_our_interval_from_status_5_and_is_held_with_it(world: World, phone: Phone, inbox: str) -> None:
    phone.sync_all(inbox)
    world.limit(heartbeat_max=900)
    refused = phone.ping(inbox, heartbeat=1680)
    assert isinstance(refused, PingResponse)
    assert isinstance(phone.ping(inbox, heartbeat=refused.heartbeat_interval), Hold)


def test_old_android_keeps_its_items_after_status_3_and_gets_no_two_of_them(world: World) -> None:
    """It does not empty the folder: the same ServerIds must come again, so that it sees that it has them."""
    phone = world.phone(version=V12_1)
    world.deliver()
    inbox = phone.folder()
    phone.sync_all(inbox)
    before = set(phone.held(inbox).items)
    assert phone.sync(inbox, sync_key="3-3").status == 3
    phone.sync_all(inbox)
    assert set(phone.held(inbox).items) == before


@at(since(V12_1))
def test_ios_never_gets_an_empty_Collections_element(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folders = [phone.folder(), phone.folder(FolderType.DRAFTS)]
    for folder in folders:
        phone.sync_all(folder)
        assert phone.exchange(SyncRequest((phone.collection(folder),))) is None
        assert phone.last.body == b""
    for request in (SyncRequest(collections=()), SyncRequest(wait=5)):
        with pytest.raises(Exception, match="status 4"):
            phone.exchange(request)
        assert child(decode(phone.last.body), "AirSync:Collections") is None


def test_ios_pings_folders_that_it_never_synchronised_and_does_not_loop(world: World, phone: Phone, inbox: str) -> None:
    drafts = phone.folder(FolderType.DRAFTS)
    world.deliver()
    assert isinstance(phone.ping(inbox, drafts), Hold)  # neither was synchronised: nothing can be told of them
    phone.start(drafts)
    phone.sync_all(drafts)
    hold = phone.ping(inbox, drafts)
    assert isinstance(hold, Hold)
    world.move(f"{inbox}:1", drafts)
    assert phone.ping_again(hold) == PingResponse(2, (drafts,))


def test_a_shared_folder_that_does_not_exist_does_not_make_the_phone_ping_every_second_B4(
    world: World, phone: Phone, inbox: str
) -> None:
    phone.sync_all(inbox)
    hold = phone.ping(inbox, "Shared", "999")
    assert isinstance(hold, Hold)
    world.deliver()
    assert phone.ping_again(hold) == PingResponse(2, (inbox,))


def test_samsung_estimates_and_windows_of_5_C2(world: World) -> None:
    phone = world.phone(version=V14_1)
    inbox = phone.folder()
    phone.start(inbox)
    for _ in range(12):
        world.deliver()
    left = []
    for _ in range(3):
        found = phone.estimate(inbox, options=filtered(4))
        assert found.collection is not None
        left.append((found.collection.estimate, len(phone.sync(inbox, window_size=5, options=filtered(4)).commands)))
    assert left == [(12, 5), (7, 5), (2, 2)]


def test_samsung_sends_its_short_messages_and_no_mail_comes_three_times_C2(world: World) -> None:
    phone = world.phone(version=V14_1)
    inbox = phone.folder()
    letter = world.deliver()
    phone.sync_all(inbox, options=(Options(class_="Email"), Options(class_="SMS")))
    text = phone.change(letter, EmailChange(read=True)).data or b""
    commands = (ClientAdd("s1", text, class_="SMS"), phone.change(letter, EmailChange(read=True)))
    result = phone.sync(inbox, *commands)
    (added,) = result.responses
    assert isinstance(added, AddResult)
    assert (added.status, added.class_, result.commands) == (1, "SMS", ())
    kept = emails(world, inbox)
    assert kept.keys() == {letter, added.server_id}
    assert [email.short_message for email in kept.values()] == [False, True]
    assert kept[letter].read
    phone.quiet(inbox)


def test_samsung_waits_with_a_heartbeat_over_many_folders_C2(world: World) -> None:
    phone = world.phone(version=V14_1)
    phone.folder()
    folders = list(phone.hierarchy.folders)
    for folder in folders:
        phone.sync_all(folder)
    outcome = phone.exchange(SyncRequest(tuple(map(phone.collection, folders)), heartbeat_interval=300))
    assert isinstance(outcome, Hold)


def test_outlook_does_not_loop_in_FolderSync_with_nothing_new_B14(world: World, version: Version) -> None:
    """The key stays as long as nothing has happened, and so does the key of the policy."""
    phone = world.phone(version=version)
    key, policy = phone.folder_sync().sync_key, phone.policy_key
    for _ in range(5):
        response = phone.folder_sync()
        assert response.changes is not None
        assert (response.sync_key, response.changes.count, phone.policy_key) == (key, 0, policy)


def test_an_invitation_is_no_ics_attachment_without_a_way_to_answer_B24(world: World, version: Version) -> None:
    calendar = "\r\n".join(
        (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@example.test",
            "DTSTAMP:20261123T120000Z\r\nDTSTART:20261124T120000Z\r\nDTEND:20261124T130000Z\r\nSUMMARY:Lunch",
            "ORGANIZER:mailto:bob@example.test\r\nATTENDEE:mailto:alice@example.test",
            "END:VEVENT\r\nEND:VCALENDAR\r\n",
        )
    )
    head = "From: bob@example.test\r\nSubject: Lunch\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"
    letter = world.deliver(raw=f"{head}{calendar}".encode())
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    item = phone.held(inbox).items[letter]
    assert text(item, "Email:MessageClass") == "IPM.Schedule.Meeting.Request"
    assert child(item, "Email:MeetingRequest") is not None
    assert child(item, "AirSyncBase:Attachments") is None


def test_outlook_asks_for_everything_at_once_and_gets_bounded_answers(world: World) -> None:
    phone = world.phone(version=V14_0)
    inbox = phone.folder()
    for _ in range(12):
        world.deliver(body="x" * 2000)
    world.limit(response_bytes_max=10_000)
    results = phone.sync_all(inbox, window_size=512)
    assert all(len(r.commands) <= 4 for r in results)
    phone.agrees(inbox)


def test_outlook_with_a_new_DeviceId_starts_anew_and_the_old_one_goes_on_B15(world: World) -> None:
    world.deliver()
    old = world.phone(version=V14_0, device_id="A" * 32)
    inbox = old.folder()
    old.sync_all(inbox)
    new = world.phone(version=V14_0, device_id="B" * 32)
    new.sync_all(new.folder())
    world.deliver()
    for phone in (old, new):
        assert len(phone.sync(inbox).commands) == 1
        phone.agrees(inbox)


def test_windows_phone_never_gets_empty_Responses_or_Commands(world: World, version: Version) -> None:
    letter = world.deliver()
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    phone.sync(inbox, phone.change(letter, EmailChange(read=True)))
    collections = child(decode(phone.last.body), "AirSync:Collections")
    assert collections is not None
    (collection,) = collections.children
    assert not {tag("AirSync:Responses"), tag("AirSync:Commands")} & {part.tag for part in collection.children}


def test_a_draft_copied_400000_times_is_never_made_by_old_versions(world: World) -> None:
    phone = world.phone(version=V14_1)
    drafts = phone.folder(FolderType.DRAFTS)
    phone.sync_all(drafts)
    data = phone.change("1:1", EmailChange(read=True)).data or b""
    for count in range(3):
        (answer,) = phone.sync(drafts, ClientAdd(f"c{count}", data)).responses
        assert answer.status == 6
    assert emails(world, drafts) == {}


def test_tbsync_pushes_with_GetChanges_0_and_pulls_after_C8(world: World) -> None:
    phone = world.phone(version=V16_1)
    inbox = phone.folder()
    letter = world.deliver()
    phone.sync_all(inbox, window_size=25)
    world.deliver()
    pushed = phone.sync(inbox, phone.change(letter, EmailChange(read=True)), get_changes=False)
    assert pushed.commands == ()
    assert len(phone.sync(inbox, window_size=25).commands) == 1
    phone.agrees(inbox)


def test_evolution_estimates_with_a_key_that_Sync_takes_too_C9(world: World) -> None:
    phone = world.phone(version=V12_1)
    inbox = phone.folder()
    world.deliver()
    phone.start(inbox)
    for lose in (True, False):
        assert phone.estimate(inbox).status == 1
        assert phone.sync(inbox, lose=lose).status == 1


def test_a_request_that_a_proxy_repeats_is_done_once(world: World, phone: Phone, inbox: str) -> None:
    letter, other = world.deliver(), world.deliver()
    phone.sync_all(inbox)
    commands = (phone.change(letter, EmailChange(read=True)), ClientDelete(other))
    request = SyncRequest((phone.collection(inbox, commands=commands),))
    phone.exchange(request, lose=True)
    phone.exchange(request)
    assert len(emails(world, str(world.folder(FolderType.DELETED_ITEMS).id))) == 1
    phone.quiet(inbox)
    phone.agrees(inbox)


def test_a_quiet_folder_outlives_years_of_mail_elsewhere(world: World, phone: Phone, inbox: str) -> None:
    drafts = phone.folder(FolderType.DRAFTS)
    phone.sync_all(drafts)
    for _ in range(30):
        world.remove(world.deliver())
    world.forward(days=800)
    phone.quiet(drafts)
    assert phone.sync_all(inbox) == []


def test_many_folders_in_one_request_keep_to_their_order(world: World, phone: Phone) -> None:
    phone.folder()
    folders = sorted(phone.hierarchy.folders, key=int, reverse=True)
    response = phone.exchange(SyncRequest(tuple(SyncCollection("0", folder) for folder in folders)))
    assert isinstance(response, SyncResponse)
    assert [r.collection_id for r in response.collections] == folders
    assert {r.status for r in response.collections} == {1}


def test_on_both_databases_two_phones_keep_up(any_world: World) -> None:
    letters = [any_world.deliver() for _ in range(5)]
    old, new = any_world.phone(version=V12_1), any_world.phone(version=V16_1)
    inbox = old.folder()
    for phone in (old, new):
        phone.sync_all(phone.folder(), window_size=2)
    new.sync(inbox, new.change(letters[0], EmailChange(read=True)), ClientDelete(letters[1]), lose=True)
    new.sync(inbox, new.change(letters[0], EmailChange(read=True)), ClientDelete(letters[1]))
    any_world.deliver()
    for phone in (old, new):
        phone.sync_all(inbox)
        phone.agrees(inbox)
        phone.quiet(inbox)
        hold = phone.ping(inbox)
        assert isinstance(hold, Hold)


def test_on_both_databases_a_command_that_meets_a_fault_leaves_the_others(any_world: World) -> None:
    letters = [any_world.deliver() for _ in range(3)]
    phone = any_world.phone()
    inbox = phone.folder()
    phone.sync_all(inbox)
    faults = FaultyStore(any_world.sql)
    any_world.through(faults.store)
    uid = int(letters[1].partition(":")[2])
    faults.fail("update_item", ArithmeticError(), lambda _folder, number, _content: number == uid)
    commands = [phone.change(letter, EmailChange(read=True)) for letter in letters]
    result = phone.sync(inbox, *commands)
    assert [r.status for r in result.responses] == [6]
    assert [email.read for email in emails(any_world, inbox).values()] == [True, False, True]
    phone.agrees(inbox)
