"""What a text/calendar part says (iTIP, RFC 5546) as MS-ASEMAIL MeetingRequest shows it."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from icalendar import Calendar, Component

from easd.mime.timezone import UTC_ZONE, date_of, span_of, zone_bytes
from easd.model.email import Address, MeetingRequest

MAX_CALENDAR: Final = 512 * 1024

_OUTLOOK_CLASS_ID: Final = bytes.fromhex("040000008200E00074C5B7101A82E008")  # MS-ASEMAIL R20000
_SENSITIVITIES: Final = {"PERSONAL": 1, "PRIVATE": 2, "CONFIDENTIAL": 3}  # MS-ASEMAIL R731-R734
_BUSY: Final = {"FREE": 0, "TENTATIVE": 1, "BUSY": 2, "OOF": 3, "WORKINGELSEWHERE": 4}  # MS-ASEMAIL R266-R269, R1145
_TIMELESS: Final = frozenset({"REPLY", "CANCEL"})
_MAX_NAME, _MAX_FORWARDEES = 1000, 500
_MAX_TEXT: Final = 32_768  # MS-ASEMAIL R527


@dataclass(frozen=True, slots=True)
class Invitation:
    """A meeting, how its first attendee answered (PARTSTAT, "" where none says), and the text that describes it."""

    meeting: MeetingRequest
    partstat: str
    description: str


def read_invitation(text: str, method: str, received: datetime) -> Invitation | None:
    """The first event of a calendar text, or None where it has none that can be understood.

    `method` is the parameter of the part's Content-Type; the METHOD property counts where it is "". `received` stands
    in for a missing DTSTAMP. Never raises.
    """
    if len(text) > MAX_CALENDAR:
        return None
    try:
        calendar = Calendar.from_ical(text)
        event = next(iter(calendar.walk("VEVENT")), None)
        return None if event is None else _invitation(calendar, event, method, received)
    except Exception:  # noqa: BLE001 - the calendar library raises nearly anything for a stranger's text: mail must not stop
        return None


def _invitation(calendar: Component, event: Component, method: str, received: datetime) -> Invitation:
    method = (method or _text(calendar, "METHOD")).upper()
    uid = _text(event, "UID")
    recurrence_id = _moment(event, "RECURRENCE-ID")
    start = _start(event, method, recurrence_id or received)
    meeting = MeetingRequest(
        method=method,
        uid=uid,
        global_obj_id=global_obj_id(uid, recurrence_id),
        start=_utc(start),
        end=_utc(_end(event, start)),
        stamp=_moment(event, "DTSTAMP") or received,
        all_day=not isinstance(start, datetime),
        organizer=_organizer(event),
        location=_text(event, "LOCATION"),
        busy_status=_busy_status(event),
        sensitivity=_SENSITIVITIES.get(_text(event, "CLASS").upper(), 0),
        reminder_seconds=_reminder(event),
        response_requested=_response_requested(event),
        recurrence_id=recurrence_id,
        time_zone=zone_bytes(calendar, start, _tzid(event)) if isinstance(start, datetime) else UTC_ZONE,
        sequence=max(0, int(_text(event, "SEQUENCE") or 0)),
        disallow_new_time_proposal=_text(event, "X-MICROSOFT-DISALLOW-COUNTER").upper() == "TRUE",
        recurrence_rule=_rule(event),
        forwardees=_forwardees(event),
    )
    return Invitation(meeting, _partstat(event), _text(event, "DESCRIPTION"))


def _start(event: Component, method: str, otherwise: datetime) -> date:
    """Answers and cancellations need not say when the meeting is (RFC 5546 sections 3.2.3, 3.2.5)."""
    if "DTSTART" not in event and method in _TIMELESS:
        return otherwise
    return date_of(event, "DTSTART")


def _tzid(event: Component) -> str:
    """The name of the zone in which the meeting starts."""
    start: Any = event.get("DTSTART")
    return str(getattr(start, "params", {}).get("TZID", ""))


def _text(component: Component, name: str) -> str:
    value: Any = component.get(name, "")
    value = value[0] if isinstance(value, list) else value
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", str(value))[:_MAX_TEXT]


def _utc(value: date) -> datetime:
    """A date is midnight, a time without zone is taken as UTC."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _moment(component: Component, name: str) -> datetime | None:
    return _utc(date_of(component, name)) if name in component else None


def _end(event: Component, start: date) -> date:
    """RFC 5545 section 3.6.1: DTEND, or DTSTART and DURATION, or one day for a date and no time for a time."""
    if "DTEND" in event:
        return date_of(event, "DTEND")
    if "DURATION" in event:
        return start + span_of(event, "DURATION")
    return start if isinstance(start, datetime) else start + timedelta(days=1)


def _rule(event: Component) -> str:
    rule: Any = event.get("RRULE")
    rule = rule[0] if isinstance(rule, list) else rule
    return "" if rule is None else str(rule.to_ical(), "utf-8")


def _organizer(event: Component) -> str:
    """`"Name" <address>`, as Exchange writes the Organizer."""
    organizer: Any = event.get("ORGANIZER")
    if organizer is None:
        return ""
    address = re.sub(r"(?i)^mailto:", "", str(organizer)).strip()
    name = str(organizer.params.get("CN", "")).strip().strip('"')
    return f'"{name or address}" <{address}>'


def _forwardees(event: Component) -> tuple[Address, ...]:
    """Whom a notice of this server names (`easd.mime.icalendar.write.forwardee_line`)."""
    said: Any = event.get("X-EASD-FORWARDEE", [])
    lines = said if isinstance(said, list) else [said]
    found = ((re.sub(r"(?i)^mailto:", "", str(line)).strip(), str(line.params.get("CN", ""))) for line in lines)
    return tuple(Address(name[:_MAX_NAME], address) for address, name in found if address)[:_MAX_FORWARDEES]


def _busy_status(event: Component) -> int:
    intended = _text(event, "X-MICROSOFT-CDO-INTENDEDSTATUS") or _text(event, "X-MICROSOFT-CDO-BUSYSTATUS")
    transparent = _text(event, "TRANSP").upper() == "TRANSPARENT"
    return _BUSY.get(intended.upper(), 0 if transparent else 2)  # MS-ASEMAIL R270: 2 is the default


def _reminder(event: Component) -> int | None:
    """MS-ASEMAIL R687: seconds before the start, of the first alarm that is relative to it."""
    for alarm in event.walk("VALARM"):
        trigger: Any = alarm.get("TRIGGER")
        if isinstance(getattr(trigger, "dt", None), timedelta) and trigger.params.get("RELATED", "START") == "START":
            return max(0, -int(trigger.dt.total_seconds()))
    return None


def _attendees(event: Component) -> list[object]:
    attendees: Any = event.get("ATTENDEE", [])
    return attendees if isinstance(attendees, list) else [attendees]


def _parameters(event: Component, name: str) -> list[str]:
    found = (getattr(attendee, "params", {}).get(name) for attendee in _attendees(event))
    return [str(value).upper() for value in found if value is not None]


def _response_requested(event: Component) -> bool:
    """MS-ASEMAIL R715: asked of any attendee; also where no attendee says, as Exchange's own default is to ask."""
    asked = _parameters(event, "RSVP")
    return "TRUE" in asked or not asked


def _partstat(event: Component) -> str:
    return next(iter(_parameters(event, "PARTSTAT")), "")


def global_obj_id(uid: str, instance: datetime | None) -> bytes:
    """MS-ASEMAIL R121 GlobalObjId of an event.

    A UID that is the hexadecimal form of an Outlook identifier gives those bytes; any other one the vCal form
    (R20016). The date of `instance` goes into INSTDATE (R20001).
    """
    day = bytes(4) if instance is None else bytes((*divmod(instance.year, 256), instance.month, instance.day))
    try:
        data = bytes.fromhex(uid)
    except ValueError:
        data = b""
    if data.startswith(_OUTLOOK_CLASS_ID) and len(data) >= 40:
        return data[:16] + (data[16:20] if instance is None else day) + data[20:]
    vcal = b"vCal-Uid\x01\0\0\0" + uid.encode("utf-8") + b"\0"
    return _OUTLOOK_CLASS_ID + day + bytes(16) + len(vcal).to_bytes(4, "little") + vcal
