"""MeetingResponse (MS-ASCMD MeetingResponse).

Each answer is a transaction of its own. A repeated one is answered as the first was: nothing is written or sent twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from easd.eas.commands.meeting_response import (
    RESPONSE,
    MeetingAnswer,
    MeetingResponseRequest,
    MeetingResponseResponse,
    MeetingResult,
    SendResponse,
    UserResponse,
)
from easd.eas.schema import Malformed, parse_date, parse_separated_date
from easd.eas.status import CommonStatus, EasError, MeetingResponseStatus
from easd.mime.meeting_mail import read_meeting
from easd.model.email import BodyType, Email
from easd.model.event import Event
from easd.model.folder import FolderType
from easd.model.item import StoredItem
from easd.model.note_body import NO_NOTES, NoteBody
from easd.scheduling.attendance import Answer, answered, answered_occurrence, is_open, occurrence_at
from easd.scheduling.message import Method
from easd.service import guests, ids, quirks
from easd.service.context import Answer as HttpAnswer, Context
from easd.service.faults import cause
from easd.service.meetings.arrival import note_gone, take
from easd.service.meetings.calendars import event_of, kept_of, message_of
from easd.service.meetings.people import own_addresses, senders_of, speaking
from easd.service.meetings.sending import Reply, Sender, reply
from easd.service.ports import MailboxFull, Unavailable, Writing
from easd.service.submission import AT_ONCE, deliver_queued

_MOST_REQUESTS: Final = 100
"""MS-ASCMD R5649."""
_ANSWERS: Final[Mapping[int, Answer]] = {
    UserResponse.ACCEPTED: Answer.ACCEPTED,
    UserResponse.TENTATIVE: Answer.TENTATIVE,
    UserResponse.DECLINED: Answer.DECLINED,
}


@dataclass(frozen=True, slots=True)
class _Meeting:
    """What is answered: the event in the calendar, perhaps one occurrence, perhaps by the mail that asks for it.
    `repeated`: it was answered before, and there is a newer revision by now.
    """

    item: StoredItem
    original: datetime | None = None
    mail: StoredItem | None = None
    repeated: bool = False

    @property
    def event(self) -> Event:
        return event_of(self.item)


def handle(context: Context, request: MeetingResponseRequest) -> HttpAnswer:
    """Answer each meeting in the order of the request."""
    if len(request.answers) > _MOST_REQUESTS:  # R5650
        return _answer(context, (MeetingResult(CommonStatus.INVALID_XML),), ["too many requests"])
    notes: list[str] = []
    results = tuple(_one(context, said, notes) for said in request.answers)
    if any(said.send is not None for said in request.answers) or _must_speak(context):
        notes += _deliver(context)
    return _answer(context, results, notes)


def _answer(context: Context, results: tuple[MeetingResult, ...], notes: list[str]) -> HttpAnswer:
    return HttpAnswer(RESPONSE.encode(MeetingResponseResponse(results), context.version), notes=tuple(notes))


def _deliver(context: Context) -> list[str]:
    try:
        deliver_queued(context.services, AT_ONCE)
    except Exception as error:  # noqa: BLE001 - it is queued, and will be tried again
        return [f"queued, not delivered yet: {cause(error)}"]
    return []


def _one(context: Context, said: MeetingAnswer, notes: list[str]) -> MeetingResult:
    """What became of one answer; what fails costs it alone."""
    instance = said.instance_id if context.dialect.answers_in_calendar else None
    try:
        context = guests.home_of(context, _place(said)[0])
        with context.services.store.writing(context.mailbox_id) as box:
            calendar_id = _answered(context, box, said)
        return MeetingResult(MeetingResponseStatus.SUCCESS, said.request_id, calendar_id, instance)
    except EasError as error:
        notes.append(str(error))
        return MeetingResult(error.status, said.request_id)
    except (Unavailable, MailboxFull) as error:
        notes.append(type(error).__name__)
        return MeetingResult(MeetingResponseStatus.MAILBOX_ERROR, said.request_id)  # R4189
    except Exception as error:  # noqa: BLE001 - one answer that fails must not take the others with it
        notes.append(f"{MeetingResponseStatus.SERVER_ERROR.words}: {cause(error)}")
        return MeetingResult(MeetingResponseStatus.SERVER_ERROR, said.request_id)  # R4195


def _answered(context: Context, box: Writing, said: MeetingAnswer) -> str | None:
    """The ServerId of the event after the answer; None where it was declined (R830, R837). EasError."""
    if not guests.may_write(context, box, _place(said)[0]):
        raise _invalid("the user may only read the folder")
    if said.response not in _ANSWERS:
        raise _invalid(f"UserResponse {said.response}")  # R4182
    body, proposed = _sends(said.send)
    if _declined_before(context, box, said):
        return None
    meeting = _found(context, box, said)
    answer = _ANSWERS[said.response]
    if not meeting.repeated and not is_open(meeting.event):
        raise _invalid("the user is the organizer, or there is no meeting any more")  # R4184
    if (said.send is not None or _must_speak(context)) and not meeting.repeated:
        sender = Sender(context.services, box, context.principal.user, by=context.reader)
        if proposed is not None and meeting.event.disallow_new_time_proposal:
            raise _invalid("the organizer wants no other times")
        reply(sender, Reply(meeting.event, answer, meeting.original, body, proposed))
    if not meeting.repeated:
        _write(context, box, meeting, answer)
    if meeting.mail is not None:
        _put_away(box, meeting.mail)
    return None if answer is Answer.DECLINED else ids.server_id(meeting.item.folder_id, meeting.item.uid)


def _must_speak(context: Context) -> bool:
    """Whether the answer is sent because the device is known to leave that undone."""
    return not context.dialect.server_invites and quirks.of(context.device).sends_no_answers


def _write(context: Context, box: Writing, meeting: _Meeting, answer: Answer) -> None:
    own, now, item, event = own_addresses(context.principal.user), context.services.clock(), meeting.item, meeting.event
    if meeting.original is not None:
        after: Event | None = answered_occurrence(event, meeting.original, answer, own, now)
    else:
        after = answered(event, answer, own, now)
    if after is None:
        note_gone(box, event, event.instance, now)
        box.remove(item.folder_id, item.uid)  # R5072
    elif after != event:
        box.update_item(item.folder_id, item.uid, replace(after, modified=now))


def _put_away(box: Writing, mail: StoredItem) -> None:
    """A request that is answered leaves the Inbox, as it does with Exchange."""
    bin_ = box.special(FolderType.DELETED_ITEMS).id
    if mail.folder_id != bin_:
        box.move(mail.folder_id, mail.uid, bin_)


# ---------------------------------------------------------------- what is answered


def _invalid(why: str) -> EasError:
    return EasError(MeetingResponseStatus.INVALID_MEETING_REQUEST, why)


def _place(said: MeetingAnswer) -> tuple[int, int]:
    """Folder and uid of what is answered. EasError 2."""
    if said.long_id is not None:
        if said.folder_id is not None or said.request_id is not None:  # R7031, R7036
            raise _invalid("LongId beside other ids")
        numbers = ids.long_id_numbers(said.long_id)
    else:
        numbers = ids.item_numbers(said.request_id or "")
        if said.folder_id is None or numbers is None or ids.folder_number(said.folder_id) != numbers[0]:
            raise _invalid("no item of that folder is named")
    if numbers is None:
        raise _invalid("no item is named")
    return numbers


def _item(box: Writing, said: MeetingAnswer) -> StoredItem:
    """What is answered, also where it was moved since: the answer to the same request may have been lost."""
    place: tuple[int, int] | None = _place(said)
    for _ in range(3):
        if place is None:
            break
        item = box.items(place[0], [place[1]]).get(place[1])
        if item is not None:
            return item
        place = box.moved_to(*place)
    raise _invalid("there is no such item")


def _declined_before(context: Context, box: Writing, said: MeetingAnswer) -> bool:
    """Whether this is the repetition of an answer that has taken the event out of the calendar."""
    if said.response != UserResponse.DECLINED:
        return False
    folder_id, uid = _place(said)
    if box.items(folder_id, [uid]):
        return False
    moved = box.moved_to(folder_id, uid)
    if moved is None:
        tombstone = box.collection(folder_id).entry(uid) if box.folder(folder_id) is not None else None
        return tombstone is not None and context.dialect.answers_in_calendar
    item = box.items(moved[0], [moved[1]]).get(moved[1])
    meeting = item.content.meeting if item is not None and isinstance(item.content, Email) else None
    return meeting is not None and kept_of(box, meeting.uid).series is None


def _found(context: Context, box: Writing, said: MeetingAnswer) -> _Meeting:
    """The meeting that is answered, in the calendar. EasError 2, 104, 146."""
    item = _item(box, said)
    if isinstance(item.content, Event):
        instance = _instance(context, said)
        if not context.dialect.answers_in_calendar:  # R6068
            raise _invalid("a calendar item, which this version does not answer")
        return _in_calendar(item, instance)
    if not isinstance(item.content, Email) or item.content.meeting is None:
        raise _invalid("neither a meeting request nor a calendar item")  # R4183
    if said.instance_id is not None:
        raise _invalid("an occurrence of a mail")  # R4185
    return _by_mail(context, box, said, item)


def _instance(context: Context, said: MeetingAnswer) -> datetime | None:
    if said.instance_id is None:
        return None
    if not context.dialect.answers_in_calendar:  # R6712
        raise _invalid("InstanceId in a version that has none")
    try:
        return parse_separated_date(said.instance_id)
    except Malformed as fault:
        status = CommonStatus.INVALID_DATE_TIME if said.instance_id else MeetingResponseStatus.INVALID_MEETING_REQUEST
        raise EasError(status, f"InstanceId: {fault}") from None  # R3195, R4186


def _in_calendar(item: StoredItem, instance: datetime | None) -> _Meeting:
    event = event_of(item)
    if instance is None:
        return _Meeting(item)
    if event.recurrence is None:
        raise EasError(CommonStatus.NO_RECURRENCE_IN_CALENDAR, "the meeting does not recur")  # R3196
    original = occurrence_at(event, instance)
    if original is None:
        raise _invalid("there is no such occurrence")  # R4186
    return _Meeting(item, original)


def _by_mail(context: Context, box: Writing, said: MeetingAnswer, mail: StoredItem) -> _Meeting:
    """The event of a request in a mail; it is made where the calendar does not have it (R831)."""
    email = mail.email
    if email.meeting is None or email.meeting.method not in (Method.REQUEST, Method.ADD) or mail.blob_id is None:
        raise _invalid("the mail asks for no answer")
    owner, services = own_addresses(context.principal.user), context.services
    read = read_meeting(box.blob(mail.blob_id), email.received, owner)
    if read is None:
        raise _invalid("the invitation cannot be understood")
    one, find = read.events[0], services.directory.find
    senders = speaking(one, senders_of(email, find), find)
    method = Method(read.method)
    kept = kept_of(box, one.event.uid)
    message = message_of(one, method, senders, event_of(kept.series) if kept.series is not None else None)
    item = kept.item_for(message.original)
    if item is None:
        outcome = take(box, one, method, senders, owner, services.clock(), again=True)
        item = kept_of(box, one.event.uid).item_for(message.original)
        if item is None:
            raise _invalid(outcome.ignored or "the meeting cannot be put into the calendar")
    event = event_of(item)
    if event.is_received and event.sequence > message.event.sequence:
        if (mail.folder_id, mail.uid) == _place(said):
            raise _invalid("a newer revision of the meeting is there")
        return _Meeting(item, message.original, repeated=True)
    if message.original is None or event.recurrence is None:
        return _Meeting(item, None, mail)
    return _Meeting(item, message.original, mail)


# ---------------------------------------------------------------- what is sent


def _sends(send: SendResponse | None) -> tuple[NoteBody, tuple[datetime, datetime] | None]:
    """The text of the mail to the organizer, and the times that it proposes. EasError 2, 104."""
    if send is None:
        return NO_NOTES, None
    times = [_time(text) for text in (send.proposed_start, send.proposed_end) if text is not None]
    if len(times) == 1 or (times and times[0] > times[1]):  # R69901704, R69901725
        raise _invalid("a proposal needs a start and an end after it")
    return _body(send), (times[0], times[1]) if times else None


def _time(text: str) -> datetime:
    try:
        return parse_date(text)
    except Malformed as fault:
        raise EasError(CommonStatus.INVALID_DATE_TIME, f"proposed time: {fault}") from None


def _body(send: SendResponse) -> NoteBody:
    """R7114: without a body the mail has none. EasError 2 for a text of another kind."""
    if send.body is None or not send.body.data:
        return NO_NOTES
    if send.body.type not in (BodyType.PLAIN, BodyType.HTML):
        raise _invalid(f"a body of type {send.body.type}")
    return NoteBody(BodyType(send.body.type), send.body.data.decode("utf-8", "replace"))
