"""What others see of an event that its owner calls private or confidential: that its time is taken."""

from dataclasses import replace
from typing import Final

from easd.model.event import NOWHERE, Event, Occurrence
from easd.model.note_body import NO_NOTES

_SUBJECT: Final = "Private"
_PRIVATE: Final = 2
"""MS-ASCAL Sensitivity: 2 is private, 3 confidential."""


def is_private(content: object) -> bool:
    """Whether an item, or a single occurrence of it, is not for others to see, and so not for them to change."""
    if not isinstance(content, Event):
        return False
    return content.sensitivity >= _PRIVATE or any((one.sensitivity or 0) >= _PRIVATE for one in content.exceptions)


def discreet(event: Event) -> Event:
    """The event as others see it: its times, and whether they are busy; of what is not private, all."""
    if event.sensitivity < _PRIVATE:
        return replace(event, exceptions=tuple(map(_discreet_if_private, event.exceptions)))
    return Event(
        event.start,
        event.end,
        event.modified,
        zone=event.zone,
        time_zone=event.time_zone,
        all_day=event.all_day,
        subject=_SUBJECT,
        sensitivity=event.sensitivity,
        busy_status=event.busy_status,
        stamp=event.stamp,
        uid=event.uid,
        instance=event.instance,
        recurrence=event.recurrence,
        exceptions=tuple(map(_bare, event.exceptions)),
    )


def _discreet_if_private(one: Occurrence) -> Occurrence:
    if (one.sensitivity or 0) < _PRIVATE:
        return one
    bare = _bare(one)
    return replace(bare, subject=_SUBJECT, location=NOWHERE, body=NO_NOTES, categories=(), attendees=(), attachments=())


def _bare(one: Occurrence) -> Occurrence:
    """When it is, and whether its time is taken."""
    return Occurrence(
        one.original,
        deleted=one.deleted,
        start=one.start,
        end=one.end,
        all_day=one.all_day,
        sensitivity=one.sensitivity,
        busy_status=one.busy_status,
        stamp=one.stamp,
    )
