"""Meetings that are forwarded: who gets them has them from their organizer, who hears of it (MS-ASCMD R6650, R7487)."""

from datetime import UTC, datetime

import pytest

from easd.eas.commands.meeting_response import SendResponse
from easd.eas.commands.send_mail import FORWARD_REQUEST, Forwardee, SmartRequest, Source
from easd.eas.items.body import BodyData
from easd.eas.request import Command
from easd.eas.versions import V14_1, V16_0, V16_1, Version, since
from easd.model.email import BodyType
from easd.model.event import Occurrence
from easd.service.context import Answer
from easd.store import Groups
from tests.conformance.test_meetings_organized import WEEKLY, carol, kinds, organize
from tests.support.events import calendar
from tests.support.meetings import answer, device_mail, event, events, meeting_mail, respond, send_mail, sent
from tests.support.versions import at
from tests.support.world import Phone, World, child, text

__all__ = ["carol"]


@pytest.fixture(autouse=True)
def dora(world: World) -> None:
    """One person more."""
    world.admin.create_user("dora@example.test", "Dora", "")


def forward(phone: Phone, server_id: str, *names: str, client_id: str = "1", body: BodyData | None = None) -> None:
    """SmartForward of an item to these people, perhaps with a text (16.0)."""
    people = tuple(Forwardee(f"{name}@example.test", name.capitalize()) for name in names)
    source = Source(server_id.partition(":")[0], server_id)
    request = FORWARD_REQUEST.encode(SmartRequest(client_id, source, forwardees=people, body=body), phone.version)
    outcome = phone.post(Command.SMART_FORWARD, request)
    assert isinstance(outcome, Answer)
    assert outcome.body == b"", outcome.notes


@at(since(V16_0))
@pytest.mark.parametrize("from_calendar", [True, False])
def test_who_gets_a_forwarded_meeting_has_it_from_its_organizer_R7486_R7487(
    world: World, version: Version, from_calendar: bool
) -> None:
    organize(world.phone(), "bob")
    phone = world.phone("bob", version)
    calendar(phone)
    (letter,) = world.items(world.folder(name="bob").id, "bob")
    (server_id,) = events(world, "bob")
    forward(phone, server_id if from_calendar else letter, "carol")
    assert kinds(world, "carol") == ["Request"]
    found = event(world, "carol")
    assert (found.organizer_email, found.meeting_status, found.response_type) == ("alice@example.test", 3, 5)


@at(since(V16_0))
def test_a_forwarded_meeting_brings_the_text_of_who_forwards_it_MS_ASAIRS_R1332_R1333_R1000954(
    world: World, version: Version
) -> None:
    organize(world.phone(), "bob")
    phone = world.phone("bob", version)
    calendar(phone)
    (server_id,) = events(world, "bob")
    forward(phone, server_id, "carol", body=BodyData(BodyType.PLAIN, data=b"Bring cake"))
    forward(phone, server_id, "dora", client_id="2", body=BodyData(BodyType.HTML, data=b"<b>Bring tea</b>"))
    [carols] = world.items(world.folder(name="carol").id, "carol").values()
    [doras] = world.items(world.folder(name="dora").id, "dora").values()
    assert carols.email.preview.startswith("Bring cake")
    assert doras.email.preview.startswith("Bring tea")
    assert kinds(world, "dora") == ["Request"]


@at(since(V16_0))
def test_the_organizer_hears_to_whom_a_meeting_was_forwarded_R6650_R66550801_R91120(
    world: World, version: Version
) -> None:
    alice = world.phone(version=version)
    organize(alice, "bob")
    (server_id,) = events(world, "bob")
    phone = world.phone("bob", V16_1)
    calendar(phone)
    for number in (1, 2):
        forward(phone, server_id, "carol", "dora", client_id=str(number))
    assert sent(world, "alice") == ["Meeting Forward Notification: Lunch"]
    (letter,) = world.items(world.folder().id)
    alice.sync_all(alice.folder())
    item = alice.held(alice.folder()).items[letter]
    assert text(item, "Email:MessageClass") == "IPM.Schedule.Meeting.Notification.Forward"
    meeting = child(item, "Email:MeetingRequest")
    assert meeting is not None
    forwardees = child(meeting, "ComposeMail:Forwardees")
    if version in since(V16_1):
        assert forwardees is not None
        shown = [(text(each, "ComposeMail:Email"), text(each, "ComposeMail:Name")) for each in forwardees.children]
        assert shown == [("carol@example.test", "Carol"), ("dora@example.test", "Dora")]
    else:
        assert forwardees is None
    listed = [(each.email.partition("@")[0], each.status, each.type) for each in event(world).attendees]
    assert listed == [("bob", 5, None), ("carol", 5, 2), ("dora", 5, 2)]  # MS-OXOCAL 3.1.4.10.2.2
    respond(world.phone("carol", V16_1), answer(next(iter(events(world, "carol"))), send=SendResponse()))
    assert [each.status for each in event(world).attendees] == [5, 3, 5]


@at(since(V16_0))
def test_a_forwarded_occurrence_is_told_as_one(world: World, version: Version) -> None:
    organize(world.phone(version=version), "bob", Recurrence=WEEKLY)
    phone = world.phone("bob", V14_1)
    one = Occurrence(datetime(2026, 12, 2, 10, tzinfo=UTC))
    send_mail(phone, device_mail(phone, event(world, "bob"), "REQUEST", "carol", occurrence=one))
    found = event(world)
    (made,) = found.exceptions
    assert made.attendees is not None
    assert (len(found.attendees), len(made.attendees), made.original.day) == (1, 2, 2)


def test_a_notice_of_a_stranger_brings_nobody_into_the_list(world: World) -> None:
    organize(world.phone(version=V16_1), "bob")
    raw = meeting_mail(
        "X-EASD-FORWARDEE:mailto:eve@elsewhere.test", method="X-EASD-FORWARDED", uid=event(world).uid,
        sender="eve@elsewhere.test", organizer="alice")  # fmt: skip
    world.deliver(raw=raw)
    assert [each.email for each in event(world).attendees] == ["bob@example.test"]


@at(since(V16_0))
def test_a_member_of_an_invited_group_answers_and_is_in_the_list(world: World, version: Version) -> None:
    groups = Groups(world.sql)
    groups.add_member(groups.create("team@example.test", "Team").id, "bob@example.test")
    organize(world.phone(version=version), "team")
    respond(world.phone("bob", version), answer(next(iter(events(world, "bob"))), send=SendResponse()))
    shown = [(each.email.partition("@")[0], each.status, each.type) for each in event(world).attendees]
    assert shown == [("team", 5, None), ("bob", 3, 2)]


def test_a_forward_by_mail_is_told_too_and_to_whom_was_invited_it_is_none(world: World) -> None:
    organize(world.phone(), "bob", "dora")
    phone = world.phone("bob", V14_1)
    send_mail(phone, device_mail(phone, event(world, "bob"), "REQUEST", "dora"))
    assert sent(world, "alice") == []
    send_mail(phone, device_mail(phone, event(world, "bob"), "REQUEST", "carol"))
    assert sent(world, "alice") == ["Meeting Forward Notification: Lunch"]
