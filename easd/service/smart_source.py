"""The source of SmartReply and SmartForward (MS-ASCMD Source): a message, an event of a calendar, or one occurrence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from easd.eas.commands.send_mail import Source
from easd.eas.items.event_change import existing
from easd.eas.schema import Malformed, parse_date, parse_separated_date
from easd.eas.status import CommonStatus, EasError
from easd.mime import bodies
from easd.mime.answering import Original
from easd.mime.charset import decode
from easd.mime.compose import NewAttachment
from easd.mime.content import decoded
from easd.mime.event_mail import event_message, files_of, is_meeting
from easd.mime.extract import extract
from easd.mime.icalendar.lines import CalendarFault
from easd.mime.icalendar.read import read_calendar
from easd.mime.scan import scan
from easd.model.email import Email
from easd.model.event import Event, Occurrence, moment_of
from easd.model.folder import FolderType
from easd.model.instances import instance_of
from easd.model.item import StoredItem
from easd.service import guests, ids
from easd.service.context import Context, Services
from easd.service.ports import Reading

_MOVES_MAX: Final = 10
"""How often an item may have been moved since the device has heard of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """The source, with the place that it stands at. `is_event`: it is of a calendar; `is_appointment`: and the user's
    alone.
    """

    folder_id: int
    uid: int
    original: Original
    is_event: bool = False
    is_appointment: bool = False


def find(context: Context, box: Reading, source: Source, title: str | None = None) -> Found:
    """What the source names, be it in a folder of others; a meeting of a calendar under another `title`.
    EasError 104, 105, 106, 146, 150.
    """
    place = _place(box, source)
    instance, services = _instance(context, source.instance_id), context.services
    context, box = guests.where(context, box, place[0])
    item = _item(box, place)
    if guests.hides(context, item):
        raise EasError(CommonStatus.ITEM_NOT_FOUND, f"{place} is private")
    if isinstance(item.content, Event):
        alone = not is_meeting(item.content)
        original = _of_event(services, box, item, item.content, instance, None if alone else title)
        return Found(item.folder_id, item.uid, original, is_event=True, is_appointment=alone)
    if item.blob_id is None or not isinstance(item.content, Email):
        raise EasError(CommonStatus.ITEM_NOT_FOUND, f"{place} is no message")  # R4930
    original = Original(box.blob(item.blob_id), item.content, box.texts([item.blob_id])[item.blob_id])
    if instance is not None:
        original = _of_invitation(services, original, instance)
    return Found(item.folder_id, item.uid, original)


def _item(box: Reading, place: tuple[int, int]) -> StoredItem:
    """The item, also where it was moved to since. EasError 150 (R4930)."""
    folder_id, uid = place
    for _ in range(_MOVES_MAX):
        item = box.items(folder_id, [uid]).get(uid)
        if item is not None:
            return item
        moved = box.moved_to(folder_id, uid)
        if moved is None:
            break
        folder_id, uid = moved
    raise EasError(CommonStatus.ITEM_NOT_FOUND, f"no item {place[0]}:{place[1]}")


def _place(box: Reading, source: Source) -> tuple[int, int]:
    if source.long_id is not None:
        if source.folder_id or source.item_id or source.instance_id:  # R3243
            raise EasError(CommonStatus.INVALID_COMBINATION_OF_IDS, "LongId beside other ids")
        return _known(ids.long_id_numbers(source.long_id), source.long_id)
    if source.item_id is None:  # R3091
        raise EasError(CommonStatus.INVALID_COMBINATION_OF_IDS, "the source names no item")
    folder_id, uid = _known(ids.item_numbers(source.item_id), source.item_id)
    named = (
        box.special(FolderType.INBOX).id if source.folder_id is None else ids.folder_number(source.folder_id)
    )  # R3203
    if named != folder_id:
        raise EasError(CommonStatus.ITEM_NOT_FOUND, f"{source.item_id[:64]!r} is not in folder {source.folder_id!r}")
    return folder_id, uid


def _known(numbers: tuple[int, int] | None, text: str) -> tuple[int, int]:
    """An id that is not of our form names nothing that is here."""
    if numbers is None:
        raise EasError(CommonStatus.ITEM_NOT_FOUND, f"no item {text[:64]!r}")
    return numbers


# ---------------------------------------------------------------- occurrences


def _instance(context: Context, text: str | None) -> datetime | None:
    """The start of an occurrence. EasError 104 for anything else (R541, R578). Only documents say how it is written
    (R3200), the query of 12.1 and earlier does not.
    """
    if text is None:
        return None
    try:
        return parse_separated_date(text) if context.dialect.send_mail_is_wbxml else parse_date(text)
    except Malformed as error:
        raise EasError(CommonStatus.INVALID_DATE_TIME, f"InstanceId: {error}") from error


def _occurrence(event: Event, moment: datetime) -> Occurrence:
    """The occurrence that begins then by the rule. EasError 146 for what does not recur (R4919), 150 for none
    (R4930).
    """
    if event.recurrence is None:
        raise EasError(CommonStatus.NO_RECURRENCE_IN_CALENDAR, "the source does not recur")
    if moment_of(event.start, event.where, all_day=event.all_day) == moment and not event.exceptions:
        # The first, also where a series that came by mail begins on a day that is none of its rule.
        return Occurrence(event.start)
    try:
        original = existing(event, moment)
    except EasError as error:
        raise EasError(CommonStatus.ITEM_NOT_FOUND, error.detail) from None
    return next((each for each in event.exceptions if each.original == original), Occurrence(original))


def _of_event(
    services: Services, box: Reading, item: StoredItem, event: Event, instance: datetime | None, title: str | None
) -> Original:
    """The event as a message; without InstanceId all of a series (R539, R576)."""
    occurrence = None if instance is None else _occurrence(event, instance)
    shown = event if occurrence is None else instance_of(event, occurrence)
    return _as_message(services, event, occurrence, _files(box, item, shown), title)


def _as_message(
    services: Services,
    event: Event,
    occurrence: Occurrence | None,
    files: Sequence[NewAttachment],
    title: str | None = None,
) -> Original:
    now = services.clock()
    raw = event_message(event, occurrence, files, now, f"=_{services.number(128):032x}", title)
    extracted = extract(raw, now)
    return Original(raw, extracted.email, extracted.texts)


def _files(box: Reading, item: StoredItem, shown: Event) -> list[NewAttachment]:
    if item.blob_id is None or not shown.attachments:
        return []
    return files_of(box.blob(item.blob_id), shown.attachments)


def _of_invitation(services: Services, original: Original, instance: datetime) -> Original:
    """One occurrence of the series that a meeting message brings: it alone goes along (R538, R575)."""
    series = _series(original)
    if series is None:
        raise EasError(CommonStatus.NO_RECURRENCE_IN_CALENDAR, "the source does not recur")  # R4919
    made = _as_message(services, series, _occurrence(series, instance), ())
    return replace(made, email=replace(original.email, attachments=made.email.attachments))


def _series(original: Original) -> Event | None:
    """The series that the message is about."""
    if original.email.meeting is None or not original.email.meeting.recurrence_rule:
        return None
    for node in bodies.choose(scan(original.raw).root).calendars:
        text, _ = decode(decoded(original.raw, node), node.parameters.get("charset") or "utf-8")
        try:
            found = read_calendar(text.encode("utf-8", "replace"), original.email.received)
        except CalendarFault:
            continue
        return next((read.event for read in found.events if read.event.recurrence is not None), None)
    return None
