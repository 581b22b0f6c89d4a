"""Meetings from their organizer's device: whom the server tells what, and what it leaves to the device."""

from datetime import UTC, datetime

import pytest

from easd.eas.commands.meeting_response import SendResponse, UserResponse
from easd.eas.commands.sync import AddResult, ClientAdd, ClientChange, ClientDelete
from easd.eas.versions import V14_0, V14_1, V16_0, Version, between, since, until
from easd.model.folder import FolderType
from tests.support.events import Said, calendar, event_data
from tests.support.meetings import answer, event, events, meeting_mail, respond, sent
from tests.support.versions import at
from tests.support.world import Phone, World, text

NEW = since(V16_0)
TIMES: dict[str, Said] = {"StartTime": "20261125T100000Z", "EndTime": "20261125T110000Z"}
LATER: dict[str, Said] = {"StartTime": "20261126T100000Z", "EndTime": "20261126T110000Z"}
WEEKLY: dict[str, Said] = {"Type": "1", "Interval": "1", "DayOfWeek": "8", "Occurrences": "4"}
SECOND = "20261202T100000Z"


@pytest.fixture(autouse=True)
def carol(world: World) -> None:
    """One person more."""
    world.admin.create_user("carol@example.test", "Carol", "")


def people(*names: str) -> Said:
    """Attendees by their names."""
    return [{"Email": f"{name}@example.test", "Name": name.capitalize()} for name in names]


def organize(phone: Phone, *names: str, **more: Said) -> str:
    """A meeting by the phone's owner; its ServerId."""
    values: dict[str, Said] = {"MeetingStatus": "1", "Attendees": people(*(names or ("bob",))), "Subject": "Lunch"}
    data = event_data(**{**TIMES, **values, **more})
    (result,) = phone.sync(calendar(phone), ClientAdd("m", data)).responses
    assert isinstance(result, AddResult)
    assert result.server_id is not None
    return result.server_id


def change(phone: Phone, server_id: str, instance: str | None = None, /, **elements: Said) -> None:
    """A Change of an event, or of one occurrence."""
    phone.sync_all(calendar(phone))
    result = phone.sync(calendar(phone), ClientChange(server_id, event_data(**elements), instance_id=instance))
    assert all(each.status == 1 for each in result.responses)


def delete(phone: Phone, server_id: str, *, instance: str | None = None) -> None:
    """A Delete of an event, or of one occurrence."""
    phone.sync_all(calendar(phone))
    result = phone.sync(calendar(phone), ClientDelete(server_id, instance_id=instance))
    assert all(each.status == 1 for each in result.responses)


def kinds(world: World, name: str) -> list[str]:
    """The classes of the meeting messages in somebody's Inbox, in their order."""
    found = world.items(world.folder(FolderType.INBOX, name).id, name)
    return [item.email.message_class.removeprefix("IPM.Schedule.Meeting.") for item in found.values()]


# ---------------------------------------------------------------- invitations


@at(NEW)
def test_who_is_invited_gets_an_invitation_and_a_tentative_event_R7478_R7480_R7481(
    world: World, version: Version
) -> None:
    organize(world.phone(version=version), "bob", "carol", Body={"Type": "1", "Data": "Bring food"})
    for name in ("bob", "carol"):
        assert (sent(world, name), kinds(world, name)) == (["Lunch"], ["Request"])
        found = event(world, name)
        assert (found.meeting_status, found.response_type, found.busy_status) == (3, 5, 1)
        assert (found.organizer_email, found.body.text) == ("alice@example.test", "Bring food")
        assert [each.email for each in found.attendees] == ["bob@example.test", "carol@example.test"]
    assert [each.status for each in event(world).attendees] == [5, 5]  # MS-ASCAL R572
    assert len(world.items(world.folder(FolderType.SENT_ITEMS).id)) == 1


@at(until(V14_1))
def test_until_14_1_the_server_sends_nothing_R7479_R15(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone, "bob")
    change(phone, server_id, **LATER, Attendees=people("bob", "carol"), Subject="Lunch")
    delete(phone, server_id)
    assert [sent(world, name) for name in ("bob", "carol", "alice")] == [[], [], []]
    assert world.items(world.folder(FolderType.SENT_ITEMS).id) == {}


@at(NEW)
def test_an_invitation_goes_out_once_however_often_the_add_comes(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    data = event_data(**TIMES, MeetingStatus="1", Attendees=people("bob"), Subject="Lunch")
    phone.sync(folder, ClientAdd("m", data), lose=True)
    phone.sync(folder, ClientAdd("m", data))
    assert sent(world, "bob") == ["Lunch"]


@at(NEW)
def test_an_appointment_is_told_to_nobody_R7477(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.sync(calendar(phone), ClientAdd("m", event_data(**TIMES, Subject="Alone")))
    phone.sync(calendar(phone), ClientAdd("n", event_data(**TIMES, Subject="Self", Attendees=people("alice"))))
    assert [sent(world, name) for name in ("alice", "bob")] == [[], []]


# ---------------------------------------------------------------- changes


@at(NEW)
def test_a_new_time_is_told_to_all_who_have_to_answer_anew(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone, "bob", "carol")
    (letter,) = world.items(world.folder(name="bob").id, "bob")
    respond(world.phone("bob"), answer(letter, send=SendResponse()))
    assert [each.status for each in event(world).attendees] == [3, 5]
    world.forward(hours=1)
    change(phone, server_id, **LATER)
    assert [each.status for each in event(world).attendees] == [5, 5]
    assert event(world).sequence == 1
    for name in ("bob", "carol"):
        found = event(world, name)
        assert found.start.astimezone(UTC) == datetime(2026, 11, 26, 10, tzinfo=UTC)
        assert (found.sequence, found.response_type) == (1, 5)
    phone.sync_all(calendar(phone))
    (shown,) = phone.held(calendar(phone)).items.values()
    assert text(shown, "Calendar:StartTime") == "20261126T100000Z"


@at(NEW)
def test_what_is_the_organizers_own_is_told_to_nobody(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone)
    change(phone, server_id, Reminder="10", Categories=["Mine"], BusyStatus="3")
    assert sent(world, "bob") == ["Lunch"]
    assert event(world).reminder == 10


@at(NEW)
def test_who_joins_is_invited_and_who_leaves_hears_that_it_is_off(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone, "bob")
    world.forward(hours=1)
    change(phone, server_id, Attendees=people("carol"))
    assert (kinds(world, "bob"), kinds(world, "carol")) == (["Request", "Canceled"], ["Request"])
    assert (event(world, "bob").meeting_status, event(world, "carol").meeting_status) == (7, 3)


@at(NEW)
def test_a_deleted_meeting_is_called_off(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone, "bob", "carol")
    world.forward(hours=1)
    delete(phone, server_id)
    for name in ("bob", "carol"):
        assert sent(world, name) == ["Lunch", "Canceled: Lunch"]
        assert (event(world, name).meeting_status, event(world, name).busy_status) == (7, 0)


@at(NEW)
def test_a_meeting_that_is_marked_as_called_off_is_so_once_R313(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone)
    world.forward(hours=1)
    change(phone, server_id, MeetingStatus="5")
    delete(phone, server_id)
    assert kinds(world, "bob") == ["Request", "Canceled"]


@at(NEW)
def test_a_meeting_that_is_over_is_deleted_without_a_word(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone)
    world.forward(days=7)
    delete(phone, server_id)
    assert kinds(world, "bob") == ["Request"]


# ---------------------------------------------------------------- occurrences


@at(NEW)
def test_one_occurrence_is_told_alone_R2113(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone, Recurrence=WEEKLY)
    world.forward(hours=1)
    change(phone, server_id, SECOND, StartTime="20261203T120000Z", EndTime="20261203T130000Z")
    world.forward(hours=1)
    change(phone, server_id, "20261209T100000Z", Subject="Dinner")
    found = event(world, "bob")
    assert [each.original.astimezone(UTC).day for each in found.exceptions] == [2, 9]
    assert found.exceptions[0].start == datetime(2026, 12, 3, 12, tzinfo=UTC)
    assert found.exceptions[1].subject == "Dinner"
    assert kinds(world, "bob") == ["Request"] * 3


@at(NEW)
def test_an_occurrence_that_is_deleted_is_called_off_alone(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone, Recurrence=WEEKLY)
    world.forward(hours=1)
    delete(phone, server_id, instance=SECOND)
    assert kinds(world, "bob") == ["Request", "Canceled"]
    found = event(world, "bob")
    assert [(each.original, each.meeting_status) for each in found.exceptions] == [
        (datetime(2026, 12, 2, 10, tzinfo=UTC), 7)
    ]


@at(NEW)
def test_an_occurrence_has_attendees_of_its_own(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = organize(phone, "bob", Recurrence=WEEKLY)
    world.forward(hours=1)
    change(phone, server_id, SECOND, Attendees=people("bob", "carol"))
    assert (kinds(world, "bob"), kinds(world, "carol")) == (["Request"], ["Request"])
    assert event(world, "carol").instance == datetime(2026, 12, 2, 10, tzinfo=UTC)
    world.forward(hours=1)
    delete(phone, server_id)
    assert event(world, "carol").meeting_status == 7


# ---------------------------------------------------------------- the devices of who is invited


def test_a_device_of_who_is_invited_changes_what_is_its_own_alone(world: World, version: Version) -> None:
    world.deliver(raw=meeting_mail("DESCRIPTION:Bring food"))
    phone = world.phone(version=version)
    folder = calendar(phone)
    (server_id,) = events(world)
    before = event(world)
    more: dict[str, Said] = {"MeetingStatus": "1", "Attendees": people("alice", "bob")}
    own: dict[str, Said] = {"Reminder": "7", "Categories": ["Mine"], "BusyStatus": "2"}
    data = event_data(**LATER, Subject="Hijacked", **own, **more)
    phone.sync(folder, ClientChange(server_id, data))
    after = event(world)
    assert (after.reminder, after.categories, after.busy_status) == (7, ("Mine",), 2)
    for attr in ("start", "end", "subject", "location", "body", "meeting_status", "organizer_email", "attendees"):
        assert getattr(after, attr) == getattr(before, attr), attr
    phone.sync_all(folder)
    assert text(phone.held(folder).items[server_id], "Calendar:Subject") == "Lunch"  # and the device hears of it
    assert [sent(world, name) for name in ("bob", "carol")] == [[], []]


@at(between(V14_0, V14_1))
def test_a_device_says_its_own_answer(world: World, version: Version) -> None:
    world.deliver(raw=meeting_mail())
    phone = world.phone(version=version)
    folder = calendar(phone)
    (server_id,) = events(world)
    me: Said = [{"Email": "alice@example.test", "Name": "Alice", "AttendeeStatus": "3"}]
    phone.sync(folder, ClientChange(server_id, event_data(**TIMES, Subject="Lunch", Attendees=me)))
    assert [each.status for each in event(world).attendees] == [3]


def test_an_add_of_a_known_uid_makes_nobody_the_organizer_B9_B10(world: World, version: Version) -> None:
    world.deliver(raw=meeting_mail(uid="known"))
    phone = world.phone(version=version)
    names: dict[str, Said] = {"UID": "known"} if version in until(V14_1) else {}
    data = event_data(**TIMES, **names, Subject="Mine", MeetingStatus="1", Attendees=people("bob", "carol"))
    if version in until(V14_1):
        phone.sync(calendar(phone), ClientAdd("a", data))
        found = event(world)
        assert (found.organizer_email, found.meeting_status, found.subject) == ("bob@example.test", 3, "Lunch")
    assert [sent(world, name) for name in ("bob", "carol")] == [[], []]


@at(NEW)
def test_who_is_invited_takes_out_an_occurrence_without_a_word(world: World, version: Version) -> None:
    world.deliver(raw=meeting_mail("RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=WE"))
    phone = world.phone(version=version)
    (server_id,) = events(world)
    delete(phone, server_id, instance=SECOND)
    assert [each.deleted for each in event(world).exceptions] == [True]
    delete(phone, server_id)
    assert (events(world), sent(world, "bob")) == ({}, [])


@at(NEW)
def test_answers_come_back_to_the_organizers_phone_R490(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    organize(phone, "bob", "carol")
    for name, said in (("bob", UserResponse.ACCEPTED), ("carol", UserResponse.DECLINED)):
        (letter,) = world.items(world.folder(name=name).id, name)
        respond(world.phone(name), answer(letter, said, send=SendResponse()))
    folder = calendar(phone)
    (shown,) = phone.held(folder).items.values()
    attendees = next(each for each in shown.children if each.name == "Calendar:Attendees")
    assert [text(each, "Calendar:AttendeeStatus") for each in attendees.children] == ["3", "4"]
    assert kinds(world, "alice") == ["Resp.Pos", "Resp.Neg"]
