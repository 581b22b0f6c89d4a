"""MS-ASEMAIL 3.2.5.3.2 Updating E-Mail Flags: what a device must say of a flag, and what it need not."""

from collections.abc import Sequence

import pytest

from easd.eas.commands.sync import ClientChange
from easd.eas.items.email import EmailChange
from easd.eas.versions import V12_0, V12_1, V14_0, V14_1, V16_0, V16_1, Version
from easd.model.email import Flag, FlagStatus
from easd.wbxml import Writer, tag
from tests.support.world import NOW, Phone, World, child, emails

SINCE_12 = pytest.mark.parametrize(
    "version", [V12_0, V12_1, V14_0, V14_1, V16_0, V16_1], ids=lambda version: version.text
)
EARLY, LATE = "2026-11-23T08:00:00.000Z", "2026-11-24T08:00:00.000Z"
SPAN = [("Tasks:StartDate", EARLY), ("Tasks:UtcStartDate", EARLY), ("Tasks:DueDate", LATE), ("Tasks:UtcDueDate", LATE)]
ACTIVE = [("Email:Status", "2"), ("Email:FlagType", "Flag for follow up")]
DONE = [("Email:CompleteTime", EARLY), ("Tasks:DateCompleted", EARLY)]
REMINDER = [("Tasks:ReminderSet", "1"), ("Tasks:ReminderTime", EARLY)]
WHOLE = [
    *ACTIVE,
    *SPAN,
    *REMINDER,
    ("Tasks:OrdinalDate", EARLY),
    ("Tasks:SubOrdinalDate", "5555"),
    ("Tasks:Subject", "s"),
]
INVITATION = (
    b"From: bob@example.test\r\nTo: alice@example.test\r\nSubject: Lunch\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/calendar; method=%b\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:%b\r\nBEGIN:VEVENT\r\n"
    b"UID:1\r\nDTSTAMP:20261123T120000Z\r\nDTSTART:20261124T120000Z\r\nORGANIZER:mailto:bob@example.test\r\n"
    b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.test\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)

Rows = Sequence[tuple[str, str]]


def flagged(phone: Phone, letter: str, rows: Rows) -> int:
    """Change the flag of a message; the Status that the phone is told, 1 where it is told nothing."""
    writer = Writer()
    writer.start(tag("Email:Flag"))
    for name, value in rows:
        writer.text(tag(name), value)
    writer.end()
    answers = phone.sync(phone.folder(), ClientChange(letter, writer.fragment())).responses
    return answers[0].status if answers else 1


def ready(world: World, version: Version, letter: str) -> Phone:
    phone = world.phone(version=version)
    phone.sync_all(phone.folder())
    assert letter in phone.held(phone.folder()).items
    return phone


@SINCE_12
@pytest.mark.parametrize(
    "rows",
    [
        ACTIVE,
        [*ACTIVE, *SPAN],
        [*ACTIVE, *DONE],
        [ACTIVE[0], *DONE],
        WHOLE,
        [("Email:Status", "1"), *DONE],
        [("Email:Status", "1"), ("Email:FlagType", "x"), *DONE],
        [("Email:Status", "0")],
        [],
    ],
    ids=[
        "no dates", "email R940", "completed R941", "R943", "task R942", "complete R86 R334 R358 R359",
        "complete task R87", "cleared R88 R89", "empty R8800 R8900",
    ],
)  # fmt: skip
def test_a_flag_with_what_its_action_needs_is_kept_R86_R87_R88_R89_R90_R91_R334_R940_R941_R942_R943_R8800_R8900_R1021(
    world: World, version: Version, rows: Rows
) -> None:
    letter = world.deliver()
    phone = ready(world, version, letter)
    assert flagged(phone, letter, WHOLE) == 1
    assert flagged(phone, letter, rows) == 1
    flag = emails(world, phone.folder())[letter].flag
    assert (flag.status if flag else 0) == int(dict(rows).get("Email:Status", "0"))


@SINCE_12
@pytest.mark.parametrize(
    "rows",
    [
        [("Email:Status", "2")],
        [("Email:Status", "2"), ("Email:FlagType", "")],
        [("Email:Status", "1")],
        [("Email:Status", "1"), DONE[0]],
        [("Email:Status", "1"), DONE[1]],
        [*ACTIVE, SPAN[0]],
        [*ACTIVE, *SPAN[1:]],
        [*ACTIVE, ("Tasks:ReminderSet", "1")],
        [*ACTIVE, ("Tasks:StartDate", LATE), SPAN[1], ("Tasks:DueDate", EARLY), SPAN[3]],
        [*ACTIVE, SPAN[0], ("Tasks:UtcStartDate", LATE), SPAN[2], ("Tasks:UtcDueDate", EARLY)],
        [("Email:Status", "3"), ACTIVE[1]],
        [ACTIVE[1]],
    ],
    ids=[
        "no type", "empty type", "no times", "no DateCompleted R359", "no CompleteTime R358", "half a span", "no start",
        "reminder", "due before start", "UTC due before start", "status", "no status",
    ],
)  # fmt: skip
def test_status_6_where_something_is_missing_or_contradicts_itself_and_the_flag_stays(
    world: World, version: Version, rows: Rows
) -> None:
    """R92, R334, R358, R359, R406, R407, R409, R702, R738, R739, R741, R757, R851, R853, R861, R862, R864."""
    letter = world.deliver()
    phone = ready(world, version, letter)
    assert flagged(phone, letter, WHOLE) == 1
    before = emails(world, phone.folder())[letter].flag
    assert flagged(phone, letter, rows) == 6
    assert emails(world, phone.folder())[letter].flag == before


@SINCE_12
@pytest.mark.parametrize("method", [b"REQUEST", b"REPLY"])
def test_a_meeting_message_needs_no_FlagType_R470_R1058(world: World, version: Version, method: bytes) -> None:
    letter = world.deliver(raw=INVITATION % (method, method))
    phone = ready(world, version, letter)
    assert flagged(phone, letter, [("Email:Status", "2")]) == 1


@SINCE_12
@pytest.mark.parametrize("name, first", [(name, value) for name, value in WHOLE if name != "Tasks:ReminderSet"])
def test_what_a_flag_says_twice_is_no_error_and_the_last_word_counts(
    world: World, version: Version, name: str, first: str
) -> None:
    """R581, R634, R697, R706, R746, R761, R777, R858, R869."""
    letter = world.deliver()
    phone = ready(world, version, letter)
    other = {"Email:Status": "1"}.get(name, first.replace("2026-11-2", "2026-10-2"))
    assert flagged(phone, letter, [(name, other), *WHOLE]) == 1
    assert flagged(phone, letter, [("Tasks:ReminderSet", "0"), *WHOLE]) == 1
    flag = emails(world, phone.folder())[letter].flag
    assert flag is not None
    assert (flag.status, flag.sub_ordinal_date, flag.reminder_set) == (FlagStatus.ACTIVE, "5555", True)
    assert flag.start_date is not None
    assert flag.start_date.month == 11


@SINCE_12
def test_another_phone_gets_every_field_of_a_flag_R336_R1007(world: World, version: Version) -> None:
    letter = world.deliver()
    phone, other = ready(world, version, letter), ready(world, version, letter)
    assert flagged(phone, letter, [*WHOLE, *DONE]) == 1
    other.sync(other.folder())
    held = child(other.held(other.folder()).items[letter], "Email:Flag")
    assert held is not None
    assert {one.name: one.content for one in held.children} == dict([*WHOLE, *DONE])


@SINCE_12
def test_a_message_without_a_flag_has_the_empty_element_R437_R439(world: World, version: Version) -> None:
    letter = world.deliver()
    phone = ready(world, version, letter)
    held = child(phone.held(phone.folder()).items[letter], "Email:Flag")
    assert held is not None
    assert not held.content


def test_a_flag_that_is_complete_tells_both_its_times(world: World) -> None:
    letter = world.deliver()
    phone = ready(world, V16_1, letter)
    done = Flag(FlagStatus.COMPLETE, complete_time=NOW, date_completed=NOW, subject="Letter 1")
    phone.sync(phone.folder(), phone.change(letter, EmailChange(flag=done)))
    assert emails(world, phone.folder())[letter].flag == done
