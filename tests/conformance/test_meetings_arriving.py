"""Meeting messages on arrival: what they do to the calendar of the one who gets them (RFC 5546; MS-ASEMAIL R17)."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from easd.eas.commands.meeting_response import UserResponse
from easd.eas.commands.sync import ClientAdd
from easd.eas.versions import V14_1, V16_0, V16_1, Version, since
from easd.mime.extract import extract
from easd.model.event import Event
from easd.model.folder import FolderType
from easd.service.renewal import renewed
from tests.support.events import Said, calendar, event_data
from tests.support.meetings import STAMP, TIMES, UID, WEEKLY, answer, event, events, meeting_mail, respond
from tests.support.world import World, child, text

ALL = "ATTENDEE;PARTSTAT={}:mailto:alice@example.test"
BOB = "ATTENDEE;PARTSTAT={}:mailto:bob@example.test"
LATER = ("DTSTART:20261126T100000Z", "DTEND:20261126T110000Z")
THIRD = ("DTSTART:20261127T100000Z", "DTEND:20261127T110000Z")


def kind(world: World, letter: str) -> int | None:
    """The MeetingMessageType of a mail."""
    meeting = world.items(letter.partition(":")[0])[letter].email.meeting
    assert meeting is not None
    return meeting.message_type


def starts(found: Event) -> datetime:
    """When the event begins."""
    return found.start.astimezone(UTC)


# ---------------------------------------------------------------- REQUEST


def test_an_invitation_is_in_the_calendar_tentatively_R16_R17_R534_R7480_R7481(world: World) -> None:
    letter = world.deliver(raw=meeting_mail("X-MICROSOFT-CDO-INTENDEDSTATUS:OOF", "DESCRIPTION:Bring food"))
    found = event(world)
    assert (found.uid, found.subject, found.location.title, found.body.text) == (UID, "Lunch", "Office", "Bring food")
    assert (found.meeting_status, found.response_type, found.busy_status, found.intended_busy) == (3, 5, 1, 3)
    assert (found.organizer_email, [each.email for each in found.attendees]) == (
        "bob@example.test",
        ["alice@example.test"],
    )
    assert kind(world, letter) == 1
    respond(world.phone(), answer(letter))
    assert event(world).busy_status == 3


def test_an_update_of_the_time_has_to_be_answered_anew_R535(world: World) -> None:
    respond(world.phone(), answer(world.deliver(raw=meeting_mail())))
    with world.writing() as box:
        item = box.event(world.folder(FolderType.CALENDAR).id, UID)
        assert item is not None
        assert isinstance(item.content, Event)
        box.update_item(item.folder_id, item.uid, replace(item.content, reminder=5, categories=("Mine",)))
    letter = world.deliver(raw=meeting_mail(sequence=1, times=LATER))
    found = event(world)
    assert (starts(found), found.response_type, found.busy_status) == (datetime(2026, 11, 26, 10, tzinfo=UTC), 5, 1)
    assert (found.reminder, found.categories) == (5, ("Mine",))
    assert kind(world, letter) == 2


def test_an_update_of_anything_else_is_informational_and_leaves_the_answer_R536(world: World) -> None:
    respond(world.phone(), answer(world.deliver(raw=meeting_mail())))
    letter = world.deliver(raw=meeting_mail(subject="Dinner", stamp="20261123T130000Z"))
    found = event(world)
    assert (found.subject, found.response_type, found.busy_status) == ("Dinner", 3, 2)
    assert found.attendees[0].status == 3
    assert kind(world, letter) == 3


def test_the_newest_revision_counts_in_whatever_order_they_come_R537_R1070(world: World) -> None:
    world.deliver(raw=meeting_mail(sequence=2, times=THIRD, stamp="20261123T140000Z"))
    late = world.deliver(raw=meeting_mail(sequence=1, times=LATER, stamp="20261123T130000Z"))
    assert starts(event(world)) == datetime(2026, 11, 27, 10, tzinfo=UTC)
    assert kind(world, late) == 4
    older = world.deliver(raw=meeting_mail(sequence=2, times=LATER, stamp="20261123T133000Z"))
    assert (starts(event(world)), kind(world, older)) == (datetime(2026, 11, 27, 10, tzinfo=UTC), 4)
    world.deliver(raw=meeting_mail(sequence=2, times=LATER, stamp="20261123T150000Z"))
    assert starts(event(world)) == datetime(2026, 11, 26, 10, tzinfo=UTC)


def test_the_same_revision_twice_changes_nothing(world: World) -> None:
    world.deliver(raw=meeting_mail())
    before = world.items(world.folder(FolderType.CALENDAR).id)
    world.deliver(raw=meeting_mail())
    assert world.items(world.folder(FolderType.CALENDAR).id) == before


def test_who_has_declined_is_asked_again_only_by_a_newer_revision(world: World) -> None:
    respond(world.phone(), answer(world.deliver(raw=meeting_mail(sequence=1)), UserResponse.DECLINED))
    assert kind(world, world.deliver(raw=meeting_mail())) == 4
    assert events(world) == {}
    world.deliver(raw=meeting_mail(sequence=2, times=LATER))
    assert event(world).response_type == 5


@pytest.mark.parametrize("sender", ["carol@example.test", "mallory@elsewhere.test"])
def test_only_the_organizer_revises_a_meeting(world: World, sender: str) -> None:
    world.deliver(raw=meeting_mail())
    before = events(world)
    for organizer in ("bob", sender):
        world.deliver(raw=meeting_mail(sequence=1, times=LATER, sender=sender, organizer=organizer))
        world.deliver(raw=meeting_mail(method="CANCEL", sequence=1, sender=sender, organizer=organizer))
    assert events(world) == before


def test_an_invitation_that_was_forwarded_keeps_its_organizer_R7487(world: World) -> None:
    world.deliver(raw=meeting_mail(sender="carol@example.test"))
    assert (event(world).organizer_email, event(world).meeting_status) == ("bob@example.test", 3)


def test_nobody_takes_over_a_meeting_of_ones_own(world: World) -> None:
    phone = world.phone()
    people = [{"Email": "bob@example.test", "Name": "Bob"}]
    times = {"StartTime": "20261125T100000Z", "EndTime": "20261125T110000Z"}
    phone.sync(calendar(phone), ClientAdd("a", event_data(**times, Subject="Ours", Attendees=people)))
    uid = event(world).uid
    world.deliver(raw=meeting_mail(uid=uid, sequence=5, times=LATER))
    world.deliver(raw=meeting_mail(uid=uid, sequence=6, method="CANCEL"))
    found = event(world)
    assert (found.organizer_email, found.meeting_status, found.subject) == ("alice@example.test", 1, "Ours")


# ---------------------------------------------------------------- occurrences


def test_one_occurrence_is_moved_and_the_others_stay(world: World) -> None:
    respond(world.phone(), answer(world.deliver(raw=meeting_mail(WEEKLY))))
    letter = world.deliver(raw=meeting_mail("RECURRENCE-ID:20261202T100000Z", sequence=1, times=LATER))
    found = event(world)
    (one,) = found.exceptions
    assert one.original == datetime(2026, 12, 2, 10, tzinfo=UTC)
    assert (one.start, one.response_type, found.response_type) == (datetime(2026, 11, 26, 10, tzinfo=UTC), 5, 3)
    assert kind(world, letter) == 2
    older = world.deliver(raw=meeting_mail("RECURRENCE-ID:20261202T100000Z", times=THIRD))
    assert (event(world), kind(world, older)) == (found, 4)


def test_an_occurrence_alone_becomes_part_of_its_series_when_that_comes_R1480(world: World) -> None:
    letter = world.deliver(raw=meeting_mail("RECURRENCE-ID:20261202T100000Z", times=(
        "DTSTART:20261202T100000Z", "DTEND:20261202T110000Z")))  # fmt: skip
    assert event(world).instance == datetime(2026, 12, 2, 10, tzinfo=UTC)
    respond(world.phone(), answer(letter))
    world.deliver(raw=meeting_mail(WEEKLY))
    found = event(world)
    assert (found.instance, found.response_type) == (None, 5)
    assert [each.response_type for each in found.exceptions] == [3]


def test_an_occurrence_is_added_R1480(world: World) -> None:
    world.deliver(raw=meeting_mail(WEEKLY))
    letter = world.deliver(raw=meeting_mail("RECURRENCE-ID:20261127T100000Z", method="ADD", times=THIRD, sequence=1))
    (one,) = event(world).exceptions
    assert one.start == datetime(2026, 11, 27, 10, tzinfo=UTC)
    assert world.items(letter.partition(":")[0])[letter].email.message_class == "IPM.Schedule.Meeting.Request"


# ---------------------------------------------------------------- CANCEL


def test_a_meeting_that_is_called_off_is_shown_so_R314(world: World) -> None:
    respond(world.phone(), answer(world.deliver(raw=meeting_mail())))
    letter = world.deliver(raw=meeting_mail(method="CANCEL", sequence=1, subject="Cancelled: Lunch"))
    found = event(world)
    assert (found.meeting_status, found.busy_status, found.subject) == (7, 0, "Cancelled: Lunch")
    assert world.items(letter.partition(":")[0])[letter].email.message_class == "IPM.Schedule.Meeting.Canceled"
    world.deliver(raw=meeting_mail(sequence=2))
    assert (event(world).meeting_status, event(world).response_type) == (3, 5)


def test_an_older_request_does_not_bring_back_what_was_called_off(world: World) -> None:
    world.deliver(raw=meeting_mail(method="CANCEL", sequence=1))
    assert kind(world, world.deliver(raw=meeting_mail())) == 4
    assert events(world) == {}


def test_a_cancellation_of_an_older_revision_is_outdated(world: World) -> None:
    world.deliver(raw=meeting_mail(sequence=2, stamp="20261123T130000Z"))
    letter = world.deliver(raw=meeting_mail(method="CANCEL", sequence=1))
    assert (event(world).meeting_status, kind(world, letter)) == (3, 4)


def test_one_occurrence_is_called_off(world: World) -> None:
    world.deliver(raw=meeting_mail(WEEKLY))
    world.deliver(raw=meeting_mail("RECURRENCE-ID:20261202T100000Z", method="CANCEL", sequence=1))
    found = event(world)
    assert [(each.meeting_status, each.busy_status) for each in found.exceptions] == [(7, 0)]
    assert found.meeting_status == 3


# ---------------------------------------------------------------- REPLY, COUNTER


def own_meeting(world: World, *, series: bool = False, people: Said = None, **more: str) -> str:
    """A meeting of alice with bob and carol, if nothing is said; its UID."""
    phone = world.phone(version=V14_1)
    people = people or [{"Email": "bob@example.test", "Name": "Bob"}, {"Email": "carol@example.test", "Name": "Carol"}]
    times = {"StartTime": "20261125T100000Z", "EndTime": "20261125T110000Z", "UID": UID}
    rule: dict[str, Said] = {}
    if series:
        rule = {"Recurrence": {"Type": "1", "Interval": "1", "DayOfWeek": "8", "Occurrences": "4"}}
    data = event_data(**times, **rule, Subject="Ours", MeetingStatus="1", Attendees=people, **more)
    phone.sync(calendar(phone), ClientAdd("a", data))
    return UID


def reply(status: str, *lines: str, sender: str = "bob", method: str = "REPLY", **more: object) -> bytes:
    """An answer by bob."""
    who = f"ATTENDEE;PARTSTAT={status}:mailto:{sender}@example.test"
    values = {"attendees": [who], "organizer": "alice", "sender": sender, "method": method, **more}
    return meeting_mail(*lines, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("status, number", [("ACCEPTED", 3), ("TENTATIVE", 2), ("DECLINED", 4)])
def test_an_answer_is_in_the_organizers_calendar_R569_R570_R571(world: World, status: str, number: int) -> None:
    own_meeting(world)
    world.deliver(raw=reply(status))
    assert [each.status for each in event(world).attendees] == [number, 5]


def test_the_latest_answer_counts_in_whatever_order_they_come(world: World) -> None:
    own_meeting(world)
    world.deliver(raw=reply("DECLINED", stamp="20261123T130000Z"))
    letter = world.deliver(raw=reply("ACCEPTED", stamp="20261123T125900Z"))
    assert (event(world).attendees[0].status, kind(world, letter)) == (4, 4)


def test_an_answer_to_another_time_does_not_count(world: World) -> None:
    own_meeting(world)
    world.deliver(raw=reply("ACCEPTED", times=LATER))
    assert event(world).attendees[0].status == 5


def test_an_answer_without_times_counts(world: World) -> None:
    own_meeting(world)
    world.deliver(raw=reply("ACCEPTED", times=()))
    assert event(world).attendees[0].status == 3


def test_nobody_answers_for_somebody_else(world: World) -> None:
    own_meeting(world)
    before = events(world)
    for_bob = ["ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.test"]
    world.deliver(raw=reply("DECLINED", sender="carol", attendees=for_bob))
    assert events(world) == before


def test_who_answers_without_being_in_the_list_comes_into_it_as_optional_MS_OXOCAL_3_1_4_8_5_2(world: World) -> None:
    own_meeting(world)
    world.deliver(raw=reply("DECLINED", sender="mallory", times=LATER))  # out of date
    assert len(event(world).attendees) == 2
    for status, stamp in (("TENTATIVE", STAMP), ("ACCEPTED", "20261123T130000Z")):
        world.deliver(raw=reply(status, sender="mallory", stamp=stamp))
    shown = [(each.email, each.status, each.type) for each in event(world).attendees[2:]]
    assert shown == [("mallory@example.test", 3, 2)]
    world.deliver(raw=reply("ACCEPTED", sender="alice"))
    assert len(event(world).attendees) == 3


def test_who_answers_to_one_occurrence_comes_into_its_list_alone(world: World) -> None:
    own_meeting(world, series=True)
    world.deliver(raw=reply("ACCEPTED", "RECURRENCE-ID:20261202T100000Z", sender="mallory", times=(
        "DTSTART:20261202T100000Z", "DTEND:20261202T110000Z")))  # fmt: skip
    found = event(world)
    (one,) = found.exceptions
    assert one.attendees is not None
    assert (len(found.attendees), [each.status for each in one.attendees]) == (2, [5, 5, 3])


def test_one_occurrence_is_answered_in_the_organizers_calendar(world: World) -> None:
    own_meeting(world, series=True)
    world.deliver(raw=reply("DECLINED", "RECURRENCE-ID:20261202T100000Z", times=(
        "DTSTART:20261202T100000Z", "DTEND:20261202T110000Z")))  # fmt: skip
    found = event(world)
    (one,) = found.exceptions
    assert one.attendees is not None
    assert [each.status for each in one.attendees] == [4, 5]
    assert found.attendees[0].status == 5


def test_a_proposal_is_told_with_the_attendee_and_with_the_mail_R91100_R91110_R103001_R103002(world: World) -> None:
    own_meeting(world)
    letter = world.deliver(raw=reply("TENTATIVE", method="COUNTER", times=LATER))
    assert event(world).attendees[0].status == 2
    for version in sorted(since(V14_1)):
        phone = world.phone(version=version)
        phone.sync_all(phone.folder())
        meeting = child(phone.held(phone.folder()).items[letter], "Email:MeetingRequest")
        (shown,) = phone.held(calendar(phone)).items.values()
        people = child(shown, "Calendar:Attendees")
        assert meeting is not None
        assert people is not None
        for place in (meeting, people.children[0]):
            told = [text(place, f"MeetingResponse:Proposed{name}Time") for name in ("Start", "End")]
            assert told == (["20261126T100000Z", "20261126T110000Z"] if version >= V16_1 else ["", ""])


def test_the_next_answer_ends_a_proposal(world: World) -> None:
    own_meeting(world)
    world.deliver(raw=reply("TENTATIVE", method="COUNTER", times=LATER))
    world.deliver(raw=reply("ACCEPTED", stamp="20261123T130000Z"))
    found = event(world).attendees[0]
    assert (found.status, found.proposed_start, found.proposed_end) == (3, None, None)


def test_a_declined_proposal_leaves_the_meeting_as_it_is(world: World) -> None:
    world.deliver(raw=meeting_mail())
    before = events(world)
    letter = world.deliver(raw=meeting_mail(method="DECLINECOUNTER", sequence=1))
    assert events(world) == before
    assert world.items(letter.partition(":")[0])[letter].email.message_class == "IPM.Note"


# ---------------------------------------------------------------- who acts for others (RFC 5545 SENT-BY)

SECRETARY, BOSS = "secretary@elsewhere.test", "boss@elsewhere.test"


def test_who_acts_for_an_organizer_elsewhere_revises_the_meeting(world: World) -> None:
    said = f'ORGANIZER;SENT-BY="mailto:{SECRETARY}":mailto:{BOSS}'
    for sequence, times, sender in ((0, TIMES, SECRETARY), (1, LATER, SECRETARY), (2, THIRD, "mallory@strange.test")):
        raw = meeting_mail(sequence=sequence, times=times, sender=sender, organizer=BOSS)
        world.deliver(raw=raw.replace(f"ORGANIZER;CN=Organizer:mailto:{BOSS}".encode(), said.encode()))
    assert (starts(event(world)).day, event(world).organizer_email) == (26, BOSS)


@pytest.mark.parametrize("boss, by, status", [(BOSS, SECRETARY, 3), ("bob@example.test", "carol@example.test", 5)])
def test_who_acts_for_an_attendee_elsewhere_answers_but_nobody_so_for_one_of_us(
    world: World, boss: str, by: str, status: int
) -> None:
    own_meeting(world, people=[{"Email": boss, "Name": "Boss"}])
    for_boss = [f'ATTENDEE;PARTSTAT=ACCEPTED;SENT-BY="mailto:{by}":mailto:{boss}']
    world.deliver(raw=reply("ACCEPTED", attendees=for_boss).replace(b"From: bob@example.test", f"From: {by}".encode()))
    assert [(each.email, each.status) for each in event(world).attendees] == [(boss, status)]


# ---------------------------------------------------------------- this and all later ones (RFC 5546 section 3.2)

ONWARDS = "RECURRENCE-ID;RANGE=THISANDFUTURE:20261209T100000Z"


def test_this_and_all_later_occurrences_are_moved(world: World) -> None:
    respond(world.phone(), answer(world.deliver(raw=meeting_mail(WEEKLY))))
    moved = ("DTSTART:20261210T110000Z", "DTEND:20261210T120000Z")
    world.deliver(raw=meeting_mail(ONWARDS, sequence=1, times=moved, subject="Late lunch"))
    found = event(world)
    shown = [
        (each.original.day, each.start and each.start.day, each.subject, each.response_type)
        for each in found.exceptions
    ]
    assert shown == [(9, 10, "Late lunch", 5), (16, 17, "Late lunch", 5)]
    assert found.response_type == 3


def test_this_and_all_later_occurrences_are_called_off(world: World) -> None:
    respond(world.phone(), answer(world.deliver(raw=meeting_mail(WEEKLY))))
    world.deliver(raw=meeting_mail(ONWARDS, method="CANCEL", sequence=1, times=()))
    found = event(world)
    assert found.recurrence is not None
    assert [found.occurrence_on(date(2026, 12, day)) is not None for day in (2, 9, 16)] == [True, False, False]
    assert (found.meeting_status, found.exceptions) == (3, ())
    from_the_first = "RECURRENCE-ID;RANGE=THISANDFUTURE:20261125T100000Z"
    world.deliver(raw=meeting_mail(from_the_first, method="CANCEL", sequence=2, times=()))
    assert event(world).meeting_status == 7


# ---------------------------------------------------------------- strangers


@pytest.mark.parametrize(
    "lines",
    [
        ("RRULE:FREQ=WEEKLY;COUNT=99999999", "EXDATE:20261202T100000Z"),
        ("RRULE:FREQ=SECONDLY",),
        ("RECURRENCE-ID:99991231T235959Z",),
        ("RECURRENCE-ID;RANGE=THISANDFUTURE:20261202T100000Z",),
        ("RDATE:20261202T100000Z,20261203T100000Z",),
    ],
)
def test_a_strange_message_arrives_as_mail_in_any_case(world: World, lines: tuple[str, ...]) -> None:
    world.deliver(raw=meeting_mail(*lines))
    world.deliver(raw=meeting_mail(*lines, sequence=1))
    world.deliver(raw=meeting_mail(*lines, method="CANCEL", sequence=2))
    assert len(world.items(world.folder().id)) == 3


def test_mail_without_a_meeting_leaves_the_calendar_alone(world: World) -> None:
    world.deliver(body="BEGIN:VCALENDAR\r\n")
    world.deliver(raw=meeting_mail(method="PUBLISH"))
    assert events(world) == {}


def test_what_a_message_was_on_arrival_it_stays_R531(world: World) -> None:
    world.deliver(raw=meeting_mail(sequence=2))
    letter = world.deliver(raw=meeting_mail(sequence=1))
    item = world.items(letter.partition(":")[0])[letter]
    with world.writing() as box:
        assert item.blob_id is not None
        again = extract(box.blob(item.blob_id), item.email.received).email
    assert again.meeting is not None
    assert again.meeting.message_type is None
    kept = renewed(item.email, again).meeting
    assert kept is not None
    assert kept.message_type == 4


def test_an_occurrence_without_its_series_is_told_as_an_orphan_MS_ASAIRS_R1176_R1258_R1355(
    world: World, version: Version
) -> None:
    at = ("DTSTART:20261202T100000Z", "DTEND:20261202T110000Z")
    letter = world.deliver(raw=meeting_mail("RECURRENCE-ID:20261202T100000Z", times=at))
    phone = world.phone(version=version)
    phone.sync_all(phone.folder())
    meeting = child(phone.held(phone.folder()).items[letter], "Email:MeetingRequest")
    assert meeting is not None
    assert text(meeting, "Email:InstanceType") == ("4" if version in since(V16_0) else "3")
    assert text(meeting, "Email:RecurrenceId") == "2026-12-02T10:00:00.000Z"
    (shown,) = phone.held(calendar(phone)).items.values()
    assert text(shown, "AirSyncBase:InstanceId") == ("20261202T100000Z" if version in since(V16_0) else "")
