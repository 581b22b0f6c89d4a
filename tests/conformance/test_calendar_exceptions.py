"""Exceptions of a series, element by element (MS-ASCAL Exception): what each says, and what is inherited."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from easd.eas.commands.sync import ClientChange
from easd.eas.versions import V12_0, V14_0, V14_1, V16_0, Version, since, until
from easd.model.event import Event, Occurrence
from easd.model.folder import FolderType, ItemClass
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.wbxml import Element
from tests.support.events import BERLIN, Said, calendar, event_data, said, status_of
from tests.support.typed_items import Content, added, found, kept, repeated, shown, written
from tests.support.versions import at
from tests.support.world import Phone, World, child, text

TIMES = {"Timezone": BERLIN, "StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
"""Tuesday, 10 to 11 in Berlin."""
DAILY: Said = {"Type": "0", "Interval": "1", "Occurrences": "30"}
SECOND, THIRD = "20261202T090000Z", "20261203T090000Z"
SERIES: Mapping[str, Said] = {
    "AllDayEvent": "0",
    "BusyStatus": "2",
    "Categories": ["Work"],
    "MeetingStatus": "1",
    "Reminder": "15",
    "Sensitivity": "1",
    "Subject": "Stand-up",
    "Attendees": [{"Email": "bob@example.test", "Name": "Bob"}],
}
CHANGED: Mapping[str, Said] = {
    "BusyStatus": "0",
    "Categories": ["Party"],
    "EndTime": "20261202T110000Z",
    "MeetingStatus": "5",
    "Reminder": "5",
    "Sensitivity": "2",
    "StartTime": "20261202T083000Z",
    "Subject": "Late & <later>",
}
"""What an exception may have at every version, other than the series has it."""


def identified(version: Version) -> str:
    """The element that says which occurrence an exception is of."""
    return "InstanceId" if version in since(V16_0) else "ExceptionStartTime"


def exception(version: Version, elements: Mapping[str, Said], original: str = SECOND) -> dict[str, Said]:
    """An Exception as the version writes it; nobody says DtStamp from 16.0 on."""
    asked = {name: content for name, content in elements.items() if name != "DtStamp" or version in until(V14_1)}
    return {identified(version): original, **asked}


def series(*exceptions: Said, **more: Said) -> bytes:
    """ApplicationData of a series of 30 days."""
    return event_data(**{**SERIES, **TIMES, "Recurrence": DAILY, "Exceptions": list(exceptions), **more})


def told(phone: Phone, server_id: str) -> tuple[Element, ...]:
    """The exceptions that another phone of the same version is told of."""
    other = phone.world.phone(version=phone.version)
    listed = child(other.held(calendar(other)).items[server_id], "Calendar:Exceptions")
    assert listed is not None
    assert {one.name for one in listed.children} == {"Calendar:Exception"}  # R242
    return tuple(listed.children)


def told_of(phone: Phone, **elements: Said) -> Element:
    """What is told of the only exception of a series, which has these elements."""
    (one,) = told(phone, added(phone, calendar(phone), series(exception(phone.version, elements))))
    return one


def names(one: Element) -> set[str]:
    return {each.name.partition(":")[2] for each in one.children}


def own(version: Version, *more: str) -> set[str]:
    """The elements of an exception that says nothing but what it is of, and these."""
    return {identified(version), *more}


@pytest.mark.parametrize(
    "name",
    CHANGED,
    ids=[
        "BusyStatus_R13311_R135", "Categories_R17911_R18312", "EndTime_R23611_R238", "MeetingStatus_R30511",
        "Reminder_R39211_R394", "Sensitivity_R42311_R425", "StartTime_R43511_R436", "Subject_R44111_R442",
    ],
)  # fmt: skip
def test_an_exception_says_what_is_different_and_inherits_the_rest(world: World, version: Version, name: str) -> None:
    phone = world.phone(version=version)
    one = told_of(phone, **{name: CHANGED[name]})
    assert names(one) == own(version, name)
    expected: Content = (("Calendar:Category", "Party"),) if name == "Categories" else str(CHANGED[name])
    assert found(one, f"Calendar:{name}") == expected
    assert child(one, "Calendar:Attendees") is None  # R108
    assert child(one, "Calendar:AllDayEvent") is None  # R82
    assert child(one, "Calendar:ResponseType") is None  # R403


def test_when_an_exception_was_made_R22111_R600(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    one = told_of(phone, Subject="other", DtStamp="20261105T080000Z")
    if version in until(V14_1):
        assert found(one, "Calendar:DtStamp") == "20261105T080000Z"
    assert names(told_of(phone, Subject="other")) == own(version, "Subject")


def test_where_an_exception_takes_place_R29611_R298(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    new = version in since(V16_0)
    elsewhere: dict[str, Said] = {"Place": {"DisplayName": "Attic"}} if new else {"Location": "Attic"}
    one = told_of(phone, **elsewhere)
    assert names(one) == own(version, "Location")
    place: Content = (("AirSyncBase:DisplayName", "Attic"),) if new else "Attic"
    assert found(one, "AirSyncBase:Location" if new else "Calendar:Location") == place
    assert names(told_of(phone, Subject="other")) == own(version, "Subject")


@at(until(V14_1))
def test_an_exception_may_be_a_whole_day_R56311(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    day = {"StartTime": "20261201T230000Z", "EndTime": "20261202T230000Z"}
    one = told_of(phone, AllDayEvent="1", **day)
    assert found(one, "Calendar:AllDayEvent") == "1"
    assert names(one) == own(version, "AllDayEvent", "StartTime", "EndTime")


@at(since(V14_0))
def test_who_is_invited_to_an_exception_R10611(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    one = told_of(phone, Attendees=[{"Email": "carol@example.test", "Name": "Carol"}])
    assert names(one) == own(version, "Attendees")
    listed = child(one, "Calendar:Attendees")
    assert listed is not None
    assert [text(each, "Calendar:Email") for each in listed.children] == ["carol@example.test"]


def test_an_exception_that_is_deleted_says_so_and_nothing_else_R20611_R209(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    one = told_of(phone, Deleted="1")
    assert names(one) == own(version, "Deleted")
    assert found(one, "Calendar:Deleted") == "1"
    for value in ("2", "-1", "true", ""):
        assert status_of(phone, calendar(phone), series(exception(version, {"Deleted": value}), UID="u2")) == 6, value


def test_an_exception_that_is_not_deleted_is_as_its_elements_say(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    one = told_of(phone, Deleted="0", Subject="other")
    assert text(one, "Calendar:Subject") == "other"
    assert text(one, "Calendar:Deleted") in ("", "0")


def test_which_occurrence_an_exception_is_of_R26111_R264_R268_R2098_R2106(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    exceptions = [exception(version, {"Subject": "b"}), exception(version, {"Deleted": "1"}, THIRD)]
    both = told(phone, added(phone, calendar(phone), series(*exceptions)))
    space = "AirSyncBase" if version in since(V16_0) else "Calendar"
    assert [found(one, f"{space}:{identified(version)}") for one in both] == [SECOND, THIRD]
    other = "ExceptionStartTime" if version in since(V16_0) else "InstanceId"
    assert all(other not in names(one) for one in both)
    data = series({other: SECOND, "Subject": "b"}, UID="u2")
    assert status_of(phone, calendar(phone), data) == 6


FULL: Mapping[str, Said] = {
    **CHANGED,
    "DtStamp": "20261105T080000Z",
    "AllDayEvent": "0",
    "Attendees": [{"Email": "carol@example.test", "Name": "Carol"}, {"Email": "dan@example.test", "Name": "Dan"}],
    "Body": {"Type": "1", "Data": "bring cake"},
}


def full(version: Version) -> Mapping[str, Said]:
    """All that an exception may have at a version."""
    place: Mapping[str, Said] = (
        {"Place": {"DisplayName": "Attic"}} if version in since(V16_0) else {"Location": "Attic"}
    )
    left_out = {
        *(("Body",) if version not in since(V12_0) else ()),
        *(("Attendees",) if version not in since(V14_0) else ()),
    }
    return {name: content for name, content in {**FULL, **place}.items() if name not in left_out}


def test_no_element_of_an_event_is_told_twice_but_those_of_lists(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    many = ["Work", "Party"]
    exceptions = [exception(version, {**full(version), **moved}, day) for day, moved in MOVED.items()]
    server_id = added(phone, calendar(phone), series(*exceptions, Categories=many))
    world.change(server_id, **ANSWERED)
    event = kept(world, server_id, Event)
    world.change(server_id, exceptions=tuple(replace(one, **ANSWERED) for one in event.exceptions))
    other = phone.world.phone(version=version)
    item = other.held(calendar(other)).items[server_id]
    lists = {"Calendar:Category", "Calendar:Exception"}
    lists |= {"Calendar:Attendee"} if version in since(V14_0) else set()
    assert set(repeated(item)) == lists
    listed = child(item, "Calendar:Exceptions")
    assert listed is not None
    for one in listed.children:
        assert {name for name in full(version) if name != "Place"} - {"DtStamp"} <= names(one)
        assert ("ResponseType" in names(one)) == (version in since(V14_0))
        assert ("OnlineMeetingConfLink" in names(one)) == (version in since(V14_1))


MOVED: Mapping[str, Mapping[str, Said]] = {
    SECOND: {},
    THIRD: {"StartTime": "20261203T083000Z", "EndTime": "20261203T110000Z"},
}
ANSWERED: dict[str, Any] = {
    "replied": datetime(2026, 11, 3, 9, tzinfo=UTC),
    "response_type": 2,
    "conference_link": "sip:a@b.test;gruu",
    "external_link": "https://meet.example.test/1",
}


def test_an_element_of_an_exception_that_comes_twice_is_status_6(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    once = exception(version, full(version))
    assert status_of(phone, calendar(phone), series(once)) == 1
    whole = shown(said(event_data(**once)))
    assert isinstance(whole, tuple)
    times = event_data(**TIMES, Recurrence=DAILY)
    for one in whole:
        twice: Content = (("Calendar:Exception", (*whole, one)),)
        assert status_of(phone, calendar(phone), times + written({"Calendar:Exceptions": twice})) == 6, one


# ------------------------------------------------------------ what the server alone says


def meeting(world: World, **fields: object) -> None:
    """A series that alice was invited to, with one exception."""
    start, end = datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 1, 10, tzinfo=UTC)
    one = Occurrence(datetime(2026, 12, 2, 9, tzinfo=UTC), subject="Late", **fields)  # type: ignore[arg-type]
    rule = Recurrence(RecurrenceType.DAILY, 1, occurrences=5)
    event = Event(start, end, start, uid="u1", subject="theirs", meeting_status=3, recurrence=rule, exceptions=(one,))
    with world.writing() as box:
        box.add_item(world.folder(FolderType.CALENDAR).id, ItemClass.CALENDAR, event)


def the_exception(world: World, version: Version) -> Element:
    """What a phone is told of the only exception."""
    phone = world.phone(version=version)
    (item,) = phone.held(calendar(phone)).items.values()
    listed = child(item, "Calendar:Exceptions")
    assert listed is not None
    (one,) = listed.children
    return one


def test_an_exception_that_nobody_has_answered_says_no_time_R525221_R52522111(world: World, version: Version) -> None:
    meeting(world)
    assert names(the_exception(world, version)) == own(version, "Subject")


def test_what_was_answered_to_an_exception_R89011_R402_R40211_R34813_R35513(world: World, version: Version) -> None:
    meeting(world, **ANSWERED)
    one = the_exception(world, version)
    expected = {
        "AppointmentReplyTime": ("20261103T090000Z", V14_0),
        "ResponseType": ("2", V14_0),
        "OnlineMeetingConfLink": ("sip:a@b.test;gruu", V14_1),
        "OnlineMeetingExternalLink": ("https://meet.example.test/1", V14_1),
    }
    for name, (value, first) in expected.items():
        assert text(one, f"Calendar:{name}") == (value if version in since(first) else "")


@at(since(V14_1))
def test_links_that_an_exception_does_not_have_are_empty_R351_R35811(world: World, version: Version) -> None:
    meeting(world, conference_link="", external_link="")
    one = the_exception(world, version)
    assert not found(one, "Calendar:OnlineMeetingConfLink")
    assert not found(one, "Calendar:OnlineMeetingExternalLink")


@at(since(V14_0))
def test_what_was_removed_from_an_exception_stays_removed_R2242(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, series(exception(version, {"Subject": None, "Categories": None})))
    phone.sync(folder, ClientChange(server_id, event_data(**TIMES, Recurrence=DAILY, Subject="renamed")))
    (one,) = told(phone, server_id)
    assert not found(one, "Calendar:Subject")
    assert not found(one, "Calendar:Categories")
