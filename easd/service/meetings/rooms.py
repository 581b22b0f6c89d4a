"""Rooms and equipment answer requests on arrival, as their booking options say; what they leave open, their delegates
are told of.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from easd.model.account import Kind, User
from easd.model.event import CANCELLED, Event
from easd.model.instances import instance_of
from easd.model.item import StoredItem
from easd.model.organisation import Resource
from easd.scheduling.attendance import NOT_RESPONDED, Answer, answered, answered_occurrence, is_open
from easd.scheduling.booking import decided, span_of
from easd.service.context import Services
from easd.service.free_busy import events_from
from easd.service.meetings.arrival import note_gone
from easd.service.meetings.calendars import event_of, kept_of
from easd.service.meetings.delegates import tell_delegates
from easd.service.meetings.people import own_addresses
from easd.service.meetings.sending import Reply, Sender, reply
from easd.service.ports import NewMail, Writing

_BOOKABLE: Final = (Kind.ROOM, Kind.EQUIPMENT)


def book(services: Services, box: Writing, recipient: User, mail: NewMail, now: datetime) -> None:
    """Let a resource answer the meeting message that has just come into its calendar."""
    meeting = mail.email.meeting
    if recipient.kind not in _BOOKABLE or meeting is None:
        return
    resource = services.directory.resource(recipient.address)
    kept = kept_of(box, meeting.uid)
    for item in (*((kept.series,) if kept.series is not None else ()), *kept.orphans):
        if resource is not None:
            _settle(Sender(services, box, recipient, asked=False), resource, item, mail, now)


def _settle(sender: Sender, resource: Resource, item: StoredItem, mail: NewMail, now: datetime) -> None:
    event = event_of(item)
    if event.is_received and (event.meeting_status or 0) & CANCELLED:
        sender.box.remove(item.folder_id, item.uid)  # the time is free again
        return
    if not is_open(event):
        return
    after: Event | None = event
    if event.response_type == NOT_RESPONDED:
        after = _whole(sender, resource, item, event, mail, now)
    after = None if after is None else _occurrences(sender, resource, item, after, now)
    if after is None:
        note_gone(sender.box, event, event.instance, now)
        sender.box.remove(item.folder_id, item.uid)
    elif after != event:
        sender.box.update_item(item.folder_id, item.uid, replace(after, modified=now))


def _whole(
    sender: Sender, resource: Resource, item: StoredItem, event: Event, mail: NewMail, now: datetime
) -> Event | None:
    answer = _decided(sender, resource, item, event, now)
    if answer is None:
        tell_delegates(sender.services, sender.box, mail, resource.user, resource.delegates, now)
        return event
    reply(sender, Reply(event, answer))
    return answered(event, answer, own_addresses(sender.user), now)


def _occurrences(sender: Sender, resource: Resource, item: StoredItem, event: Event, now: datetime) -> Event:
    """Occurrences that are at another time by now are answered one by one."""
    for each in event.exceptions:
        if each.response_type == NOT_RESPONDED and not each.deleted:
            answer = _decided(sender, resource, item, instance_of(event, each), now)
            if answer is not None:
                reply(sender, Reply(event, answer, each.original))
                event = answered_occurrence(event, each.original, answer, own_addresses(sender.user), now)
    return event


def _decided(sender: Sender, resource: Resource, item: StoredItem, event: Event, now: datetime) -> Answer | None:
    start, _ = span_of(event, now)
    others = (found for uid, found in events_from(sender.box, start) if uid != item.uid)
    return decided(event, others, resource.booking, now)
