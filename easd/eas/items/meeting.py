"""MeetingRequest (MS-ASEMAIL MeetingRequest): what an invitation says, beside the message that carries it."""

from dataclasses import replace
from datetime import datetime

from easd.eas.items.busy_status import BusyStatus
from easd.eas.items.recurrence import recurrence_rows, shown_recurrence
from easd.eas.schema import BASE64, COMPACT_DATE, DATE, TEXT, Boolean, Integer, ListOf, Prop, Schema
from easd.eas.versions import V14_0, V14_1, V16_0, V16_1, since, until
from easd.model.email import MeetingRequest
from easd.model.frozen import dataclass
from easd.model.recurrence import Recurrence
from easd.model.recurrence_rule import NotExpressible, recurrence_of
from easd.model.timezone import ZoneRule, unpack

_UTC_ZONE = bytes(172)
"""The TIME_ZONE_INFORMATION of UTC: no bias, no rules, no names (MS-ASDTYPE TimeZone)."""
_MAX_LOCATION = 32_768
_DELEGATORS_COPY = 5  # MS-ASEMAIL R538
_MAX_REMINDER = 65_535
_SINGLE, _MASTER, _EXCEPTION, _ORPHAN = 0, 1, 3, 4


@dataclass(frozen=True, slots=True)
class PlaceData:
    """AirSyncBase Location (16.0 and later), of which an invitation knows the name."""

    display_name: str


@dataclass(frozen=True, slots=True)
class ForwardeeData:
    """Somebody to whom a meeting was forwarded (16.1)."""

    email: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class MeetingRequestData:
    """MeetingRequest, as on the wire. `reminder` in seconds (R687); `instance_type` 0 single, 1 series,
    3 exception (R492, R493, R495); `newer_type` also 4 orphan (R1258).

    `message_type`: 1 first request, 2 full and 3 informational update, 4 outdated, 5 left to a delegate, 0 anything
    else (R533-R538).
    """

    dt_stamp: datetime
    time_zone: bytes
    all_day_event: bool | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    instance_type: int | None = None
    newer_type: int | None = None
    location: str | None = None
    place: PlaceData | None = None
    organizer: str | None = None
    recurrence_id: datetime | None = None
    reminder: int | None = None
    response_requested: bool | None = None
    recurrences: tuple[Recurrence, ...] = ()
    sensitivity: int | None = None
    busy_status: int | None = None
    global_obj_id: bytes | None = None
    disallow_new_time_proposal: bool | None = None
    message_type: int | None = None
    uid: str | None = None
    proposed_start: datetime | None = None
    proposed_end: datetime | None = None
    forwardees: tuple[ForwardeeData, ...] = ()


_FLAG = Boolean()
_RECURRENCES = ListOf(
    "Email:Recurrence", Schema(Recurrence, recurrence_rows("Email", COMPACT_DATE, newer="Email2")), at_least=1
)
_PLACE = Schema(
    PlaceData,
    (Prop("AirSyncBase:DisplayName", "display_name", TEXT, "MS-ASAIRS DisplayName (Location)", required=True),),
)

_FORWARDEES = ListOf(
    "ComposeMail:Forwardee",
    Schema(
        ForwardeeData,
        (
            Prop("ComposeMail:Email", "email", TEXT, "MS-ASCMD Email R64850802", required=True),
            Prop("ComposeMail:Name", "name", TEXT, "MS-ASCMD Name R6865101702"),
        ),
    ),
    at_least=1,
)

MEETING_REQUEST: Schema[MeetingRequestData] = Schema(
    MeetingRequestData,
    (
        Prop("Email:AllDayEvent", "all_day_event", _FLAG, "MS-ASEMAIL AllDayEvent R235"),
        Prop("Email:StartTime", "start_time", DATE, "MS-ASEMAIL StartTime"),
        Prop("Email:DtStamp", "dt_stamp", DATE, "MS-ASEMAIL DtStamp R403", required=True),
        Prop("Email:EndTime", "end_time", DATE, "MS-ASEMAIL EndTime R416"),
        Prop("Email:InstanceType", "instance_type", Integer(0, 3), "MS-ASEMAIL InstanceType R491", until(V14_1)),
        Prop("Email:InstanceType", "newer_type", Integer(0, 4), "MS-ASEMAIL InstanceType R491, R1258", since(V16_0)),
        Prop("Email:Location", "location", TEXT, "MS-ASEMAIL Location R527", until(V14_1)),
        Prop("AirSyncBase:Location", "place", _PLACE, "MS-ASEMAIL Location R13001", since(V16_0)),
        Prop("Email:Organizer", "organizer", TEXT, "MS-ASEMAIL Organizer R635"),
        Prop("Email:RecurrenceId", "recurrence_id", DATE, "MS-ASEMAIL RecurrenceId R935"),
        Prop("Email:Reminder", "reminder", Integer(0, _MAX_REMINDER), "MS-ASEMAIL Reminder R687"),
        Prop("Email:ResponseRequested", "response_requested", _FLAG, "MS-ASEMAIL ResponseRequested R715"),
        Prop("Email:Recurrences", "recurrences", _RECURRENCES, "MS-ASEMAIL Recurrences R684"),
        Prop("Email:Sensitivity", "sensitivity", Integer(0, 3), "MS-ASEMAIL Sensitivity R730"),
        Prop("Email:BusyStatus", "busy_status", BusyStatus(0, 4), "MS-ASEMAIL BusyStatus R265"),
        Prop("Email:TimeZone", "time_zone", BASE64, "MS-ASEMAIL TimeZone R783", required=True),
        Prop("Email:GlobalObjId", "global_obj_id", BASE64, "MS-ASEMAIL GlobalObjId R478", until(V14_1)),
        Prop(
            "Email:DisallowNewTimeProposal",
            "disallow_new_time_proposal",
            _FLAG,
            "MS-ASEMAIL DisallowNewTimeProposal R390",
            since(V14_0),
        ),
        Prop(
            "Email2:MeetingMessageType",
            "message_type",
            Integer(0, 6),
            "MS-ASEMAIL MeetingMessageType R532",
            since(V14_1),
        ),
        Prop("Calendar:UID", "uid", TEXT, "MS-ASEMAIL GlobalObjId R1253", since(V16_0)),
        Prop("MeetingResponse:ProposedStartTime", "proposed_start", COMPACT_DATE, "MS-ASEMAIL R91100", since(V16_1)),
        Prop("MeetingResponse:ProposedEndTime", "proposed_end", COMPACT_DATE, "MS-ASEMAIL R91110", since(V16_1)),
        Prop("ComposeMail:Forwardees", "forwardees", _FORWARDEES, "MS-ASEMAIL R91120", since(V16_1)),
    ),
)
"""MeetingRequest, in the order of its schema."""


def meeting_data(meeting: MeetingRequest) -> MeetingRequestData:
    """The wire's value of an invitation, for every version at once."""
    location = meeting.location[:_MAX_LOCATION]
    recurrences = _recurrences(meeting)
    return MeetingRequestData(
        dt_stamp=meeting.stamp,
        time_zone=meeting.time_zone or _UTC_ZONE,
        all_day_event=meeting.all_day,
        start_time=meeting.start,
        end_time=meeting.end,
        instance_type=_EXCEPTION if meeting.recurrence_id else _MASTER if recurrences else _SINGLE,
        newer_type=_newer_type(meeting, series=bool(recurrences)),
        location=location or None,
        place=PlaceData(location) if location else None,
        organizer=meeting.organizer or None,
        recurrence_id=meeting.recurrence_id,
        reminder=_reminder(meeting.reminder_seconds),
        response_requested=meeting.response_requested,
        recurrences=recurrences,
        sensitivity=meeting.sensitivity,
        busy_status=meeting.busy_status,
        global_obj_id=meeting.global_obj_id,
        disallow_new_time_proposal=meeting.disallow_new_time_proposal,
        message_type=_message_type(meeting),
        uid=meeting.uid,
        proposed_start=meeting.proposed_start,
        proposed_end=meeting.proposed_end,
        forwardees=tuple(ForwardeeData(each.address, each.name or None) for each in meeting.forwardees),
    )


def _newer_type(meeting: MeetingRequest, *, series: bool) -> int:
    """From 16.0 on, an occurrence without its series is an orphan (R1258, R1355)."""
    if meeting.recurrence_id:
        return _ORPHAN if meeting.orphan else _EXCEPTION
    return _MASTER if series else _SINGLE


def _recurrences(meeting: MeetingRequest) -> tuple[Recurrence, ...]:
    """The rule of a series; none for a rule that the protocol cannot say, which is then shown as its first meeting."""
    if not meeting.recurrence_rule or meeting.recurrence_id:
        return ()
    zone = _zone(meeting.time_zone)
    try:
        wall = meeting.start.replace(tzinfo=None) + zone.offset(meeting.start)
        rule = recurrence_of(meeting.recurrence_rule, wall, zone.utc)
    except (NotExpressible, OverflowError):
        return ()
    # R508, R912: IsLeapMonth and Interval are always told.
    return (replace(shown_recurrence(rule), is_leap_month=False),)


def _zone(data: bytes) -> ZoneRule:
    try:
        return unpack(data or _UTC_ZONE)
    except ValueError:
        return ZoneRule(0)


def _reminder(seconds: int | None) -> int | None:
    return None if seconds is None else min(max(seconds, 0), _MAX_REMINDER)


def _message_type(meeting: MeetingRequest) -> int:
    if meeting.delegated:
        return _DELEGATORS_COPY
    if meeting.message_type is not None:
        return meeting.message_type
    if meeting.method.upper() != "REQUEST":
        return 0
    return 2 if meeting.sequence else 1
