"""Invitations, cancellations and responses (MS-ASEMAIL)."""

import struct
from datetime import UTC, datetime

import pytest

from easd.mime.itip import MAX_CALENDAR, global_obj_id, read_invitation
from easd.model.email import MeetingRequest
from tests.unit.mime.messages import NOW, message, multipart, read

BERLIN = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
TIMES = "DTSTART:20240601T100000Z\nDTEND:20240601T113000Z\nDTSTAMP:20240517T080000Z\n"


def calendar(event: str, *, method: str = "REQUEST", before: str = "", uid: str = "abc-1@example.com") -> str:
    return (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nMETHOD:{method}\n{before}BEGIN:VEVENT\nUID:{uid}\n{event}"
        "END:VEVENT\nEND:VCALENDAR\n"
    )


def invitation(text: str, method: str = "REQUEST") -> bytes:
    return multipart("alternative", "\nwords", f"Content-Type: text/calendar; charset=utf-8; method={method}\n\n{text}")


def meeting(event: str, *, before: str = "", uid: str = "abc-1@example.com") -> MeetingRequest:
    found = read_invitation(calendar(event, before=before, uid=uid), "", NOW)
    assert found is not None
    return found.meeting


def test_request() -> None:
    event = TIMES + (
        'ORGANIZER;CN="Example, Ann":MAILTO:ann@example.com\nLOCATION:Room 1\\, left\nSEQUENCE:2\nCLASS:PRIVATE\n'
        "ATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:bob@example.com\nX-MICROSOFT-CDO-INTENDEDSTATUS:OOF\n"
        "X-MICROSOFT-DISALLOW-COUNTER:TRUE\nRRULE:FREQ=WEEKLY;COUNT=4\n"
        "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM\n"
    )
    found = read(invitation(calendar(event)))
    email = found.email
    assert email.message_class == "IPM.Schedule.Meeting.Request"
    assert email.content_class == "urn:content-classes:calendarmessage"
    assert found.texts.plain == b"words"
    assert email.attachments == ()
    assert email.meeting == MeetingRequest(
        method="REQUEST",
        uid="abc-1@example.com",
        global_obj_id=global_obj_id("abc-1@example.com", None),
        start=datetime(2024, 6, 1, 10, tzinfo=UTC),
        end=datetime(2024, 6, 1, 11, 30, tzinfo=UTC),
        stamp=datetime(2024, 5, 17, 8, tzinfo=UTC),
        organizer='"Example, Ann" <ann@example.com>',
        location="Room 1, left",
        busy_status=3,
        sensitivity=2,
        reminder_seconds=900,
        response_requested=True,
        time_zone=bytes(172),
        sequence=2,
        disallow_new_time_proposal=True,
        recurrence_rule="FREQ=WEEKLY;COUNT=4",
    )


@pytest.mark.parametrize(
    "method, partstat, message_class",
    [
        ("REQUEST", "NEEDS-ACTION", "IPM.Schedule.Meeting.Request"),
        ("CANCEL", "NEEDS-ACTION", "IPM.Schedule.Meeting.Canceled"),
        ("REPLY", "ACCEPTED", "IPM.Schedule.Meeting.Resp.Pos"),
        ("reply", "DECLINED", "IPM.Schedule.Meeting.Resp.Neg"),
        ("REPLY", "TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent"),
        ("COUNTER", "TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent"),
    ],
)
def test_classes_of_meeting_messages(method: str, partstat: str, message_class: str) -> None:
    event = f"{TIMES}ATTENDEE;PARTSTAT={partstat}:mailto:bob@example.com\nATTENDEE;PARTSTAT=ACCEPTED:mailto:c@x\n"
    email = read(invitation(calendar(event, method=method), method)).email
    assert email.message_class == message_class
    assert email.meeting is not None
    assert email.meeting.method == method.upper()


def test_the_method_property_counts_where_the_parameter_is_missing() -> None:
    raw = message("Content-Type: text/calendar", body=calendar(TIMES + "DESCRIPTION:Come\\nall\n", method="CANCEL"))
    found = read(raw)
    assert found.email.message_class == "IPM.Schedule.Meeting.Canceled"
    assert found.texts.plain == b"Come\r\nall"  # a message that is nothing but a calendar is read by its description
    assert found.email.preview == "Come all"


def test_a_published_calendar_is_an_attachment() -> None:
    email = read(invitation(calendar(TIMES, method="PUBLISH"), "PUBLISH")).email
    assert (email.message_class, email.meeting) == ("IPM.Note", None)
    assert [each.content_type for each in email.attachments] == ["text/calendar"]


def test_a_calendar_file_is_an_attachment() -> None:
    raw = multipart(
        "mixed",
        "\nwords",
        "Content-Type: text/calendar; name=a.ics; method=REQUEST\nContent-Disposition: attachment\n\n"
        f"{calendar(TIMES)}",
    )
    email = read(raw).email
    assert (email.message_class, email.meeting) == ("IPM.Note", None)
    assert email.attachments[0].name == "a.ics"


def test_a_signed_invitation_stays_a_signed_message() -> None:
    inside = f"Content-Type: text/calendar; method=REQUEST\n\n{calendar(TIMES)}"
    email = read(multipart("signed", inside, "Content-Type: application/pkcs7-signature\n\nx")).email
    assert email.message_class == "IPM.Note.SMIME.MultipartSigned"
    assert email.meeting is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        calendar("SUMMARY:no start\n"),
        calendar("DTSTART:soon\n"),
        calendar("DTSTART:20240601T100000Z\nDURATION:long\n"),
        calendar("DTSTART;VALUE=PERIOD:20240601T100000Z/PT1H\n"),
        calendar("DTSTART:20240601T100000Z\nSEQUENCE:many\n"),
        calendar(TIMES)[:-40],
        "BEGIN:VCALENDAR\n" + "X" * MAX_CALENDAR,
    ],
)
def test_a_calendar_that_cannot_be_understood_is_an_attachment(text: str) -> None:
    found = read(invitation(text))
    assert found.email.message_class == "IPM.Note"
    assert len(found.email.attachments) == 1
    assert found.texts.plain == b"words"


def test_all_day_and_its_ends() -> None:
    day = meeting("DTSTART;VALUE=DATE:20240601\n")
    assert day.all_day
    assert (day.start, day.end) == (datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 6, 2, tzinfo=UTC))
    assert day.stamp == NOW  # the moment of delivery stands in for a missing DTSTAMP
    assert day.time_zone == bytes(172)
    assert meeting("DTSTART:20240601T100000Z\nDURATION:PT90M\n").end == datetime(2024, 6, 1, 11, 30, tzinfo=UTC)
    assert meeting("DTSTART:20240601T100000Z\n").end == datetime(2024, 6, 1, 10, tzinfo=UTC)
    assert meeting("DTSTART:20240601T100000\n").start == datetime(2024, 6, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "lines, busy",
    [
        ("", 2),
        ("TRANSP:TRANSPARENT\n", 0),
        ("TRANSP:OPAQUE\n", 2),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\n", 1),
        ("X-MICROSOFT-CDO-INTENDEDSTATUS:WORKINGELSEWHERE\nTRANSP:TRANSPARENT\n", 4),
        ("X-MICROSOFT-CDO-INTENDEDSTATUS:nonsense\n", 2),
    ],
)
def test_busy_status_R266_R267_R268_R269_R270(lines: str, busy: int) -> None:
    assert meeting(TIMES + lines).busy_status == busy


@pytest.mark.parametrize(
    "trigger, seconds",
    [
        ("TRIGGER:-PT1H", 3600),
        ("TRIGGER:PT5M", 0),
        ("TRIGGER;RELATED=END:-PT5M", None),
        ("TRIGGER;VALUE=DATE-TIME:20240601T000000Z", None),
        ("SUMMARY:no trigger", None),
    ],
)
def test_reminder_R687(trigger: str, seconds: int | None) -> None:
    assert meeting(f"{TIMES}BEGIN:VALARM\nACTION:DISPLAY\n{trigger}\nEND:VALARM\n").reminder_seconds == seconds


@pytest.mark.parametrize(
    "lines, asked",
    [
        ("", True),
        ("ATTENDEE:mailto:a@b\n", True),
        ("ATTENDEE;RSVP=FALSE:mailto:a@b\n", False),
        ("ATTENDEE;RSVP=FALSE:mailto:a@b\nATTENDEE;RSVP=TRUE:mailto:c@d\n", True),
    ],
)
def test_response_requested_R715_R716(lines: str, asked: bool) -> None:
    assert meeting(TIMES + lines).response_requested is asked


def test_organizer_without_a_name() -> None:
    assert meeting(f"{TIMES}ORGANIZER:mailto:a@b.test\n").organizer == '"a@b.test" <a@b.test>'
    assert meeting(TIMES).organizer == ""


def test_several_locations_and_rules_count_once() -> None:
    found = meeting(f"{TIMES}LOCATION:one\nLOCATION:two\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY\n")
    assert (found.location, found.recurrence_rule) == ("one", "FREQ=DAILY")


CLASS_ID = "040000008200e00074c5b7101a82e008"


def test_global_obj_id_of_a_foreign_uid_R20016_R20018_R20019() -> None:
    data = b"vCal-Uid\x01\x00\x00\x00" + b"abc-1@example.com" + b"\x00"
    expected = bytes.fromhex(CLASS_ID) + bytes(4) + bytes(16) + struct.pack("<l", len(data)) + data
    assert global_obj_id("abc-1@example.com", None) == expected


def test_global_obj_id_of_an_outlook_uid_R20014() -> None:
    uid = CLASS_ID.upper() + "00000000" + "80a1b2c3d4e5f601" + "00" * 8 + "10000000" + "11" * 16
    assert global_obj_id(uid, None) == bytes.fromhex(uid)
    instance = global_obj_id(uid, datetime(2004, 6, 15, tzinfo=UTC))
    assert instance[16:20] == b"\x07\xd4\x06\x0f"  # R20002 and R20004: the year 2004 is 07 D4
    assert instance[:16] + instance[20:] == bytes.fromhex(uid)[:16] + bytes.fromhex(uid)[20:]


def test_an_instance_of_a_series_R20001() -> None:
    found = meeting(f"{TIMES}RECURRENCE-ID:20240601T100000Z\n")
    assert found.recurrence_id == datetime(2024, 6, 1, 10, tzinfo=UTC)
    assert found.global_obj_id[16:20] == bytes((0x07, 0xE8, 6, 1))


def zone_of(event: str, before: str) -> tuple[int, str, tuple[int, ...], str, tuple[int, ...], int]:
    data = meeting(event, before=before).time_zone
    bias, name, standard, zero, daylight_name, daylight, saving = struct.unpack("<l64s16sl64s16sl", data)
    assert zero == 0
    names = [raw.decode("utf-16-le").rstrip("\0") for raw in (name, daylight_name)]
    return bias, names[0], struct.unpack("<8H", standard), names[1], struct.unpack("<8H", daylight), saving


LOCAL = "DTSTART;TZID=Europe/Berlin:20240601T100000\n"


def test_zone_with_daylight_saving_R105_R111_R118_R120() -> None:
    assert zone_of(LOCAL, BERLIN) == (
        -60,
        "Europe/Berlin",
        (0, 10, 0, 5, 3, 0, 0, 0),
        "Europe/Berlin",
        (0, 3, 0, 5, 2, 0, 0, 0),
        -60,
    )
    assert meeting(LOCAL, before=BERLIN).start == datetime(2024, 6, 1, 8, tzinfo=UTC)


def test_a_zone_is_called_as_its_description_is_R107() -> None:
    own = BERLIN.replace("Europe/Berlin", "Universal Time")
    assert zone_of("DTSTART;TZID=Universal Time:20240601T100000\n", own)[1] == "Universal Time"
    assert zone_of("DTSTART;TZID=Universal Time:20240601T100000\n", own + BERLIN)[1] == "Universal Time"


def test_the_bias_of_the_pacific_is_480_R106() -> None:
    pacific = (
        BERLIN.replace("Europe/Berlin", "Pacific")
        .replace("+0200\nTZOFFSETTO:+0100", "-0700\nTZOFFSETTO:-0800")
        .replace("+0100\nTZOFFSETTO:+0200", "-0800\nTZOFFSETTO:-0700")
        .replace("-1SU;BYMONTH=10", "1SU;BYMONTH=11")
        .replace("-1SU;BYMONTH=3", "2SU;BYMONTH=3")
    )
    found = zone_of("DTSTART;TZID=Pacific:20240601T100000\n", pacific)
    assert (found[0], found[2][:4], found[4][:4], found[5]) == (480, (0, 11, 0, 1), (0, 3, 0, 2), -60)


@pytest.mark.parametrize(
    "zone, bias",
    [
        (BERLIN[: BERLIN.index("BEGIN:DAYLIGHT")] + "END:VTIMEZONE\n", -60),
        (BERLIN.replace("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\n", ""), -60),
        (BERLIN.replace("BYDAY=-1SU;BYMONTH=3", "BYMONTHDAY=1;BYMONTH=3"), -60),
        (BERLIN.replace("BYDAY=-1SU;BYMONTH=3", "BYDAY=7SU;BYMONTH=3"), -60),
        (BERLIN.replace("BYDAY=-1SU;BYMONTH=3", "BYDAY=SU;BYMONTH=3"), -60),
        (BERLIN.replace("BYDAY=-1SU;BYMONTH=3", "BYDAY=-1SU;BYMONTH=99999"), -60),
        (BERLIN[: BERLIN.index("BEGIN:STANDARD")] + "END:VTIMEZONE\n", 0),
    ],
)
def test_zones_without_yearly_rules_have_a_fixed_offset(zone: str, bias: int) -> None:
    found = zone_of(LOCAL, zone)
    assert (found[0], found[2], found[4], found[5]) == (bias, (0,) * 8, (0,) * 8, 0)


def test_a_zone_that_is_named_and_not_described_is_that_of_tzdata() -> None:
    assert zone_of(LOCAL, "") == zone_of(LOCAL, BERLIN)


def test_the_zone_of_the_start_is_found_among_several() -> None:
    other = BERLIN.replace("Europe/Berlin", "Europe/Lisbon").replace("+0100", "+0000").replace("+0200", "+0100")
    assert zone_of(LOCAL, other + BERLIN)[0] == -60
    assert zone_of(LOCAL.replace("Berlin", "Lisbon"), other + BERLIN)[0] == 0
    assert meeting(TIMES, before=other + BERLIN).time_zone == bytes(172)
