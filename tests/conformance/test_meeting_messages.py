"""MS-ASEMAIL MeetingRequest: what an invitation by mail says, as a device gets it, at every version."""

from base64 import b64decode
from collections.abc import Mapping

import pytest

from easd.eas.versions import V14_0, V14_1, V16_0, Version, since, until
from easd.wbxml import Element
from tests.support.world import World, child, text

TIMES = ("DTSTART:20261125T100000Z", "DTEND:20261125T110000Z")
DAYS = ("DTSTART;VALUE=DATE:20261125", "DTEND;VALUE=DATE:20261126")
ALARM = ("BEGIN:VALARM", "TRIGGER:-PT15M", "ACTION:DISPLAY", "END:VALARM")
UID = "a-uid@example.test"


def invitation(*lines: str, method: str = "REQUEST", uid: str = UID) -> bytes:
    """A message that asks to a meeting, written as senders do who are careless of case and white space."""
    calendar = (
        "BEGIN: VCALENDAR", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VTIMEZONE", "TZID:UTC", "BEGIN:STANDARD",
        "DTSTART:16010101T000000", "TZOFFSETFROM:-0000", "TZOFFSETTO:-0000", "END:STANDARD", "END:VTIMEZONE",
        "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261123T120000", "SUMMARY:Lunch", "LOCATION:My Office",
        "ORGANIZER:MAILTO:bob@example.test", *lines, "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return "\r\n".join(
        (
            "From: bob@example.test", "To: alice@example.test", "Subject: Lunch", "MIME-Version: 1.0",
            'Content-Type: multipart/alternative; boundary="b"', "", "--b", "Content-Type: text/plain", "", "Lunch?",
            "--b", f'Content-Type: text/calendar; charset="us-ascii"; method={method}', "", *calendar, "--b--", "",
        )
    ).encode()  # fmt: skip


def meeting(world: World, version: Version, *lines: str, method: str = "REQUEST", uid: str = UID) -> Element:
    """The MeetingRequest as a phone of that version gets it."""
    letter = world.deliver(raw=invitation(*lines, method=method, uid=uid))
    phone = world.phone(version=version)
    phone.sync_all(phone.folder())
    item = phone.held(phone.folder()).items[letter]
    assert text(item, "Email:MessageClass").startswith("IPM.Schedule.Meeting.")
    found = child(item, "Email:MeetingRequest")
    assert found is not None
    return found


def recurrence(found: Element) -> Mapping[str, str]:
    """What the only Recurrence of a meeting says, by local name."""
    series = child(found, "Email:Recurrences")
    assert series is not None
    (rule,) = series.children
    return {one.name.partition(":")[2]: str(one.content) for one in rule.children}


def test_an_inbox_has_the_request_and_what_it_asks_R16_R235_R236_R270_R389_R687_R715(
    world: World, version: Version
) -> None:
    found = meeting(world, version, *TIMES, 'ATTENDEE;CN="";RSVP=TRUE:mailto:alice@example.test', *ALARM)
    assert text(found, "Email:AllDayEvent") == "0"
    assert text(found, "Email:StartTime") == "2026-11-25T10:00:00.000Z"
    assert text(found, "Email:EndTime") == "2026-11-25T11:00:00.000Z"
    assert text(found, "Email:BusyStatus") == "2"
    assert text(found, "Email:Reminder") == "900"
    assert text(found, "Email:ResponseRequested") == "1"
    assert text(found, "Email:DisallowNewTimeProposal") in ("", "0")
    assert child(found, "Email:RecurrenceId") is None  # R936
    assert child(found, "Email:Recurrences") is None


def test_a_whole_day_without_an_answer_and_without_other_times_R235_R390_R716_R727(
    world: World, version: Version
) -> None:
    found = meeting(
        world, version, *DAYS, "ATTENDEE;RSVP=FALSE:mailto:alice@example.test", "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
        "CLASS:CONFIDENTIAL",
    )  # fmt: skip
    assert text(found, "Email:AllDayEvent") == "1"
    assert text(found, "Email:ResponseRequested") == "0"
    assert text(found, "Email:DisallowNewTimeProposal") == ("1" if version >= V14_0 else "")
    assert text(found, "Email:Sensitivity") == "3"


@pytest.mark.parametrize(
    "rule, shown",
    [
        ("FREQ=DAILY;COUNT=5", {"Type": "0", "Occurrences": "5"}),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE", {"Type": "1", "Interval": "2", "DayOfWeek": "8"}),
        ("FREQ=MONTHLY;COUNT=3;BYMONTHDAY=25", {"Type": "2", "DayOfMonth": "25"}),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=4WE", {"Type": "3", "WeekOfMonth": "4", "DayOfWeek": "8"}),
        ("FREQ=YEARLY;COUNT=3;BYMONTHDAY=25;BYMONTH=11", {"Type": "5", "DayOfMonth": "25", "MonthOfYear": "11"}),
        ("FREQ=YEARLY;COUNT=3;BYDAY=4WE;BYMONTH=11", {"Type": "6", "WeekOfMonth": "4", "MonthOfYear": "11"}),
    ],
    ids=[
        "daily R625", "weekly R417", "monthly R365", "4th Wednesday R870", "yearly", "4th Wednesday R620 R873",
    ],
)  # fmt: skip
def test_a_series_says_when_and_how_often_R291_R365_R417_R505_R620_R625_R650_R870_R873_R1067(
    world: World, version: Version, rule: str, shown: dict[str, str]
) -> None:
    told = recurrence(meeting(world, version, *TIMES, f"RRULE:{rule}"))
    assert shown.items() <= told.items()
    assert ("CalendarType" in told) == (version >= V14_0 and shown["Type"] in ("2", "3", "5", "6"))
    assert ("IsLeapMonth" in told) == (version >= V14_0)
    assert ("FirstDayOfWeek" in told) == (version >= V14_1 and shown["Type"] == "1")


def test_one_meeting_of_a_series_tells_which_one_R679_R935_R1493(world: World, version: Version) -> None:
    nine = ("DTSTART:20261125T090000Z", "DTEND:20261125T100000Z")
    world.deliver(raw=invitation(*nine, "RRULE:FREQ=DAILY;COUNT=5"))
    found = meeting(world, version, *TIMES, "RECURRENCE-ID:20261125T090000Z", "SEQUENCE:1")
    assert text(found, "Email:RecurrenceId") == "2026-11-25T09:00:00.000Z"
    assert text(found, "Email:InstanceType") == "3"


@pytest.mark.parametrize("version", sorted(until(V14_1)), ids=lambda version: version.text)
def test_a_global_object_id_is_made_of_the_uid_R121_R1000_R1001_R1002_R10000(world: World, version: Version) -> None:
    """R20000-R20022: class id, date of the instance, no time, eight bytes of nothing, length, and the vCal form."""
    found = b64decode(text(meeting(world, version, *TIMES, "RECURRENCE-ID:20261125T090000Z"), "Email:GlobalObjId"))
    assert found[:16] == bytes.fromhex("040000008200E00074C5B7101A82E008")  # R20000
    assert found[16:20] == bytes((2026 // 256, 2026 % 256, 11, 25))  # R20001, R20003, R20005, R20007, R20009
    assert found[20:28] == found[28:36] == bytes(8)  # R20011, R1000, R10000
    data = found[40:]
    assert int.from_bytes(found[36:40], "little") == len(data)  # R1001
    assert data == b"vCal-Uid\x01\0\0\0" + UID.encode() + b"\0"  # R20013, R20016, R20018, R20019, R20021


@pytest.mark.parametrize("version", sorted(until(V14_1)), ids=lambda version: version.text)
def test_a_uid_of_Outlook_is_the_global_object_id_itself_R20013_R20015(world: World, version: Version) -> None:
    uid = "040000008200E00074C5B7101A82E008" + "00000000" + "10" * 8 + "00" * 8 + "04000000" + "ABCDEF01"
    assert b64decode(text(meeting(world, version, *TIMES, uid=uid), "Email:GlobalObjId")) == bytes.fromhex(uid)


@pytest.mark.parametrize("version", sorted(since(V14_1)), ids=lambda version: version.text)
@pytest.mark.parametrize("method, sequence, kind", [("REQUEST", 0, "1"), ("REQUEST", 3, "2"), ("CANCEL", 1, "0")])
def test_a_meeting_message_is_the_first_one_or_an_update_R535(
    world: World, version: Version, method: str, sequence: int, kind: str
) -> None:
    found = meeting(world, version, *TIMES, f"SEQUENCE:{sequence}", method=method)
    assert text(found, "Email2:MeetingMessageType") == kind


@pytest.mark.parametrize("version", sorted(since(V16_0)), ids=lambda version: version.text)
def test_from_16_0_the_uid_stands_for_itself(world: World, version: Version) -> None:
    found = meeting(world, version, *TIMES)
    assert text(found, "Calendar:UID") == UID
    assert child(found, "Email:GlobalObjId") is None
