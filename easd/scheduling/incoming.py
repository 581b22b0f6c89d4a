"""What a meeting message does to the calendar of the one who gets it (RFC 5546 section 3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from easd.model.event import CANCELLED, MEETING, RECEIVED, Attendee, Event, Occurrence
from easd.model.instances import as_occurrence, following, instance_of
from easd.scheduling.attendance import FREE, NOT_RESPONDED, Answer, busy_after, with_answer, with_exception
from easd.scheduling.joining import MOST_ATTENDEES, OPTIONAL, with_attendee
from easd.scheduling.message import Age, Message, MessageType, Method, age_of, is_organizer, times_of

_PENDING: Final = MEETING | RECEIVED
_ANSWERS: Final = frozenset({0, 2, 3, 4})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The event afterwards, None where the calendar has none; the MeetingMessageType of the mail; and why the message
    does not count, "" if it does. `proposed` are the moments of another time that somebody proposes.
    """

    event: Event | None
    type: int = MessageType.UNSPECIFIED
    ignored: str = ""
    proposed: tuple[datetime, datetime] | None = None


def received(kept: Event | None, message: Message, owner: frozenset[str], seen: Age | None = None) -> Outcome:
    """What becomes of the event that the calendar has under the message's UID, if any. `owner` are the addresses of the
    calendar's owner, in lower case; `seen` is the newest revision of a meeting that is no longer there: it was declined
    or called off.
    """
    match message.method:
        case Method.REQUEST | Method.ADD:
            return _requested(kept, message, owner, seen)
        case Method.CANCEL:
            return _cancelled(kept, message)
        case Method.REPLY | Method.COUNTER:
            return _replied(kept, message)
        case Method.DECLINECOUNTER:
            return Outcome(kept)


# ---------------------------------------------------------------- REQUEST, ADD


def _requested(kept: Event | None, message: Message, owner: frozenset[str], seen: Age | None) -> Outcome:
    first = _type_of_new(message)
    if is_organizer(message.event, owner):
        return Outcome(kept, first, "the recipient is the organizer")
    if kept is None:
        if seen is not None and not message.age.follows(seen):
            return Outcome(None, MessageType.OUTDATED, "a newer revision was answered or called off")
        return Outcome(_new(message), first)
    if not _may_revise(kept, message):
        return Outcome(kept, first, "the sender is not the organizer")
    known = age_of(kept, _exception(kept, message))
    if known.follows(message.age):
        return Outcome(kept, MessageType.OUTDATED, "a newer revision is known")
    if not message.age.follows(known):
        return Outcome(kept, first, "the revision is known")
    revised = _with_instances(kept, message) if _is_of_series(kept, message) else _revised(kept, message, owner)
    return Outcome(revised, _type_of_update(kept, message))


def _type_of_new(message: Message) -> int:
    return MessageType.FULL_UPDATE if message.event.sequence else MessageType.FIRST


def _may_revise(kept: Event, message: Message) -> bool:
    """The organizer of a meeting never changes, and nobody else changes it."""
    return kept.is_received and is_organizer(kept, message.senders) and is_organizer(message.event, message.senders)


def _is_of_series(kept: Event, message: Message) -> bool:
    return message.original is not None and kept.recurrence is not None


def _exception(kept: Event, message: Message) -> Occurrence | None:
    if message.original is None:
        return None
    day = message.original.date()
    return next((each for each in kept.exceptions if each.original.date() == day), None)


def _new(message: Message) -> Event:
    """A meeting that nothing was said to yet: it stands in the calendar tentatively."""
    event = message.event
    return replace(
        event,
        instance=message.original,
        meeting_status=_PENDING,
        response_type=NOT_RESPONDED,
        replied=None,
        intended_busy=event.busy_status,
        busy_status=busy_after(event.busy_status, Answer.TENTATIVE),
        exceptions=tuple(_pending(each) for each in event.exceptions),
    )


def _pending(exception: Occurrence) -> Occurrence:
    """An exception of a new meeting: whether it takes place, but nothing of the owner's."""
    cancelled = bool((exception.meeting_status or 0) & CANCELLED)
    status = _PENDING | CANCELLED if cancelled else None
    busy = FREE if cancelled else None
    return replace(exception, meeting_status=status, busy_status=busy, response_type=None, replied=None)


def _revised(kept: Event, message: Message, owner: frozenset[str]) -> Event:
    """The meeting as the organizer has it now, with what is the owner's own. Its answer holds while the times do."""
    new = replace(
        _new(message),
        instance=kept.instance,
        reminder=kept.reminder,
        categories=kept.categories,
        client_uid=kept.client_uid,
        attachments=kept.attachments,
    )
    if _moves(kept, message.event):
        return new
    mine = {each.original.date(): each for each in kept.exceptions}
    exceptions = [_with_own(each, mine.pop(each.original.date(), None)) for each in new.exceptions]
    exceptions += [each for each in mine.values() if each.deleted]
    new = replace(new, exceptions=tuple(sorted(exceptions, key=lambda each: each.original.date())))
    return _keeping_answer(new, kept, owner)


def _keeping_answer(new: Event, kept: Event, owner: frozenset[str]) -> Event:
    if kept.response_type not in tuple(Answer) or (kept.meeting_status or 0) & CANCELLED:
        return new
    busy = kept.busy_status if new.intended_busy == kept.intended_busy else None
    return replace(
        new,
        response_type=kept.response_type,
        replied=kept.replied,
        busy_status=busy_after(new.intended_busy, Answer(kept.response_type)) if busy is None else busy,
        attendees=with_answer(new.attendees, owner, kept.response_type),
    )


def _with_own(exception: Occurrence, kept: Occurrence | None) -> Occurrence:
    """An exception with the owner's answer to that occurrence, if it is still at the time that was answered to."""
    if kept is None or kept.deleted or (kept.start, kept.end) != (exception.start, exception.end):
        return exception
    if kept.response_type is None or (exception.meeting_status or 0) & CANCELLED:
        return exception
    return replace(exception, response_type=kept.response_type, replied=kept.replied, busy_status=kept.busy_status)


def _with_instances(series: Event, message: Message) -> Event:
    """The series with an occurrence, or with all from that one on that are left, as the organizer has them now."""
    if not message.onwards or message.original is None:
        return _with_instance(series, message)
    gone = {each.original.date() for each in series.exceptions if each.deleted}
    for original, event in following(series, message.event, message.original):
        if original.date() not in gone:
            series = _with_instance(series, replace(message, event=event, original=original))
    return series


def _with_instance(series: Event, message: Message) -> Event:
    """The series with an occurrence as the organizer has it now."""
    assert message.original is not None
    made = as_occurrence(series, replace(message.event, reminder=series.reminder), message.original)
    made = _pending(
        replace(made, categories=None, sensitivity=None, no_reminder=False, sequence=message.event.sequence)
    )
    made = replace(made, stamp=message.event.stamp)
    kept = _exception(series, message)
    asked = _is_asked_anew(series, kept, made)
    if asked:
        busy = busy_after(series.intended_busy, Answer.TENTATIVE)
        made = replace(made, response_type=NOT_RESPONDED, busy_status=busy)
    return with_exception(series, made if asked else _with_own(made, kept))


def _is_asked_anew(series: Event, kept: Occurrence | None, made: Occurrence) -> bool:
    """Whether the occurrence has another time than the one that was answered to."""
    if kept is not None and (kept.deleted or (kept.meeting_status or 0) & CANCELLED):
        return True
    before = kept or Occurrence(made.original)
    return times_of(instance_of(series, before)) != times_of(instance_of(series, made))


def _moves(kept: Event, new: Event) -> bool:
    """Whether the meeting, or the rule of its series, has other times than before."""
    return (times_of(kept), kept.all_day, kept.recurrence) != (times_of(new), new.all_day, new.recurrence)


def _type_of_update(kept: Event, message: Message) -> int:
    """A full update has to be answered again, an informational one not (MS-ASEMAIL R535, R536)."""
    before = kept
    if _is_of_series(kept, message) and message.original is not None:
        before = instance_of(kept, _exception(kept, message) or Occurrence(message.original))
    open_ = before.response_type not in tuple(Answer)
    return MessageType.FULL_UPDATE if open_ or _moves(before, message.event) else MessageType.INFORMATIONAL


# ---------------------------------------------------------------- CANCEL


def _cancelled(kept: Event | None, message: Message) -> Outcome:
    if kept is None:
        return Outcome(None)
    if not (kept.is_received and is_organizer(kept, message.senders)):
        return Outcome(kept, ignored="the sender is not the organizer")
    exception = _exception(kept, message)
    if age_of(kept, exception).follows(replace(message.age, stamp=message.event.stamp)):
        return Outcome(kept, MessageType.OUTDATED, "a newer revision is known")
    if not _is_of_series(kept, message):
        return Outcome(_called_off(kept, message.event))
    assert message.original is not None
    if message.onwards:
        return Outcome(_ended(kept, message.event, message.original))
    if exception is not None and exception.deleted:
        return Outcome(kept, ignored="the occurrence is not there any more")
    made = replace(
        exception or Occurrence(message.original),
        meeting_status=_PENDING | CANCELLED,
        busy_status=FREE,
        sequence=message.event.sequence,
        stamp=message.event.stamp,
    )
    return Outcome(with_exception(kept, made))


def _called_off(kept: Event, said: Event) -> Event:
    return replace(
        kept,
        subject=said.subject or kept.subject,  # organizers write "Cancelled: " before it
        meeting_status=_PENDING | CANCELLED,
        busy_status=FREE,
        sequence=max(kept.sequence, said.sequence),
        stamp=said.stamp or kept.stamp,
        exceptions=tuple(replace(each, busy_status=None) for each in kept.exceptions),
    )


def _ended(kept: Event, said: Event, original: datetime) -> Event:
    """The series without an occurrence and all later ones."""
    if kept.recurrence is None or original.date() <= kept.start.date():
        return _called_off(kept, said)
    last = kept.begins_on(original.date() - timedelta(days=1))
    return replace(
        kept,
        recurrence=replace(kept.recurrence, occurrences=None, until=last),
        sequence=max(kept.sequence, said.sequence),
        stamp=said.stamp or kept.stamp,
        exceptions=tuple(each for each in kept.exceptions if each.original.date() < original.date()),
    )


# ---------------------------------------------------------------- REPLY, COUNTER


def _replied(kept: Event | None, message: Message) -> Outcome:
    """The status of the attendee who answers, in the organizer's calendar."""
    times = times_of(message.event) if message.method is Method.COUNTER else None
    if kept is None or kept.is_received or not kept.attendees:
        return Outcome(kept, ignored="the recipient is not the organizer", proposed=times)
    answer = _answer(message)
    if answer is None:
        return Outcome(kept, ignored="the sender does not answer for themself", proposed=times)
    if not _is_of_series(kept, message):
        return _with_reply(kept, kept, message, answer, times)
    assert message.original is not None
    exception = _exception(kept, message) or Occurrence(message.original)
    if exception.deleted:
        return Outcome(kept, ignored="the occurrence is not there any more", proposed=times)
    done = _with_reply(kept, instance_of(kept, exception), message, answer, times)
    if done.ignored or done.event is None:
        return done
    made = replace(exception, attendees=done.event.attendees)
    return replace(done, event=with_exception(kept, made))


def _answer(message: Message) -> Attendee | None:
    """What the sender says of themself."""
    said = (each for each in message.event.attendees if each.email.lower() in message.senders)
    return next((each for each in said if each.status in _ANSWERS), None)


def _with_reply(
    kept: Event, before: Event, message: Message, answer: Attendee, times: tuple[datetime, datetime] | None
) -> Outcome:
    """`before` is the meeting or the occurrence that is answered to. Who answers without being in the list (a member of
    an invited group, or somebody to whom the meeting was forwarded) comes into it as optional, unless the answer is out
    of date (MS-OXOCAL 3.1.4.8.5.2).
    """
    attendee = next((each for each in before.attendees if each.email.lower() in message.senders), None)
    known = attendee or Attendee(answer.email, answer.name, type=OPTIONAL)
    if known.replied is not None and message.event.stamp is not None and message.event.stamp < known.replied:
        return Outcome(kept, MessageType.OUTDATED, "a newer answer is known", times)
    if message.method is Method.REPLY and message.timed and _is_stale(kept, before, message):
        return Outcome(kept, MessageType.OUTDATED, "the answer is to another time", times)
    if attendee is None and (is_organizer(kept, message.senders) or len(before.attendees) >= MOST_ATTENDEES):
        return Outcome(kept, ignored="the sender is the organizer, or one too many", proposed=times)
    proposed = times if times is not None and not kept.disallow_new_time_proposal else (None, None)
    counted = replace(
        known,
        status=answer.status,
        replied=message.event.stamp,
        proposed_start=proposed[0],
        proposed_end=proposed[1],
    )
    after = replace(before, attendees=with_attendee(before.attendees, known, counted))
    if before is kept:  # an answer to a series is one to each of its occurrences
        after = replace(after, exceptions=tuple(_answered(each, counted, message) for each in after.exceptions))
    return Outcome(after, proposed=times)


def _answered(exception: Occurrence, counted: Attendee, message: Message) -> Occurrence:
    if exception.attendees is None:
        return exception
    people = (
        replace(each, status=counted.status, replied=counted.replied) if each.email.lower() in message.senders else each
        for each in exception.attendees
    )
    return replace(exception, attendees=tuple(people))


def _is_stale(kept: Event, before: Event, message: Message) -> bool:
    """An answer to a time at which the meeting is no longer. Devices do not know the organizer's count, so that the
    beginning has to tell; of a series, that of any occurrence may be said.
    """
    said, start = times_of(message.event)[0], times_of(before)[0]
    if message.original is None and kept.recurrence is not None:
        return said.astimezone(start.tzinfo) < start
    return said != start


def without_orphans(series: Event, orphans: Mapping[date, Event]) -> Event:
    """A series that has come after single occurrences of it, by the days on which they begin by the rule: what is newer
    of those counts on, and so does what was answered to them.
    """
    for day, orphan in orphans.items():
        original = series.occurrence_on(day)
        kept = next((each for each in series.exceptions if each.original.date() == day), None)
        if original is None or (kept is not None and kept.deleted):
            continue
        newer = age_of(orphan).follows(age_of(series))
        before = instance_of(series, kept or Occurrence(original))
        if newer or times_of(before) == times_of(orphan):
            series = with_exception(series, _of_orphan(series, orphan, original) if newer else _with_answer_of(
                kept or Occurrence(original), orphan))  # fmt: skip
    return series


def _of_orphan(series: Event, orphan: Event, original: datetime) -> Occurrence:
    made = as_occurrence(series, replace(orphan, reminder=series.reminder, categories=series.categories), original)
    status = orphan.meeting_status if (orphan.meeting_status or 0) & CANCELLED else None
    made = replace(made, meeting_status=status, sequence=orphan.sequence, stamp=orphan.stamp, calendar=())
    return _with_answer_of(made, orphan)


def _with_answer_of(occurrence: Occurrence, orphan: Event) -> Occurrence:
    if orphan.response_type not in tuple(Answer):
        return occurrence
    return replace(
        occurrence, response_type=orphan.response_type, replied=orphan.replied, busy_status=orphan.busy_status
    )
