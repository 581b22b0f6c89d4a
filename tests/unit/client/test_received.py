"""What servers of other makers tell, as it is kept here: what cannot be read costs one property."""

from datetime import UTC, datetime, timedelta

import pytest

from easd.client.received import Received, received
from easd.eas.schema import Malformed
from easd.eas.versions import V14_1, V16_1, Version
from easd.model.contact import Contact
from easd.model.event import Event
from easd.model.folder import ItemClass
from easd.model.note import Note
from easd.model.task import Task
from easd.wbxml import Element, tag

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
START = datetime(2026, 12, 1, 9, tzinfo=UTC)


def element(name: str, *children: "Element | tuple[str, str]") -> Element:
    """An element of that name with these in it."""
    return Element(tag(name), [Element(tag(one[0]), one[1]) if isinstance(one, tuple) else one for one in children])


def read(item_class: ItemClass, *children: "Element | tuple[str, str]", version: Version = V16_1) -> Received:
    return received(item_class, element("AirSync:ApplicationData", *children), version, NOW)


TIMES = (("Calendar:StartTime", "20261201T090000Z"), ("Calendar:EndTime", "20261201T100000Z"))


def test_what_the_class_has_not_is_passed_by_and_what_is_no_value_is_named() -> None:
    made = read(
        ItemClass.CONTACTS,
        ("Contacts:FirstName", "Dora"),
        ("Contacts:Birthday", "some day"),
        ("AirSyncBase:NativeBodyType", "1"),
        ("Email:Subject", "no property of a contact"),
    )
    assert (made.content, made.unread) == (Contact(NOW, first_name="Dora"), ("Contacts:Birthday",))


def test_tasks_and_notes_keep_what_can_be_read() -> None:
    task = read(ItemClass.TASKS, ("Tasks:Subject", "Do"), ("Tasks:Importance", "9999"), ("Tasks:Complete", "0"))
    assert (task.content, task.unread) == (Task(NOW, subject="Do"), ("Tasks:Importance",))
    note = read(ItemClass.NOTES, ("Notes:Subject", "N"), ("Notes:LastModifiedDate", "20261101T080000Z"))
    assert (note.content, note.unread) == (Note(datetime(2026, 11, 1, 8, tzinfo=UTC), subject="N"), ())


@pytest.mark.parametrize("version", [V14_1, V16_1])
def test_an_event_keeps_what_the_server_alone_says_of_it(version: Version) -> None:
    made = read(
        ItemClass.CALENDAR,
        *TIMES,
        ("Calendar:UID", "u@example.test"),
        ("Calendar:OrganizerEmail", "bob@example.test"),
        ("Calendar:OrganizerName", "Bob"),
        ("Calendar:DtStamp", "20261101T080000Z"),
        ("Calendar:BusyStatus", "4"),
        ("Calendar:ResponseType", "3"),
        ("AirSyncBase:NativeBodyType", "1"),
        version=version,
    )
    event = made.content
    assert isinstance(event, Event)
    assert (event.uid, event.organizer_email, event.organizer_name) == ("u@example.test", "bob@example.test", "Bob")
    assert (event.stamp, event.busy_status, event.response_type) == (datetime(2026, 11, 1, 8, tzinfo=UTC), 4, 3)
    assert made.unread == ()


def test_an_exception_loses_what_cannot_be_read_and_the_series_keeps_it() -> None:
    attendee = element(
        "Calendar:Attendee",
        ("Calendar:Email", "ann@example.test"),
        ("Calendar:Name", "Ann"),
        ("MeetingResponse:ProposedStartTime", "20261202T090000Z"),
    )
    exception = element(
        "Calendar:Exception",
        ("Calendar:BusyStatus", "4"),
        ("Calendar:Sensitivity", "77"),
        ("Calendar:Subject", "another"),
        ("Calendar:AppointmentReplyTime", "20261101T080000Z"),
        element("Calendar:Attendees", attendee),
        ("AirSyncBase:InstanceId", "2026-12-02T09:00:00.000Z"),
    )
    rule = element("Calendar:Recurrence", ("Calendar:Type", "0"), ("Calendar:Interval", "1"))
    made = read(ItemClass.CALENDAR, *TIMES, rule, element("Calendar:Exceptions", exception))
    assert isinstance(made.content, Event)
    [kept] = made.content.exceptions
    assert (kept.original, kept.subject, kept.busy_status) == (START + timedelta(days=1), "another", 2)
    assert [one.email for one in kept.attendees or ()] == ["ann@example.test"]
    assert made.unread == ("Calendar:Sensitivity",)


def test_an_event_that_ends_before_it_begins_is_none() -> None:
    with pytest.raises(Malformed):
        read(ItemClass.CALENDAR, ("Calendar:StartTime", "20261201T100000Z"), ("Calendar:EndTime", "20261201T090000Z"))
