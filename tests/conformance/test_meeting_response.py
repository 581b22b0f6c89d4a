"""MS-ASCMD MeetingResponse: answers to meetings, at every version."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from easd.eas.commands import meeting_response
from easd.eas.commands.meeting_response import (
    MeetingAnswer,
    MeetingResponseRequest,
    SendResponse,
    UserResponse,
)
from easd.eas.commands.sync import ClientAdd
from easd.eas.items.body import BodyData
from easd.eas.request import Command
from easd.eas.versions import V14_0, V14_1, V16_0, V16_1, Version, since, until
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.service import ids
from easd.service.ports import Unavailable
from easd.wbxml import Writer, tag
from tests.support.events import calendar, event_data
from tests.support.faults import FaultyStore
from tests.support.meetings import WEEKLY, answer, event, events, meeting_mail, respond, sent
from tests.support.versions import at
from tests.support.world import Refused, World, text

ACCEPTED, TENTATIVE, DECLINED = UserResponse
BUSY = {ACCEPTED: 2, TENTATIVE: 1}
TYPES = {ACCEPTED: 3, TENTATIVE: 2}
SECOND = "2026-12-02T10:00:00.000Z"


@pytest.mark.parametrize("said", [ACCEPTED, TENTATIVE])
def test_an_answer_is_in_the_calendar_whose_id_comes_back_R266_R5705_R830_R831_R5678_R5071_R5790(
    world: World, version: Version, said: UserResponse
) -> None:
    letter = world.deliver(raw=meeting_mail("X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY"))
    phone = world.phone(version=version)
    (result,) = respond(phone, answer(letter, said))
    assert (result.status, result.request_id) == (1, letter)  # R4180, R5374
    (server_id,) = events(world)
    assert result.calendar_id == server_id  # R3843
    assert (event(world).response_type, event(world).busy_status) == (TYPES[said], BUSY[said])
    assert event(world).attendees[0].status == TYPES[said]
    folder = calendar(phone)
    shown = phone.held(folder).items[server_id]
    assert text(shown, "Calendar:BusyStatus") == str(BUSY[said])
    assert text(shown, "Calendar:MeetingStatus") == "3"
    if version >= V14_0:
        assert text(shown, "Calendar:ResponseType") == str(TYPES[said])
        assert text(shown, "Calendar:AppointmentReplyTime") == "20261123T123000Z"  # MS-ASCAL R88011


def test_who_declines_has_the_event_no_longer_R5706_R837_R5072(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail())
    assert len(events(world)) == 1
    (result,) = respond(world.phone(version=version), answer(letter, DECLINED))
    assert (result.status, result.calendar_id) == (1, None)
    assert events(world) == {}


@pytest.mark.parametrize("said", UserResponse)
def test_an_answered_request_leaves_the_inbox(world: World, version: Version, said: UserResponse) -> None:
    letter = world.deliver(raw=meeting_mail())
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    respond(phone, answer(letter, said))
    phone.sync_all(inbox)
    assert phone.held(inbox).items == {}
    assert sent(world, "alice") == []
    assert len(world.items(world.folder(FolderType.DELETED_ITEMS).id)) == 1


@pytest.mark.parametrize("said", UserResponse)
def test_a_repeated_answer_is_answered_as_the_first_and_writes_nothing(
    world: World, version: Version, said: UserResponse
) -> None:
    letter = world.deliver(raw=meeting_mail())
    phone = world.phone(version=version)
    first = respond(phone, answer(letter, said))
    with world.writing() as box:
        before = box.modseq
    assert respond(phone, answer(letter, said)) == first
    with world.writing() as box:
        assert box.modseq == before


def test_the_event_is_made_where_the_user_has_deleted_it_R831_R834(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail())
    (server_id,) = events(world)
    world.remove(server_id)
    (result,) = respond(world.phone(version=version), answer(letter))
    assert result.calendar_id in events(world)
    assert event(world).response_type == 3


def test_answers_are_given_in_the_order_of_the_request_R2462_R2511_R3800(world: World, version: Version) -> None:
    one, two = (world.deliver(raw=meeting_mail(uid=uid)) for uid in ("one", "two"))
    results = respond(world.phone(version=version), answer(one), answer("1:999"), answer(two, DECLINED))
    assert [(each.request_id, each.status) for each in results] == [(one, 1), ("1:999", 2), (two, 1)]
    assert event(world).uid == "one"


def test_what_is_no_meeting_request_is_status_2_R4182_R4183(world: World, version: Version) -> None:
    plain = world.deliver()
    cancelled = world.deliver(raw=meeting_mail(method="CANCEL"))
    reply = world.deliver(raw=meeting_mail(method="REPLY"))
    phone = world.phone(version=version)
    assert [each.status for each in respond(phone, *map(answer, (plain, cancelled, reply)))] == [2, 2, 2]
    (result,) = respond(phone, MeetingAnswer(ACCEPTED, "77", plain))
    assert result.status == 2
    assert events(world) == {}


def test_a_request_of_ones_own_cannot_be_answered_R4184(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail(organizer="alice", sender="alice"))
    (result,) = respond(world.phone(version=version), answer(letter))
    assert (result.status, events(world)) == (2, {})


@at(since(V14_1))
def test_an_appointment_and_an_own_meeting_cannot_be_answered_R4184(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = calendar(phone)
    times = {"StartTime": "20261201T090000Z", "EndTime": "20261201T100000Z"}
    people = [{"Email": "bob@example.test", "Name": "Bob"}]
    phone.sync(folder, ClientAdd("a", event_data(**times, Subject="Alone")))
    phone.sync(folder, ClientAdd("b", event_data(**times, Subject="Ours", Attendees=people)))
    assert [each.status for each in respond(phone, *map(answer, events(world)))] == [2, 2]


@at(since(V14_1))
def test_a_meeting_is_answered_in_the_calendar_R5707_R5708_R5709_R6061(world: World, version: Version) -> None:
    world.deliver(raw=meeting_mail())
    phone = world.phone(version=version)
    (server_id,) = events(world)
    for said in (TENTATIVE, ACCEPTED):
        (result,) = respond(phone, answer(server_id, said))
        assert (result.status, result.calendar_id) == (1, server_id)
        assert event(world).response_type == TYPES[said]
    assert len(sent(world, "alice")) == 1
    (result,) = respond(phone, answer(server_id, DECLINED))
    assert (result.status, result.calendar_id, events(world)) == (1, None, {})
    (again,) = respond(phone, answer(server_id, DECLINED))
    assert again == result


@at(until(V14_0))
def test_until_14_0_nothing_in_the_calendar_is_answered_R6068_R7508_R7509_R7510(world: World, version: Version) -> None:
    world.deliver(raw=meeting_mail())
    (server_id,) = events(world)
    (result,) = respond(world.phone(version=version), answer(server_id))
    assert result.status == 2
    assert event(world).response_type == 5


# ---------------------------------------------------------------- LongId


def test_a_meeting_is_found_by_its_long_id_R5557_R5558_R5374_R7036(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail())
    long_id = ids.long_id(*(ids.item_numbers(letter) or (0, 0)))
    (result,) = respond(world.phone(version=version), MeetingAnswer(ACCEPTED, long_id=long_id))
    assert (result.status, result.request_id) == (1, None)
    assert result.calendar_id in events(world)


def test_a_long_id_stands_alone_R5559_R7031_R7036(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail())
    folder, uid = ids.item_numbers(letter) or (0, 0)
    phone = world.phone(version=version)
    both = MeetingAnswer(ACCEPTED, str(folder), letter, ids.long_id(folder, uid))
    neither = MeetingAnswer(ACCEPTED)
    unknown = MeetingAnswer(ACCEPTED, long_id="nonsense")
    assert [each.status for each in respond(phone, both, neither, unknown)] == [2, 2, 2]
    assert event(world).response_type == 5


# ---------------------------------------------------------------- occurrences


@at(since(V14_1))
@pytest.mark.parametrize("said", UserResponse)
def test_one_occurrence_is_answered_R3188_R3190_R3193_R6708(world: World, version: Version, said: UserResponse) -> None:
    world.deliver(raw=meeting_mail(WEEKLY))
    (server_id,) = events(world)
    (result,) = respond(world.phone(version=version), answer(server_id, said, instance=SECOND))
    assert (result.status, result.instance_id) == (1, SECOND)
    assert result.calendar_id == (None if said is DECLINED else server_id)
    assert event(world).response_type == 5  # of the others nothing was said
    (exception,) = event(world).exceptions
    assert exception.original == datetime(2026, 12, 2, 10, tzinfo=UTC)
    if said is DECLINED:
        assert exception.deleted
    else:
        assert (exception.response_type, exception.busy_status) == (TYPES[said], BUSY[said])


@at(since(V14_1))
def test_without_an_instance_all_occurrences_are_answered_R3191(world: World, version: Version) -> None:
    world.deliver(raw=meeting_mail(WEEKLY))
    (server_id,) = events(world)
    phone = world.phone(version=version)
    respond(phone, answer(server_id, TENTATIVE, instance=SECOND))
    respond(phone, answer(server_id, ACCEPTED))
    assert event(world).response_type == 3
    assert event(world).exceptions == ()


@at(since(V14_1))
def test_an_exception_is_named_by_its_own_start_too_R3192(world: World, version: Version) -> None:
    world.deliver(raw=meeting_mail(WEEKLY))
    moved = ("DTSTART:20261203T120000Z", "DTEND:20261203T130000Z")
    world.deliver(raw=meeting_mail("RECURRENCE-ID:20261202T100000Z", sequence=1, times=moved))
    (server_id,) = events(world)
    (result,) = respond(world.phone(version=version), answer(server_id, instance="2026-12-03T12:00:00.000Z"))
    assert result.status == 1
    assert event(world).exceptions[0].response_type == 3


@at(since(V14_1))
def test_instances_that_are_none_have_their_statuses_R3195_R3196_R4185_R4186(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail(WEEKLY))
    world.deliver(raw=meeting_mail(uid="single"))
    series, single = events(world)
    phone = world.phone(version=version)
    cases = {
        answer(series, instance="tomorrow"): 104,  # R3195
        answer(series, instance="20261202T100000Z"): 104,  # R3194
        answer(single, instance=SECOND): 146,  # R3196
        answer(letter, instance=SECOND): 2,  # R4185
        answer(letter, instance="InvalidValue"): 2,
        answer(series, instance="2026-12-03T10:00:00.000Z"): 2,  # R4186
        answer(series, instance=""): 2,
    }
    assert [each.status for each in respond(phone, *cases)] == list(cases.values())


@at(until(V14_0))
def test_before_14_1_an_instance_is_status_2_R6712_R6714_R6715(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail(WEEKLY))
    (result,) = respond(world.phone(version=version), answer(letter, instance=SECOND))
    assert result.status == 2
    assert event(world).response_type == 5


def test_a_request_for_one_occurrence_is_answered_for_that_one(world: World, version: Version) -> None:
    world.deliver(raw=meeting_mail(WEEKLY))
    moved = ("DTSTART:20261203T120000Z", "DTEND:20261203T130000Z")
    letter = world.deliver(raw=meeting_mail("RECURRENCE-ID:20261202T100000Z", sequence=1, times=moved))
    (result,) = respond(world.phone(version=version), answer(letter))
    assert result.status == 1
    assert event(world).response_type == 5
    assert [each.response_type for each in event(world).exceptions] == [3]


# ---------------------------------------------------------------- the mail to the organizer


@at(since(V16_0))
@pytest.mark.parametrize("said", UserResponse)
def test_an_answer_is_sent_if_that_is_asked_for_R6062_R7114(world: World, version: Version, said: UserResponse) -> None:
    letter = world.deliver(raw=meeting_mail())
    phone = world.phone(version=version)
    for _ in range(2):  # the second is a repetition
        respond(phone, answer(letter, said, send=SendResponse()))
    (mail,) = (item.email for item in world.items(world.folder(name="bob").id, "bob").values())
    kind = {ACCEPTED: "Pos", TENTATIVE: "Tent", DECLINED: "Neg"}[said]
    word = {ACCEPTED: "Accepted", TENTATIVE: "Tentative", DECLINED: "Declined"}[said]
    assert (mail.subject, mail.message_class) == (f"{word}: Lunch", f"IPM.Schedule.Meeting.Resp.{kind}")
    assert mail.preview.strip() == ""
    assert mail.from_[0].address == "alice@example.test"
    assert len(world.items(world.folder(FolderType.SENT_ITEMS).id)) == 1


@at(since(V16_0))
@pytest.mark.parametrize(
    "kind, data, plain", [(BodyType.PLAIN, b"See you", "See you"), (BodyType.HTML, b"<p>See <b>you</b></p>", "See you")]
)
def test_the_text_of_an_answer_is_in_the_mail_R7115_MS_ASAIRS_R1331(
    world: World, version: Version, kind: BodyType, data: bytes, plain: str
) -> None:
    letter = world.deliver(raw=meeting_mail())
    respond(world.phone(version=version), answer(letter, send=SendResponse(BodyData(kind, data=data))))
    (mail,) = (item.email for item in world.items(world.folder(name="bob").id, "bob").values())
    assert mail.preview.strip() == plain
    assert (mail.html_size > 0) == (kind is BodyType.HTML)


def test_without_being_asked_the_server_sends_nothing_R7113_R268(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail())
    respond(world.phone(version=version), answer(letter))
    assert sent(world, "bob") == []


@at(until(V14_1))
def test_before_16_0_there_is_no_send_response_R7116_R7117_R7118(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail())
    writer = Writer()
    writer.start(tag("MeetingResponse:MeetingResponse"))
    writer.start(tag("MeetingResponse:Request"))
    writer.text(tag("MeetingResponse:UserResponse"), "1")
    writer.text(tag("MeetingResponse:CollectionId"), letter.partition(":")[0])
    writer.text(tag("MeetingResponse:RequestId"), letter)
    writer.empty(tag("MeetingResponse:SendResponse"))
    writer.end()
    writer.end()
    phone = world.phone(version=version)
    if version < V14_0:
        with pytest.raises(Refused):
            phone.post(Command.MEETING_RESPONSE, writer.document())
    else:
        phone.post(Command.MEETING_RESPONSE, writer.document())
    assert event(world).response_type == 5


@at(since(V16_1))
@pytest.mark.parametrize("said", [TENTATIVE, DECLINED])
def test_another_time_can_be_proposed_R6990101702_R6990101723(
    world: World, version: Version, said: UserResponse
) -> None:
    letter = world.deliver(raw=meeting_mail())
    proposal = SendResponse(proposed_start="20261126T100000Z", proposed_end="20261126T113000Z")
    (result,) = respond(world.phone(version=version), answer(letter, said, send=proposal))
    assert result.status == 1
    (mail,) = (item.email for item in world.items(world.folder(name="bob").id, "bob").values())
    assert mail.subject == "New Time Proposed: Lunch"
    assert mail.meeting is not None
    assert (mail.meeting.method, mail.meeting.start) == ("COUNTER", datetime(2026, 11, 26, 10, tzinfo=UTC))


@at(since(V16_1))
@pytest.mark.parametrize(
    "start, end, status",
    [
        ("20261126T100000Z", None, 2),
        (None, "20261126T100000Z", 2),
        ("20261126T110000Z", "20261126T100000Z", 2),
        ("soon", "20261126T100000Z", 104),
    ],
)
def test_half_a_proposal_is_none_R69901704_R69901725(
    world: World, version: Version, start: str | None, end: str | None, status: int
) -> None:
    letter = world.deliver(raw=meeting_mail())
    proposal = SendResponse(proposed_start=start, proposed_end=end)
    (result,) = respond(world.phone(version=version), answer(letter, TENTATIVE, send=proposal))
    assert result.status == status
    assert (sent(world, "bob"), event(world).response_type) == ([], 5)


@at(since(V16_1))
def test_an_organizer_who_wants_no_proposals_gets_none_R387(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail("X-MICROSOFT-DISALLOW-COUNTER:TRUE"))
    proposal = SendResponse(proposed_start="20261126T100000Z", proposed_end="20261126T113000Z")
    (result,) = respond(world.phone(version=version), answer(letter, TENTATIVE, send=proposal))
    assert (result.status, sent(world, "bob")) == (2, [])


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("count, statuses", [(100, {2}), (101, {103})])
def test_101_requests_are_too_many_R5649_R5650(world: World, version: Version, count: int, statuses: set[int]) -> None:
    results = respond(world.phone(version=version), *(answer("1:999") for _ in range(count)))
    assert {each.status for each in results} == statuses
    assert len(results) == (count if statuses == {2} else 1)


@pytest.mark.parametrize("said", [0, 4, 5])
def test_an_unknown_answer_is_refused_alone_R4721_R4182(world: World, version: Version, said: int) -> None:
    letter, other = world.deliver(raw=meeting_mail()), world.deliver(raw=meeting_mail(uid="other"))
    phone = world.phone(version=version)
    results = respond(phone, replace(answer(letter), response=said), answer(other))
    assert [(each.status, each.request_id) for each in results] == [(2, letter), (1, other)]


def test_a_cancelled_meeting_cannot_be_answered(world: World, version: Version) -> None:
    letter = world.deliver(raw=meeting_mail())
    world.deliver(raw=meeting_mail(method="CANCEL", sequence=1))
    (result,) = respond(world.phone(version=version), answer(letter))
    assert result.status == 2


# ---------------------------------------------------------------- faults


def test_a_store_that_is_away_is_status_3_for_that_answer_R4189(world: World, version: Version) -> None:
    one, two = (world.deliver(raw=meeting_mail(uid=uid)) for uid in ("one", "two"))
    phone = world.phone(version=version)
    phone.folder()
    faulty = FaultyStore(world.sql)
    world.through(faulty.store)
    faulty.fail("update_item", Unavailable(), times=1)
    assert [each.status for each in respond(phone, answer(one), answer(two))] == [3, 1]
    assert [each.status for each in respond(phone, answer(one))] == [1]


def test_a_fault_of_the_server_is_status_4_and_costs_one_answer_R4195(world: World, version: Version) -> None:
    one, two = (world.deliver(raw=meeting_mail(uid=uid)) for uid in ("one", "two"))
    phone = world.phone(version=version)
    phone.folder()
    faulty = FaultyStore(world.sql)
    world.through(faulty.store)
    faulty.fail("update_item", ZeroDivisionError(), times=1)
    assert [each.status for each in respond(phone, answer(one), answer(two))] == [4, 1]
    assert {found.uid: found.response_type for found in events(world).values()} == {"one": 5, "two": 3}


# ---------------------------------------------------------------- clients


@at(until(V14_1))
@pytest.mark.parametrize("agent, told", [("Apple-iPhone11C2/1607.75", 1), ("Apple-iPhone11C2/1801.30", 0)])
def test_an_iPhone_that_sends_no_answers_has_them_sent_C1(
    world: World, version: Version, agent: str, told: int
) -> None:
    letter = world.deliver(raw=meeting_mail())
    phone = world.phone(version=version)
    phone.folder()
    document = meeting_response
    body = document.REQUEST.encode(MeetingResponseRequest((answer(letter),)), version)
    for _ in range(2):
        phone.post(Command.MEETING_RESPONSE, body, user_agent=agent)
    assert sent(world, "bob") == ["Accepted: Lunch"] * told
