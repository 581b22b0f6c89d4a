"""What a device's change of an event means for meetings: those of the owner are told to others, from 16.0 on by the
server (MS-ASCMD R7478, R7479); in those of others, the owner's own part changes alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from easd.model.event import MEETING, Event
from easd.scheduling.outgoing import Notice, invited, is_held, revised
from easd.scheduling.rights import attended
from easd.service.classes.content_class import Edit
from easd.service.meetings.arrival import note_gone
from easd.service.meetings.people import own_addresses
from easd.service.meetings.sending import Sender, tell


def settled(
    edit: Edit, before: Event | None, after: Event, files: Callable[[], bytes] | None = None
) -> tuple[Event, bool]:
    """The event as it is to be kept after a device has changed it from `before` (None: it is new), and whether that is
    other than what the device has written. What others are to hear of it is queued, in the same transaction;
    `files` reads the bytes that hold the event's attachments.
    """
    own = own_addresses(edit.context.principal.user)
    if before is not None and before.is_received:
        event = attended(before, after, own)
        return event, _said(event) != _said(after)
    after = _as_meeting(after, own)
    revision = revised(before, after, own, edit.context.services.clock())
    event = revision.event or after
    _tell(edit, before, event, own, revision.notices, files)
    return event, before is not None and event.attendees != after.attendees


def removed(edit: Edit, before: Event) -> None:
    """The owner deletes an event: those who were invited hear of it. A device that calls it off by mail afterwards does
    not know the count of its revisions.
    """
    own = own_addresses(edit.context.principal.user)
    if is_held(before, own):
        note_gone(edit.box, before, None, edit.context.services.clock())
    _tell(edit, before, before, own, revised(before, None, own, edit.context.services.clock()).notices)


def _as_meeting(event: Event, own: frozenset[str]) -> Event:
    """An event that others are invited to is a meeting, whatever the device has left out."""
    if event.is_received or event.meeting_status or not invited(event, own):
        return event
    return replace(event, meeting_status=MEETING)


def _said(event: Event) -> Event:
    """What a device can see of an event, and has a say in."""
    return replace(event, modified=event.start, stamp=None, client_uid=None, exceptions=())


def _tell(
    edit: Edit,
    before: Event | None,
    event: Event,
    own: frozenset[str],
    notices: Iterable[Notice],
    files: Callable[[], bytes] | None = None,
) -> None:
    organizer = ((before or event).organizer_email or "").lower()
    if edit.context.dialect.server_invites and (not organizer or organizer in own):
        context = edit.context
        sender = Sender(context.services, edit.box, context.principal.user, files, context.reader)
        edit.effects.queued |= tell(sender, notices)
