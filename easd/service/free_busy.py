"""When people and groups of people are free (MS-ASCMD Availability, MergedFreeBusy)."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from easd.eas.commands.resolve_recipients import Availability
from easd.eas.status import EasError, ResolveRecipientsStatus as Status
from easd.model.account import Kind, Listed, User
from easd.model.busy_times import busy_times
from easd.model.event import Event
from easd.model.folder import FolderType
from easd.model.free_busy import Occupied, merged
from easd.model.moments import milliseconds
from easd.service.context import Services
from easd.service.faults import cause
from easd.service.ports import Reading, Unavailable
from easd.sync.ports import Position

MOST_RECIPIENTS = 100
"""Whose calendars one command asks for, members of groups counted (MS-ASCMD R4622, R7499)."""
LARGEST_GROUP = 20
"""Members of a group whose merged time is of use (R4626)."""
_MOST_EVENTS = 10_000
_TOP = Position(2**63 - 1, 2**63 - 1)


class FreeBusy:
    """The free and busy times that one command tells of. `notes` say what has failed, for the log."""

    def __init__(self, services: Services, start: datetime, end: datetime) -> None:
        self._services, self._start, self._end = services, start, end
        self._left = MOST_RECIPIENTS
        self.notes: list[str] = []

    def of(self, entry: Listed | None) -> Availability:
        """A digit for each half hour (R819), or why there is none. None: somebody who is not of the organisation."""
        try:
            times = [times for user in self._people(entry) for times in self._times(user)]
        except EasError as refused:
            return Availability(refused.status)
        except Unavailable as error:  # of these alone: others may be told of (R4295, R4297)
            self.notes.append(f"free and busy of {entry and entry.address}: {cause(error)}")
            return Availability(Status.FREE_BUSY_LATER)
        return Availability(Status.SUCCESS, merged(times, self._start, self._end))

    def _people(self, entry: Listed | None) -> Sequence[User]:
        """Whose calendars are asked for. EasError 160 to 163.

        Of those of a group, nobody knows of who is elsewhere: the others count, as long as there are any.
        """
        people = _people(self._services, entry)
        if not people:
            raise EasError(Status.NO_FREE_BUSY)  # R4298
        if len(people) > self._left:
            raise EasError(Status.TOO_MANY_RECIPIENTS)
        self._left -= len(people)
        return people

    def _times(self, user: User) -> list[Occupied]:
        with self._services.store.reading(user.mailbox_id) as box:
            events = events_from(box, self._start)
            return [times for _, event in events for times in busy_times(event, self._start, self._end)]


def _people(services: Services, entry: Listed | None) -> Sequence[User]:
    if entry is None:
        return ()
    if entry.kind is not Kind.GROUP:
        user = services.directory.find(entry.address)
        return () if user is None else (user,)
    group = services.directory.group(entry.address)
    if group is None:
        return ()
    members = services.directory.expand(group, LARGEST_GROUP)
    if not members.complete:
        raise EasError(Status.LARGE_GROUP)  # R4294, R4626
    return members.users


def events_from(box: Reading, start: datetime) -> Iterator[tuple[int, Event]]:
    """The events of the default calendar that have not ended by then, by uid: their sort_time is the end of the last of
    it.
    """
    calendar = box.special(FolderType.CALENDAR)
    entries = box.collection(calendar.id).before(_TOP, milliseconds(start), _MOST_EVENTS)
    for uid, item in box.items(calendar.id, [entry.uid for entry in entries]).items():
        if isinstance(item.content, Event):
            yield uid, item.content
