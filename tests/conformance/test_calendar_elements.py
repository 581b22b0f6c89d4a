"""Each element of an event on the wire, by its name in MS-ASCAL: values, ranges, lengths, and what is always there."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from easd.eas.commands.sync import ClientChange
from easd.eas.versions import V12_0, V14_0, V14_1, V16_0, Version, since, until
from easd.model.event import Event
from easd.model.folder import FolderType, ItemClass
from easd.wbxml import Element, tag
from tests.support.events import BERLIN, Said, calendar, event_data, status_of
from tests.support.typed_items import added, found, kept
from tests.support.versions import at
from tests.support.world import Phone, World, child, text

TIMES = {"Timezone": BERLIN, "StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
PEOPLE: list[Said] = [
    {"Email": "bob@example.test", "Name": "Bob & <Co>"},
    {"Email": "no address at all", "Name": "Carol"},
]


def told(phone: Phone, server_id: str) -> Element:
    """The event as another phone of the same version is told of it."""
    other = phone.world.phone(version=phone.version)
    return other.held(calendar(other)).items[server_id]


def told_of(phone: Phone, **elements: Said) -> Element:
    """What is told of an event with these elements."""
    return told(phone, added(phone, calendar(phone), event_data(**{**TIMES, **elements})))


# ------------------------------------------------------------ values

FLAGS = ("true", "", "2", "-1", "256")


@pytest.mark.parametrize(
    "name, good, bad",
    [
        ("AllDayEvent", ("0",), FLAGS),
        ("BusyStatus", ("0", "1", "2", "3"), ("4", "5", "-1", "", "busy", "256")),
        ("Sensitivity", ("0", "1", "2", "3"), ("4", "-1", "", "private", "256")),
        (
            "MeetingStatus",
            ("0", "1", "3", "5", "7", "9", "11", "13", "15"),
            ("2", "4", "6", "8", "16", "-1", "", "257"),
        ),
        ("Reminder", ("0", "15", "4294967295"), ("-1", "4294967296", "soon", "1.5")),
    ],
    ids=[
        "AllDayEvent_R564_R85",
        "BusyStatus_R137_R138_R13811_R13812_R13813_R13814",
        "Sensitivity_R427_R610_R611_R612_R613",
        "MeetingStatus_R308_R310_to_R318",
        "Reminder_R39011",
    ],
)
def test_numbers_and_their_ranges(
    world: World, version: Version, name: str, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    phone = world.phone(version=version)
    for value in good:
        assert found(told_of(phone, **{name: value}), f"Calendar:{name}") == value
    for value in bad:
        assert status_of(phone, calendar(phone), event_data(**TIMES, **{name: value})) == 6, value


def test_a_whole_day_says_so_R86(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    days = {"StartTime": "20261201T000000Z", "EndTime": "20261202T000000Z", "AllDayEvent": "1"}
    server_id = added(phone, calendar(phone), event_data(**days))
    assert text(told(phone, server_id), "Calendar:AllDayEvent") == "1"


@at(since(V14_0))
@pytest.mark.parametrize("name", ["ResponseRequested", "DisallowNewTimeProposal"], ids=["R396_R398", "R21111_R216"])
def test_truth_is_0_or_1(world: World, version: Version, name: str) -> None:
    phone = world.phone(version=version)
    for value in ("0", "1"):
        assert found(told_of(phone, **{name: value}), f"Calendar:{name}") == value
    for value in ("2", "true", "-1"):
        assert status_of(phone, calendar(phone), event_data(**TIMES, **{name: value})) == 6


@at(since(V14_0))
def test_a_new_time_may_be_proposed_unless_it_is_said_otherwise_R214(world: World, version: Version) -> None:
    assert found(told_of(world.phone(version=version)), "Calendar:DisallowNewTimeProposal") == "0"


@pytest.mark.parametrize(
    "name", ["Subject", "OrganizerName", "OrganizerEmail", "Location"], ids=["R444", "R369", "R364", "R300"]
)
def test_texts_come_back_as_they_were_sent(world: World, version: Version, name: str) -> None:
    new = version in since(V16_0)
    said = "<Fest> & mehr, für alle"
    phone = world.phone(version=version)
    if new and name == "Location":
        item = told_of(phone, Place={"DisplayName": said})
        assert child(item, "Calendar:Location") is None  # R2135, R2135001
        assert found(item, "AirSyncBase:Location") == (("AirSyncBase:DisplayName", said),)
    elif new and name.startswith("Organizer"):
        expected = {"OrganizerName": "Alice", "OrganizerEmail": "alice@example.test"}  # R2169001, R2175001
        assert found(told_of(phone, **{name: said}), f"Calendar:{name}") == expected[name]
    else:
        assert found(told_of(phone, **{name: said}), f"Calendar:{name}") == said
    longest = {"Place": {"DisplayName": "x" * 32_769}} if new and name == "Location" else {name: "x" * 32_769}
    if not (new and name.startswith("Organizer")):
        assert status_of(phone, calendar(phone), event_data(**TIMES, **longest)) == 6


@pytest.mark.parametrize("name", ["StartTime", "EndTime", "DtStamp"], ids=["R438", "R240", "R224"])
def test_times_are_Compact_DateTimes_whatever_form_they_came_in(world: World, version: Version, name: str) -> None:
    phone = world.phone(version=version)
    item = told_of(phone, **{name: "2026-12-01T09:30:00.000Z"})
    own_stamp = name == "DtStamp" and version in since(V16_0)
    assert found(item, f"Calendar:{name}") == (f"{world.now:%Y%m%dT%H%M%SZ}" if own_stamp else "20261201T093000Z")


@at(until(V14_1))
def test_a_UID_has_at_most_300_characters_R46011_R462(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    longest = "u" * 300
    assert found(told_of(phone, UID=longest), "Calendar:UID") == longest
    assert status_of(phone, calendar(phone), event_data(**TIMES, UID=longest + "u")) == 6


def test_an_event_without_a_UID_gets_one_that_no_other_has_R46311_R2220_R6001(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    made = [added(phone, folder, event_data(**TIMES, Subject=str(number))) for number in range(3)]
    uids = {text(told(phone, server_id), "Calendar:UID") for server_id in made}
    assert len(uids) == 3
    assert "" not in uids


@at(since(V16_0))
def test_a_ClientUid_is_a_text_of_at_most_300_characters_R2059_R2060(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    longest = "c" * 300
    server_id = added(phone, folder, event_data(**TIMES, ClientUid=longest))
    assert added(phone, folder, event_data(**TIMES, ClientUid=longest)) == server_id
    assert status_of(phone, folder, event_data(**TIMES, ClientUid=longest + "c")) == 6


def test_categories_come_back_and_an_empty_list_is_none_R17711_R182_R18311_R185(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    item = told_of(phone, Categories=["Party & more", "Work"])
    expected = (("Calendar:Category", "Party & more"), ("Calendar:Category", "Work"))
    assert found(item, "Calendar:Categories") == expected
    assert child(told_of(phone, Categories=[]), "Calendar:Categories") is None


# ------------------------------------------------------------ people


def test_attendees_come_back_with_a_name_and_any_address_R98011_R101_R10411_R227_R230_R231_R329_R331(
    world: World, version: Version
) -> None:
    """What is no address is not replaced: R52521, R52528, R52529, R11030."""
    phone = world.phone(version=version)
    item = told_of(phone, Attendees=[*PEOPLE, {"Email": "dan@example.test"}])
    shown = child(item, "Calendar:Attendees")
    assert shown is not None
    assert {one.name for one in shown.children} == {"Calendar:Attendee"}  # R99
    said = [(text(one, "Calendar:Email"), text(one, "Calendar:Name")) for one in shown.children]
    assert said == [
        ("bob@example.test", "Bob & <Co>"),
        ("no address at all", "Carol"),
        ("dan@example.test", "dan@example.test"),
    ]


@at(since(V12_0) - since(V16_0))
def test_each_status_of_an_attendee_R11311_R117_R118_R568_R569_R570_R571_R572(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    for value in "02345":
        item = told_of(phone, Attendees=[{"Email": "b@example.test", "Name": "B", "AttendeeStatus": value}])
        assert attendee(item)["AttendeeStatus"] == value
    for value in ("1", "6", "-1", "", "258"):
        people: Said = [{"Email": "b@example.test", "Name": "B", "AttendeeStatus": value}]
        assert status_of(phone, calendar(phone), event_data(**TIMES, Attendees=people)) == 6, value


@at(since(V12_0))
@pytest.mark.parametrize("received", ["1", "3"])
def test_who_has_not_answered_is_told_so_and_required_R11311_R568_R573(
    world: World, version: Version, received: str
) -> None:
    """Who was asked has not responded; of what others know of each other, nothing is known."""
    shown = attendee(told_of(world.phone(version=version), Attendees=PEOPLE[:1], MeetingStatus=received))
    assert (shown["AttendeeStatus"], shown["AttendeeType"]) == ("5" if received == "1" else "0", "1")


@at(since(V12_0))
def test_each_type_of_an_attendee_R11911_R122_R123_R573_R574_R575(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    for value in "123":
        item = told_of(phone, Attendees=[{"Email": "b@example.test", "Name": "B", "AttendeeType": value}])
        assert attendee(item)["AttendeeType"] == value
    for value in ("0", "4", "-1", "", "257"):
        people: Said = [{"Email": "b@example.test", "Name": "B", "AttendeeType": value}]
        assert status_of(phone, calendar(phone), event_data(**TIMES, Attendees=people)) == 6, value


def attendee(item: Element) -> Mapping[str, object]:
    """What is told of the only attendee."""
    shown = child(item, "Calendar:Attendees")
    assert shown is not None
    (one,) = shown.children
    return {each.name.partition(":")[2]: each.content for each in one.children}


def test_an_attendee_without_an_address_is_status_6_R225(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    for person in ({"Name": "B"}, {"Name": "B", "Email": ""}, {}):
        assert status_of(phone, folder, event_data(**TIMES, Attendees=[person])) == 6


# ------------------------------------------------------------ what the server says

ANSWERED = {
    "AppointmentReplyTime": ("replied", datetime(2026, 11, 3, 9, tzinfo=UTC), "20261103T090000Z", V14_0),
    "ResponseType": ("response_type", 3, "3", V14_0),
    "OnlineMeetingConfLink": ("conference_link", "sip:a@b.test;gruu", "sip:a@b.test;gruu", V14_1),
    "OnlineMeetingExternalLink": ("external_link", "https://meet.example.test/1", "https://meet.example.test/1", V14_1),
}


def stored(world: World, **fields: object) -> None:
    """An event that is not of a device's making."""
    start, end = datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 1, 10, tzinfo=UTC)
    event = Event(start, end, start, uid="u1", subject="theirs", **fields)  # type: ignore[arg-type]
    with world.writing() as box:
        box.add_item(world.folder(FolderType.CALENDAR).id, ItemClass.CALENDAR, event)


@pytest.mark.parametrize("name", ANSWERED, ids=["R91_R566", "R405_R40611_R414", "R35111", "R35411_R358_R359_R11027"])
def test_what_the_server_alone_says(world: World, version: Version, name: str) -> None:
    attr, value, expected, first = ANSWERED[name]
    stored(world, meeting_status=3, **{attr: value})
    phone = world.phone(version=version)
    (item,) = phone.held(calendar(phone)).items.values()
    assert text(item, f"Calendar:{name}") == (expected if version in since(first) else "")


@at(since(V14_0))
@pytest.mark.parametrize("value", range(6))
def test_each_response_R407_R408_R410_R412_R414_R416_R418(world: World, version: Version, value: int) -> None:
    stored(world, meeting_status=3, response_type=value)
    phone = world.phone(version=version)
    (item,) = phone.held(calendar(phone)).items.values()
    assert found(item, "Calendar:ResponseType") == str(value)


@at(since(V14_0))
@pytest.mark.parametrize("status, response", [(0, "0"), (1, "1"), (3, "5"), (5, "1"), (7, "5")], ids=str)
def test_what_nobody_has_answered_R40111_R410_R418(world: World, version: Version, status: int, response: str) -> None:
    """The organizer owes no answer, who was invited has given none, and an appointment asks for none."""
    phone = world.phone(version=version)
    people: dict[str, Said] = {"Attendees": PEOPLE} if status else {}
    item = told_of(phone, MeetingStatus=str(status), **people)
    assert found(item, "Calendar:ResponseType") == response
    assert child(item, "Calendar:AppointmentReplyTime") is None


def test_who_makes_an_event_is_its_organizer_R36211_R36711_R364(world: World, version: Version) -> None:
    item = told_of(world.phone(version=version))
    assert text(item, "Calendar:OrganizerEmail") == "alice@example.test"
    assert text(item, "Calendar:OrganizerName") == "Alice"


def test_the_stamp_says_when_an_event_was_made_and_when_it_was_changed_R21911_R2083(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, event_data(**TIMES))
    assert text(told(phone, server_id), "Calendar:DtStamp") == f"{world.now:%Y%m%dT%H%M%SZ}"
    world.forward(hours=1)
    phone.sync(folder, ClientChange(server_id, event_data(**TIMES, Subject="renamed")))
    assert text(told(phone, server_id), "Calendar:DtStamp") == f"{world.now:%Y%m%dT%H%M%SZ}"


@at(since(V12_0))
@pytest.mark.parametrize("kind", ["1", "2"])
def test_NativeBodyType_says_what_the_text_was_written_in_R12411_R33411_R336(
    world: World, version: Version, kind: str
) -> None:
    phone = world.phone(version=version)
    item = told_of(phone, Body={"Type": kind, "Data": "<p>bring cake</p>" if kind == "2" else "bring cake"})
    assert found(item, "AirSyncBase:NativeBodyType") == kind
    body = child(item, "AirSyncBase:Body")
    assert body is not None
    assert text(body, "AirSyncBase:Data").strip() == "bring cake"


def test_a_Change_always_says_when_it_begins_R434_R434001(world: World, version: Version) -> None:
    phone, other = world.phone(version=version), world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, event_data(**TIMES))
    calendar(other)
    for change in ({"Subject": "renamed"}, {"Attendees": PEOPLE}, {"Reminder": "5"}):
        phone.sync(folder, ClientChange(server_id, event_data(**TIMES, **change)))
        other.sync(folder)
        assert found(other.held(folder).items[server_id], "Calendar:StartTime") == "20261201T090000Z"


# ------------------------------------------------------------ ghosted

GHOSTED: Mapping[str, Said] = {
    "Attendees": PEOPLE,
    "MeetingStatus": "1",
    "OrganizerEmail": "alice@example.test",
    "OrganizerName": "Alice",
    "DisallowNewTimeProposal": "1",
    "ResponseRequested": "1",
    "Categories": ["Work"],
    "Sensitivity": "2",
    "BusyStatus": "3",
    "Reminder": "20",
    "Recurrence": {"Type": "0", "Interval": "2"},
}


@pytest.mark.parametrize(
    "name",
    GHOSTED,
    ids=["R111", "R319", "R365", "R370", "R217", "R399", "Categories", "Sensitivity", "BusyStatus", "Reminder", "rule"],
)
def test_what_is_ghosted_stays_where_a_Change_leaves_it_out_R548(world: World, version: Version, name: str) -> None:
    """Ghosted is what Supported does not name; from 16.0 on, everything."""
    if name in ("DisallowNewTimeProposal", "ResponseRequested") and version not in since(V14_0):
        pytest.skip("no such element in this version")
    phone = world.phone(version=version)
    folder = phone.folder(FolderType.CALENDAR)
    phone.start(folder, supported=(tag("Calendar:Subject"), tag("Calendar:StartTime")))
    server_id = added(phone, folder, event_data(**TIMES, Subject="Feast", **{name: GHOSTED[name]}))
    before = found(told(phone, server_id), f"Calendar:{name}")
    phone.sync(folder, ClientChange(server_id, event_data(**TIMES, Subject="renamed")))
    assert found(told(phone, server_id), f"Calendar:{name}") == before


@at(since(V12_0))
def test_the_text_of_an_event_stays_where_a_Change_leaves_it_out_R128(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    server_id = added(phone, folder, event_data(**TIMES, Body={"Type": "1", "Data": "bring cake"}))
    phone.sync(folder, ClientChange(server_id, event_data(**TIMES, Subject="renamed")))
    assert kept(world, server_id, Event).body.text == "bring cake"


@pytest.mark.parametrize("name", ANSWERED, ids=["R96", "R419", "R352", "R360"])
def test_what_the_server_alone_says_stays_in_any_Change(world: World, version: Version, name: str) -> None:
    attr, value, _, _ = ANSWERED[name]
    stored(world, meeting_status=3, **{attr: value})
    phone = world.phone(version=version)
    folder = calendar(phone)
    (server_id,) = world.items(folder)
    phone.sync(folder, ClientChange(server_id, event_data(StartTime="20261201T090000Z", EndTime="20261201T100000Z")))
    assert getattr(kept(world, server_id, Event), attr) == value
