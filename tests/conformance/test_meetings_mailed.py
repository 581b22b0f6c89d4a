"""Meeting messages that devices send as mail: what was told already is not told again (complaints B8 and B9)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from easd.eas.commands.meeting_response import SendResponse
from easd.eas.commands.sync import ClientAdd
from easd.eas.versions import V14_1, V16_1, Version, until
from easd.model.event import Attendee
from easd.model.folder import FolderType
from tests.conformance.test_meetings_organized import (
    LATER,
    TIMES,
    WEEKLY,
    carol,
    change,
    delete,
    kinds,
    organize,
    people,
)
from tests.support.events import calendar, event_data
from tests.support.meetings import answer, device_mail, event, meeting_mail, respond, send_mail, sent
from tests.support.versions import at
from tests.support.world import Phone, World

__all__ = ["carol"]
OLD = until(V14_1)


def reply(phone: Phone, status: int) -> bytes:
    """A REPLY of the phone's owner to the meeting that they have."""
    found = event(phone.world, phone.name)
    me = Attendee(phone.principal.user.address, phone.name, status)
    return device_mail(phone, replace(found, attendees=(me,)), "REPLY", found.organizer_email or "")


@at(OLD)
def test_an_invitation_that_a_device_mails_is_taken_into_calendars_R15(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    organize(phone, "bob")
    send_mail(phone, device_mail(phone, event(world), "REQUEST", "bob"))
    assert (sent(world, "bob"), event(world, "bob").organizer_email) == (["Lunch"], "alice@example.test")


@at(OLD)
def test_the_same_invitation_is_mailed_once_however_often_it_is_sent_B8(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    organize(phone, "bob", Recurrence=WEEKLY)
    for _ in range(3):
        world.forward(minutes=5)
        send_mail(phone, device_mail(phone, event(world), "REQUEST", "bob"))
    send_mail(phone, device_mail(phone, event(world), "REQUEST", "bob", "carol"))
    assert (sent(world, "bob"), sent(world, "carol")) == (["Lunch"], ["Lunch"])
    assert len(world.items(world.folder(FolderType.SENT_ITEMS).id)) == 0  # the device keeps no copy here


@at(OLD)
@pytest.mark.parametrize("mail_first", [True, False])
def test_each_change_is_mailed_whichever_comes_first_mail_or_sync(
    world: World, version: Version, mail_first: bool
) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone, "bob")
    send_mail(phone, device_mail(phone, event(world), "REQUEST", "bob"))
    world.forward(hours=1)
    start, end = datetime(2026, 11, 26, 10, tzinfo=UTC), datetime(2026, 11, 26, 11, tzinfo=UTC)
    moved = device_mail(phone, replace(event(world), start=start, end=end), "REQUEST", "bob")
    if mail_first:
        send_mail(phone, moved)
    change(phone, server_id, **LATER, Subject="Lunch", MeetingStatus="1", Attendees=people("bob"))
    if not mail_first:
        send_mail(phone, moved)
    assert event(world, "bob").start.astimezone(UTC) == start
    assert (event(world, "bob").sequence, event(world).sequence) == (1, 1)
    assert kinds(world, "bob") == ["Request", "Request"]


@at(OLD)
def test_a_change_within_the_same_second_is_a_full_update_R535(world: World, version: Version) -> None:
    """Neither device nor calendar counts the revisions, and a stamp has only seconds."""
    phone = world.phone(version=version)
    organize(phone, "bob")
    invited = replace(event(world), uid="of another calendar")
    later = replace(invited, start=invited.start + timedelta(hours=1), end=invited.end + timedelta(hours=1))
    send_mail(phone, device_mail(phone, invited, "REQUEST", "bob"))
    send_mail(phone, device_mail(phone, later, "REQUEST", "bob"))
    send_mail(phone, device_mail(phone, later, "REQUEST", "carol"))
    mails = world.items(world.folder(FolderType.INBOX, "bob").id, "bob").values()
    assert [mail.email.meeting and mail.email.meeting.message_type for mail in mails] == [1, 2]
    assert (event(world, "bob").start, event(world, "bob").sequence) == (later.start, 1)
    assert event(world, "carol").sequence == 1  # what is the same has the same count


@at(OLD)
def test_what_the_server_has_sent_no_older_device_sends_again_B9(world: World, version: Version) -> None:
    organize(world.phone(version=V16_1), "bob", "carol")
    old = world.phone(version=version)
    calendar(old)
    send_mail(old, device_mail(old, event(world), "REQUEST", "bob", "carol"))
    assert (sent(world, "bob"), sent(world, "carol")) == (["Lunch"], ["Lunch"])


@at(OLD)
def test_an_older_device_changes_what_a_newer_has_organized(world: World, version: Version) -> None:
    new, old = world.phone(version=V16_1), world.phone(version=version)
    server_id = organize(new, "bob")
    world.forward(hours=1)
    change(new, server_id, **LATER)
    world.forward(hours=1)
    change(old, server_id, **TIMES, Subject="Lunch", MeetingStatus="1", Attendees=people("bob"))
    send_mail(old, device_mail(old, event(world), "REQUEST", "bob"))
    found = event(world, "bob")
    assert (found.start.astimezone(UTC), found.sequence) == (datetime(2026, 11, 25, 10, tzinfo=UTC), 2)
    world.forward(hours=1)
    change(new, server_id, Subject="Dinner")
    assert event(world, "bob").subject == "Dinner"
    assert kinds(world, "bob") == ["Request"] * 4


@at(OLD)
def test_a_meeting_is_called_off_once(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone, "bob")
    found = event(world)
    send_mail(phone, device_mail(phone, found, "REQUEST", "bob"))
    world.forward(hours=1)
    delete(phone, server_id)
    for _ in range(2):
        send_mail(phone, device_mail(phone, found, "CANCEL", "bob"))
    assert (kinds(world, "bob"), event(world, "bob").meeting_status) == (["Request", "Canceled"], 7)


@at(OLD)
def test_an_answer_by_mail_is_sent_once_by_whichever_device(world: World, version: Version) -> None:
    organize(world.phone(version=V16_1), "bob")
    (letter,) = world.items(world.folder(name="bob").id, "bob")
    old, new = world.phone("bob", version), world.phone("bob", V16_1)
    respond(new, answer(letter, send=SendResponse()))
    send_mail(old, reply(old, 3))
    assert kinds(world, "alice") == ["Resp.Pos"]
    send_mail(old, reply(old, 4))
    assert kinds(world, "alice") == ["Resp.Pos", "Resp.Neg"]
    assert [each.status for each in event(world).attendees] == [4]


def test_other_meeting_mail_goes_out_as_it_is(world: World, version: Version) -> None:
    world.deliver(raw=meeting_mail())
    phone = world.phone(version=version)
    for _ in range(2):  # to forward an invitation twice is nobody's second invitation by its organizer
        send_mail(phone, device_mail(phone, event(world), "REQUEST", "carol"))
    assert sent(world, "carol") == ["Lunch", "Lunch"]
    assert event(world, "carol").organizer_email == "bob@example.test"


@at(OLD)
def test_a_calendar_in_base64_and_one_in_clear_get_their_count(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone, "bob")
    world.forward(hours=1)
    change(phone, server_id, **LATER, Subject="Lunch", Location="Office", MeetingStatus="1", Attendees=people("bob"))
    uid = event(world).uid
    times = ("DTSTART:20261126T100000Z", "DTEND:20261126T110000Z")
    who = ["ATTENDEE:mailto:bob@example.test"]
    raw = meeting_mail(uid=uid, sender="alice", organizer="alice", attendees=who, times=times)
    send_mail(phone, raw.replace(b"To: alice@", b"To: bob@"))
    assert event(world, "bob").sequence == 1
    assert phone.sync(calendar(phone), ClientAdd("x", event_data(**TIMES, Subject="Alone"))).status == 1
