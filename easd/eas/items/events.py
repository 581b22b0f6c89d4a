"""Events (MS-ASCAL): the tables of both directions, and how an event is shown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from easd.eas.items.attachments import ATTACHMENT_CHANGES, AttachmentAdd, AttachmentDelete
from easd.eas.items.body import ATTACHMENT, ATTACHMENTS, BODY_ASKED, BODY_OF_EVENT_ASKED, AttachmentData
from easd.eas.items.busy_status import BusyStatus
from easd.eas.items.note_body import NoteData, note_data, note_rows
from easd.eas.items.place import MAX_TEXT, STRUCTURE, TITLE
from easd.eas.items.recurrence import recurrence_rows, shown_recurrence, without_leap_month
from easd.eas.schema import (
    BASE64,
    BOOLEAN,
    COMPACT_DATE,
    Boolean,
    Integer,
    Kind,
    ListOf,
    Malformed,
    Prop,
    Schema,
    Text,
    text_of,
)
from easd.eas.versions import DIALECTS, V12_0, V14_0, V14_1, V16_0, V16_1, Version, since, until
from easd.model.body import Body
from easd.model.email import Attachment
from easd.model.event import NOWHERE, RECEIVED, Attendee, Event, Occurrence, Place, moment_of
from easd.model.frozen import dataclass
from easd.model.note_body import NoteBody
from easd.model.recurrence import Recurrence
from easd.model.zone import structure_of
from easd.wbxml import Element, Tag, Writer

MAX_CATEGORIES: Final = 300
"""Categories of an event (MS-ASCAL R186, R11026)."""
MAX_EXCEPTIONS: Final = 256
"""Exceptions of a series that can be told, and asked for (MS-ASCAL R243, R24311): of more the latest are told."""
MAX_ATTENDEES: Final = 5000
MAX_UID: Final = 300
NO_REMINDER: Final = -1
"""What the empty Reminder is (14.1 and later: MS-ASCAL R3951111, R2185)."""
_ORGANIZER, _NOT_RESPONDED = 1, 5
_UNKNOWN, _REQUIRED = 0, 1
"""An attendee's AttendeeStatus and AttendeeType where nothing else is known."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A Recurrence as a device states it: perhaps a part alone (16.0 and later: MS-ASCAL R2180001)."""

    values: dict[str, object]


class _Rule:
    """The rule; the empty element is none (MS-ASCAL R2180002)."""

    @property
    def props(self) -> Sequence[Prop]:
        return _RULE.props

    def load(self, element: Element, version: Version) -> RuleChange | None:
        return RuleChange(_RULE.read(element, version)) if element.children else None

    def dump(self, writer: Writer, tag: Tag, value: Recurrence, version: Version) -> None:
        _RULE.dump(writer, tag, shown_recurrence(without_leap_month(value)), version)


@dataclass(frozen=True, slots=True)
class _Among:
    """One of some numbers."""

    values: frozenset[int]

    def load(self, element: Element, version: Version) -> int:
        number = Integer(0, 255).load(element, version)
        if number not in self.values:
            raise Malformed(f"{number} is none of {sorted(self.values)}")
        return number

    def dump(self, writer: Writer, tag: Tag, value: int, version: Version) -> None:
        writer.text(tag, str(value))


class _Reminder:
    """Minutes, or the empty element."""

    def load(self, element: Element, version: Version) -> int:
        if version in since(V14_1) and not text_of(element).strip():
            return NO_REMINDER
        return Integer().load(element, version)

    def dump(self, writer: Writer, tag: Tag, value: int, version: Version) -> None:
        if value != NO_REMINDER:
            writer.text(tag, str(value))
        elif version in since(V14_1):
            writer.empty(tag)


_RULE = Schema(Recurrence, recurrence_rows("Calendar", COMPACT_DATE))
_RECURRENCE: Kind = _Rule()
_REMINDER: Kind = _Reminder()
_FLAG = Boolean()
_STRING = Text(MAX_TEXT)
_BUSY_SHOWN: Kind = BusyStatus(0, 4)
_BUSY_ASKED: Kind = Integer(0, 3)
"""Working elsewhere is never asked for (MS-ASCAL R2044002-R2044005)."""
_MEETING_STATUS: Kind = _Among(frozenset({0, 1, 3, 5, 7, 9, 11, 13, 15}))
_CATEGORIES: Kind = ListOf("Calendar:Category", Text(1024), at_most=MAX_CATEGORIES, keep_empty=True)

_ATTENDEE_ROWS = (
    Prop("Calendar:Email", "email", Text(MAX_TEXT, required=True), "MS-ASCAL Email R225", required=True),
    Prop("Calendar:Name", "name", _STRING, "MS-ASCAL Name R329"),
    Prop(
        "Calendar:AttendeeStatus",
        "status",
        _Among(frozenset({0, 2, 3, 4, 5})),
        "MS-ASCAL AttendeeStatus R118",
        since(V12_0),
    ),
    Prop("Calendar:AttendeeType", "type", _Among(frozenset({1, 2, 3})), "MS-ASCAL AttendeeType R123", since(V12_0)),
)
_PROPOSED = (
    Prop("MeetingResponse:ProposedStartTime", "proposed_start", COMPACT_DATE, "MS-ASCAL R103001", since(V16_1)),
    Prop("MeetingResponse:ProposedEndTime", "proposed_end", COMPACT_DATE, "MS-ASCAL R103002", since(V16_1)),
)
"""What no request has: an attendee proposes by MeetingResponse (MS-ASCMD R6990101703)."""


def _attendees(*rows: Prop) -> Kind:
    schema = Schema(Attendee, (*_ATTENDEE_ROWS, *rows))
    return ListOf("Calendar:Attendee", schema, at_most=MAX_ATTENDEES, keep_empty=True)


_ATTENDEES_ASKED: Kind = _attendees()
_ATTENDEES_SHOWN: Kind = _attendees(*_PROPOSED)


@dataclass(frozen=True, slots=True)
class OccurrenceData(NoteData):
    """Exception, as on the wire. Times are moments."""

    original: datetime | None = None
    deleted: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    all_day: bool | None = None
    subject: str | None = None
    location: Place | None = None
    categories: tuple[str, ...] | None = None
    sensitivity: int | None = None
    busy_status: int | None = None
    reminder: int | None = None
    stamp: datetime | None = None
    meeting_status: int | None = None
    attendees: tuple[Attendee, ...] | None = None
    replied: datetime | None = None
    response_type: int | None = None
    conference_link: str | None = None
    external_link: str | None = None
    attachments: tuple[AttachmentData | AttachmentAdd | AttachmentDelete, ...] | None = None


@dataclass(frozen=True, slots=True)
class EventData(NoteData):
    """What an ApplicationData says of an event. Times are moments."""

    time_zone: bytes | None = None
    all_day: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    stamp: datetime | None = None
    subject: str | None = None
    location: Place | None = None
    uid: str | None = None
    client_uid: str | None = None
    organizer_name: str | None = None
    organizer_email: str | None = None
    attendees: tuple[Attendee, ...] | None = None
    categories: tuple[str, ...] | None = None
    sensitivity: int | None = None
    busy_status: int | None = None
    reminder: int | None = None
    meeting_status: int | None = None
    recurrence: Recurrence | None = None
    exceptions: tuple[OccurrenceData, ...] | None = None
    response_requested: bool | None = None
    disallow_new_time_proposal: bool | None = None
    replied: datetime | None = None
    response_type: int | None = None
    conference_link: str | None = None
    external_link: str | None = None
    attachments: tuple[AttachmentData | AttachmentAdd | AttachmentDelete, ...] | None = None
    instance: datetime | None = None


_14_0, _14_1, _OLD, _NEW = since(V14_0), since(V14_1), until(V14_1), since(V16_0)


def _common(busy: Kind) -> tuple[Prop, ...]:
    """The rows of an event that its exceptions have, too."""
    return (
        Prop("Calendar:AllDayEvent", "all_day", _FLAG, "MS-ASCAL AllDayEvent R565"),
        Prop("Calendar:StartTime", "start", COMPACT_DATE, "MS-ASCAL StartTime R42911"),
        Prop("Calendar:EndTime", "end", COMPACT_DATE, "MS-ASCAL EndTime R235"),
        Prop("Calendar:DtStamp", "stamp", COMPACT_DATE, "MS-ASCAL DtStamp R21911"),
        Prop("Calendar:Subject", "subject", _STRING, "MS-ASCAL Subject R43911"),
        Prop("Calendar:Location", "location", TITLE, "MS-ASCAL Location R29411", _OLD),
        Prop("AirSyncBase:Location", "location", STRUCTURE, "MS-ASCAL Location R2135", _NEW),
        Prop("Calendar:Categories", "categories", _CATEGORIES, "MS-ASCAL Categories R186"),
        Prop("Calendar:Sensitivity", "sensitivity", Integer(0, 3), "MS-ASCAL Sensitivity R428"),
        Prop("Calendar:BusyStatus", "busy_status", busy, "MS-ASCAL BusyStatus R138"),
        Prop("Calendar:Reminder", "reminder", _REMINDER, "MS-ASCAL Reminder R39011, R2185"),
        Prop("Calendar:MeetingStatus", "meeting_status", _MEETING_STATUS, "MS-ASCAL MeetingStatus R309"),
    )


_ANSWERED = (
    Prop(
        "Calendar:AppointmentReplyTime", "replied", COMPACT_DATE, "MS-ASCAL AppointmentReplyTime R88011, R89011", _14_0
    ),
    Prop("Calendar:ResponseType", "response_type", Integer(0, 5), "MS-ASCAL ResponseType R407", _14_0),
    Prop("Calendar:OnlineMeetingConfLink", "conference_link", _STRING, "MS-ASCAL OnlineMeetingConfLink R34611", _14_1),
    Prop(
        "Calendar:OnlineMeetingExternalLink",
        "external_link",
        _STRING,
        "MS-ASCAL OnlineMeetingExternalLink R35411",
        _14_1,
    ),
)
"""What no request has (MS-ASCAL R92, R404, R349, R356)."""

_NOTE_ROWS = note_rows("Calendar", sized=False)
NOTES: Schema[NoteData] = Schema(NoteData, _NOTE_ROWS)
"""The notes of an event as they are told."""
NOTES_ASKED: Schema[NoteData] = Schema(
    NoteData,
    (
        Prop("AirSyncBase:Body", "body", BODY_ASKED, "MS-ASAIRS Body", since(V12_0) & _OLD),
        Prop("AirSyncBase:Body", "body", BODY_OF_EVENT_ASKED, "MS-ASAIRS R1400, R1401", _NEW),
        *(row for row in note_rows("Calendar", sized=False) if row.attr != "body"),
    ),
)
"""The same as a device states them."""


def _exception_rows(busy: Kind, attendees: Kind) -> tuple[Prop, ...]:
    return (
        Prop("Calendar:Deleted", "deleted", _FLAG, "MS-ASCAL Deleted R210"),
        Prop("Calendar:ExceptionStartTime", "original", COMPACT_DATE, "MS-ASCAL ExceptionStartTime R264, R2106", _OLD),
        Prop("AirSyncBase:InstanceId", "original", COMPACT_DATE, "MS-ASCAL Exception R2098", _NEW),
        *_common(busy),
        Prop("Calendar:Attendees", "attendees", attendees, "MS-ASCAL Attendees R10611, R2023", _14_0),
    )


def _event_rows(busy: Kind, attendees: Kind) -> tuple[Prop, ...]:
    return (
        Prop("Calendar:Timezone", "time_zone", BASE64, "MS-ASCAL Timezone R447"),
        *_common(busy),
        Prop("Calendar:UID", "uid", Text(MAX_UID), "MS-ASCAL UID R463"),
        Prop("Calendar:OrganizerName", "organizer_name", _STRING, "MS-ASCAL OrganizerName R36711"),
        Prop("Calendar:OrganizerEmail", "organizer_email", _STRING, "MS-ASCAL OrganizerEmail R36211"),
        Prop("Calendar:Attendees", "attendees", attendees, "MS-ASCAL Attendees R10411"),
        Prop("Calendar:Recurrence", "recurrence", _RECURRENCE, "MS-ASCAL Recurrence R37211"),
        Prop("Calendar:ResponseRequested", "response_requested", BOOLEAN, "MS-ASCAL ResponseRequested R39611", _14_0),
        Prop(
            "Calendar:DisallowNewTimeProposal",
            "disallow_new_time_proposal",
            BOOLEAN,
            "MS-ASCAL DisallowNewTimeProposal R215",
            _14_0,
        ),
    )


_OWN_FILES: Kind = ListOf("AirSyncBase:Attachment", ATTACHMENT, keep_empty=True)
"""Those of an occurrence that has others than the series, or none."""
EXCEPTION: Schema[OccurrenceData] = Schema(
    OccurrenceData,
    (
        *_exception_rows(_BUSY_SHOWN, _ATTENDEES_SHOWN),
        *_ANSWERED,
        *_NOTE_ROWS,
        Prop("AirSyncBase:Attachments", "attachments", _OWN_FILES, "MS-ASCAL Exception R2107", _NEW),
    ),
)
"""What is told of an occurrence that differs."""
_EXCEPTIONS: Kind = ListOf("Calendar:Exception", EXCEPTION)

EVENT: Schema[EventData] = Schema(
    EventData,
    (
        *_event_rows(_BUSY_SHOWN, _ATTENDEES_SHOWN),
        *_NOTE_ROWS,
        Prop("Calendar:Exceptions", "exceptions", _EXCEPTIONS, "MS-ASCAL Exceptions R26111, R24311"),
        *_ANSWERED,
        Prop("AirSyncBase:Attachments", "attachments", ATTACHMENTS, "MS-ASAIRS Attachments", _NEW),
        Prop("AirSyncBase:InstanceId", "instance", COMPACT_DATE, "MS-ASAIRS InstanceId R1176", _NEW),
    ),
)
"""What is told of an event."""

ASKED: Schema[EventData] = Schema(
    EventData,
    (
        *_event_rows(_BUSY_ASKED, _ATTENDEES_ASKED),
        Prop("Calendar:ClientUid", "client_uid", Text(MAX_UID), "MS-ASCAL ClientUid R2057, R2060", _NEW),
        Prop("AirSyncBase:Attachments", "attachments", ATTACHMENT_CHANGES, "MS-ASAIRS Attachments", _NEW),
    ),
)
"""What a device may say of an event, beside its notes and its exceptions."""
ASKED_EXCEPTION: Schema[OccurrenceData] = Schema(
    OccurrenceData,
    (
        *_exception_rows(_BUSY_ASKED, _ATTENDEES_ASKED),
        Prop("AirSyncBase:Attachments", "attachments", ATTACHMENT_CHANGES, "MS-ASCAL Exception R2107", _NEW),
    ),
)
"""What a device may say of an exception, beside its notes."""

UNREAD: Final = {
    **{prop.tag: prop.versions for prop in _ANSWERED},
    "Calendar:DtStamp": _NEW,  # R2088
    "Calendar:OrganizerName": _NEW,  # R2174
    "Calendar:OrganizerEmail": _NEW,  # R2168
    "Calendar:UID": _NEW,  # R2221
}
"""What the server alone says, and in which versions: it is read over in requests."""

Chosen = Callable[[NoteBody], Body]
"""What is to be sent of notes."""


References = Callable[[Attachment], str]
"""The FileReference of an attachment."""


def encode_event(
    event: Event,
    chosen: Chosen,
    version: Version,
    part: int | None = None,
    references: References | None = None,
) -> bytes:
    """The children of an event's ApplicationData or Properties, as a fragment. `part` is where a multipart answer holds
    its notes; those of exceptions stand in the document. Without `references` attachments are left out.
    """
    data = event_data(event, chosen, version, part)
    if references is not None:
        shown = zip(data.exceptions or (), event.exceptions[-MAX_EXCEPTIONS:], strict=True)
        data = replace(
            data,
            attachments=_attachments(event.attachments, references, {}) or None,
            exceptions=tuple(_with_files(each, one, references) for each, one in shown),
        )
    writer = Writer()
    EVENT.dump_children(writer, data, version)
    return writer.fragment()


def encode_event_answer(
    event: Event, references: References, client_ids: Mapping[str, str], version: Version, *, new: bool
) -> bytes:
    """The children of ApplicationData in the answer to an Add (`new`) or Change: the UID that the server has made of a
    new event (MS-ASCAL R2223), and the attachments that were added, with their ClientIds by path (MS-ASAIRS R1336).
    """
    added = [attachment for attachment in event.files if attachment.part in client_ids]
    data = EventData(uid=event.uid if new else None, attachments=_attachments(added, references, client_ids) or None)
    writer = Writer()
    EVENT.dump_children(writer, data, version)
    return writer.fragment()


def _with_files(data: OccurrenceData, exception: Occurrence, references: References) -> OccurrenceData:
    if exception.attachments is None or exception.deleted:
        return data
    return replace(data, attachments=_attachments(exception.attachments, references, {}))


def _attachments(
    attachments: Iterable[Attachment], references: References, client_ids: Mapping[str, str]
) -> tuple[AttachmentData, ...]:
    return tuple(
        AttachmentData(
            file_reference=references(each),
            display_name=each.name,
            method=each.method,
            estimated_size=each.size,
            content_id=each.content_id,
            content_location=each.content_location,
            inline=each.inline,
            client_id=client_ids.get(each.part),
        )
        for each in attachments
    )


def _place(place: Place, version: Version) -> Place | None:
    return None if place == NOWHERE and not DIALECTS[version].says_that_there_is_no_place else place


def event_data(event: Event, chosen: Chosen, version: Version, part: int | None = None) -> EventData:
    """The wire's value of an event; `part` likewise."""
    notes = note_data(chosen(event.body), event.body.type, part)
    dates = event.all_day and DIALECTS[version].all_day_is_a_date
    start = _told(event, event.start, version)
    return EventData(
        body=notes.body,
        native_body_type=notes.native_body_type,
        body_size=notes.body_size,
        body_truncated=notes.body_truncated,
        body_text=notes.body_text,
        time_zone=None if dates else structure_of(event.zone, event.time_zone, start),  # R2006, R2007
        all_day=event.all_day,
        start=start,
        end=_told(event, event.end, version),
        stamp=event.stamp or event.modified,
        subject=event.subject,
        location=_place(event.location, version),
        uid=event.uid or None,
        organizer_name=event.organizer_name,
        organizer_email=event.organizer_email,
        attendees=_told_attendees(event.attendees) or None,
        categories=event.categories or None,
        sensitivity=event.sensitivity,
        busy_status=event.busy_status,
        reminder=event.reminder,
        meeting_status=event.meeting_status or 0,
        recurrence=_told_rule(event, version),
        exceptions=tuple(_exception_data(event, each, chosen, version) for each in event.exceptions[-MAX_EXCEPTIONS:]),
        response_requested=event.response_requested,
        disallow_new_time_proposal=event.disallow_new_time_proposal,
        replied=event.replied,
        response_type=_response_type(event),
        instance=event.instance,
        conference_link=event.conference_link,
        external_link=event.external_link,
    )


def _told(event: Event, time: datetime, version: Version, all_day: bool | None = None) -> datetime:
    """A time of the event as a moment: in 16.0 and later a date is its digits (MS-ASCAL R2005), before, midnight in the
    event's zone.
    """
    dated = event.all_day if all_day is None else all_day
    if dated and DIALECTS[version].all_day_is_a_date:
        return time
    return moment_of(time, event.where, all_day=dated)


def _told_rule(event: Event, version: Version) -> Recurrence | None:
    rule = event.recurrence
    if rule is None or rule.until is None:
        return rule
    return replace(rule, until=_told(event, rule.until, version))


def _told_attendees(attendees: tuple[Attendee, ...]) -> tuple[Attendee, ...]:
    """Each with a name, which the protocol demands (MS-ASCAL R329), with what it has answered, and as required where
    nobody has said otherwise (R568, R573).
    """
    return tuple(
        replace(
            each,
            name=each.name or each.email,
            status=_UNKNOWN if each.status is None else each.status,
            type=_REQUIRED if each.type is None else each.type,
        )
        for each in attendees
    )


def _response_type(event: Event) -> int:
    """What the owner has said to the organizer; of what is not known (MS-ASCAL R407-R418)."""
    if event.response_type is not None:
        return event.response_type
    status = event.meeting_status or 0
    return 0 if not status else _NOT_RESPONDED if status & RECEIVED else _ORGANIZER


def _exception_data(event: Event, exception: Occurrence, chosen: Chosen, version: Version) -> OccurrenceData:
    original = _told(event, exception.original, version)
    if exception.deleted:
        return OccurrenceData(deleted=True, original=original)
    e = exception
    times = [None if t is None else _told(event, t, version, e.all_day) for t in (e.start, e.end)]
    shown = OccurrenceData(
        original=original,
        start=times[0],
        end=times[1],
        all_day=e.all_day,
        subject=e.subject,
        location=e.location,
        categories=e.categories,
        sensitivity=e.sensitivity,
        busy_status=e.busy_status,
        reminder=NO_REMINDER if e.no_reminder else e.reminder,
        stamp=e.stamp,
        meeting_status=e.meeting_status,
        attendees=None if e.attendees is None else _told_attendees(e.attendees),
        replied=e.replied,
        response_type=e.response_type,
        conference_link=e.conference_link,
        external_link=e.external_link,
    )
    return shown if e.body is None else _with_notes(shown, note_data(chosen(e.body), None))


def _with_notes(data: OccurrenceData, notes: NoteData) -> OccurrenceData:
    return replace(
        data,
        body=notes.body,
        body_size=notes.body_size,
        body_truncated=notes.body_truncated,
        body_text=notes.body_text,
    )
