"""The people, appointments, tasks and notes of the demonstration, out of files that people write and read."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from easd.admin.refused import Refused
from easd.mime.vcard import contacts_from
from easd.model.content import Content
from easd.model.email import BodyType
from easd.model.event import MEETING, Attendee, Event, Place
from easd.model.folder import FolderType, ItemClass
from easd.model.note import Note
from easd.model.note_body import NoteBody
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.task import Task

CONTACTS, AGENDA = "contacts.vcf", "agenda.toml"

_WEEKDAYS = 62
_FREE, _BUSY, _AWAY = 0, 2, 3
_PRIVATE, _HIGH, _NORMAL = 2, 2, 1


@dataclass(frozen=True, slots=True)
class DemoItem:
    """One item, and the default folder that it is for."""

    folder: FolderType
    item_class: ItemClass
    content: Content


def items(people: Path, owner: str, now: datetime) -> Iterator[DemoItem]:
    """All items of the folder's files; days are counted from `now`, and meetings are `owner`'s. Refused if the files
    cannot be read.
    """
    try:
        cards, agenda = (people / CONTACTS).read_bytes(), tomllib.loads((people / AGENDA).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"the demonstration's people: {error}") from error
    for contact in contacts_from(cards, now):
        yield DemoItem(FolderType.CONTACTS, ItemClass.CONTACTS, contact)
    for number, entry in enumerate(agenda["event"]):
        yield DemoItem(FolderType.CALENDAR, ItemClass.CALENDAR, _event(entry, number, owner, now))
    for entry in agenda["task"]:
        yield DemoItem(FolderType.TASKS, ItemClass.TASKS, _task(entry, now))
    for entry in agenda["note"]:
        yield DemoItem(FolderType.NOTES, ItemClass.NOTES, _note(entry, now))


def _day(entry: dict[str, Any], now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=entry.get("day", 0)), time(), UTC)


def _event(entry: dict[str, Any], number: int, owner: str, now: datetime) -> Event:
    start = _day(entry, now)
    whole_days = entry.get("days", 0)
    if not whole_days:
        at = time.fromisoformat(entry["at"])
        start += timedelta(hours=at.hour, minutes=at.minute)
    attendees = tuple(Attendee(address, address.partition("@")[0], 0, 1) for address in entry.get("attendees", ()))
    return Event(
        start,
        start + timedelta(days=whole_days, minutes=entry.get("minutes", 0)),
        now,
        zone="UTC",
        all_day=bool(whole_days),
        subject=entry["subject"],
        location=Place(entry.get("location")),
        body=NoteBody(BodyType.PLAIN, entry.get("notes", "")),
        categories=tuple(entry.get("categories", ())),
        sensitivity=_PRIVATE if entry.get("private") else 0,
        busy_status=_AWAY if entry.get("away") else _FREE if entry.get("free") else _BUSY,
        reminder=entry.get("reminder"),
        stamp=now,
        uid=f"demonstration-{number}@example.test",
        organizer_email=owner if attendees else None,
        attendees=attendees,
        meeting_status=MEETING if attendees else 0,
        recurrence=_rule(entry, start),
    )


def _rule(entry: dict[str, Any], start: datetime) -> Recurrence | None:
    if entry.get("weekdays"):
        return Recurrence(RecurrenceType.WEEKLY, 1, day_of_week=_WEEKDAYS)
    if entry.get("weekly"):
        return Recurrence(RecurrenceType.WEEKLY, 1, day_of_week=1 << start.isoweekday() % 7)
    if entry.get("yearly"):
        return Recurrence(RecurrenceType.YEARLY, 1, day_of_month=start.day, month_of_year=start.month)
    return None


def _task(entry: dict[str, Any], now: datetime) -> Task:
    due = _day(entry, now) if "day" in entry else None
    done = bool(entry.get("done"))
    return Task(
        now,
        subject=entry["subject"],
        importance=_HIGH if entry.get("high") else _NORMAL,
        due_date=due,
        utc_due_date=due,
        start_date=due,
        utc_start_date=due,
        categories=tuple(entry.get("categories", ())),
        complete=done,
        date_completed=now if done else None,
        body=NoteBody(BodyType.PLAIN, entry.get("notes", "")),
    )


def _note(entry: dict[str, Any], now: datetime) -> Note:
    text = NoteBody(BodyType.PLAIN, entry["text"])
    return Note(now, entry["subject"], categories=tuple(entry.get("categories", ())), body=text)
