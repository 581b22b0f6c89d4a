"""What clients are known to do, beside what the protocol says (notes from the field: B complaints, C clients)."""

from base64 import b64encode

import pytest

from easd.eas.commands import move_items
from easd.eas.commands.move_items import Move, MoveItemsRequest
from easd.eas.commands.options import Options
from easd.eas.commands.sync import AddResult, ClientAdd, ClientChange, ClientDelete, DeleteResult, ServerAdd
from easd.eas.request import Command
from easd.eas.status import CommonStatus, GetItemEstimateStatus, MoveItemsStatus, SyncStatus
from easd.eas.versions import V2_5, V12_0, V14_0, V14_1, V16_0, V16_1, Version, between, since, until
from easd.mime.vcard import contacts_from, vcard
from easd.model.body import BodyPreference
from easd.model.contact import Contact
from easd.model.email import BodyType
from easd.model.event import Event
from easd.model.folder import FolderType, ItemClass
from easd.model.task import Task
from tests.support.events import BERLIN, Said, calendar, event_data
from tests.support.typed_items import Content, added, found, kept, named, synced, written
from tests.support.versions import at
from tests.support.world import Phone, World, child, text, xml

PICTURE = b64encode(b"\x89PNG and so on").decode()
CONTACT: dict[str, Content] = {"Contacts:FirstName": "Ann", "Contacts:Picture": PICTURE}
TIMES = {"Timezone": BERLIN, "StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
IPHONE_8_2, IPHONE_8_1 = "Apple-iPhone7C2/1204.508", "Apple-iPhone7C2/1202.411"
IPHONE_14 = "iOS/14.2 (18B92) exchangesyncd/1.0"


def contacts(phone: Phone) -> str:
    """The phone's Contacts folder, synchronised to the end."""
    return synced(phone, FolderType.CONTACTS)


# ------------------------------------------------------------ iOS


@pytest.mark.parametrize("agent", [IPHONE_8_2, "Apple-iPad4C1/1501.530400009", IPHONE_14])
def test_ios_sends_an_empty_Picture_with_each_edit_and_costs_nobody_a_picture_C1(
    world: World, version: Version, agent: str
) -> None:
    phone = world.phone(version=version)
    phone.user_agent = agent
    folder = contacts(phone)
    server_id = added(phone, folder, written(CONTACT))
    edit: dict[str, Content] = {"Contacts:FirstName": "Bea", "Contacts:Picture": None}
    phone.sync(folder, ClientChange(server_id, written(edit)))
    contact = kept(world, server_id, Contact)
    assert (contact.first_name, contact.picture) == ("Bea", b"\x89PNG and so on")


@pytest.mark.parametrize("agent", ["", IPHONE_8_1, "Android-Mail/2022.06.26.Release"])
def test_who_says_what_it_means_takes_a_picture_away_by_an_empty_one(
    world: World, version: Version, agent: str
) -> None:
    phone = world.phone(version=version)
    phone.user_agent = agent
    folder = contacts(phone)
    server_id = added(phone, folder, written(CONTACT))
    phone.sync(folder, ClientChange(server_id, written({"Contacts:FirstName": "Bea", "Contacts:Picture": None})))
    assert kept(world, server_id, Contact).picture is None


@at(since(V16_0))
def test_ios_ends_its_ClientUid_with_a_NUL_and_gets_one_event_C1(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = calendar(phone)
    other.start(folder)
    uid = b"8A5C2F0E1D3B4A6C9E7F0B2D4C6E8A0F"
    first = added(phone, folder, written({"Calendar:Subject": "once", "Calendar:ClientUid": uid + b"\0"}))
    again = added(other, folder, written({"Calendar:Subject": "once", "Calendar:ClientUid": uid.decode()}))
    assert first == again


def test_an_invitation_of_an_iphone_without_an_Organizer_gets_its_owner_C1(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    people: Said = [{"Email": "bob@example.test", "Name": "Bob"}]
    data = event_data(**TIMES, MeetingStatus="1", Attendees=people)
    event = kept(world, added(phone, calendar(phone), data), Event)
    assert (event.organizer_email, event.meeting_status) == ("alice@example.test", 1)


@pytest.mark.parametrize("day", ["1980-02-29T00:00:00.000Z", "1980-02-29T11:59:00.000Z", "1980-02-29T12:00:00.000Z"])
def test_a_birthday_is_told_at_the_hour_it_came_with_so_that_no_client_moves_it_C1_C2_C3(
    world: World, version: Version, day: str
) -> None:
    """iOS and Samsung say midnight in UTC, Gmail noon, Windows a minute before noon."""
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, contacts(phone), named("Contacts:Birthday", day))
    assert found(other.held(contacts(other)).items[server_id], "Contacts:Birthday") == day


@pytest.mark.parametrize("type_", [FolderType.USER_CONTACTS, FolderType.USER_CALENDAR, FolderType.USER_TASKS])
def test_ios_synchronises_several_folders_of_each_class_C1(world: World, version: Version, type_: FolderType) -> None:
    element, usual = {
        FolderType.USER_CONTACTS: ("Contacts:FirstName", FolderType.CONTACTS),
        FolderType.USER_CALENDAR: ("Calendar:Subject", FolderType.CALENDAR),
        FolderType.USER_TASKS: ("Tasks:Subject", FolderType.TASKS),
    }[type_]
    with world.writing() as box:
        second = str(box.add_folder(0, "Second", type_).id)
    phone, other = world.phone(version=version), world.phone(version=version)
    first = synced(phone, usual)
    phone.sync_all(second)
    ids = [added(phone, folder, named(element, folder)) for folder in (first, second)]
    other.folder_sync()
    for folder, server_id in zip((first, second), ids, strict=True):
        other.sync_all(folder)
        assert {key: text(item, element) for key, item in other.held(folder).items.items()} == {server_id: folder}


# ------------------------------------------------------------ Outlook


def test_outlook_moves_an_item_and_neither_it_nor_anybody_else_has_two_B6(world: World, version: Version) -> None:
    """Outlook holds on to the id that the answer names; the Add that follows is of that id, and of no second one."""
    with world.writing() as box:
        target = str(box.add_folder(0, "Private", FolderType.USER_CONTACTS).id)
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = contacts(phone)
    server_id = added(phone, folder, named("Contacts:FirstName", "Ann"))
    contacts(other)
    phone.sync_all(target)
    other.sync_all(target)
    moved = phone.move(server_id, folder, target).target_id
    for each in (phone, other):
        each.sync_all(folder)
        each.sync_all(target)
        assert not each.held(folder).items
        assert set(each.held(target).items) == {moved}


@at(since(V14_0))
def test_nothing_is_moved_into_the_cache_of_recipients_or_out_of_it_R2038(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder, cache = contacts(phone), phone.folder(FolderType.RECIPIENT_INFORMATION)
    server_id = added(phone, folder, named("Contacts:FirstName", "Ann"))
    request = MoveItemsRequest((Move(server_id, folder, cache), Move(f"{cache}:1", cache, folder)))
    results = phone.ask(Command.MOVE_ITEMS, move_items.REQUEST, request, move_items.RESPONSE).responses
    assert [one.status for one in results] == [CommonStatus.INVALID_COMBINATION_OF_IDS, MoveItemsStatus.INVALID_SOURCE]
    assert set(world.items(folder)) == {server_id}


def test_an_event_without_a_reminder_has_none_whatever_outlook_would_add_C5(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, calendar(phone), event_data(**TIMES))
    assert child(other.held(calendar(other)).items[server_id], "Calendar:Reminder") is None


@at(since(V14_0))
def test_outlook_keeps_the_colour_of_a_note_as_a_category_C5(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    colour: Content = (("Notes:Category", "Yellow category"),)
    server_id = added(phone, synced(phone, FolderType.NOTES), written({"Notes:Categories": colour}))
    assert found(other.held(synced(other, FolderType.NOTES)).items[server_id], "Notes:Categories") == colour


def test_every_mailbox_has_folders_of_tasks_and_of_notes_as_outlook_expects_C5(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.folder_sync()
    assert {FolderType.TASKS, FolderType.NOTES} <= {folder.type for folder in phone.hierarchy.folders.values()}


# ------------------------------------------------------------ Windows Phone


def test_windows_phone_never_gets_empty_Attendees_C7(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, calendar(phone), event_data(**TIMES, Attendees=None))
    assert child(other.held(calendar(other)).items[server_id], "Calendar:Attendees") is None


def test_windows_phone_is_told_of_no_folder_that_holds_all_others_C7(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.folder_sync()
    parents = {folder.parent_id for folder in phone.hierarchy.folders.values()}
    assert parents == {"0"}
    assert "0" not in phone.hierarchy.folders


def test_a_Delete_that_comes_twice_is_no_fault_of_the_folder_C7(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = contacts(phone)
    server_id = added(phone, folder, written(CONTACT))
    result = phone.sync(folder, ClientDelete(server_id), ClientDelete(server_id))
    assert result.status == SyncStatus.SUCCESS
    assert all(isinstance(one, DeleteResult) for one in result.responses)
    assert not world.items(folder)


# ------------------------------------------------------------ Evolution


@at(until(V12_0))
def test_evolution_calls_the_class_of_contacts_Contact_C9(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.user_agent = "libeas"
    folder = phone.folder(FolderType.CONTACTS)
    phone.start(folder, class_="Contact")
    server_id = added(phone, folder, written(CONTACT), class_="Contact")
    assert server_id in world.items(folder)
    assert phone.estimate(folder, class_="Contact").status == GetItemEstimateStatus.SUCCESS
    other = world.phone(version=version)
    assert other.sync(folder, sync_key="0", class_="Contact").status == SyncStatus.PROTOCOL_ERROR


# ------------------------------------------------------------ TbSync


@at(frozenset({V14_1, V16_1}))
def test_tbsync_keeps_at_14_1_what_it_leaves_out_and_clears_what_is_empty_C8(world: World, version: Version) -> None:
    """It says so by an empty Supported; from 16.0 on an event is that way by itself."""
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.CALENDAR)
    phone.start(folder, supported=() if version == V14_1 else None)
    server_id = added(phone, folder, event_data(**TIMES, Subject="Feast", Categories=["Work"], Sensitivity="2"))
    phone.sync(folder, ClientChange(server_id, event_data(**TIMES, Categories=[])))
    event = kept(world, server_id, Event)
    assert (event.subject, event.categories, event.sensitivity) == ("Feast", (), 2)


# ------------------------------------------------------------ everybody


def test_an_Add_that_comes_again_after_a_lost_answer_is_one_item_in_each_class_B6(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    for type_, data in (
        (FolderType.CONTACTS, written(CONTACT)),
        (FolderType.CALENDAR, event_data(**TIMES, Subject="once")),
        (FolderType.TASKS, named("Tasks:Subject", "once")),
    ):
        folder = synced(phone, type_)
        (first,) = phone.sync(folder, ClientAdd("c1", data), lose=True).responses
        (again,) = phone.sync(folder, ClientAdd("c1", data)).responses
        assert isinstance(first, AddResult)
        assert isinstance(again, AddResult)
        assert (first.status, again.status, first.server_id) == (1, 1, again.server_id)
        assert len(world.items(folder)) == 1


def test_what_no_XML_can_hold_is_told_to_nobody(world: World, version: Version) -> None:
    """Another client would refuse the whole answer, again at each try."""
    phone, other = world.phone(version=version), world.phone(version=version)
    bad = "An\x01\x0b\x1fn\ufffe\tand\nmore"
    server_id = added(phone, contacts(phone), written({"Contacts:FirstName": bad, "Contacts:LastName": b"Qu\0ist"}))
    item = other.held(contacts(other)).items[server_id]
    assert found(item, "Contacts:FirstName") == "Ann\tand\nmore"
    assert found(item, "Contacts:LastName") == "Quist"
    body: Content = (("AirSyncBase:Type", "1"), ("AirSyncBase:Data", bad))
    notes: dict[str, Content] = {"AirSyncBase:Body": body} if version in since(V12_0) else {"Contacts:Body": bad}
    server_id = added(phone, contacts(phone), written({"Contacts:FirstName": "Bea", **notes}))
    assert kept(world, server_id, Contact).body.text == "Ann\tand\nmore"


def test_options_replace_those_before_them_whole_and_stay_where_there_are_none_C0(
    world: World, version: Version
) -> None:
    phone, writer = world.phone(version=version), world.phone(version=version)
    folder = contacts(writer)
    phone.start(folder)
    if version not in since(V12_0):
        pytest.skip("no preferences of bodies")
    long: Content = (("AirSyncBase:Type", "1"), ("AirSyncBase:Data", "likes tea and cake"))
    data = written({"AirSyncBase:Body": long})
    short = Options(body_preferences=(BodyPreference(BodyType.PLAIN, truncation_size=5),))
    seen = []
    for options in ((short,), (), (Options(conflict=1),)):
        server_id = added(writer, folder, data)
        result = phone.sync(folder, options=options)
        (told,) = (one for one in result.commands if isinstance(one, ServerAdd) and one.server_id == server_id)
        seen.append("cake" in xml(phone.held(folder).items[told.server_id]))
    assert seen == [False, False, True]


@pytest.mark.parametrize("version", sorted(between(V2_5, V16_1)), ids=lambda v: v.text, indirect=True)
def test_tasks_keep_what_only_a_client_makes_of_it_B12(world: World, version: Version) -> None:
    """Regenerate and DeadOccur mean nothing to the server, and must not get lost on the way."""
    phone = world.phone(version=version)
    rule: Content = (
        ("Tasks:Type", "0"),
        ("Tasks:Start", "2026-12-01T00:00:00.000Z"),
        ("Tasks:Regenerate", "1"),
        ("Tasks:DeadOccur", "1"),
    )
    folder = synced(phone, FolderType.TASKS)
    server_id = added(phone, folder, written({"Tasks:Subject": "again", "Tasks:Recurrence": rule}))
    phone.sync(folder, ClientChange(server_id, written({"Tasks:Complete": "1", "Tasks:Recurrence": rule})))
    task = kept(world, server_id, Task)
    assert task.recurrence is not None
    assert (task.complete, task.recurrence.regenerate, task.recurrence.dead_occur) == (True, True, 1)


def test_a_phone_touches_only_the_numbers_that_it_was_shown_B22(world: World, version: Version) -> None:
    """A card may have four mobile numbers; devices have a slot for one. An edit of that one leaves the others."""
    card = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ann\r\n"
    card += "".join(f"TEL;TYPE=cell:{number}\r\n" for number in range(4)) + "X-SHOE-SIZE:38\r\nEND:VCARD\r\n"
    (read,) = contacts_from(card.encode(), world.now)
    with world.writing() as box:
        box.add_item(world.folder(FolderType.CONTACTS).id, ItemClass.CONTACTS, read)
    phone = world.phone(version=version)
    folder = contacts(phone)
    (server_id,) = world.items(folder)
    item = phone.held(folder).items[server_id]
    assert found(item, "Contacts:MobilePhoneNumber") == "0"
    phone.sync(folder, ClientChange(server_id, written({"Contacts:MobilePhoneNumber": "99"})))
    lines = vcard(kept(world, server_id, Contact)).decode()
    assert [f":{number}" in lines for number in (99, 0, 1, 2, 3)] == [True, False, True, True, True]
    assert "X-SHOE-SIZE:38" in lines
