"""The other commands on items of shared folders (complaint B23): fetched, found, answered, moved, emptied."""

from dataclasses import replace
from email.message import EmailMessage
from email.policy import default

import pytest

from easd.eas.commands.item_operations import Emptied, EmptyFolderContents, EmptyOptions
from easd.eas.commands.meeting_response import UserResponse
from easd.eas.commands.search import FreeText, InCollection
from easd.eas.commands.send_mail import FORWARD_REQUEST, REPLY_REQUEST, SmartRequest, Source
from easd.eas.commands.sync import ClientAdd
from easd.eas.request import Command
from easd.eas.versions import V12_0, V14_0, V16_1, Version, since
from easd.model.event import Event
from easd.model.folder import FolderType
from easd.model.share import Chosen
from easd.service import ids
from easd.wbxml import Element
from tests.support.asking import Told, tell
from tests.support.events import event_data
from tests.support.faults import FaultyStore
from tests.support.fetching import PICTURE, content, fetch, file, item, one, operate, with_files
from tests.support.meetings import answer, events, meeting_mail, respond, sent
from tests.support.searching import find, found_subjects, mailbox, subjects
from tests.support.sharing import agrees, forbid, number, share, unshare
from tests.support.versions import at
from tests.support.world import Phone, Refused, World, emails, text, xml

SUCCESS, INVALID_SOURCE, INVALID_TARGET, CANNOT_MOVE = 3, 1, 2, 5
WITH_FETCH, AS_DOCUMENT = since(V12_0), since(V14_0)


def reader(world: World, version: Version = V16_1, *chosen: Chosen, writable: bool = True) -> Phone:
    """Bob's phone, which knows the folders that Alice shares (her Inbox, if nothing is said)."""
    share(world, "bob", "alice", *chosen, writable=writable)
    phone = world.phone("bob", version)
    phone.folder_sync()
    return phone


def raw(message: EmailMessage) -> bytes:
    return message.as_bytes(policy=default.clone(linesep="\r\n"))


# ---------------------------------------------------------------- fetched


@at(WITH_FETCH)
def test_a_message_and_its_files_are_fetched_from_a_shared_folder_B23(world: World, version: Version) -> None:
    letter = world.deliver(raw=raw(with_files()))
    phone = reader(world, version)
    assert text(item(one(phone, fetch(letter))), "Email:Subject") == "Köln"
    (message,) = emails(world, number(world)).values()
    folder_id, uid = ids.item_numbers(letter) or (0, 0)
    picture = content(one(phone, file(ids.file_reference(folder_id, uid, message.attachments[0]))))
    assert picture.data == PICTURE


@at(WITH_FETCH)
def test_what_is_not_shared_is_not_fetched_R4158(world: World, version: Version) -> None:
    letter = world.deliver(raw=raw(with_files()))
    phone = reader(world, version, Chosen.CALENDAR)
    assert one(phone, fetch(letter)).status == 6
    assert one(phone, file(f"{letter}:2")).status == 15
    share(world)
    assert one(phone, fetch(letter)).status == 1
    forbid(world, world.user("alice"), world.user("bob"))
    assert one(phone, fetch(letter)).status == 6
    assert one(phone, file(f"{letter}:2")).status == 15


def private_event(world: World) -> str:
    """An event of Alice's, who is a person, with a file."""
    world.admin.set_password_hash(world.user("alice").id, "x")
    phone = world.phone("alice")
    calendar = phone.folder(FolderType.CALENDAR)
    phone.sync_all(calendar)
    times = {"StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
    phone.sync(calendar, ClientAdd("1", event_data(Subject="Surgery", Sensitivity="2", **times)))
    (server_id,) = events(world)
    return server_id


def test_a_private_event_is_fetched_by_its_times_alone(world: World) -> None:
    event = private_event(world)
    phone = reader(world, V16_1, Chosen.CALENDAR)
    properties = one(phone, fetch(event)).properties
    assert isinstance(properties, Element)
    assert "Private" in xml(properties)
    assert "Surgery" not in xml(properties)


def test_a_file_of_a_private_event_is_not_fetched(world: World) -> None:
    event = private_event(world)
    letter = world.deliver(raw=raw(with_files()))
    message = emails(world, number(world))[letter]
    with world.writing("alice") as box:
        folder_id, uid = ids.item_numbers(event) or (0, 0)
        content_of = box.items(folder_id, [uid])[uid].content
        assert isinstance(content_of, Event)
        kept = replace(content_of, attachments=message.attachments)
        box.replace_item(folder_id, uid, kept, raw(with_files()))
    reference = ids.file_reference(folder_id, uid, message.attachments[0])
    phone = reader(world, V16_1, Chosen.CALENDAR)
    assert one(phone, file(reference)).status == 15
    share(world, "bob", "alice", Chosen.CALENDAR, private=True)
    assert content(one(phone, file(reference))).data == PICTURE


# ---------------------------------------------------------------- found


@at(WITH_FETCH)
def test_a_search_in_a_shared_folder_finds_what_is_there_R2031(world: World, version: Version) -> None:
    world.deliver("plans of alice", body="needle")
    world.deliver("plans of bob", to="bob", body="needle")
    phone = reader(world, version)
    shared = number(world)
    inside = mailbox(phone, InCollection(shared), FreeText("needle"))
    assert subjects(inside) == ["plans of alice"]
    assert subjects(mailbox(phone, FreeText("needle"))) == ["plans of bob"]
    unshare(world)
    assert mailbox(phone, InCollection(shared), FreeText("needle")).status == 11


def test_a_deep_search_sees_no_folder_that_is_not_shared(world: World) -> None:
    inbox = world.folder()
    with world.writing("alice") as box:
        hidden = box.add_folder(inbox.id, "Hidden", FolderType.USER_MAIL)
    world.move(world.deliver("hidden", body="needle"), hidden.id)
    world.deliver("seen", body="needle")
    phone = reader(world)
    found = mailbox(phone, InCollection(number(world)), FreeText("needle"), deep_traversal=True)
    assert subjects(found) == ["seen"]
    with pytest.raises(Refused) as refused:
        find(phone, "needle", str(hidden.id))
    assert refused.value.status == 3
    assert found_subjects(find(phone, "needle", number(world))) == ["seen"]


def test_a_search_in_folders_of_several_mailboxes_is_too_complex_R4346(world: World) -> None:
    phone = reader(world)
    own = phone.folder()
    asked = InCollection(own), InCollection(number(world)), FreeText("needle")
    assert mailbox(phone, *asked).status == 8


def test_a_search_does_not_tell_of_a_private_event_by_its_words(world: World) -> None:
    private_event(world)
    phone = reader(world, V16_1, Chosen.CALENDAR)
    calendar = number(world, FolderType.CALENDAR)
    assert subjects(mailbox(phone, InCollection(calendar), FreeText("surgery"))) == []


# ---------------------------------------------------------------- answered


def smart(phone: Phone, command: Command, letter: str) -> Told:
    """SmartReply or SmartForward of a message to carol, who is elsewhere."""
    if phone.policy_key == 0:
        phone.provision()
    mime = b"To: alice@example.test\r\nSubject: Re: it\r\n\r\nmy words"
    folder = letter.partition(":")[0]
    if phone.version < V14_0:
        return tell(phone, command, mime, content_type="message/rfc822", collection_id=folder, item_id=letter)
    document = REPLY_REQUEST if command is Command.SMART_REPLY else FORWARD_REQUEST
    request = SmartRequest("c1", Source(folder, letter), mime)
    return tell(phone, command, document.encode(request, phone.version), content_type="application/vnd.ms-sync.wbxml")


@pytest.mark.parametrize("command, verb", [(Command.SMART_REPLY, 2), (Command.SMART_FORWARD, 3)])
@pytest.mark.parametrize("writable", [True, False])
def test_a_shared_message_is_answered_by_the_reader_R514(
    world: World, version: Version, command: Command, verb: int, writable: bool
) -> None:
    letter = world.deliver("it", body="their words")
    phone = reader(world, version, writable=writable)
    told = smart(phone, command, letter)
    assert (told.http, told.body) == (200, b""), told
    found = emails(world, number(world))
    assert found[letter].last_verb_executed == (verb if writable else None)
    (arrived,) = (email for key, email in found.items() if key != letter)
    assert arrived.from_[0].address == "bob@example.test"
    with world.sql.reading(world.user("alice").mailbox_id) as box:
        (blob,) = (m.blob_id for key, m in world.items(number(world)).items() if key != letter)
        assert blob is not None
        assert b"their words" in box.texts([blob])[blob].plain or command is Command.SMART_FORWARD


def test_a_message_that_is_not_shared_is_not_answered_R4930(world: World) -> None:
    letter = world.deliver("it")
    phone = reader(world, V16_1, Chosen.CALENDAR)
    assert smart(phone, Command.SMART_REPLY, letter).status == 150


# ---------------------------------------------------------------- meetings


def test_a_request_in_a_shared_inbox_is_answered_for_the_owner_R266(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail(organizer="carl@example.test", sender="carl@example.test"))
    phone = reader(world, version)
    (result,) = respond(phone, answer(letter, UserResponse.ACCEPTED))
    assert (result.status, result.request_id) == (1, letter)
    (event,) = events(world).values()
    assert event.response_type == 3
    assert not events(world, "bob")
    assert letter not in world.items(number(world))


def test_what_may_only_be_read_is_not_answered_R4183(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail())
    phone = reader(world, version, writable=False)
    (result,) = respond(phone, answer(letter, UserResponse.ACCEPTED))
    assert result.status == 2
    assert letter in world.items(number(world))


def test_a_meeting_in_a_shared_calendar_is_the_owner_s_R2169(world: World) -> None:
    world.admin.create_user("carol@example.test", "Carol", "")
    phone = reader(world, V16_1, Chosen.CALENDAR)
    calendar = number(world, FolderType.CALENDAR)
    phone.sync_all(calendar)
    invited = [{"Email": "carol@example.test", "Name": "Carol", "AttendeeType": "1"}]
    times = {"StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
    phone.sync(calendar, ClientAdd("1", event_data(Subject="Lunch", Attendees=invited, MeetingStatus="1", **times)))
    (event,) = events(world).values()
    assert isinstance(event, Event)
    assert event.organizer_email == "alice@example.test"
    assert sent(world, "carol") == ["Lunch"]
    (invitation,) = emails(world, number(world, FolderType.INBOX, "carol"), "carol").values()
    assert invitation.from_[0].address == "alice@example.test"


# ---------------------------------------------------------------- moved


def there_and_back(world: World, version: Version) -> None:
    """A message goes from a shared folder to an own one and back; all phones hold what the mailboxes have."""
    letter = world.deliver("it", body="words")
    world.change(letter, read=True)
    phone = reader(world, version)
    alice = world.phone("alice", version)
    shared, own = number(world), phone.folder()
    for one_phone, folder in ((phone, shared), (phone, own), (alice, alice.folder())):
        one_phone.sync_all(folder)
    result = phone.move(letter, shared, own)
    assert result.status == SUCCESS
    assert not world.items(shared)
    (kept,) = world.items(own, "bob").values()
    assert (kept.email.subject, kept.email.read) == ("it", True)
    alice.sync_all(shared)
    alice.agrees(shared)
    for folder in (shared, own):
        phone.sync_all(folder)
    phone.agrees(own)
    back = phone.move(result.target_id or "", own, shared)
    assert back.status == SUCCESS
    assert not world.items(own, "bob")
    for folder in (shared, own):
        phone.sync_all(folder)
    agrees(phone, shared)


def test_a_message_moves_between_own_and_shared_folders_R290(world: World, version: Version) -> None:
    there_and_back(world, version)


def test_a_message_moves_between_mailboxes_on_each_database_R290(any_world: World) -> None:
    there_and_back(any_world, V16_1)


def test_a_repeated_move_to_another_mailbox_moves_once_R4217(world: World) -> None:
    letter = world.deliver()
    phone = reader(world)
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    faults.at_commit, faults.spared = ArithmeticError("after the commit"), 1  # the look into the own mailbox
    with pytest.raises(ArithmeticError):
        phone.move(letter, number(world), phone.folder())
    assert faults.commits >= 2
    assert len(world.items(phone.folder(), "bob")) == 1
    assert phone.move(letter, number(world), phone.folder()).status == INVALID_SOURCE
    assert len(world.items(phone.folder(), "bob")) == 1
    assert not world.items(number(world))


def test_a_move_between_two_folders_of_one_owner(world: World, version: Version) -> None:
    letter = world.deliver()
    phone = reader(world, version, Chosen.ALL)
    shared = number(world)
    there = phone.hierarchy.folders.values()
    archive = next(one.server_id for one in there if one.name == "Archive" and one.parent_id == shared)
    for folder in (shared, archive):
        phone.sync_all(folder)
    assert phone.move(letter, shared, archive).status == SUCCESS
    for folder in (shared, archive):
        phone.sync_all(folder)
        agrees(phone, folder)
        phone.quiet(folder)


@pytest.mark.parametrize("outwards", [True, False])
def test_nothing_is_moved_from_or_to_what_may_only_be_read_R4222(world: World, outwards: bool) -> None:
    letter = world.deliver(to="alice" if outwards else "bob")
    phone = reader(world, writable=False)
    shared, own = number(world), phone.folder()
    result = phone.move(letter, *((shared, own) if outwards else (own, shared)))
    assert result.status == CANNOT_MOVE
    assert letter in world.items(shared if outwards else own, "alice" if outwards else "bob")


def test_nothing_is_moved_from_or_to_what_is_not_shared(world: World) -> None:
    letter, own_letter = world.deliver(), world.deliver(to="bob")
    phone = reader(world, V16_1, Chosen.CALENDAR)
    shared, own = number(world), phone.folder()
    assert phone.move(letter, shared, own).status == INVALID_SOURCE
    assert phone.move(own_letter, own, shared).status == INVALID_TARGET


def test_a_move_into_a_full_mailbox_moves_nothing(world: World) -> None:
    letter = world.deliver()
    phone = reader(world)
    world.admin.set_quota(world.user("bob").mailbox_id, 10)
    assert phone.move(letter, number(world), phone.folder()).status == CANNOT_MOVE
    assert letter in world.items(number(world))


def test_a_private_event_is_not_moved_away(world: World) -> None:
    event = private_event(world)
    phone = reader(world, V16_1, Chosen.CALENDAR)
    calendar, own = number(world, FolderType.CALENDAR), phone.folder(FolderType.CALENDAR)
    assert phone.move(event, calendar, own).status == CANNOT_MOVE
    assert event in events(world)


def test_an_event_with_a_file_moves_whole(world: World) -> None:
    world.deliver(raw=meeting_mail())
    (event,) = events(world)
    phone = reader(world, V16_1, Chosen.CALENDAR)
    own = phone.folder(FolderType.CALENDAR)
    before = events(world)[event]
    result = phone.move(event, number(world, FolderType.CALENDAR), own)
    assert result.status == SUCCESS
    assert events(world, "bob") == {result.target_id: before}
    assert not events(world)


# ---------------------------------------------------------------- emptied


def emptied(phone: Phone, folder: str, *, deep: bool = False) -> int:
    (result,) = operate(phone, EmptyFolderContents(folder, EmptyOptions(deep)))
    assert isinstance(result, Emptied)
    return int(result.status)


@at(WITH_FETCH)
def test_a_shared_folder_is_emptied_if_it_may_be_written_R4167(world: World, version: Version) -> None:
    world.deliver()
    phone = reader(world, version)
    assert emptied(phone, number(world), deep=True) == 16
    assert len(world.items(number(world))) == 1
    assert emptied(phone, number(world)) == 1
    assert not world.items(number(world))


def test_what_may_only_be_read_is_not_emptied_R4167(world: World) -> None:
    world.deliver()
    phone = reader(world, writable=False)
    assert emptied(phone, number(world)) == 16
    assert len(world.items(number(world))) == 1
