"""Who is invited, and by whom: ORGANIZER and ATTENDEE, and what a meeting is to the owner of the calendar."""

import re
from collections.abc import Iterator
from typing import Final

from easd.mime.content_lines import Line
from easd.mime.icalendar.lines import Component, clean, parameter, parameters
from easd.mime.icalendar.row import Row, Scope, Values, number_of
from easd.mime.icalendar.values import moment_in, utc_text
from easd.model.event import CANCELLED, MEETING, RECEIVED, Attendee, Event

MAX_ATTENDEES: Final = 5000
_MAILTO: Final = re.compile(r"\s*mailto:", re.IGNORECASE)
_STATUS: Final = {"TENTATIVE": 2, "ACCEPTED": 3, "DECLINED": 4, "NEEDS-ACTION": 5, "DELEGATED": 0}
_PARTSTAT: Final = {0: "NEEDS-ACTION", 2: "TENTATIVE", 3: "ACCEPTED", 4: "DECLINED", 5: "NEEDS-ACTION"}
_ROLES: Final = {1: "REQ-PARTICIPANT", 2: "OPT-PARTICIPANT", 3: "NON-PARTICIPANT"}
_STATUSES: Final = frozenset({0, 1, 3, 5, 7, 9, 11, 13, 15})
_REPLIED, _PROPOSED = "X-EASD-REPLIED", "X-EASD-PROPOSED"
_OURS: Final = frozenset({"CN", "PARTSTAT", "ROLE", "CUTYPE", "RSVP", "X-EASD-STATUS", _REPLIED, _PROPOSED})
_LONGEST: Final = 1000


def address_of(line: Line) -> str:
    """Whose address a property says; "" for none. Some programs write it as a parameter."""
    if found := _MAILTO.match(line.value):
        return clean(line.value[found.end() :].strip())[:_LONGEST]
    said = parameter(line, "EMAIL") or line.value
    return clean(said.strip())[:_LONGEST] if "@" in said and not said.lower().startswith(("invalid:", "urn:")) else ""


def acting_for(component: Component) -> dict[str, str]:
    """Who has sent for whom (SENT-BY): the address of the one who acts, by that of the organizer or attendee, in lower
    case.
    """
    lines = (line for line in component.lines if line.name in ("ORGANIZER", "ATTENDEE"))
    found = ((address_of(line).lower(), _MAILTO.sub("", parameter(line, "SENT-BY")).strip().lower()) for line in lines)
    return {address: by for address, by in found if address and by}


def _one_line(address: str) -> str:
    return " ".join(clean(address).split())


def _name(line: Line) -> str:
    return parameter(line, "CN").strip().strip('"')[:_LONGEST]


def _read_organizer(component: Component, _scope: Scope, _event: Event) -> Values:
    line = component.first("ORGANIZER")
    if line is None:
        return {"organizer_email": None, "organizer_name": None}
    return {"organizer_email": address_of(line) or None, "organizer_name": _name(line) or None}


def _write_organizer(event: Event, scope: Scope) -> Iterator[str]:
    """Of meetings alone (RFC 5545 section 3.8.4.3)."""
    if event.organizer_email and (is_meeting(event) or scope.method not in ("", "PUBLISH")):
        yield f"ORGANIZER{parameters(CN=event.organizer_name)}:mailto:{_one_line(event.organizer_email)}"


def is_meeting(event: Event) -> bool:
    """Whether others take part."""
    return bool(event.meeting_status or event.attendees)


def _read_attendees(component: Component, _scope: Scope, _event: Event) -> Values:
    """Without the organizer, whom programs write among them, and each address once."""
    organizer = component.first("ORGANIZER")
    known = {"", address_of(organizer).lower() if organizer is not None else ""}
    found = []
    for line in component.all("ATTENDEE")[:MAX_ATTENDEES]:
        attendee = attendee_of(line)
        if attendee.email.lower() not in known:
            known.add(attendee.email.lower())
            found.append(attendee)
    asked = {parameter(line, "RSVP").upper() for line in component.all("ATTENDEE")} - {""}
    return {"attendees": tuple(found), "response_requested": "TRUE" in asked if asked else None}


def attendee_of(line: Line) -> Attendee:
    """Who an ATTENDEE is; the address is "" where there is none."""
    partstat, role = parameter(line, "PARTSTAT").upper(), parameter(line, "ROLE").upper()
    if parameter(line, "CUTYPE").upper() in ("RESOURCE", "ROOM"):
        type_: int | None = 3
    else:
        type_ = {"OPT-PARTICIPANT": 2, "NON-PARTICIPANT": 2, "REQ-PARTICIPANT": 1, "CHAIR": 1}.get(role)
    status = 0 if parameter(line, "X-EASD-STATUS") == "0" else _STATUS.get(partstat)
    start, _, end = parameter(line, _PROPOSED).partition("/")
    times = (moment_in(parameter(line, _REPLIED)), moment_in(start), moment_in(end))
    return Attendee(address_of(line), _name(line), status, type_, *times)


def _write_attendees(event: Event, scope: Scope) -> Iterator[str]:
    """An attendee whose line is known keeps what else it says."""
    known = {address_of(line).lower(): line for line in scope.came_from.all("ATTENDEE")}
    asked = None if event.response_requested is None else str(event.response_requested).upper()
    organizer = known.get((event.organizer_email or "").lower())
    if organizer is not None and event.attendees:
        yield organizer.text
    for attendee in event.attendees:
        line = known.get(attendee.email.lower())
        rest = "" if line is None else _rest(line)
        own = "" if scope.method else _known(attendee)
        yield f"ATTENDEE{_said(attendee, asked)}{own}{rest}:mailto:{_one_line(attendee.email)}"


def _rest(line: Line) -> str:
    names = line.parameters.keys() - _OURS - {"EMAIL"}
    return "".join(parameters(**{name: ",".join(line.parameters[name])}) for name in line.parameters if name in names)


def _known(attendee: Attendee) -> str:
    """What the organizer's calendar alone knows of an attendee."""
    proposed = (attendee.proposed_start, attendee.proposed_end)
    return parameters(
        X_EASD_REPLIED=None if attendee.replied is None else utc_text(attendee.replied),
        X_EASD_PROPOSED="/".join(utc_text(time) if time else "" for time in proposed) if any(proposed) else None,
    )


def _said(attendee: Attendee, asked: str | None) -> str:
    kind = "RESOURCE" if attendee.type == 3 else "INDIVIDUAL" if attendee.type else None
    return parameters(
        CUTYPE=kind,
        ROLE=None if attendee.type is None else _ROLES.get(attendee.type),
        PARTSTAT=None if attendee.status is None else _PARTSTAT.get(attendee.status),
        X_EASD_STATUS="0" if attendee.status == 0 else None,
        RSVP=asked,
        CN=attendee.name,
    )


def _read_status(component: Component, scope: Scope, _event: Event) -> Values:
    """What the meeting is to the owner of the calendar: theirs, or that of somebody else."""
    said = number_of(component, "X-EASD-MEETINGSTATUS")
    if said in _STATUSES:
        return {"meeting_status": said}
    organizer = component.first("ORGANIZER")
    people = component.all("ATTENDEE")
    scheduled = scope.method not in ("", "PUBLISH")
    if organizer is None or not (scheduled or any(address_of(each) != address_of(organizer) for each in people)):
        return {"meeting_status": MEETING if people and organizer is None else 0}
    status = MEETING if address_of(organizer).lower() in scope.owner else MEETING | RECEIVED
    gone = scope.method == "CANCEL" or component.text("STATUS").strip().upper() == "CANCELLED"
    return {"meeting_status": status | CANCELLED if gone else status}


def _write_status(event: Event, _scope: Scope) -> Iterator[str]:
    if event.meeting_status:
        yield f"X-EASD-MEETINGSTATUS:{event.meeting_status}"


def _read_no_status(component: Component, _scope: Scope, event: Event) -> Values:
    """What STATUS says is part of MeetingStatus; of what is no meeting, nobody but the line itself knows."""
    if not event.meeting_status:
        return {}
    gone = component.text("STATUS").strip().upper() == "CANCELLED"
    return {"meeting_status": CANCELLED if gone else 0}


def _write_cancelled(event: Event, scope: Scope) -> Iterator[str]:
    if _is_cancelled(event) or scope.method == "CANCEL":
        yield "STATUS:CANCELLED"
    elif scope.method in ("REQUEST", "ADD"):
        yield "STATUS:CONFIRMED"


def _is_cancelled(event: Event) -> bool:
    return bool((event.meeting_status or 0) & CANCELLED)


ORGANIZER: Final[Row[Event]] = Row(
    ("ORGANIZER",), _read_organizer, _write_organizer, lambda event: (event.organizer_email, event.organizer_name)
)
ATTENDEES: Final[Row[Event]] = Row(
    ("ATTENDEE",), _read_attendees, _write_attendees, lambda event: (event.attendees, event.response_requested)
)
CANCELLATION: Final[Row[Event]] = Row(("STATUS",), _read_no_status, _write_cancelled, _is_cancelled)
MEETING_STATUS: Final[Row[Event]] = Row(
    ("X-EASD-MEETINGSTATUS",), _read_status, _write_status, lambda event: event.meeting_status or 0, private=True
)
