"""MS-ASCON 3.1.4, 3.2.5: what a user does to a whole conversation, which a device says message by message."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from easd.eas.commands import move_items
from easd.eas.commands.move_items import Move, MoveItemsRequest
from easd.eas.commands.send_mail import REQUEST as SEND_MAIL, SendMailRequest
from easd.eas.commands.sync import ClientDelete
from easd.eas.items.email import EmailChange
from easd.eas.items.flag import NO_FLAG
from easd.eas.request import Command
from easd.eas.versions import V14_0, V14_1, V16_0, V16_1, Version
from easd.model.email import Flag, FlagStatus
from easd.model.folder import FolderType
from tests.support.asking import tell
from tests.support.world import NOW, Phone, World, child, emails

FLAG = Flag(FlagStatus.ACTIVE, flag_type="Flag for follow up", subject="Talk")
DONE = Flag(FlagStatus.COMPLETE, complete_time=NOW, date_completed=NOW, subject="Talk")


@pytest.fixture(params=[V14_0, V14_1, V16_0, V16_1], ids=lambda version: version.text)
def phone(world: World, request: pytest.FixtureRequest) -> Phone:
    """Alice's phone, of each version that knows conversations."""
    version: Version = request.param
    return world.phone(version=version)


def talk(world: World, number: int) -> str:
    """The message of that number in one conversation, the later the higher."""
    chain = "References: <root@example.test>\r\n" if number else ""
    name = f"{number}@example.test" if number else "root@example.test"
    raw = f"From: bob@example.test\r\nSubject: Talk\r\nMessage-ID: <{name}>\r\n{chain}\r\nx\r\n"
    return world.deliver(raw=raw.encode(), received=world.now + timedelta(minutes=number))


@pytest.fixture
def letters(world: World, phone: Phone) -> Sequence[str]:
    """Three messages of a conversation and one of another, which the phone has."""
    made = [*(talk(world, number) for number in range(3)), world.deliver("Something else")]
    phone.sync_all(phone.folder())
    return made


def test_a_conversation_is_synchronized_message_by_message_R74_R79_R180(phone: Phone, letters: Sequence[str]) -> None:
    held = phone.held(phone.folder()).items
    found = [child(held[letter], "Email2:ConversationId") for letter in letters]
    contents = [one.content for one in found if one is not None]
    assert len(contents) == 4
    assert contents[0] == contents[1] == contents[2] != contents[3]


def test_a_conversation_is_deleted_and_later_mail_of_it_is_not_R157_R158_R199_R200_R201(
    world: World, phone: Phone, letters: Sequence[str]
) -> None:
    inbox, deleted = phone.folder(), phone.folder(FolderType.DELETED_ITEMS)
    result = phone.sync(inbox, *map(ClientDelete, letters[:3]), deletes_as_moves=True)
    assert (result.status, result.responses) == (1, ())
    later = talk(world, 3)
    assert set(emails(world, inbox)) == {letters[3], later}
    assert [one.subject for one in emails(world, deleted).values()] == ["Talk"] * 3


def test_a_conversation_is_marked_as_read_and_as_unread_R203_R204_R284_R326_R337(
    world: World, phone: Phone, letters: Sequence[str]
) -> None:
    for read in (True, False):
        phone.sync(phone.folder(), *(phone.change(letter, EmailChange(read=read)) for letter in letters[:3]))
        now = emails(world, phone.folder())
        assert [now[letter].read for letter in letters] == [read, read, read, False]


def test_a_conversation_is_flagged_by_its_newest_message_R206_R209_R324(
    world: World, phone: Phone, letters: Sequence[str]
) -> None:
    phone.sync(phone.folder(), phone.change(letters[2], EmailChange(flag=FLAG)))
    now = emails(world, phone.folder())
    assert [now[letter].flag for letter in letters] == [None, None, FLAG, None]


def test_all_flags_of_a_conversation_are_completed_and_cleared_R162_R207_R208_R325(
    world: World, phone: Phone, letters: Sequence[str]
) -> None:
    inbox = phone.folder()
    for flag, kept in ((FLAG, FLAG), (DONE, DONE), (NO_FLAG, None)):
        phone.sync(inbox, *(phone.change(letter, EmailChange(flag=flag)) for letter in letters[:3]))
        now = emails(world, inbox)
        assert [now[letter].flag for letter in letters] == [kept, kept, kept, None]


def test_a_conversation_is_moved_from_this_folder_R170_R217_R218(
    world: World, phone: Phone, letters: Sequence[str]
) -> None:
    inbox, target = phone.folder(), phone.folder(FolderType.DELETED_ITEMS)
    moves = MoveItemsRequest(tuple(Move(letter, inbox, target) for letter in letters[:3]))
    answer = phone.ask(Command.MOVE_ITEMS, move_items.REQUEST, moves, move_items.RESPONSE)
    assert [one.status for one in answer.responses] == [3, 3, 3]
    assert set(emails(world, inbox)) == {letters[3]}
    assert len(emails(world, target)) == 3


def test_what_a_user_sends_has_a_conversation_and_an_index(world: World, phone: Phone) -> None:
    """MS-ASCON R192, R194: 16 bytes of the one, and 5 bytes for the head and more for replies of the other."""
    letter = world.deliver("Talk")
    phone.sync_all(phone.folder())
    mime = b"To: bob@example.test\r\nSubject: mine\r\n\r\nHello\r\n"
    told = tell(
        phone, Command.SEND_MAIL, SEND_MAIL.encode(SendMailRequest("c1", mime, save_in_sent=True), phone.version)
    )
    assert (told.http, told.body) == (200, b"")
    sent = phone.folder(FolderType.SENT_ITEMS)
    phone.sync_all(sent)
    (item,) = phone.held(sent).items.values()
    for one in (item, phone.held(phone.folder()).items[letter]):
        known = {name: child(one, f"Email2:{name}") for name in ("ConversationId", "ConversationIndex")}
        contents = {name: found.content for name, found in known.items() if found is not None}
        assert all(isinstance(content, bytes) for content in contents.values())
        assert len(contents["ConversationId"] or b"") == 16
        assert len(contents["ConversationIndex"] or b"") % 5 == 0
        assert contents["ConversationIndex"]
