"""Attachments of events, added and deleted by Sync since 16.0 (MS-ASAIRS Add, Delete)."""

from dataclasses import replace

import pytest

from easd.eas.commands import item_operations
from easd.eas.commands.item_operations import MAILBOX, Fetch, Fetched, FileProperties, ItemOperationsRequest
from easd.eas.commands.sync import AddResult, ChangeResult, ClientAdd, ClientChange
from easd.eas.items.attachments import AttachmentAdd, AttachmentDelete
from easd.eas.items.events import ASKED, ASKED_EXCEPTION, EventData, OccurrenceData
from easd.eas.request import Command
from easd.eas.status import CommonStatus, SyncStatus
from easd.eas.versions import V14_1, V16_0, Version, since
from easd.model.email import AttachmentMethod
from easd.model.event import Event
from easd.wbxml import Element, Writer, tag
from tests.support.events import Said, calendar, event_data
from tests.support.typed_items import added, kept
from tests.support.world import Phone, World, child, text

pytestmark = pytest.mark.parametrize("version", sorted(since(V16_0)), ids=lambda v: v.text, indirect=True)

AGENDA = AttachmentAdd("a1", b"1. cake\r\n", "agenda.txt", AttachmentMethod.NORMAL, "text/plain")
PLAN = AttachmentAdd("a2", bytes(range(256)) * 40, "plan.bin", AttachmentMethod.NORMAL)


def files(*changes: AttachmentAdd | AttachmentDelete, subject: str | None = None) -> bytes:
    """ApplicationData that adds and deletes attachments."""
    writer = Writer()
    ASKED.dump_children(writer, EventData(subject=subject, attachments=changes), V16_0)
    return writer.fragment()


def told(item: Element | None) -> dict[str, str]:
    """The references of the attachments, by their names."""
    found = child(item, "AirSyncBase:Attachments") if item is not None else None
    return {
        text(each, "AirSyncBase:DisplayName"): text(each, "AirSyncBase:FileReference")
        for each in (found.children if found else [])
    }


def fetched(phone: Phone, reference: str) -> bytes | int:
    """The file, or the status that is said instead."""
    request = ItemOperationsRequest((Fetch(MAILBOX, file_reference=reference),))
    response = phone.ask(Command.ITEM_OPERATIONS, item_operations.REQUEST, request, item_operations.RESPONSE).response
    assert response is not None
    (result,) = response.results
    assert isinstance(result, Fetched)
    if result.status != 1:
        return result.status
    assert isinstance(result.properties, FileProperties)
    assert isinstance(result.properties.data, bytes)
    return result.properties.data


def test_attachments_are_added_told_and_fetched_R1006_R1336_R1368(world: World, version: Version) -> None:
    phone, other, old = world.phone(version=version), world.phone(version=version), world.phone(version=V14_1)
    folder = calendar(phone)
    (result,) = phone.sync(folder, ClientAdd("c1", files(AGENDA, PLAN, subject="Feast"))).responses
    assert isinstance(result, AddResult)
    assert isinstance(result.data, Element)
    server_id = str(result.server_id)
    assert text(result.data, "Calendar:UID") == kept(world, server_id, Event).uid
    answered = child(result.data, "AirSyncBase:Attachments")
    assert answered is not None
    assert [text(each, "AirSyncBase:ClientId") for each in answered.children] == ["a1", "a2"]
    item = other.held(calendar(other)).items[server_id]
    assert told(item) == told(result.data)
    assert list(told(item)) == ["agenda.txt", "plan.bin"]
    assert [fetched(other, reference) for reference in told(item).values()] == [AGENDA.content, PLAN.content]
    assert told(old.held(calendar(old)).items[server_id]) == {}


def test_attachments_are_added_to_and_taken_out_of_an_event_R1166(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, event_data(Subject="Feast"))
    (result,) = phone.sync(folder, ClientChange(server_id, files(AGENDA))).responses
    assert isinstance(result, ChangeResult)
    assert isinstance(result.data, Element)
    first = told(result.data)["agenda.txt"]
    phone.sync_all(folder)
    phone.sync(folder, ClientChange(server_id, files(AttachmentDelete(first), PLAN)))
    phone.sync_all(folder)
    calendar(other)
    references = told(other.held(folder).items[server_id])
    assert list(references) == ["plan.bin"]
    assert fetched(other, references["plan.bin"]) == PLAN.content
    phone.sync(folder, ClientChange(server_id, event_data(Subject="Still there")))
    assert [attachment.name for attachment in kept(world, server_id, Event).attachments] == ["plan.bin"]
    phone.sync(folder, ClientChange(server_id, files(AttachmentDelete(references["plan.bin"]))))
    assert kept(world, server_id, Event).attachments == ()
    assert fetched(phone, references["plan.bin"]) == 15


def test_a_file_that_is_not_there_cannot_be_taken_out(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    (result,) = phone.sync(folder, ClientAdd("c0", files(AttachmentDelete("1:1:2"), subject="Feast"))).responses
    assert result.status == SyncStatus.CONVERSION_ERROR
    server_id = added(phone, folder, files(AGENDA, subject="Feast"))
    for reference in (f"{server_id}:77", "else", "1:1:2"):
        (result,) = phone.sync(folder, ClientChange(server_id, files(AttachmentDelete(reference)))).responses
        assert isinstance(result, ChangeResult)
        assert result.status == SyncStatus.CONVERSION_ERROR
    assert len(kept(world, server_id, Event).attachments) == 1


def test_an_event_has_no_messages_attached_R1395(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    letter = replace(AGENDA, method=AttachmentMethod.EMBEDDED_MESSAGE)
    (result,) = phone.sync(calendar(phone), ClientAdd("c1", files(letter, subject="Feast"))).responses
    assert result.status == SyncStatus.CONVERSION_ERROR


def test_a_file_that_is_too_large_adds_nothing_R4859(world: World, version: Version) -> None:
    world.limit(attachment_bytes_max=1000)
    phone = world.phone(version=version)
    folder = calendar(phone)
    (result,) = phone.sync(folder, ClientAdd("c1", files(PLAN))).responses
    assert result.status == CommonStatus.ATTACHMENT_IS_TOO_LARGE
    assert not world.items(folder)


def test_an_Add_that_is_repeated_has_its_files_once(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    phone.sync(folder, ClientAdd("c1", files(AGENDA, subject="Feast")), lose=True)
    (server_id,) = world.items(folder)
    edited = ClientAdd("c1", files(PLAN, subject="Feast!"))
    (result,) = phone.sync(folder, edited).responses
    assert isinstance(result, AddResult)
    assert result.server_id == server_id
    event = kept(world, server_id, Event)
    assert ([attachment.name for attachment in event.attachments], event.subject) == (["plan.bin"], "Feast!")


def test_who_is_invited_gets_the_files_of_the_meeting(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    people: Said = [{"Email": "bob@example.test", "Name": "Bob"}]
    times: dict[str, Said] = {"StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
    meeting = event_data(**times, Subject="Feast", MeetingStatus="1", Attendees=people)
    (result,) = phone.sync(folder, ClientAdd("c1", meeting + files(AGENDA))).responses
    assert isinstance(result, AddResult)
    world.forward(hours=1)
    phone.sync_all(folder)
    phone.sync(folder, ClientChange(str(result.server_id), event_data(Reminder="5")))
    phone.sync(folder, ClientChange(str(result.server_id), files(PLAN)))
    mails = [item.email for item in world.items(world.folder(name="bob").id, "bob").values()]
    assert [[each.name for each in mail.attachments] for mail in mails] == [["agenda.txt"], ["agenda.txt", "plan.bin"]]
    assert {mail.message_class for mail in mails} == {"IPM.Schedule.Meeting.Request"}
    guest = world.phone("bob", version)
    guest.sync_all(guest.folder())
    (plan,) = [name["plan.bin"] for name in map(told, guest.held(guest.folder()).items.values()) if "plan.bin" in name]
    assert fetched(guest, plan) == PLAN.content


# ---------------------------------------------------------------- occurrences with files of their own

WEEKLY: Said = {"Type": "1", "Interval": "1", "DayOfWeek": "8", "Occurrences": "4"}
TIMES: dict[str, Said] = {"StartTime": "20261125T100000Z", "EndTime": "20261125T110000Z"}
SECOND, THIRD = "20261202T100000Z", "20261209T100000Z"


def of_one(*changes: AttachmentAdd | AttachmentDelete) -> bytes:
    """ApplicationData that adds and deletes attachments of one occurrence."""
    writer = Writer()
    ASKED_EXCEPTION.dump_children(writer, OccurrenceData(attachments=changes), V16_0)
    return writer.fragment()


def series(phone: Phone, *people: str) -> str:
    """A series with an agenda, perhaps with people; its ServerId."""
    invited: Said = [{"Email": f"{name}@example.test", "Name": name} for name in people]
    more: dict[str, Said] = {"Attendees": invited, "MeetingStatus": "1"} if people else {}
    data = event_data(**TIMES, **more, Subject="Course", Recurrence=WEEKLY) + files(AGENDA)
    (result,) = phone.sync(calendar(phone), ClientAdd("s1", data)).responses
    assert isinstance(result, AddResult)
    return str(result.server_id)


def of_occurrences(phone: Phone, server_id: str) -> dict[str, dict[str, str] | None]:
    """The references that each exception of a series has, by its InstanceId; None where it says nothing."""
    phone.sync_all(calendar(phone))
    found = child(phone.held(calendar(phone)).items[server_id], "Calendar:Exceptions")
    return {
        text(each, "AirSyncBase:InstanceId"): None if child(each, "AirSyncBase:Attachments") is None else told(each)
        for each in (found.children if found else [])
    }


def test_an_occurrence_has_files_of_its_own_R2107(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = series(phone)
    folder = calendar(phone)
    (result,) = phone.sync(folder, ClientChange(server_id, of_one(PLAN), instance_id=SECOND)).responses
    assert isinstance(result, ChangeResult)
    assert isinstance(result.data, Element)
    assert list(told(result.data)) == ["plan.bin"]
    shown = of_occurrences(other, server_id)[SECOND]
    assert shown is not None
    assert list(shown) == ["agenda.txt", "plan.bin"]
    assert [fetched(other, reference) for reference in shown.values()] == [AGENDA.content, PLAN.content]
    assert list(told(other.held(folder).items[server_id])) == ["agenda.txt"]


def test_files_are_taken_out_where_they_are_and_stay_elsewhere_R1166(world: World, version: Version) -> None:
    first, phone = world.phone(version=version), world.phone(version=version)
    server_id = series(first)
    first.sync(calendar(first), ClientChange(server_id, of_one(PLAN), instance_id=SECOND))

    def take_out(reference: str, instance: str | None = None) -> dict[str, dict[str, str] | None]:
        delete = AttachmentDelete(reference)
        data = files(delete) if instance is None else of_one(delete)
        answered = phone.sync(calendar(phone), ClientChange(server_id, data, instance_id=instance)).responses
        assert all(each.status == 1 for each in answered)
        return of_occurrences(first, server_id)

    folder = calendar(phone)
    agenda = told(phone.held(folder).items[server_id])["agenda.txt"]
    shown = take_out(agenda, THIRD)
    assert shown[THIRD] == {}  # none, though the series has one
    shown = take_out(agenda)
    assert told(first.held(folder).items[server_id]) == {}
    second = shown[SECOND]
    assert second is not None
    assert [fetched(phone, second[name]) for name in ("agenda.txt", "plan.bin")] == [AGENDA.content, PLAN.content]
    second = take_out(second["agenda.txt"], SECOND)[SECOND]
    assert second is not None
    assert [fetched(phone, reference) for reference in second.values()] == [PLAN.content]
    assert [each.name for each in kept(world, server_id, Event).files] == ["plan.bin"]


def test_an_exception_in_an_add_brings_its_files_R1006(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    writer = Writer()
    writer.start(tag("Calendar:Exceptions"))
    writer.start(tag("Calendar:Exception"))
    writer.text(tag("AirSyncBase:InstanceId"), SECOND)
    writer.raw(of_one(PLAN))
    writer.end()
    writer.end()
    data = event_data(**TIMES, Subject="Course", Recurrence=WEEKLY) + files(AGENDA) + writer.fragment()
    (result,) = phone.sync(calendar(phone), ClientAdd("s1", data)).responses
    assert isinstance(result, AddResult)
    shown = of_occurrences(world.phone(version=version), str(result.server_id))[SECOND]
    assert shown is not None
    assert list(shown) == ["agenda.txt", "plan.bin"]


def test_who_is_invited_gets_the_files_of_the_occurrence_with_it(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    server_id = series(phone, "bob")
    phone.sync(calendar(phone), ClientChange(server_id, of_one(PLAN), instance_id=SECOND))
    mails = [item.email for item in world.items(world.folder(name="bob").id, "bob").values()]
    assert [[each.name for each in mail.attachments] for mail in mails] == [["agenda.txt"], ["agenda.txt", "plan.bin"]]
    assert [mail.meeting.recurrence_id is None for mail in mails if mail.meeting] == [True, False]
