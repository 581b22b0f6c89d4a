"""Rooms and equipment: they answer requests on arrival, by their calendars and booking options."""

import pytest

from easd.eas.versions import V14_1, V16_1
from easd.model.account import Kind
from easd.model.folder import FolderType
from easd.model.organisation import BookingOptions
from easd.store import Resources
from tests.conformance.test_meetings_organized import LATER, TIMES, WEEKLY, change, delete, kinds, organize
from tests.support.meetings import device_mail, event, events, send_mail, sent
from tests.support.world import World

SECOND = "20261202T100000Z"


def room(world: World, booking: BookingOptions = BookingOptions(), delegate: str = "") -> None:  # noqa: B008 - frozen
    """A room in the organisation."""
    resources = Resources(world.sql)
    made = resources.create("room@example.test", "Room", Kind.ROOM, booking=booking)
    if delegate:
        resources.add_delegate(made.user.id, delegate)


def statuses(world: World) -> list[int | None]:
    """The statuses of the attendees in the organizer's calendar."""
    return [each.status for each in event(world).attendees]


def test_a_free_room_accepts(world: World) -> None:
    room(world)
    organize(world.phone(), "room")
    assert (statuses(world), kinds(world, "alice")) == ([3], ["Resp.Pos"])
    found = event(world, "room")
    assert (found.response_type, found.busy_status) == (3, 2)


def test_a_taken_room_declines_and_keeps_what_it_has(world: World) -> None:
    room(world)
    organize(world.phone(), "room")
    organize(world.phone("bob"), "room", Subject="Second")
    assert kinds(world, "bob") == ["Resp.Neg"]
    assert [each.status for each in event(world, "bob").attendees] == [4]
    assert event(world, "room").subject == "Lunch"


def test_a_room_that_declines_no_conflicts_takes_both(world: World) -> None:
    room(world, BookingOptions(auto_decline_conflicts=False))
    organize(world.phone(), "room")
    organize(world.phone("bob"), "room", Subject="Second")
    assert (kinds(world, "alice"), kinds(world, "bob")) == (["Resp.Pos"], ["Resp.Pos"])


@pytest.mark.parametrize("declines", [True, False])
def test_a_room_declines_series_if_it_is_to(world: World, declines: bool) -> None:
    room(world, BookingOptions(auto_decline_recurring=declines))
    organize(world.phone(), "room", Recurrence=WEEKLY)
    assert kinds(world, "alice") == (["Resp.Neg"] if declines else ["Resp.Pos"])


def test_a_series_conflicts_with_what_is_on_one_of_its_days(world: World) -> None:
    room(world)
    organize(world.phone(), "room", StartTime=SECOND, EndTime="20261202T103000Z")
    organize(world.phone("bob"), "room", Recurrence=WEEKLY)
    assert kinds(world, "bob") == ["Resp.Neg"]


def test_a_meeting_that_moves_is_answered_anew(world: World) -> None:
    room(world)
    phone = world.phone()
    server_id = organize(phone, "room")
    organize(world.phone("bob"), "room", **LATER, Subject="Second")
    world.forward(hours=1)
    change(phone, server_id, **LATER)
    assert (statuses(world), kinds(world, "alice")) == ([4], ["Resp.Pos", "Resp.Neg"])
    world.forward(hours=1)
    change(phone, server_id, **TIMES)
    assert statuses(world) == [3]


def test_a_change_of_no_time_is_not_answered_again(world: World) -> None:
    room(world)
    phone = world.phone()
    server_id = organize(phone, "room")
    world.forward(hours=1)
    change(phone, server_id, Subject="Dinner")
    assert (kinds(world, "alice"), event(world, "room").subject) == (["Resp.Pos"], "Dinner")


def test_one_occurrence_is_answered_alone(world: World) -> None:
    room(world)
    phone = world.phone()
    server_id = organize(phone, "room", Recurrence=WEEKLY)
    times = {"StartTime": "20261203T100000Z", "EndTime": "20261203T110000Z"}
    organize(world.phone("bob"), "room", **times, Subject="Second")
    world.forward(hours=1)
    change(phone, server_id, SECOND, **times)
    (one,) = event(world).exceptions
    assert one.attendees is not None
    assert [each.status for each in one.attendees] == [4]
    assert statuses(world) == [3]


def test_a_meeting_that_is_called_off_frees_the_room(world: World) -> None:
    room(world)
    phone = world.phone()
    server_id = organize(phone, "room")
    world.forward(hours=1)
    delete(phone, server_id)
    assert events(world, "room") == {}
    organize(world.phone("bob"), "room", Subject="Second")
    assert kinds(world, "bob") == ["Resp.Pos"]


def test_what_a_room_does_not_answer_its_delegates_hear_of(world: World) -> None:
    room(world, BookingOptions(auto_accept=False), delegate="bob@example.test")
    organize(world.phone(), "room")
    assert (statuses(world), event(world, "room").response_type) == ([5], 5)
    assert sent(world, "bob") == ["Meeting request for Room: Lunch"]
    assert events(world, "bob") == {}


def test_a_request_that_an_older_device_mails_is_answered_too(world: World) -> None:
    room(world)
    phone = world.phone(version=V14_1)
    organize(phone, "room")
    send_mail(phone, device_mail(phone, event(world), "REQUEST", "room"))
    assert statuses(world) == [3]


def test_people_are_asked_and_answer_themselves(world: World) -> None:
    organize(world.phone(version=V16_1), "bob")
    assert (statuses(world), event(world, "bob").response_type) == ([5], 5)
    assert world.items(world.folder(FolderType.SENT_ITEMS, "bob").id, "bob") == {}
