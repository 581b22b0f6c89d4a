"""Changes in both directions: read, flag, categories, deletions, conflicts, fetches (MS-ASCMD Commands, Change, Delete,
Conflict, Fetch; MS-ASEMAIL Read, Flag, Categories).
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from easd.eas.commands.options import Options
from easd.eas.commands.sync import (
    ClientChange,
    ClientDelete,
    ClientFetch,
    FetchResult,
    ServerChange,
    ServerDelete,
)
from easd.eas.items.email import EmailChange
from easd.eas.items.flag import FLAG, NO_FLAG
from easd.eas.versions import V12_0, V12_1, V14_0, V16_1, Version, since
from easd.model.email import Flag, FlagStatus
from easd.model.folder import FolderType
from easd.wbxml import Element, Writer, tag
from tests.support.versions import at
from tests.support.world import NOW, Phone, World, child, emails, text

SINCE_14 = sorted(since(V14_0))
ACTIVE = Flag(
    FlagStatus.ACTIVE,
    flag_type="for Follow Up",
    subject="Call Bob",
    start_date=datetime(2026, 11, 24, tzinfo=UTC),
    utc_start_date=datetime(2026, 11, 24, tzinfo=UTC),
    due_date=datetime(2026, 11, 25, tzinfo=UTC),
    utc_due_date=datetime(2026, 11, 25, tzinfo=UTC),
    reminder_set=True,
    reminder_time=datetime(2026, 11, 24, 8, tzinfo=UTC),
    ordinal_date=NOW,
    sub_ordinal_date="5555555",
)
COMPLETE = Flag(FlagStatus.COMPLETE, subject="Call Bob", complete_time=NOW, date_completed=NOW)
CLIENT_WINS, SERVER_WINS = (Options(conflict=0),), (Options(conflict=1),)


@pytest.fixture
def pair(world: World) -> tuple[Phone, Phone, str, str]:
    """An old and a new phone of one user that hold one message: both, the Inbox, the message."""
    letter = world.deliver()
    old, new = world.phone(version=V12_1), world.phone(version=V16_1)
    for phone in (old, new):
        phone.sync_all(phone.folder())
    return old, new, old.folder(), letter


# ------------------------------------------------------------ up


@pytest.mark.parametrize(
    "change, expected",
    [
        (EmailChange(read=True), (True, None)),
        (EmailChange(flag=ACTIVE), (False, ACTIVE)),
        (EmailChange(flag=COMPLETE), (False, COMPLETE)),
        (EmailChange(read=True, flag=NO_FLAG), (True, None)),
    ],
    ids=["read", "flag", "complete", "both"],
)
@pytest.mark.parametrize("version", sorted(since(V12_0)), ids=lambda version: version.text)
def test_a_change_of_state_is_kept_and_not_answered_R6234_R873_R5825(
    world: World, version: Version, change: EmailChange, expected: tuple[bool, Flag | None]
) -> None:
    letter = world.deliver("Stays as it is")
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    result = phone.sync(inbox, phone.change(letter, change))
    assert (result.status, result.responses, result.commands) == (1, (), ())
    email = emails(world, inbox)[letter]
    assert (email.read, email.flag) == expected
    assert email.subject == "Stays as it is"
    phone.quiet(inbox)
    phone.agrees(inbox)


@at(since(V12_0))
def test_a_flag_bears_the_subject_of_its_message_R1053_and_the_other_device_gets_all_of_it(
    world: World, version: Version
) -> None:
    letter = world.deliver("Lunch?")
    one, other = world.phone(version=version), world.phone(version=version)
    for phone in (one, other):
        phone.sync_all(phone.folder())
    one.sync(one.folder(), one.change(letter, EmailChange(flag=replace(ACTIVE, subject=None))))
    other.sync(other.folder())
    flag = child(other.held(other.folder()).items[letter], "Email:Flag")
    assert flag is not None
    assert FLAG.load(flag, version) == replace(ACTIVE, subject="Lunch?")


def test_a_flag_is_cleared_by_an_empty_element_and_by_status_0(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    phone.sync(inbox, phone.change(letter, EmailChange(flag=ACTIVE)))
    assert emails(world, inbox)[letter].flag == ACTIVE
    phone.sync(inbox, phone.change(letter, EmailChange(flag=NO_FLAG)))
    assert emails(world, inbox)[letter].flag is None
    phone.sync(inbox, phone.change(letter, EmailChange(flag=ACTIVE)))
    writer = Writer()
    writer.start(tag("Email:Flag"))
    writer.text(tag("Email:Status"), "0")
    writer.end()
    phone.sync(inbox, ClientChange(letter, writer.fragment()))
    assert emails(world, inbox)[letter].flag is None


@pytest.mark.parametrize("version", SINCE_14, ids=lambda version: version.text)
def test_categories_are_set_and_emptied_R5826(world: World, version: Version) -> None:
    letter = world.deliver()
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    phone.sync(inbox, phone.change(letter, EmailChange(categories=("Blau", "грün"))))
    assert emails(world, inbox)[letter].categories == ("Blau", "грün")
    phone.sync(inbox, phone.change(letter, EmailChange(read=True)))
    assert emails(world, inbox)[letter].categories == ("Blau", "грün")
    writer = Writer()
    writer.empty(tag("Email:Categories"))
    phone.sync(inbox, ClientChange(letter, writer.fragment()))
    assert emails(world, inbox)[letter].categories == ()


@pytest.mark.parametrize(
    "elements",
    [
        {"Email:Subject": "Forged", "Email:Read": "1"},
        {
            "Email:To": "x@example.test",
            "Email:From": "y@example.test",
            "Email:DateReceived": "2026-01-01T00:00:00.000Z",
        },
        {"Email:Importance": "2", "AirSyncBase:NativeBodyType": "1"},
        {"Email:MessageClass": "IPM.Forged", "Email:Categories": ""},
    ],
)
def test_other_elements_in_a_Change_are_no_error_and_change_nothing_R875(
    world: World, version: Version, elements: dict[str, str]
) -> None:
    letter = world.deliver("As it came")
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    before = emails(world, inbox)[letter]
    writer = Writer()
    for name, value in elements.items():
        writer.text(tag(name), value)
    key = phone.held(inbox).sync_key
    result = phone.sync(inbox, ClientChange(letter, writer.fragment()), lose=True)
    assert (result.status, result.responses) == (1, ())
    after = emails(world, inbox)[letter]
    assert (after.subject, after.to, after.importance, after.message_class) == (
        before.subject,
        before.to,
        before.importance,
        before.message_class,
    )
    assert after.read == ("Email:Read" in elements)
    assert key != result.sync_key


@pytest.mark.parametrize("name", ["Email2:ConversationId", "Email2:ReceivedAsBcc", "Email2:Sender"])
def test_status_6_for_a_Change_of_what_only_the_server_sets_R347_R648_R723(
    world: World, phone: Phone, inbox: str, name: str
) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    writer = Writer()
    writer.text(tag("Email:Read"), "1")
    writer.text(tag(name), "1")
    (answer,) = phone.sync(inbox, ClientChange(letter, writer.fragment())).responses
    assert answer.status == 6
    assert not emails(world, inbox)[letter].read


# ------------------------------------------------------------ down


@pytest.mark.parametrize("version", sorted(since(V12_0)), ids=lambda version: version.text)
def test_a_change_by_others_tells_the_state_alone(world: World, version: Version) -> None:
    letter = world.deliver()
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    world.change(letter, read=True, flag=ACTIVE)
    (command,) = phone.sync(inbox).commands
    assert isinstance(command, ServerChange)
    item = phone.held(inbox).items[letter]
    flag = child(item, "Email:Flag")
    assert text(item, "Email:Read") == "1"
    assert flag is not None
    assert text(flag, "Email:Status") == "2"
    assert b"Hello" not in phone.last.body
    phone.quiet(inbox)


def test_a_cleared_flag_comes_down_as_an_empty_element(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    world.change(letter, flag=ACTIVE)
    phone.sync_all(inbox)
    world.change(letter, flag=None)
    phone.sync(inbox)
    flag = child(phone.held(inbox).items[letter], "Email:Flag")
    assert flag is not None
    assert not flag.children


def test_a_message_moved_away_is_deleted_here_and_added_there(world: World, phone: Phone, inbox: str) -> None:
    archive = phone.folder(FolderType.USER_MAIL)
    letter = world.deliver()
    for folder in (inbox, archive):
        phone.sync_all(folder)
    moved = world.move(letter, archive)
    assert [(type(c), c.server_id) for c in phone.sync(inbox).commands] == [(ServerDelete, letter)]
    assert [c.server_id for c in phone.sync(archive).commands] == [moved]


def test_MoveItems_by_the_phone_itself_leaves_both_folders_right_R289(world: World, phone: Phone, inbox: str) -> None:
    archive = phone.folder(FolderType.USER_MAIL)
    letter = world.deliver()
    for folder in (inbox, archive):
        phone.sync_all(folder)
    moved = phone.move(letter, inbox, archive)
    assert moved.status == 3
    for folder in (inbox, archive):
        phone.sync_all(folder)
        phone.agrees(folder)
    assert list(phone.held(archive).items) == [moved.target_id]


def test_an_item_made_and_gone_between_two_syncs_is_never_mentioned(world: World, phone: Phone, inbox: str) -> None:
    phone.sync_all(inbox)
    world.remove(world.deliver())
    phone.quiet(inbox)


# ------------------------------------------------------------ two phones


def test_no_echo_of_a_phones_own_change_and_the_other_gets_it(
    world: World, pair: tuple[Phone, Phone, str, str]
) -> None:
    old, new, inbox, letter = pair
    new.sync(inbox, new.change(letter, EmailChange(read=True)))
    new.quiet(inbox)
    assert [c.server_id for c in old.sync(inbox).commands] == [letter]
    old.quiet(inbox)
    for phone in (old, new):
        phone.agrees(inbox)


def test_a_change_laid_over_ones_own_comes_down(world: World, pair: tuple[Phone, Phone, str, str]) -> None:
    old, new, inbox, letter = pair
    new.sync(inbox, new.change(letter, EmailChange(read=True)))
    old.sync(inbox)
    old.sync(inbox, old.change(letter, EmailChange(read=False)))
    assert [c.server_id for c in new.sync(inbox).commands] == [letter]
    new.agrees(inbox)


def test_a_deletion_reaches_the_other_phone(world: World, pair: tuple[Phone, Phone, str, str]) -> None:
    old, new, inbox, letter = pair
    old.sync(inbox, ClientDelete(letter))
    assert [type(c) for c in new.sync(inbox).commands] == [ServerDelete]
    old.quiet(inbox)
    new.agrees(inbox)


def test_a_phone_without_categories_keeps_those_of_others(world: World, pair: tuple[Phone, Phone, str, str]) -> None:
    old, new, inbox, letter = pair
    new.sync(inbox, new.change(letter, EmailChange(categories=("Work",))))
    old.sync_all(inbox)
    old.sync(inbox, old.change(letter, EmailChange(read=True)))
    assert emails(world, inbox)[letter].categories == ("Work",)


# ------------------------------------------------------------ conflicts


@pytest.mark.parametrize("options", [(), SERVER_WINS], ids=["absent", "1"])
def test_the_server_wins_a_conflict_R2066_R2068(
    world: World, phone: Phone, inbox: str, options: tuple[Options, ...]
) -> None:
    letter = world.deliver()
    phone.sync_all(inbox, options=options)
    world.change(letter, flag=ACTIVE)
    result = phone.sync(inbox, phone.change(letter, EmailChange(read=True)))
    assert [r.status for r in result.responses] == [7]
    assert (emails(world, inbox)[letter].read, emails(world, inbox)[letter].flag) == (False, ACTIVE)
    phone.agrees(inbox)


@pytest.mark.parametrize("version", sorted(since(V12_0)), ids=lambda version: version.text)
def test_the_client_wins_a_conflict_where_it_says_so_R2067(world: World, version: Version) -> None:
    letter = world.deliver()
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox, options=CLIENT_WINS)
    world.change(letter, flag=ACTIVE, read=True)
    result = phone.sync(inbox, phone.change(letter, EmailChange(read=False)))
    assert result.responses == ()
    assert (emails(world, inbox)[letter].read, emails(world, inbox)[letter].flag) == (False, ACTIVE)
    phone.sync_all(inbox)
    phone.agrees(inbox)


@pytest.mark.parametrize("options", [CLIENT_WINS, SERVER_WINS], ids=["client", "server"])
def test_a_Delete_wins_over_a_change_on_the_server_R2076(
    world: World, phone: Phone, inbox: str, options: tuple[Options, ...]
) -> None:
    letter = world.deliver()
    phone.sync_all(inbox, options=options)
    world.change(letter, read=True)
    result = phone.sync(inbox, ClientDelete(letter))
    assert (result.responses, result.commands) == ((), ())
    assert emails(world, inbox) == {}


def test_a_Delete_of_what_is_deleted_already_succeeds(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    world.remove(letter)
    result = phone.sync(inbox, ClientDelete(letter))
    assert (result.responses, result.commands) == ((), ())
    phone.agrees(inbox)


def test_a_change_after_a_change_of_ones_own_is_no_conflict(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    for read in (True, False, True):
        assert phone.sync(inbox, phone.change(letter, EmailChange(read=read))).responses == ()
    phone.agrees(inbox)


# ------------------------------------------------------------ Fetch


def test_Fetch_gives_the_whole_item_R5433_R5848(world: World, version: Version) -> None:
    letter = world.deliver("Fetched")
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    (answer,) = phone.sync(inbox, ClientFetch(letter), get_changes=False).responses
    assert isinstance(answer, FetchResult)
    assert (answer.server_id, answer.status) == (letter, 1)
    assert b"Hello" in phone.last.body


def test_Fetch_and_other_commands_are_done_in_their_order(world: World, phone: Phone, inbox: str) -> None:
    letter = world.deliver()
    phone.sync_all(inbox)
    commands = (ClientFetch(letter), phone.change(letter, EmailChange(read=True)), ClientFetch(letter))
    fetched = [r.data for r in phone.sync(inbox, *commands).responses if isinstance(r, FetchResult)]
    assert [text(data, "Email:Read") for data in fetched if isinstance(data, Element)] == ["0", "1"]
