"""Items that came from a file: a phone sees and edits them, and what it knows nothing of goes out again unharmed."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from easd.eas.commands.sync import ClientChange, ClientDelete
from easd.eas.versions import V14_0, V16_0, Version, since
from easd.mime.icalendar.file import items_of
from easd.mime.icalendar.tasks import written_note, written_task
from easd.mime.icalendar.write import calendar_text, written_event
from easd.model.event import Event
from easd.model.folder import FolderType
from easd.model.note import Note
from easd.model.task import Task
from easd.service import ids
from tests.conformance.test_calendar import sent
from tests.support.events import Said, event_data
from tests.support.typed_items import kept, named, synced
from tests.support.versions import at
from tests.support.world import NOW, Phone, World, child, text

TYPES = {Event: FolderType.CALENDAR, Task: FolderType.TASKS, Note: FolderType.NOTES}

SERIES = """BEGIN:VEVENT
UID:u1
DTSTART;TZID=Europe/Berlin:20261201T100000
DTEND;TZID=Europe/Berlin:20261201T110000
RRULE:FREQ=DAILY;COUNT=9
RDATE;TZID=Europe/Berlin:20261224T180000
EXDATE;TZID=Europe/Berlin:20261202T100000
SUMMARY:Stand-up
COMMENT:no phone knows comments
X-SERIES;A="b;c":kept
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
END:VALARM
BEGIN:VALARM
ACTION:EMAIL
TRIGGER:-P1D
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:u1
RECURRENCE-ID;TZID=Europe/Berlin:20261203T100000
DTSTART;TZID=Europe/Berlin:20261203T140000
DTEND;TZID=Europe/Berlin:20261203T150000
SUMMARY:Later
X-EXCEPTION:kept too
END:VEVENT
"""
STRANGE = ("COMMENT:no phone knows comments", 'X-SERIES;A="b;c":kept', "X-EXCEPTION:kept too", "TRIGGER:-P1D")
ADDED = "RDATE;TZID=Europe/Berlin:20261224T180000"


@pytest.fixture
def phone(world: World, version: Version) -> Phone:
    """Alice's phone, of each version."""
    return world.phone(version=version)


def imported(world: World, text: str) -> str:
    """The item of a calendar file in alice's mailbox; its ServerId."""
    data = f"BEGIN:VCALENDAR\n{text}END:VCALENDAR\n".encode()
    (one,) = items_of(data, NOW, frozenset({"alice@example.test"}))
    assert one.item is not None
    folder = world.folder(TYPES[type(one.item)])
    with world.writing() as box:
        item = box.add_item(folder.id, folder.item_class, one.item)
    return ids.server_id(item.folder_id, item.uid)


def changed(phone: Phone, server_id: str, data: bytes) -> None:
    folder = server_id.partition(":")[0]
    assert not phone.sync(folder, ClientChange(server_id, data)).responses


def lines(item: Event | Task | Note) -> list[str]:
    write = {Event: written_event, Task: written_task, Note: written_note}[type(item)]
    written = write(item) if isinstance(item, Event) else write(item, "made")  # type: ignore[operator]
    return calendar_text([written]).decode().replace("\r\n ", "").splitlines()


def test_a_series_from_a_file_is_what_a_phone_sees(world: World, phone: Phone) -> None:
    server_id = imported(world, SERIES)
    synced(phone, FolderType.CALENDAR)
    item = phone.held(server_id.partition(":")[0]).items[server_id]
    assert (text(item, "Calendar:Subject"), text(item, "Calendar:StartTime")) == ("Stand-up", "20261201T090000Z")
    assert text(item, "Calendar:Reminder") == "15"
    exceptions = child(item, "Calendar:Exceptions")
    assert exceptions is not None
    name = "AirSyncBase:InstanceId" if phone.version in since(V16_0) else "Calendar:ExceptionStartTime"
    shown = {text(each, name): text(each, "Calendar:StartTime") for each in exceptions.children}
    assert shown == {
        "20261202T090000Z": "",
        "20261203T090000Z": "20261203T130000Z",
        "20261224T170000Z": "20261224T170000Z",
    }, "a day that RDATE adds is shown as an exception"


def test_what_no_event_holds_survives_an_edit(world: World, phone: Phone) -> None:
    """The phone changes the title and the reminder, and sends all that it knows back."""
    server_id = imported(world, SERIES)
    synced(phone, FolderType.CALENDAR)
    edited = replace(kept(world, server_id, Event), subject="Sit-down", reminder=30)
    changed(phone, server_id, sent(phone, edited))
    now = kept(world, server_id, Event)
    written = lines(now)
    assert {*STRANGE, ADDED, "SUMMARY:Sit-down", "SUMMARY:Later", "EXDATE;TZID=Europe/Berlin:20261202T100000"} <= {
        *written
    }
    assert "TRIGGER;RELATED=START:-PT30M" in written
    assert "TRIGGER:-PT15M" not in written


@at(since(V16_0))
def test_an_exception_keeps_what_it_came_with_R2113(world: World, version: Version) -> None:
    server_id = imported(world, SERIES)
    phone = world.phone(version=version)
    folder = synced(phone, FolderType.CALENDAR)
    phone.sync(folder, ClientChange(server_id, event_data(Subject="Much later"), instance_id="20261203T090000Z"))
    written = lines(kept(world, server_id, Event))
    assert {*STRANGE, ADDED, "SUMMARY:Much later"} <= {*written}


def test_a_series_that_a_phone_moves_is_moved_in_the_file(world: World, phone: Phone) -> None:
    server_id = imported(world, SERIES.replace("RECURRENCE-ID", "X-WAS").partition("BEGIN:VEVENT\nUID:u1\nX-WAS")[0])
    synced(phone, FolderType.CALENDAR)
    event = kept(world, server_id, Event)
    hour = event.end - event.start
    changed(phone, server_id, sent(phone, replace(event, start=event.start + hour, end=event.end + hour)))
    written = lines(kept(world, server_id, Event))
    assert "DTSTART;TZID=Europe/Berlin:20261201T110000" in written
    if phone.version not in since(V16_0):  # there a new time takes all exceptions away (R2097)
        assert "EXDATE;TZID=Europe/Berlin:20261202T110000" in written


@at(since(V16_0))
def test_a_day_that_a_file_has_added_can_be_changed_and_deleted_R2113(world: World, version: Version) -> None:
    server_id = imported(world, SERIES)
    phone = world.phone(version=version)
    folder = synced(phone, FolderType.CALENDAR)
    day = "20261224T170000Z"
    assert not phone.sync(folder, ClientChange(server_id, event_data(Subject="Eve"), instance_id=day)).responses
    written = lines(kept(world, server_id, Event))
    assert ADDED in written
    assert written.count("SUMMARY:Eve") == 1
    assert not phone.sync(folder, ClientDelete(server_id, instance_id=day)).responses
    written = lines(kept(world, server_id, Event))
    assert not [line for line in written if line.startswith("RDATE") or line == "SUMMARY:Eve"]


def test_of_very_many_exceptions_the_latest_are_told_and_the_series_can_be_edited_R24311(
    world: World, phone: Phone
) -> None:
    days = [datetime(2026, 12, 1, 9) + timedelta(days=number) for number in range(300)]  # noqa: DTZ001 - wall time
    gone = "".join(f"EXDATE:{day:%Y%m%dT%H%M%SZ}\n" for day in days)
    server_id = imported(world, f"BEGIN:VEVENT\nUID:u\nDTSTART:20261101T090000Z\nRRULE:FREQ=DAILY\n{gone}END:VEVENT\n")
    folder = synced(phone, FolderType.CALENDAR)
    told = child(phone.held(folder).items[server_id], "Calendar:Exceptions")
    assert told is not None
    assert len(told.children) == 256
    event = kept(world, server_id, Event)
    shown = replace(event, subject="Edited", exceptions=event.exceptions[-256:])
    changed(phone, server_id, sent(phone, shown))
    assert (kept(world, server_id, Event).subject, len(kept(world, server_id, Event).exceptions)) == ("Edited", 300)
    original = "20261105T090000Z"
    command: ClientChange | ClientDelete = ClientDelete(server_id, instance_id=original)
    if phone.version not in since(V16_0):
        deleted: Said = [{"Deleted": "1", "ExceptionStartTime": original}]
        times: dict[str, Said] = {"StartTime": "20261101T090000Z", "EndTime": "20261101T090000Z"}
        command = ClientChange(server_id, event_data(**times, Recurrence={"Type": "0"}, Exceptions=deleted))
    assert not phone.sync(folder, command).responses
    assert len(kept(world, server_id, Event).exceptions) == 301


TASK = "BEGIN:VTODO\nUID:t1\nSUMMARY:Pay\nSTATUS:IN-PROCESS\nPRIORITY:3\nPERCENT-COMPLETE:40\nX-TASK:kept\nEND:VTODO\n"


def test_what_no_task_holds_survives_an_edit(world: World, phone: Phone) -> None:
    server_id = imported(world, TASK)
    synced(phone, FolderType.TASKS)
    changed(phone, server_id, named("Tasks:Subject", "Pay now"))
    assert {
        "UID:t1", "SUMMARY:Pay now", "STATUS:IN-PROCESS", "PERCENT-COMPLETE:40", "PRIORITY:3", "X-TASK:kept"
    } <= {*lines(kept(world, server_id, Task))}  # fmt: skip


@at(since(V14_0))
def test_what_no_note_holds_survives_an_edit(world: World, version: Version) -> None:
    server_id = imported(world, "BEGIN:VJOURNAL\nUID:n1\nSUMMARY:A\nSTATUS:DRAFT\nX-NOTE:kept\nEND:VJOURNAL\n")
    phone = world.phone(version=version)
    synced(phone, FolderType.NOTES)
    changed(phone, server_id, named("Notes:Subject", "B"))
    assert {"UID:n1", "SUMMARY:B", "STATUS:DRAFT", "X-NOTE:kept"} <= {*lines(kept(world, server_id, Note))}
