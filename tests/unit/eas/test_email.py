"""The Email class (MS-ASEMAIL): messages down at every version, changes of state up."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from easd.eas.items.email import (
    EMAIL,
    MAX_ADDRESSES,
    STATE,
    EmailChange,
    addresses,
    dump_email_change,
    encode_email,
    encode_email_state,
    load_email_change,
)
from easd.eas.items.flag import NO_FLAG, check_flag
from easd.eas.schema import Fault, Malformed
from easd.eas.versions import V2_5, V12_0, V12_1, V14_0, V14_1, V16_0, V16_1, Version, since
from easd.model.body import Body
from easd.model.email import (
    Address,
    Attachment,
    AttachmentMethod,
    BodyType,
    Email,
    Flag,
    FlagStatus,
    Importance,
    MeetingRequest,
)
from easd.model.recurrence import Recurrence
from easd.model.recurrence_rule import rule_text
from easd.model.timezone import ZoneRule, pack
from easd.wbxml import NAMES, Element, Writer, decode, tag
from tests.support.xsd import validate
from tests.unit.model.test_recurrence_rule import RULES

MOMENT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ALICE, BOB, CAROL = (Address(name, f"{name.lower()}@example.test") for name in ("Alice", "Bob", "Carol"))
PLAIN = Email(
    received=MOMENT,
    subject="Lunch?",
    from_=(BOB,),
    to=(ALICE, Address("", "list@example.test")),
    thread_topic="Lunch?",
    conversation_id=b"c" * 16,
    conversation_index=b"i" * 22,
)
TEXT = Body(BodyType.PLAIN, b"Soup \xc3\xa9.", 8, truncated=False)
ACTIVE = Flag(
    FlagStatus.ACTIVE,
    "for Follow Up",
    start_date=MOMENT,
    utc_start_date=MOMENT,
    due_date=MOMENT + timedelta(days=1),
    utc_due_date=MOMENT + timedelta(days=1),
    reminder_set=True,
    reminder_time=MOMENT,
)
MEETING = MeetingRequest(
    "REQUEST", "uid-1", b"\x04\x00", MOMENT, MOMENT + timedelta(hours=1), MOMENT, location="Room 5"
)
RICH = replace(
    PLAIN,
    cc=(CAROL,),
    reply_to=(BOB, CAROL),
    sender=CAROL,
    importance=Importance.HIGH,
    read=True,
    flag=ACTIVE,
    categories=("red", "blue"),
    attachments=(
        Attachment("2", "a.png", "image/png", 5, content_id="i1", inline=True),
        Attachment("3", "b.eml", "message/rfc822", 7, AttachmentMethod.EMBEDDED_MESSAGE, content_location="b"),
    ),
    meeting=MEETING,
    message_class="IPM.Schedule.Meeting.Request",
    last_verb_executed=1,
    last_verb_time=MOMENT,
    received_as_bcc=True,
    bcc=(ALICE,),
    is_draft=True,
)


def reference(attachment: Attachment) -> str:
    return f"34:1:{attachment.part}"


def in_data(fragment: bytes) -> Element:
    writer = Writer()
    writer.start(tag("AirSync:ApplicationData"))
    writer.raw(fragment)
    writer.end()
    return decode(writer.document())


def sent(email: Email, version: Version, body: Body | None = TEXT, **more: Any) -> Element:
    return in_data(encode_email(email, body, reference, version, **more))


def names(element: Element) -> list[str]:
    return [child.name for child in element.children]


def content(element: Element, *path: str) -> Any:
    for name in path:
        found = element.find(tag(name))
        assert found is not None, name
        element = found
    return element.content


def as_response(data: Element) -> Element:
    """The data in the Sync answer that would carry it."""
    add = Element(tag("AirSync:Add"), [Element(tag("AirSync:ServerId"), "34:1"), data])
    fields = [Element(tag(f"AirSync:{name}"), "1") for name in ("SyncKey", "CollectionId", "Status")]
    collection = Element(tag("AirSync:Collection"), [*fields, Element(tag("AirSync:Commands"), [add])])
    return Element(tag("AirSync:Sync"), [Element(tag("AirSync:Collections"), [collection])])


# ---------------------------------------------------------------- down


def test_plain_mail_has_the_elements_and_the_order_of_exchange() -> None:
    assert names(sent(PLAIN, V12_1)) == [
        "Email:To", "Email:From", "Email:Subject", "Email:DateReceived", "Email:DisplayTo", "Email:ThreadTopic",
        "Email:Importance", "Email:Read", "AirSyncBase:Body", "Email:MessageClass", "Email:InternetCPID", "Email:Flag",
        "Email:ContentClass", "AirSyncBase:NativeBodyType",
    ]  # fmt: skip
    later = names(sent(PLAIN, V14_1))
    assert later[-3:] == ["Email2:ConversationId", "Email2:ConversationIndex", "Email:Categories"]
    assert names(sent(PLAIN, V16_1)) == [*later, "Email2:IsDraft"]


@pytest.mark.parametrize("version", [V12_1, V14_0, V14_1, V16_0, V16_1])
@pytest.mark.parametrize("email", [PLAIN, RICH], ids=["plain", "rich"])
def test_mail_follows_the_schema(email: Email, version: Version) -> None:
    assert validate(as_response(sent(email, version))) == []


def test_texts_and_numbers_are_those_of_the_message() -> None:
    data = sent(RICH, V14_1)
    assert content(data, "Email:To") == '"Alice" <alice@example.test>, "list@example.test" <list@example.test>'
    assert content(data, "Email:ReplyTo") == '"Bob" <bob@example.test>; "Carol" <carol@example.test>'
    assert content(data, "Email:DisplayTo") == "Alice; list@example.test"
    assert content(data, "Email:DateReceived") == "2026-11-23T08:00:00.000Z"
    assert content(data, "Email:Importance") == "2"
    assert content(data, "Email:InternetCPID") == "65001"
    assert content(data, "Email2:ConversationId") == b"c" * 16
    assert content(data, "Email2:LastVerbExecuted") == "1"
    assert [child.text for child in content(data, "Email:Categories")] == ["red", "blue"]


def test_empty_flag_and_categories_are_empty_elements_R437_R318() -> None:
    data = sent(PLAIN, V14_1)
    assert content(data, "Email:Flag") is None
    assert content(data, "Email:Categories") is None


def test_received_as_bcc_is_left_out_when_it_is_0_R649() -> None:
    assert "Email2:ReceivedAsBcc" not in names(sent(PLAIN, V14_1))
    assert content(sent(RICH, V14_1), "Email2:ReceivedAsBcc") == "1"


@pytest.mark.parametrize("sender, there", [(None, False), (BOB, False), (CAROL, True)])
def test_sender_is_sent_where_it_is_not_the_one_in_from_R726_R1065(sender: Address | None, there: bool) -> None:
    assert ("Email2:Sender" in names(sent(replace(PLAIN, sender=sender), V14_1))) is there


def test_bcc_is_for_drafts_alone() -> None:
    assert "Email2:Bcc" not in names(sent(replace(RICH, is_draft=False), V16_0))
    assert content(sent(RICH, V16_0), "Email2:Bcc") == '"Alice" <alice@example.test>'


def test_elements_appear_with_their_versions() -> None:
    by_version = {version: set(names(sent(RICH, version))) for version in Version}
    assert by_version[V12_0] - by_version[V2_5] == {
        "AirSyncBase:Attachments", "AirSyncBase:Body", "AirSyncBase:NativeBodyType", "Email:Flag", "Email:ContentClass",
    }  # fmt: skip
    assert by_version[V2_5] - by_version[V12_0] == {"Email:Attachments", "Email:Body", "Email:BodySize"}
    assert by_version[V14_0] - by_version[V12_1] == {
        "Email:Categories", "Email2:ConversationId", "Email2:ConversationIndex", "Email2:LastVerbExecuted",
        "Email2:LastVerbExecutionTime", "Email2:ReceivedAsBcc", "Email2:Sender",
    }  # fmt: skip
    assert by_version[V16_0] - by_version[V14_1] == {"Email2:Bcc", "Email2:IsDraft"}


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("email", [PLAIN, RICH], ids=["plain", "rich"])
def test_what_is_sent_is_what_a_device_reads(email: Email, version: Version) -> None:
    data = EMAIL.load(sent(email, version), version)
    assert (data.subject, data.read, data.date_received) == (email.subject, email.read, email.received)
    writer = Writer()
    EMAIL.dump_children(writer, data, version)
    assert writer.fragment() == encode_email(email, TEXT, reference, version)


# ---------------------------------------------------------------- bodies and attachments


def test_body_has_its_children_in_order_R112() -> None:
    body = Body(BodyType.HTML, b"<p>", 900, truncated=True, preview="Hi")
    data = sent(PLAIN, V14_1, body)
    assert [(child.name.partition(":")[2], child.content) for child in content(data, "AirSyncBase:Body")] == [
        ("Type", "2"), ("EstimatedDataSize", "900"), ("Truncated", "1"), ("Data", "<p>"), ("Preview", "Hi"),
    ]  # fmt: skip
    assert "AirSyncBase:Preview" not in names(Element(0, content(sent(PLAIN, V12_1, body), "AirSyncBase:Body")))  # type: ignore[arg-type]  # any tag


def test_body_in_a_part_has_no_data_R176() -> None:
    body = content(sent(PLAIN, V14_1, part=1), "AirSyncBase:Body")
    assert [child.name for child in body] == [
        "AirSyncBase:Type",
        "AirSyncBase:EstimatedDataSize",
        "ItemOperations:Part",
    ]


def test_a_body_that_was_cut_to_nothing_has_no_data_R1057() -> None:
    body = content(sent(PLAIN, V14_1, Body(BodyType.PLAIN, b"", 8, truncated=True)), "AirSyncBase:Body")
    assert [child.name.partition(":")[2] for child in body] == ["Type", "EstimatedDataSize", "Truncated"]


def test_a_flag_without_a_reminder_says_so_R693_R1072() -> None:
    flagged = sent(replace(PLAIN, flag=Flag(FlagStatus.ACTIVE, "x")), V14_1)
    assert content(flagged, "Email:Flag", "Tasks:ReminderSet") == "0"


def test_no_body_no_element() -> None:
    assert not {"AirSyncBase:Body", "Email:Body", "Email:MIMEData"} & set(names(sent(PLAIN, V14_1, None)))
    assert "Email:Body" not in names(sent(PLAIN, V2_5, None))


def test_body_part_of_14_1() -> None:
    data = sent(PLAIN, V14_1, body_part=Body(BodyType.HTML, b"<p>", 3, truncated=False, preview="p"))
    assert content(data, "AirSyncBase:BodyPart", "AirSyncBase:Status") == "1"
    assert validate(as_response(data)) == []
    assert "AirSyncBase:BodyPart" not in names(sent(PLAIN, V14_0, body_part=TEXT))


@pytest.mark.parametrize(
    "raw, held",
    [(b"a\0b", "ab"), ("é".encode(), "é"), (b"8bit \xff", b"8bit \xff"), (b"", "")],
    ids=["nul", "utf-8", "other charset", "empty"],
)
def test_body_survives_whatever_its_bytes_are(raw: bytes, held: str | bytes) -> None:
    data = sent(PLAIN, V14_1, Body(BodyType.MIME, raw, len(raw), truncated=False))
    assert content(data, "AirSyncBase:Body", "AirSyncBase:Data") == held
    body = EMAIL.load(data, V14_1).body
    assert body is not None
    assert body.data == raw.replace(b"\0", b"")


def test_bodies_of_2_5_are_text_or_mime() -> None:
    text = sent(PLAIN, V2_5, replace(TEXT, truncated=True))
    assert (content(text, "Email:Body"), content(text, "Email:BodyTruncated")) == ("Soup é.", "1")
    mime = sent(PLAIN, V2_5, Body(BodyType.MIME, b"From: a", 7, truncated=False))
    assert (content(mime, "Email:MIMEData"), content(mime, "Email:MIMESize")) == ("From: a", "7")
    assert "Email:MIMETruncated" not in names(mime)


def test_attachments_name_their_references() -> None:
    first, second = content(sent(RICH, V14_1), "AirSyncBase:Attachments")
    assert {child.name.partition(":")[2]: child.content for child in first.children} == {
        "DisplayName": "a.png", "FileReference": "34:1:2", "Method": "1", "EstimatedDataSize": "5", "ContentId": "i1",
        "IsInline": "1",
    }  # fmt: skip
    assert content(second, "AirSyncBase:Method") == "5"
    old = content(sent(RICH, V2_5), "Email:Attachments")[0]
    assert content(old, "Email:AttName") == "34:1:2"


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "address, text",
    [
        (Address('Anna "Bee"', "a@b.c"), '"Anna \\"Bee\\"" <a@b.c>'),
        (Address("back\\slash", "a@b.c"), '"back\\\\slash" <a@b.c>'),
        (Address("Müller, Jürgen", "j@b.c"), '"Müller, Jürgen" <j@b.c>'),
        (Address("", "a@b.c"), '"a@b.c" <a@b.c>'),
    ],
)
def test_address_is_written_with_its_name_in_quotes(address: Address, text: str) -> None:
    assert addresses((address,)) == text


@given(st.lists(st.integers(1, 200), max_size=60), st.integers(0, 4000))
def test_addresses_that_do_not_fit_are_left_out_whole_R788(lengths: list[int], limit: int) -> None:
    values = tuple(Address("n" * length, "a@b.c") for length in lengths)
    text = addresses(values, limit=limit)
    assert len(text) <= limit
    assert addresses(values).startswith(text)
    assert text == "" or text.endswith("<a@b.c>")


def test_ten_thousand_recipients_are_cut_to_the_limit() -> None:
    text = addresses(tuple(Address(f"Person {n}", f"p{n}@example.test") for n in range(10_000)))
    assert MAX_ADDRESSES - 100 < len(text) <= MAX_ADDRESSES


# ---------------------------------------------------------------- meetings


def meeting(version: Version, **changes: Any) -> Element:
    email = replace(RICH, meeting=replace(MEETING, **changes))
    return Element(tag("Email:MeetingRequest"), content(sent(email, version), "Email:MeetingRequest"))


def test_meeting_has_global_id_and_location_until_14_1_then_uid_and_place_R1253_R13001() -> None:
    old, new = meeting(V14_1), meeting(V16_0)
    assert (content(old, "Email:GlobalObjId"), content(old, "Email:Location")) == ("BAA=", "Room 5")
    assert content(new, "Calendar:UID") == "uid-1"
    assert content(new, "AirSyncBase:Location", "AirSyncBase:DisplayName") == "Room 5"
    assert set(names(old)) - set(names(new)) == {"Email:GlobalObjId", "Email:Location"}


@pytest.mark.parametrize(
    "changes, kind", [({}, "1"), ({"sequence": 2}, "2"), ({"method": "CANCEL"}, "0"), ({"method": "request"}, "1")]
)
def test_kind_of_meeting_message_R534_R535(changes: dict[str, Any], kind: str) -> None:
    assert content(meeting(V14_1, **changes), "Email2:MeetingMessageType") == kind


def test_one_instance_of_a_series_is_an_exception_R495_R935() -> None:
    assert content(meeting(V14_1), "Email:InstanceType") == "0"
    instance = meeting(V14_1, recurrence_id=MOMENT)
    assert content(instance, "Email:InstanceType") == "3"
    assert content(instance, "Email:RecurrenceId") == "2026-11-23T08:00:00.000Z"


@pytest.mark.parametrize("seconds, text", [(900, "900"), (-5, "0"), (10**6, "65535")])
def test_reminder_is_kept_to_what_the_element_holds(seconds: int, text: str) -> None:
    assert content(meeting(V14_1, reminder_seconds=seconds), "Email:Reminder") == text


def test_time_zone_is_never_missing_R908() -> None:
    assert EMAIL.load(sent(RICH, V14_1), V14_1).meeting_request is not None
    assert len(content(meeting(V14_1), "Email:TimeZone")) == 232
    assert content(meeting(V14_1, time_zone=b"\1" * 172), "Email:TimeZone").startswith("AQEB")


# ---------------------------------------------------------------- changes of state


DONE = Flag(FlagStatus.COMPLETE, subject="x", complete_time=MOMENT, date_completed=MOMENT)
VERB = ["Email2:LastVerbExecuted", "Email2:LastVerbExecutionTime"]


@pytest.mark.parametrize(
    "parts, expected",
    [
        (STATE, ["Email:Read", "Email:Flag", "Email:Categories", *VERB]),
        ({"read"}, ["Email:Read"]),
        ({"flag"}, ["Email:Flag"]),
        ({"categories"}, ["Email:Categories"]),
        ({"verb"}, VERB),
    ],
)
def test_change_of_state_is_all_that_is_sent_R76_R96_R10604(parts: Collection[str], expected: list[str]) -> None:
    assert names(in_data(encode_email_state(RICH, V14_1, parts))) == expected
    known = [name for name in expected if name in ("Email:Read", "Email:Flag")]
    assert names(in_data(encode_email_state(RICH, V12_1, parts))) == (known or ["Email:Read", "Email:Flag"])


@pytest.mark.parametrize(
    "change, after",
    [
        (EmailChange(), RICH),
        (EmailChange(read=False), replace(RICH, read=False)),
        (EmailChange(flag=NO_FLAG), replace(RICH, flag=None)),
        (
            EmailChange(flag=DONE),
            replace(RICH, flag=DONE),
        ),
        (EmailChange(categories=()), replace(RICH, categories=())),
        (EmailChange(categories=("new",)), replace(RICH, categories=("new",))),
    ],
)
def test_change_is_read_as_it_was_asked_and_applied_R319_R320(change: EmailChange, after: Email) -> None:
    read = load_email_change(in_data(dump_email_change(change, V14_1)), V14_1)
    assert read == change
    assert read.applied(RICH) == after


def data(*children: Element) -> Element:
    return Element(tag("AirSync:ApplicationData"), list(children))


def flag(*children: tuple[str, str | None]) -> Element:
    return data(Element(tag("Email:Flag"), [Element(tag(name), content) for name, content in children]))


def test_flag_with_status_0_is_cleared_whatever_stands_beside_it_R754() -> None:
    element = flag(("Email:Status", "0"), ("Email:FlagType", "x"))
    assert load_email_change(element, V12_1).flag == NO_FLAG


def test_flag_of_a_phone_loads_with_its_empty_dates() -> None:
    element = flag(
        ("Email:Status", "2"),
        ("Email:FlagType", "for Follow Up"),
        ("Tasks:StartDate", None),
        ("Tasks:DueDate", None),
        ("Tasks:UtcStartDate", ""),
        ("Tasks:UtcDueDate", ""),
        ("Tasks:ReminderSet", None),
    )
    assert load_email_change(element, V14_1).flag == Flag(FlagStatus.ACTIVE, "for Follow Up", reminder_set=False)


_DATE, _LATER = "2026-11-23T08:00:00.000Z", "2026-11-24T08:00:00.000Z"


@pytest.mark.parametrize(
    "element, message, fault",
    [
        (data(Element(tag("Email:Read"), "yes")), "Read: not a boolean", Fault.STRUCTURE),
        (data(Element(tag("Tasks:Complete"), "1")), "unexpected element Tasks:Complete", Fault.STRUCTURE),
        (data(Element(tag("Email2:ConversationId"), b"x")), "unexpected element Email2:Conv", Fault.STRUCTURE),
        (data(Element(tag("Email2:Sender"), "x")), "unexpected element Email2:Sender", Fault.STRUCTURE),
        (flag(("Email:Status", "3")), "Flag/Status: not a value of FlagStatus", Fault.STRUCTURE),
        (flag(("Email:FlagType", "x")), "Flag: Email:Status is missing", Fault.STRUCTURE),
        (flag(("Email:Status", "2"), ("Tasks:StartDate", "soon")), "Flag/StartDate: not a date", Fault.DATE),
        (flag(("Email:Status", "2"), ("Tasks:DueDate", _DATE)), "only due_date of the four dates", Fault.STRUCTURE),
        (
            flag(
                ("Email:Status", "2"),
                ("Tasks:StartDate", _LATER),
                ("Tasks:DueDate", _DATE),
                ("Tasks:UtcStartDate", _LATER),
                ("Tasks:UtcDueDate", _DATE),
            ),
            "due before it starts",
            Fault.STRUCTURE,
        ),
        (flag(("Email:Status", "2"), ("Tasks:ReminderSet", "1")), "a reminder without its time", Fault.STRUCTURE),
        (
            data(Element(tag("Email:Categories"), [Element(tag("Email:Category"), "c")] * 301)),
            "Categories: more than 300",
            Fault.STRUCTURE,
        ),
    ],
    ids=[
        "read R643", "other class", "conversation R347", "sender R723", "status R757", "no status", "date",
        "half a span R409", "due before start R407", "reminder R702", "categories R324",
    ],
)  # fmt: skip
def test_bad_change_is_refused_in_words(element: Element, message: str, fault: Fault) -> None:
    with pytest.raises(Malformed, match=message) as caught:
        load_email_change(element, V14_1)
    assert caught.value.fault is fault


def test_other_elements_of_a_message_change_nothing_R875() -> None:
    element = data(Element(tag("Email:Read"), "1"), Element(tag("Email:Subject"), "new"))
    assert load_email_change(element, V14_1) == EmailChange(read=True, more=True)


def test_categories_are_no_state_before_14_0() -> None:
    element = data(Element(tag("Email:Categories")))
    assert load_email_change(element, V12_1) == EmailChange(more=True)
    assert load_email_change(element, V14_0) == EmailChange(categories=())


# ---------------------------------------------------------------- series


def recurrence(version: Version, rule: str, **changes: Any) -> dict[str, str]:
    found = meeting(version, recurrence_rule=rule, **changes)
    series = next(child for child in found.children if child.tag == tag("Email:Recurrences"))
    return {NAMES[child.tag]: str(child.content) for child in series.children[0].children}


@pytest.mark.parametrize("version", Version)
def test_a_series_is_a_master_with_its_rule_R493_R683_R912_R508(version: Version) -> None:
    rule = "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR;UNTIL=20271231T100000Z"
    expected = {
        "Email:Type": "3",
        "Email:Interval": "2",
        "Email:Until": "20271231T100000Z",
        "Email:WeekOfMonth": "5",
        "Email:DayOfWeek": "32",
    }
    newer = {"Email2:CalendarType": "0", "Email2:IsLeapMonth": "0"} if version in since(V14_0) else {}
    assert recurrence(version, rule) == expected | newer
    assert content(meeting(version, recurrence_rule=rule), "Email:InstanceType") == "1"


def test_first_day_of_the_week_came_with_14_1_R1234_R1235() -> None:
    assert "Email2:FirstDayOfWeek" not in recurrence(V14_0, "FREQ=WEEKLY;COUNT=3;BYDAY=MO")
    assert recurrence(V14_1, "FREQ=WEEKLY;COUNT=3;BYDAY=MO;WKST=SU") == {
        "Email:Type": "1",
        "Email:Interval": "1",
        "Email:Occurrences": "3",
        "Email:DayOfWeek": "2",
        "Email2:IsLeapMonth": "0",
        "Email2:FirstDayOfWeek": "0",
    }


def test_the_day_of_a_series_is_that_of_its_own_zone_R375() -> None:
    kathmandu = pack(ZoneRule(-345))
    evening = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # Monday in UTC, Tuesday there
    assert recurrence(V14_1, "FREQ=WEEKLY", start=evening, time_zone=kathmandu)["Email:DayOfWeek"] == "4"


@pytest.mark.parametrize(
    "changes",
    [
        {"recurrence_rule": "FREQ=HOURLY"},
        {"recurrence_rule": "nonsense"},
        {"recurrence_rule": "FREQ=DAILY", "recurrence_id": MOMENT},
    ],
)
def test_no_Recurrences_without_a_rule_that_can_be_said(changes: dict[str, Any]) -> None:
    found = meeting(V16_1, **changes)
    assert tag("Email:Recurrences") not in [child.tag for child in found.children]
    assert content(found, "Email:InstanceType") == ("3" if "recurrence_id" in changes else "0")


@pytest.mark.parametrize("version", Version)
def test_working_elsewhere_is_busy_before_16_0_R1150_R1154_R270(version: Version) -> None:
    assert content(meeting(version, busy_status=4), "Email:BusyStatus") == ("4" if version in since(V16_0) else "2")


@given(rule=RULES, version=st.sampled_from(Version))
def test_any_series_follows_the_schema_and_is_read_back(rule: Recurrence, version: Version) -> None:
    email = replace(RICH, meeting=replace(MEETING, recurrence_rule=rule_text(rule)))
    loaded = EMAIL.load(sent(email, version), version).meeting_request
    assert loaded is not None
    (found,) = loaded.recurrences
    same_day = rule.day_of_week == 127 and (rule.week_of_month or 5) < 5
    assert found.interval == rule.interval
    assert same_day or (
        found.type,
        found.day_of_week,
        found.day_of_month,
        found.week_of_month,
        found.month_of_year,
    ) == (
        rule.type,
        rule.day_of_week,
        rule.day_of_month,
        rule.week_of_month,
        rule.month_of_year,
    )


# ---------------------------------------------------------------- flags


def test_a_flag_without_a_subject_gets_that_of_the_message_R1053() -> None:
    assert EmailChange(flag=Flag(FlagStatus.ACTIVE, "x")).applied(PLAIN).flag == Flag(
        FlagStatus.ACTIVE, "x", subject="Lunch?"
    )
    own = Flag(FlagStatus.ACTIVE, "x", subject="own")
    assert EmailChange(flag=own).applied(PLAIN).flag == own


def test_a_flag_due_in_UTC_before_it_starts_is_refused_R851_R862() -> None:
    flag = replace(ACTIVE, utc_due_date=MOMENT - timedelta(days=1))
    with pytest.raises(Malformed, match="due before it starts"):
        check_flag(flag)
    check_flag(ACTIVE)


@pytest.mark.parametrize("version", Version)
def test_the_caller_is_told_since_14_0_R1454_R1455(version: Version) -> None:
    data = sent(replace(PLAIN, um_caller_id="+49 30 1234"), version)
    assert ("Email2:UmCallerID" in names(data)) is (version in since(V14_0))
    assert validate(as_response(data)) == [] or version is V2_5
