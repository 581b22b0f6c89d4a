"""People who come to a meeting without its organizer having put them into the list."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from easd.model.email import Address
from easd.model.event import Attendee, Event, Occurrence
from easd.model.instances import instance_of
from easd.scheduling.attendance import NOT_RESPONDED, with_exception
from easd.scheduling.message import Message, is_organizer

OPTIONAL: Final = 2
"""The AttendeeType of whoever comes so (MS-OXOCAL 3.1.4.8.5.2, 3.1.4.10.2.2)."""
MOST_ATTENDEES: Final = 1000
"""A list that is as long takes nobody in whom the organizer has not invited."""


def with_attendee(people: tuple[Attendee, ...], known: Attendee, now: Attendee) -> tuple[Attendee, ...]:
    """The people with `now` in the place of `known`, or behind all where that one is not among them."""
    if known not in people:
        return (*people, now)
    return tuple(now if each is known else each for each in people)


def forwarded(kept: Event | None, message: Message, people: Iterable[Address], *, trusted: bool) -> Event | None:
    """The organizer's meeting after somebody has forwarded it to people, all of it or one occurrence: they are in the
    list, and have not answered (MS-OXOCAL 3.1.4.10.2.2). It stays as it is where the sender neither is invited nor
    `trusted`.
    """
    if kept is None or kept.is_received or not kept.attendees:
        return kept
    if message.original is None or kept.recurrence is None:
        return replace(kept, attendees=_joined(kept, message, people, trusted=trusted))
    day = message.original.date()
    one = next((each for each in kept.exceptions if each.original.date() == day), Occurrence(message.original))
    instance = instance_of(kept, one)
    attendees = _joined(instance, message, people, trusted=trusted)
    if one.deleted or attendees == instance.attendees:
        return kept
    return with_exception(kept, replace(one, attendees=attendees))


def _joined(event: Event, message: Message, people: Iterable[Address], *, trusted: bool) -> tuple[Attendee, ...]:
    known = {each.email.lower() for each in event.attendees}
    if not (trusted or known & message.senders):
        return event.attendees
    fresh = {each.address.lower(): each for each in people if "@" in each.address}
    joined = [
        Attendee(each.address, each.name, status=NOT_RESPONDED, type=OPTIONAL)
        for key, each in fresh.items()
        if key not in known and not is_organizer(event, frozenset({key}))
    ]
    return (*event.attendees, *joined[: max(0, MOST_ATTENDEES - len(event.attendees))])
