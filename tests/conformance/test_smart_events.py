"""SmartReply and SmartForward of what is in a calendar, of one occurrence, and of what was moved (MS-ASCMD Source)."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from easd.eas.commands.send_mail import Forwardee, Source
from easd.eas.versions import V12_1, V14_0, V14_1, V16_0, Version, since, until
from easd.mime.compose import NewAttachment, revised
from easd.mime.extract import extract
from easd.mime.icalendar.read import read_calendar
from easd.mime.icalendar.write import meeting_text
from easd.model.email import BodyType
from easd.model.event import Attendee, Event, Occurrence, Place
from easd.model.folder import FolderType, ItemClass
from easd.model.note_body import NoteBody
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.service import ids
from tests.conformance.test_smart_mail import arrived, done, files, forward, note, plain, plans, refused, reply
from tests.support.events import in_berlin
from tests.support.versions import at
from tests.support.world import NOW, World

MEETING = Event(
    in_berlin(2026, 12, 1, 9),
    in_berlin(2026, 12, 1, 10),
    NOW,
    zone="Europe/Berlin",
    subject="Budget",
    location=Place(display_name="Room 7"),
    body=NoteBody(BodyType.PLAIN, "Bring the figures"),
    uid="budget-1",
    organizer_name="Carol",
    organizer_email="carol@example.test",
    attendees=(Attendee("alice@example.test", "Alice"),),
    meeting_status=3,
)
WEEKLY = replace(
    MEETING,
    recurrence=Recurrence(RecurrenceType.WEEKLY, interval=1, day_of_week=4, occurrences=5),
    exceptions=(
        Occurrence(in_berlin(2026, 12, 8, 9), deleted=True),
        Occurrence(in_berlin(2026, 12, 15, 9), start=in_berlin(2026, 12, 15, 14), end=in_berlin(2026, 12, 15, 15)),
    ),
)
APPOINTMENT = replace(MEETING, organizer_name=None, organizer_email=None, attendees=(), meeting_status=0)
PLAIN_OCCURRENCE, DELETED, MOVED, NONE = (f"2026-12-{day:02}T08:00:00.000Z" for day in (1, 8, 15, 16))


def keep(world: World, event: Event, file: bytes | None = None) -> str:
    """The event in alice's calendar; its ServerId."""
    folder = world.folder(FolderType.CALENDAR).id
    with world.writing() as box:
        item = box.add_item(folder, ItemClass.CALENDAR, event)
        if file is not None:
            empty = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
            raw = revised(empty, None, frozenset(), [NewAttachment("plan.pdf", file, "application/pdf")], "=_b")
            kept = replace(event, attachments=extract(raw, NOW).email.attachments)
            item = box.replace_item(folder, item.uid, kept, raw)
    return ids.server_id(folder, item.uid)


def source(server_id: str, instance_id: str | None = None) -> Source:
    return Source(server_id.partition(":")[0], server_id, instance_id=instance_id)


def brought(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """The method and the text of each calendar in the message."""
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            yield str(part.get_param("method")), data


def events(message: EmailMessage) -> list[Event]:
    ((method, data),) = brought(message)
    return [read.event for read in read_calendar(data, NOW, method=method).events]


# ------------------------------------------------------------ events


def test_a_meeting_is_forwarded_as_an_invitation_R537(world: World, version: Version) -> None:
    phone, event = world.phone(version=version), keep(world, MEETING, b"%PDF")
    done(forward(phone, source(event), note()))
    message = arrived(world)
    ((method, _),) = brought(message)
    (found,) = events(message)
    assert (method, found.uid, found.organizer_email) == ("REQUEST", "budget-1", "carol@example.test")
    named = (found.start, found.subject, found.location.title)
    assert named == (MEETING.start, "Re: plans", "Room 7")  # as the mail is called
    assert files(message) == ["plan.pdf"]
    text = plain(message)
    assert text.startswith("My words")
    assert "From: Carol <carol@example.test>" in text
    assert "When: 2026-12-01 09:00 - 10:00 (+0100)" in text
    assert "Where: Room 7" in text
    assert "Bring the figures" in text


def test_who_gets_a_forwarded_meeting_sees_an_invitation_R537(world: World, version: Version) -> None:
    phone, event = world.phone(version=version), keep(world, MEETING)
    done(forward(phone, source(event), note()))
    (item,) = world.items(world.folder(name="bob").id, "bob").values()
    assert item.email.message_class == "IPM.Schedule.Meeting.Request"
    assert item.email.meeting is not None
    assert item.email.meeting.uid == "budget-1"


def test_an_appointment_is_forwarded_as_a_published_event_R6105(world: World, version: Version) -> None:
    phone, event = world.phone(version=version), keep(world, APPOINTMENT)
    done(forward(phone, source(event), note()))
    ((method, data),) = brought(arrived(world))
    assert method == "PUBLISH"
    assert b"SUMMARY:Budget" in data
    assert b"ORGANIZER" not in data


def test_an_appointment_goes_along_whole_as_an_attachment_R542(world: World, version: Version) -> None:
    phone, event = world.phone(version=version), keep(world, APPOINTMENT)
    done(forward(phone, source(event), note()))
    (item,) = world.items(world.folder(name="bob").id, "bob").values()
    assert [each.name for each in item.email.attachments] == ["Budget.eml"]


def test_a_reply_to_a_meeting_has_its_text_and_no_invitation_R574(world: World, version: Version) -> None:
    phone, event = world.phone(version=version), keep(world, MEETING, b"%PDF")
    done(reply(phone, source(event), note()))
    message = arrived(world)
    assert "Bring the figures" in plain(message)
    assert (list(brought(message)), files(message)) == ([], [])


def test_notes_in_html_stay_so(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    event = keep(world, replace(MEETING, body=NoteBody(BodyType.HTML, "<p>Bring <b>figures</b></p>")))
    done(forward(phone, source(event), note()))
    page = arrived(world).get_body(("html",))
    assert page is not None
    assert "Bring <b>figures</b>" in page.get_content()
    assert "Where: Room 7" in page.get_content()


def test_a_whole_series_goes_along_without_InstanceId_R539_R576_R5834_R5420(world: World, version: Version) -> None:
    phone, event = world.phone(version=version), keep(world, WEEKLY)
    done(forward(phone, source(event), note()))
    (found,) = events(arrived(world))
    assert found.recurrence is not None
    assert found.recurrence.occurrences == 5
    assert [(each.original.day, each.deleted) for each in found.exceptions] == [(8, True), (15, False)]


@pytest.mark.parametrize("instance, hour", [(PLAIN_OCCURRENCE, 9), (MOVED, 14)])
def test_one_occurrence_of_a_series_goes_along_alone_R538(
    world: World, version: Version, instance: str, hour: int
) -> None:
    phone, event = world.phone(version=version), keep(world, WEEKLY)
    done(forward(phone, source(event, instance), note()))
    message = arrived(world)
    (found,) = events(message)
    day = int(instance[8:10])
    assert (found.recurrence, found.start) == (None, in_berlin(2026, 12, day, hour))
    assert f"When: 2026-12-{day:02} {hour:02}:00" in plain(message)


def test_where_a_series_begins_on_another_day_than_its_rule_says_that_is_its_first_R538(world: World) -> None:
    weekly = replace(MEETING, recurrence=Recurrence(RecurrenceType.WEEKLY, day_of_week=2, occurrences=3))
    phone, event = world.phone(version=V14_1), keep(world, weekly)
    assert MEETING.start.weekday() != 0
    done(forward(phone, source(event, "2026-12-01T08:00:00.000Z"), note()))
    (found,) = events(arrived(world))
    assert (found.start, found.recurrence) == (MEETING.start, None)


def test_an_occurrence_that_there_is_not_is_status_150_R4930(world: World, version: Version) -> None:
    phone, event = world.phone(version=version), keep(world, WEEKLY)
    for instance in (DELETED, NONE, "2027-12-01T08:00:00.000Z"):
        refused(world, forward(phone, source(event, instance), note()), 150, version)
        refused(world, reply(phone, source(event, instance), note()), 150, version)


def test_an_occurrence_of_a_single_event_is_status_146_R4919(world: World, version: Version) -> None:
    phone, event = world.phone(version=version), keep(world, MEETING)
    refused(world, reply(phone, source(event, PLAIN_OCCURRENCE), note()), 146, version)


@at(since(V16_0))
def test_forwardees_get_the_invitation_of_an_event_R6650_R7177(world: World, version: Version) -> None:
    phone, event = world.phone(version=version), keep(world, MEETING)
    done(forward(phone, source(event), b"", forwardees=(Forwardee("bob@example.test", "Bob"),)))
    message = arrived(world)
    assert message["Subject"] == "FW: Budget"
    assert [found.uid for found in events(message)] == ["budget-1"]


def test_what_is_no_message_and_no_event_is_status_150(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    contacts = str(world.folder(FolderType.CONTACTS).id)
    refused(world, reply(phone, Source(contacts, f"{contacts}:1"), note()), 150, version)


# ------------------------------------------------------------ occurrences of an invitation


def invitation(event: Event) -> bytes:
    head = "From: carol@example.test\r\nTo: alice@example.test\r\nSubject: Budget\r\n"
    head += "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\n"
    return head.encode() + meeting_text(event, "REQUEST", NOW)


def test_of_an_invitation_to_a_series_one_occurrence_goes_along_R538(world: World, version: Version) -> None:
    phone, letter = world.phone(version=version), world.deliver(raw=invitation(WEEKLY))
    done(forward(phone, source(letter, MOVED), note()))
    (found,) = events(arrived(world))
    assert (found.recurrence, found.start) == (None, in_berlin(2026, 12, 15, 14))
    for instance in (DELETED, NONE):
        refused_again = forward(phone, source(letter, instance), note(), **_client_id(version))
        assert refused_again.http >= 400 or refused_again.status == 150
    assert world.items(letter.partition(":")[0])[letter].email.last_verb_executed == 3


def _client_id(version: Version) -> dict[str, str]:
    return {} if version in until(V12_1) else {"client_id": "c2"}


def test_of_an_invitation_to_a_series_all_goes_along_without_InstanceId_R539(world: World, version: Version) -> None:
    phone, letter = world.phone(version=version), world.deliver(raw=invitation(WEEKLY))
    done(forward(phone, source(letter), note()))
    (found,) = events(arrived(world))
    assert found.recurrence is not None


# ------------------------------------------------------------ moved, and large


def test_an_original_that_was_moved_meanwhile_is_still_answered(world: World, version: Version) -> None:
    phone, letter = world.phone(version=version), world.deliver(raw=plans(file=True))
    first = world.move(letter, world.folder(FolderType.DELETED_ITEMS).id)
    moved = world.move(first, world.folder(FolderType.SENT_ITEMS).id)
    done(forward(phone, source(letter), note()))
    assert files(arrived(world)) == ["plan.pdf"]
    kept = world.items(moved.partition(":")[0])[moved]
    assert kept.email.last_verb_executed == 3


@at(since(V14_0))
def test_a_forward_that_grows_too_large_is_status_122_R4859(world: World, version: Version) -> None:
    phone, letter = world.phone(version=version), world.deliver(raw=plans(file=True))
    world.limit(attachment_bytes_max=500)
    refused(world, forward(phone, letter, note(body="x" * 1600)), 122, version)


@at(since(V14_0))
def test_more_than_200_attachments_are_status_122(world: World, version: Version) -> None:
    made = message_from_bytes(plans(), policy=default)
    assert isinstance(made, EmailMessage)
    for number in range(200):
        made.add_attachment(b"x", maintype="application", subtype="pdf", filename=f"{number}.pdf")
    phone = world.phone(version=version)
    letter = world.deliver(raw=made.as_bytes(policy=default.clone(linesep="\r\n")))
    extra = message_from_bytes(note(), policy=default)
    assert isinstance(extra, EmailMessage)
    extra.add_attachment(b"y", maintype="application", subtype="pdf", filename="one.pdf")
    mime = extra.as_bytes(policy=default.clone(linesep="\r\n"))
    refused(world, forward(phone, letter, mime), 122, version)
    done(reply(phone, letter, mime, client_id="c2"))
