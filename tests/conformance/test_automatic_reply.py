"""Who writes to somebody that is away is told so: whom, what and how often (MS-ASCMD Oof; RFC 3834)."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from easd.model.absence import Absence, AbsenceState, Reply
from easd.model.contact import Contact
from easd.model.folder import FolderType, ItemClass
from easd.model.outgoing import Envelope
from easd.service.submission import deliver_queued
from easd.store.groups import Groups
from tests.support.world import World

AWAY = Absence(
    AbsenceState.GLOBAL,
    internal=Reply(True, "Ask Carol.\n"),
    external_known=Reply(True, "<p>Call <b>me</b></p><script>alert(1)</script>", is_html=True),
    external_unknown=Reply(True, "I am away."),
)


@pytest.fixture
def world(any_world: World) -> World:
    """Alice is away. Bob is of her organisation, Zoe of another one on the same server."""
    other = any_world.admin.create_organization("Other")
    any_world.admin.add_domain(other, "elsewhere.test")
    any_world.admin.create_user("zoe@elsewhere.test", "Zoe", "")
    away(any_world, AWAY)
    return any_world


def away(world: World, absence: Absence, name: str = "alice") -> None:
    with world.writing(name) as box:
        box.save_absence(absence)


def write(
    world: World, *lines: str, sender: str = "bob@example.test", to: str = "alice@example.test", body: str = "Hello"
) -> None:
    """A message from the sender to alice, whom it names unless a line says otherwise, and what follows."""
    fields = [f"From: {sender}", "Subject: Grüße", "Message-ID: <1@there>", *lines]
    if not any(line.lower().startswith(("to:", "cc:")) for line in lines):
        fields.insert(0, f"To: {to}")
    with world.writing("bob") as box:
        box.queue(Envelope.of(sender, [to]), "\r\n".join([*fields, "", body, ""]).encode(), world.now)
    deliver_queued(world.services)
    assert world.sql.queued(10) == []


def answers(world: World, address: str = "bob@example.test") -> list[EmailMessage]:
    """What the sender has got."""
    user = world.admin.user(address)
    with world.sql.reading(user.mailbox_id) as box:
        inbox = box.special(FolderType.INBOX).id
        uids = [row.uid for row in box.collection(inbox).changes(0, 100)]
        blobs = [box.blob(item.blob_id) for item in box.items(inbox, uids).values() if item.blob_id is not None]
    return [message_from_bytes(blob, policy=default) for blob in blobs]


def texts(world: World, address: str = "bob@example.test") -> list[str]:
    return [message.get_content().strip() for message in answers(world, address)]


# ---------------------------------------------------------------- whom, and what


def test_a_colleague_is_told_the_internal_reply_R797_R802_R3514(world: World) -> None:
    write(world)
    (answer,) = answers(world)
    assert answer.get_content() == "Ask Carol.\r\n"
    assert (answer["From"], answer["To"]) == ("Alice <alice@example.test>", "bob@example.test")
    assert answer["Subject"] == "Automatic reply: Grüße"
    assert (answer["In-Reply-To"], answer["References"]) == ("<1@there>", "<1@there>")
    assert (answer["Auto-Submitted"], answer["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert len(world.items(world.folder().id)) == 1  # the message itself


def test_a_stranger_is_told_the_reply_for_strangers_R788_R793_R3516(world: World) -> None:
    write(world, sender="zoe@elsewhere.test")
    assert texts(world, "zoe@elsewhere.test") == ["I am away."]


@pytest.mark.parametrize("kept", ["Zoe@Elsewhere.Test", '"Zoe" <zoe@elsewhere.test>'])
@pytest.mark.parametrize("field", ["email1_address", "email3_address"])
def test_a_contact_is_told_the_reply_for_those_who_are_known_R778_R783_R3515(
    world: World, field: str, kept: str
) -> None:
    with world.writing() as box:
        contact = Contact(world.now, **{field: kept})  # type: ignore[arg-type]
        box.add_item(box.special(FolderType.CONTACTS).id, ItemClass.CONTACTS, contact)
        box.add_item(box.special(FolderType.CONTACTS).id, ItemClass.CONTACTS, Contact(world.now, file_as="Zoe"))
    write(world, sender="zoe@elsewhere.test")
    (answer,) = answers(world, "zoe@elsewhere.test")
    assert answer.get_content_type() == "text/html"
    assert "<b>me</b>" in answer.get_content()
    assert "script" not in answer.get_content()


def test_to_have_been_written_to_is_not_to_be_a_contact_R3516(world: World) -> None:
    with world.writing() as box:
        cache = box.special(FolderType.RECIPIENT_INFORMATION).id
        box.add_item(cache, ItemClass.CONTACTS, Contact(world.now, email1_address="zoe@elsewhere.test"))
        box.add_item(
            box.special(FolderType.CONTACTS).id,
            ItemClass.CONTACTS,
            Contact(world.now, email1_address="zoe@elsewhere.test.example"),
        )
    write(world, sender="zoe@elsewhere.test")
    assert texts(world, "zoe@elsewhere.test") == ["I am away."]


def test_an_audience_that_is_not_enabled_is_not_told_R2247_R2252(world: World) -> None:
    away(world, Absence(AbsenceState.GLOBAL, internal=Reply(True, "x"), external_unknown=Reply(False, "y")))
    write(world, sender="zoe@elsewhere.test")
    assert answers(world, "zoe@elsewhere.test") == []


# ---------------------------------------------------------------- when, and how often


def test_nobody_is_told_who_is_there_R3531(world: World) -> None:
    away(world, Absence(internal=Reply(True, "x")))
    write(world)
    assert answers(world) == []


def test_a_time_based_absence_begins_and_ends_by_itself_R3499_R3533(world: World) -> None:
    start, end = world.now + timedelta(hours=1), world.now + timedelta(hours=2)
    away(world, Absence(AbsenceState.TIME_BASED, start, end, internal=Reply(True, "x")))
    write(world)
    assert answers(world) == []
    world.forward(hours=2)
    write(world)
    assert answers(world) == []
    world.forward(hours=-1)
    write(world)
    assert texts(world) == ["x"]


def test_a_sender_is_told_once_in_an_absence_however_the_address_is_spelled(world: World) -> None:
    for sender in ("bob@example.test", "Bob@Example.test", "bob@example.test"):
        write(world, sender=sender)
    assert len(answers(world)) == 1
    away(world, Absence(AbsenceState.GLOBAL, internal=Reply(True, "Another text")))
    write(world)
    assert len(answers(world)) == 1


def test_a_new_absence_is_told_anew(world: World) -> None:
    write(world)
    away(world, Absence())
    away(world, AWAY)
    write(world)
    assert len(answers(world)) == 2


def test_two_who_are_away_do_not_answer_each_others_answers(world: World) -> None:
    away(world, AWAY, "bob")
    write(world)
    assert len(answers(world)) == 1
    assert len(world.items(world.folder().id)) == 1


# ---------------------------------------------------------------- what is never answered


@pytest.mark.parametrize(
    "line",
    [
        "List-Id: <x.example.test>",
        "List-Unsubscribe: <mailto:off@example.test>",
        "Mailing-List: x",
        "Precedence: bulk",
        "Precedence: List",
        "Precedence: junk",
        "Auto-Submitted: auto-generated",
        "Auto-Submitted: auto-replied; owner-email=x",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: yes",
        "X-Loop: alice@example.test",
        "X-Spam-Flag: YES",
        "X-Spam-Status: Yes, score=9",
        "Return-Path: <>",
        "Feedback-ID: 1:x:y",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
        "To: list@example.test",
        "To: undisclosed-recipients:;",
    ],
)
def test_lists_programs_junk_and_blind_copies_are_not_answered(world: World, line: str) -> None:
    write(world, line)
    assert answers(world) == []


def test_a_message_of_no_special_kind_is_answered(world: World) -> None:
    write(world, "Auto-Submitted: no", "Precedence: first-class", "X-Spam-Flag: NO", "Cc: Alice <Alice@Example.test>")
    assert len(answers(world)) == 1


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "bob",
        "mailer-daemon@elsewhere.test",
        "noreply@elsewhere.test",
        "no-reply@elsewhere.test",
        "x-request@elsewhere.test",
        "owner-x@elsewhere.test",
        "bounce+alice=example.test@elsewhere.test",
        "alice@example.test",
        "A.Alias@example.test",
    ],
)
def test_programs_and_oneself_are_not_answered(world: World, sender: str) -> None:
    world.admin.add_alias(world.user().id, "a.alias@example.test")
    before = len(world.items(world.folder().id))
    write(world, sender=sender)
    assert len(world.items(world.folder().id)) == before + 1
    assert answers(world) == []


def test_what_comes_through_a_group_or_in_its_name_is_not_answered(world: World) -> None:
    groups = Groups(world.sql)
    staff = groups.create("staff@example.test", "Staff")
    for name in ("alice", "bob"):
        groups.add_member(staff.id, f"{name}@example.test")
    write(world, "To: staff@example.test", to="staff@example.test")
    assert len(world.items(world.folder().id)) == 1, "it has come"
    before = len(answers(world))
    write(world, sender="staff@example.test")
    assert len(answers(world)) == before


def test_a_bounce_is_not_answered(world: World) -> None:
    with world.writing() as box:
        box.queue(
            Envelope.of("alice@example.test", ["nobody@example.test"]),
            b"To: nobody@example.test\r\n\r\nx\r\n",
            world.now,
        )
    deliver_queued(world.services)
    assert len(world.items(world.folder().id)) == 1
    assert world.sql.queued(10) == []


def test_mail_of_an_ignored_conversation_is_not_answered(world: World) -> None:
    with world.writing() as box:
        trash = box.special(FolderType.DELETED_ITEMS).id
    server_id = world.deliver("Grüße")
    (conversation,) = [item.email.conversation_id for item in world.items(world.folder().id).values()]
    with world.writing() as box:
        box.always_move(conversation, trash)
    write(world, "In-Reply-To: <1@example.test>", "References: <1@example.test>")
    assert len(world.items(trash)) == 1
    assert answers(world) == []
    assert server_id in world.items(world.folder().id)
