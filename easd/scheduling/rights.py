"""What the devices of somebody who is invited may change of the meeting: what is the attendee's own."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from easd.model.event import Attendee, Event, Occurrence
from easd.scheduling.attendance import with_answer

_OWN: Final = ("categories", "reminder", "busy_status", "modified")
_OWN_OF_ONE: Final = ("categories", "reminder", "no_reminder")


def attended(before: Event, after: Event, own: Collection[str]) -> Event:
    """A meeting of somebody else after a device has changed it from `before` to `after`: reminder, categories, busy
    status and the owner's own answer are taken, and occurrences may be taken out; all else stays as the organizer has
    it. `own` are the addresses of the calendar's owner, in lower case.
    """
    event = replace(before, **{attr: getattr(after, attr) for attr in _OWN})
    event = replace(event, attendees=_with_own_answer(before.attendees, after.attendees, own))
    said = {each.original.date(): each for each in after.exceptions}
    held = {each.original.date(): each for each in before.exceptions}
    found = (_one(held.get(day), said.get(day)) for day in sorted(said.keys() | held.keys()))
    return replace(event, exceptions=tuple(each for each in found if each is not None and not each.is_plain))


def _with_own_answer(
    kept: tuple[Attendee, ...], stated: tuple[Attendee, ...], own: Collection[str]
) -> tuple[Attendee, ...]:
    said = next((each.status for each in stated if each.email.lower() in own and each.status), None)
    return kept if said is None else with_answer(kept, own, said)


def _one(held: Occurrence | None, said: Occurrence | None) -> Occurrence | None:
    """An occurrence that was taken out stays so; what no longer is said of one is as in the series."""
    if said is None:
        return held if held is None or held.deleted else _with_own(held, Occurrence(held.original))
    if said.deleted or held is None:
        return said if said.deleted else _with_own(Occurrence(said.original), said)
    return held if held.deleted else _with_own(held, said)


def _with_own(kept: Occurrence, said: Occurrence) -> Occurrence:
    busy = kept.busy_status if said.busy_status is None else said.busy_status
    return replace(kept, busy_status=busy, **{attr: getattr(said, attr) for attr in _OWN_OF_ONE})
