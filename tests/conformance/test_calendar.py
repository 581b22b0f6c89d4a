"""Events over Sync (MS-ASCAL): what is said of them, and what comes back."""

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from easd.eas.commands.options import Options
from easd.eas.commands.sync import AddResult, ChangeResult, ClientAdd, ClientChange
from easd.eas.items.events import EVENT, encode_event
from easd.eas.status import SyncStatus
from easd.eas.versions import V12_0, V14_0, V14_1, V16_0, Version, since, until
from easd.mime.note_body import select_notes
from easd.model.body import BodyPreference, BodyWishes
from easd.model.email import BodyType
from easd.model.event import Attendee, Event, Place
from easd.model.folder import FolderType, ItemClass
from easd.model.note_body import NoteBody
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.wbxml import Element, tag
from tests.support.events import BERLIN, Said, answer_to_add, calendar, event_data, in_berlin, said, status_of
from tests.support.typed_items import added, kept, named, notes_of
from tests.support.world import Phone, World, child, text

OLD = sorted(until(V14_1))
NEW = sorted(since(V16_0))
TEN = in_berlin(2026, 12, 1, 10)
FULL = Event(
    TEN,
    in_berlin(2026, 12, 1, 11, 30),
    datetime(2026, 11, 1, tzinfo=UTC),
    zone="Europe/Berlin",
    time_zone=b64decode(BERLIN),
    subject="Plan the feast",
    location=Place(
        "Town hall", "back door", "Market 1", "Ulm", "BW", "DE", "89073", 48.4, 9.99, 5.0, 478.5, 2.0, "geo:1"
    ),
    body=NoteBody(BodyType.PLAIN, "bring cake"),
    categories=("Party", "Work"),
    sensitivity=2,
    busy_status=3,
    reminder=15,
    stamp=datetime(2026, 11, 2, tzinfo=UTC),
    uid="a-uid-of-the-phone",
    organizer_name="Alice",
    organizer_email="alice@example.test",
    attendees=(Attendee("bob@example.test", "Bob", 3, 1), Attendee("carol@example.test", "Carol", 0, 2)),
    meeting_status=1,
    response_requested=True,
    disallow_new_time_proposal=True,
    recurrence=Recurrence(RecurrenceType.WEEKLY, 1, day_of_week=4, occurrences=10, first_day_of_week=0),
)
"""All that a device may say of an event."""


def sent(phone: Phone, event: Event) -> bytes:
    """ApplicationData as the phone writes it."""
    return encode_event(event, lambda notes: select_notes(BodyWishes(), notes), phone.version)


def test_every_property_comes_back_as_it_was_sent_R538(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, calendar(phone), sent(phone, FULL))
    item = other.held(calendar(other)).items[server_id]
    told = EVENT.read(item, version)
    for attr, value in EVENT.read(said(sent(phone, FULL)), version).items():
        if attr not in ("uid", "stamp", "attendees") or version in until(V14_1):
            assert told[attr] == value, attr
    assert notes_of(other, server_id) == "bring cake"


def test_all_is_kept_of_what_was_said_R502(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    event = kept(world, added(phone, calendar(phone), sent(phone, FULL)), Event)
    as_kept = replace(
        FULL, modified=event.modified, uid=event.uid, stamp=event.stamp, response_type=event.response_type
    )
    if version in until(V14_1):
        as_kept = replace(as_kept, location=Place("Town hall"))
        assert (event.uid, event.stamp) == (FULL.uid, FULL.stamp)
    else:
        as_kept = replace(as_kept, attendees=event.attendees)
    if version not in since(V14_0):
        as_kept = replace(as_kept, response_requested=None, disallow_new_time_proposal=False)
    if version not in since(V14_1):
        assert event.recurrence is not None
        as_kept = replace(as_kept, recurrence=event.recurrence)
    if version not in since(V12_0):
        as_kept = replace(as_kept, attendees=event.attendees)
    assert event == as_kept


def test_all_that_is_told_of_a_bare_event_R215_R235(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, calendar(phone), named("Calendar:Subject", "bare"))
    item = other.held(calendar(other)).items[server_id]
    told = {
        "Subject": "bare",
        "AllDayEvent": "0",
        "StartTime": "20261123T123000Z",
        "EndTime": "20261123T130000Z",
        "DtStamp": "20261123T123000Z",
        "Sensitivity": "0",
        "BusyStatus": "2",
        "MeetingStatus": "0",
        "OrganizerEmail": "alice@example.test",
        "OrganizerName": "Alice",
    }
    if version in since(V14_0):
        told |= {"DisallowNewTimeProposal": "0", "ResponseType": "0"}
    assert {name: text(item, f"Calendar:{name}") for name in told} == told
    assert child(item, "Calendar:AppointmentReplyTime") is None  # R52522
    assert len(text(item, "Calendar:UID")) <= 300  # R463


@pytest.mark.parametrize(
    "data, start, end",
    [
        ({}, "20261123T123000Z", "20261123T130000Z"),
        ({"EndTime": "20261201T100000Z"}, "20261123T123000Z", "20261201T100000Z"),
        ({"StartTime": "20261101T100000Z"}, "20261101T100000Z", "20261123T130000Z"),
    ],
    ids=["neither_R52514", "future_end_R52516", "past_start_R52517"],
)
def test_missing_times_are_filled_in(
    world: World, version: Version, data: dict[str, str], start: str, end: str
) -> None:
    world.forward(minutes=14)  # 12:44 is nearer to 12:30 than to 13:00 (R52511)
    phone, other = world.phone(version=version), world.phone(version=version)
    server_id = added(phone, calendar(phone), event_data(**data))
    item = other.held(calendar(other)).items[server_id]
    assert (text(item, "Calendar:StartTime"), text(item, "Calendar:EndTime")) == (start, end)


def test_a_start_before_now_is_rounded_to_the_nearest_half_hour_R52511(world: World, version: Version) -> None:
    world.forward(minutes=16)  # 12:46
    phone = world.phone(version=version)
    event = kept(world, added(phone, calendar(phone), event_data(Subject="now")), Event)
    assert (event.start, event.end) == (
        datetime(2026, 11, 23, 13, tzinfo=UTC),
        datetime(2026, 11, 23, 13, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "data",
    [
        {"EndTime": "20261123T110000Z"},
        {"EndTime": "20261123T124500Z"},
        {"StartTime": "20261201T100000Z"},
        {"StartTime": "20261201T100000Z", "EndTime": "20261201T090000Z"},
        {"Sensitivity": "4"},
        {"BusyStatus": "4"},
        {"BusyStatus": "-1"},
        {"MeetingStatus": "2"},
        {"AllDayEvent": "2"},
        {"Reminder": "soon"},
        {"StartTime": "tomorrow"},
        {"StartTime": "00010101T000000Z", "EndTime": "00010101T000000Z"},
        {"Timezone": "AAAA"},
        {"Timezone": "no base64"},
        {"Attendees": [{"Name": "nobody"}]},
        {"Categories": [{}] * 0, "Sensitivity": "yes"},
        {"Subject": "x" * 32_769},
        {"Deleted": "1"},
    ],
    ids=[
        "past_end_R52515", "past_rounded_start_R5251611", "future_start_R52518", "end_before_start", "Sensitivity_R428",
        "working_elsewhere_R2044002", "unknown_busy_R2044003", "MeetingStatus_R309", "AllDayEvent_R565",
        "Reminder_R39511", "no_date", "year_1", "short_zone_R447", "no_zone_R447", "attendee_without_Email_R100",
        "Sensitivity_text",
        "long_Subject", "Deleted_outside_of_an_exception_R207",
    ],
)  # fmt: skip
def test_what_cannot_be_is_status_6_and_adds_nothing_R4440(
    world: World, version: Version, data: dict[str, Said]
) -> None:
    world.forward(minutes=20)  # 12:50, rounded to 13:00
    phone = world.phone(version=version)
    folder = calendar(phone)
    assert status_of(phone, folder, event_data(**data)) == SyncStatus.CONVERSION_ERROR
    assert not world.items(folder)


def test_300_categories_are_kept_and_more_are_refused_R186_R187(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = calendar(phone)
    most = replace(FULL, categories=tuple(f"c{number}" for number in range(300)))
    server_id = added(phone, folder, sent(phone, most))
    told = child(other.held(calendar(other)).items[server_id], "Calendar:Categories")
    assert told is not None
    assert len(told.children) == 300
    more = replace(most, categories=(*most.categories, "one more"), uid="another")
    assert status_of(phone, folder, sent(phone, more)) == SyncStatus.CONVERSION_ERROR


def test_what_the_server_alone_says_is_read_over_R92_R404(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    data = {"ResponseType": "3", "AppointmentReplyTime": "20261101T100000Z"} if version in since(V14_0) else {}
    links = {"OnlineMeetingConfLink": "sip:x", "OnlineMeetingExternalLink": "http://x"}  # R349, R356
    data |= links if version in since(V14_1) else {}
    event = kept(world, added(phone, calendar(phone), event_data(Subject="mine", **data)), Event)
    assert (event.replied, event.response_type, event.conference_link, event.external_link) == (None,) * 4


def test_answers_and_links_are_told_by_the_server_R88011_R40111_R34611(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    answered = replace(
        FULL,
        replied=datetime(2026, 11, 3, 9, tzinfo=UTC),
        response_type=3,
        conference_link="sip:a@b.test;gruu",
        external_link="https://meet.example.test/1",
        busy_status=4,
    )
    with world.writing() as box:
        box.add_item(world.folder(FolderType.CALENDAR).id, ItemClass.CALENDAR, answered)
    (item,) = phone.held(calendar(phone)).items.values()
    answers = ("20261103T090000Z", "3") if version in since(V14_0) else ("", "")
    links = ("sip:a@b.test;gruu", "https://meet.example.test/1") if version in since(V14_1) else ("", "")
    assert (text(item, "Calendar:AppointmentReplyTime"), text(item, "Calendar:ResponseType")) == answers
    assert (text(item, "Calendar:OnlineMeetingConfLink"), text(item, "Calendar:OnlineMeetingExternalLink")) == links
    assert text(item, "Calendar:BusyStatus") == ("4" if version in since(V16_0) else "2")  # R2038001, R2235, R2044


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_an_old_phone_does_not_take_away_what_it_cannot_say_R2044(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    with world.writing() as box:
        box.add_item(world.folder(FolderType.CALENDAR).id, ItemClass.CALENDAR, replace(FULL, busy_status=4))
    folder = calendar(phone)
    (server_id,) = world.items(folder)
    shown = replace(FULL, subject="Feast", busy_status=2)
    phone.sync(folder, ClientChange(server_id, sent(phone, shown)))
    event = kept(world, server_id, Event)
    assert (event.subject, event.busy_status, event.location) == ("Feast", 4, FULL.location)


@pytest.mark.parametrize("version", sorted(since(V14_1)), ids=lambda v: v.text, indirect=True)
def test_an_empty_Reminder_is_none_R3951111(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, sent(phone, FULL))
    times = {"StartTime": "20261201T090000Z", "EndTime": "20261201T103000Z"}
    phone.sync(folder, ClientChange(server_id, event_data(Reminder=None, **times)))
    assert kept(world, server_id, Event).reminder is None


@pytest.mark.parametrize("version", sorted(until(V14_0)), ids=lambda v: v.text, indirect=True)
def test_an_empty_Reminder_is_status_6_until_14_0_R2185(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    assert status_of(phone, calendar(phone), event_data(Reminder=None)) == SyncStatus.CONVERSION_ERROR


# ------------------------------------------------------------ what a Change leaves out


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_without_Supported_a_Change_empties_what_it_leaves_out_R5906_R5912(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, sent(phone, FULL))
    phone.sync(folder, ClientChange(server_id, event_data(Subject="Feast")))
    event = kept(world, server_id, Event)
    assert (event.subject, event.categories, event.attendees, event.reminder) == ("Feast", (), (), None)
    assert (event.location, event.recurrence, event.sensitivity) == (Place(), None, 0)
    assert (event.start, event.end, event.zone, event.uid) == (FULL.start, FULL.end, FULL.zone, FULL.uid)
    assert (event.organizer_email, event.body) == (FULL.organizer_email, FULL.body)


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_an_empty_Supported_ghosts_all_but_the_location_R5909_R301(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.CALENDAR)
    phone.start(folder, supported=())
    server_id = added(phone, folder, sent(phone, FULL))
    before = kept(world, server_id, Event)
    phone.sync(folder, ClientChange(server_id, event_data(Subject="Feast")))
    event = kept(world, server_id, Event)
    assert event == replace(before, subject="Feast", location=Place(), stamp=event.stamp, modified=event.modified)


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_what_Supported_names_is_not_ghosted_R5907_R5911_R512(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.CALENDAR)
    phone.start(folder, supported=(tag("Calendar:Categories"), tag("Calendar:Exceptions")))
    server_id = added(phone, folder, sent(phone, FULL))
    phone.sync(folder, ClientChange(server_id, event_data(Location="Hall")))
    event = kept(world, server_id, Event)
    assert (event.categories, event.reminder, event.subject) == ((), FULL.reminder, FULL.subject)
    assert event.recurrence is not None


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_since_16_0_what_a_Change_leaves_out_stays_R2231_R7309(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, sent(phone, FULL))
    before = kept(world, server_id, Event)
    world.forward(minutes=1)
    phone.sync(folder, ClientChange(server_id, event_data(Subject="Feast")))
    assert kept(world, server_id, Event) == replace(before, subject="Feast", stamp=world.now, modified=world.now)


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_an_empty_Location_is_none_R1001013(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, sent(phone, FULL))
    phone.sync(folder, ClientChange(server_id, event_data(Place=None)))
    assert kept(world, server_id, Event).location == Place()
    phone.start(folder)
    phone.sync_all(folder)
    place = child(phone.held(folder).items[server_id], "AirSyncBase:Location")
    assert place is not None  # so another device hears that it is gone
    assert not place.children


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_an_end_without_a_start_is_status_6_R53915(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, sent(phone, FULL))
    (result,) = phone.sync(folder, ClientChange(server_id, event_data(EndTime="20261201T120000Z"))).responses
    assert isinstance(result, ChangeResult)
    assert result.status == SyncStatus.CONVERSION_ERROR
    assert kept(world, server_id, Event).end == FULL.end


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_without_a_Location_there_is_none_R29411(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, sent(phone, replace(FULL, location=Place())))
    phone.start(folder)
    phone.sync_all(folder)
    assert child(phone.held(folder).items[server_id], "Calendar:Location") is None


# ------------------------------------------------------------ whose it is, and which


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_the_server_makes_the_UID_and_tells_it_R2223_R2221_R2088_R2168(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    theirs = replace(FULL, organizer_email="mallory@example.test", organizer_name="Mallory", uid="of-the-phone")
    result = answer_to_add(phone, calendar(phone), sent(phone, theirs))
    assert isinstance(result, AddResult)
    assert isinstance(result.data, Element)
    assert result.server_id is not None
    event = kept(world, result.server_id, Event)
    assert text(result.data, "Calendar:UID") == event.uid != "of-the-phone"
    assert 0 < len(event.uid) <= 300
    assert (event.organizer_email, event.organizer_name) == ("alice@example.test", "Alice")  # R2169, R2175
    assert event.stamp == world.now


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_until_14_1_no_answer_tells_a_UID_R2233(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    result = answer_to_add(phone, calendar(phone), event_data(Subject="bare"))
    assert isinstance(result, AddResult)
    assert result.data is None
    assert result.server_id is not None
    assert kept(world, result.server_id, Event).uid


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_a_known_ClientUid_is_the_same_event_R2061_R2062(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = calendar(phone)
    first = added(phone, folder, event_data(Subject="once", ClientUid="mine"))
    again = answer_to_add(phone, folder, event_data(Subject="twice", ClientUid="mine"))
    assert isinstance(again, AddResult)
    assert again.server_id == first
    assert isinstance(again.data, Element)
    assert text(again.data, "Calendar:UID") == kept(world, first, Event).uid
    assert added(phone, folder, event_data(Subject="else", ClientUid="other")) != first
    held = other.held(calendar(other)).items
    assert sorted(text(item, "Calendar:Subject") for item in held.values()) == ["else", "twice"]
    assert all(child(item, "Calendar:ClientUid") is None for item in held.values())


@pytest.mark.parametrize("version", OLD, ids=lambda v: v.text, indirect=True)
def test_a_known_UID_is_the_same_event_complaint_6(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    first = added(phone, calendar(phone), sent(phone, FULL))
    folder = other.folder(FolderType.CALENDAR)
    other.start(folder)
    again = added(other, folder, sent(other, replace(FULL, subject="as the invitation says")), get_changes=False)
    assert again == first
    assert len(world.items(folder)) == 1
    assert kept(world, first, Event).subject == "as the invitation says"
    other.sync_all(folder)
    phone.sync_all(folder)
    for each in (phone, other):
        assert text(each.held(folder).items[first], "Calendar:Subject") == "as the invitation says"


def test_the_organizer_stays_who_it_is_complaint_10(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    invited = replace(FULL, meeting_status=3, organizer_email="bob@example.test", organizer_name="Bob")
    with world.writing() as box:
        box.add_item(world.folder(FolderType.CALENDAR).id, ItemClass.CALENDAR, invited)
    folder = calendar(phone)
    (server_id,) = world.items(folder)
    hijacked = replace(
        invited,
        organizer_email="alice@example.test",
        organizer_name="Alice",
        meeting_status=1,
        attendees=(),
        reminder=5,
    )
    phone.sync(folder, ClientChange(server_id, sent(phone, hijacked)))
    event = kept(world, server_id, Event)
    assert (event.organizer_email, event.organizer_name, event.meeting_status) == ("bob@example.test", "Bob", 3)
    assert (event.attendees, event.reminder) == (FULL.attendees, 5)


def test_a_part_of_the_body_that_comes_back_does_not_replace_the_whole_complaint_10(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    long = replace(FULL, body=NoteBody(BodyType.PLAIN, "word " * 200), recurrence=None)
    folder = calendar(phone)
    server_id = added(phone, folder, sent(phone, long))
    cut = (Options(body_preferences=(BodyPreference(BodyType.PLAIN, 500),)),)
    if version not in since(V12_0):
        cut = (Options(truncation=1),)
    other = world.phone(version=version)
    other.start(folder)
    other.sync_all(folder, options=cut)
    echo = notes_of(other, server_id)
    assert 0 < len(echo) < 1000
    shown = replace(long, body=NoteBody(BodyType.PLAIN, echo), subject="Feast")
    other.sync(folder, ClientChange(server_id, sent(other, shown)))
    event = kept(world, server_id, Event)
    assert (event.subject, event.body) == ("Feast", long.body)


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_answers_of_attendees_stay_where_a_device_must_not_say_them_R2028(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, sent(phone, FULL))
    world.change(server_id, attendees=(Attendee("Bob@example.test", "Bob", 3, 1),))
    phone.sync_all(folder)
    people: Said = [{"Email": "bob@example.test", "Name": "Bob"}, {"Email": "dora@example.test", "Name": "Dora"}]
    phone.sync(folder, ClientChange(server_id, event_data(Attendees=people)))
    assert kept(world, server_id, Event).attendees == (
        Attendee("bob@example.test", "Bob", 3, 1),
        Attendee("dora@example.test", "Dora", 5, None),
    )


def test_an_event_that_comes_twice_in_one_request_is_made_once(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    names = {"ClientUid": "one"} if version in since(V16_0) else {"UID": "one"}
    commands = (ClientAdd("c1", event_data(Subject="a", **names)), ClientAdd("c2", event_data(Subject="b", **names)))
    first, second = phone.sync(folder, *commands).responses
    assert isinstance(first, AddResult)
    assert isinstance(second, AddResult)
    assert first.server_id == second.server_id
    assert len(world.items(folder)) == 1


@pytest.mark.parametrize("version", NEW, ids=lambda v: v.text, indirect=True)
def test_an_appointment_as_an_iPhone_makes_it_C1(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    data: dict[str, Said] = {
        "Timezone": BERLIN, "AllDayEvent": "0", "BusyStatus": "2", "EndTime": "20261202T120000Z", "Place": None,
        "Reminder": None, "Sensitivity": "0", "Subject": "Test2", "StartTime": "20261202T100000Z",
        "ClientUid": "414E89DDBEEB47F29EB88E957211BE6B0.32", "MeetingStatus": "0", "Attendees": None,
        "Recurrence": None,
    }  # fmt: skip
    event = kept(world, added(phone, calendar(phone), event_data(**data)), Event)
    assert (event.subject, event.start, event.zone) == ("Test2", in_berlin(2026, 12, 2, 11), "Europe/Berlin")
    assert (event.reminder, event.attendees, event.recurrence, event.location) == (None, (), None, Place())
