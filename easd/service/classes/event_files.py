"""The files of events: of a series, and of occurrences that have others than it (MS-ASAIRS Add, Delete; MS-ASCAL
R2107). All of an item lie in one MIME entity.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

from easd.eas.items.attachments import AttachmentAdd, AttachmentDelete
from easd.eas.items.event_change import EventChange, named_day
from easd.eas.schema import Malformed
from easd.eas.status import CommonStatus, EasError
from easd.mime.compose import NewAttachment, revised
from easd.mime.extract import extract
from easd.model.email import Attachment, AttachmentMethod
from easd.model.event import Event
from easd.model.instances import holding
from easd.model.item import StoredItem
from easd.service.classes.content_class import Edit
from easd.service.classes.files import ATTACHMENTS_MAX, new_attachment, path_of

_NO_FILES: Final = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"


@dataclass(frozen=True, slots=True)
class FileChange:
    """The files that are added to a series (`day` None) or to its occurrence of that day, and taken out."""

    day: date | None
    adds: Sequence[AttachmentAdd]
    deletes: Sequence[AttachmentDelete]


def file_changes(event: Event, change: EventChange) -> list[FileChange]:
    """What the change of an event does to its files."""
    of_series = FileChange(None, change.adds, change.deletes)
    ones = (FileChange(named_day(event, each), each.adds, each.deletes) for each in change.exceptions)
    return [of_series, *(each for each in ones if event.recurrence is not None)]


def with_files(
    edit: Edit, item: StoredItem | None, event: Event, changes: Iterable[FileChange]
) -> tuple[Event, bytes] | None:
    """The event with its files, and the bytes that hold them; None where they stay. EasError 122 for too many or too
    large ones, 6 for a reference to nothing, 7 where the device does not hold the version that it is of.
    """
    changes = [each for each in changes if each.adds or each.deletes]
    if not changes:
        return None
    raw = _NO_FILES if item is None or item.blob_id is None or not event.files else edit.box.blob(item.blob_id)
    before = [each.part for each in extract(raw, event.modified).email.attachments]
    lists = _lists(edit, event, item, changes)
    used = {path for paths in lists.values() for path in paths}
    gone = {path for path in before if path not in used}
    adds = [_new(edit, add) for each in changes for add in each.adds]
    raw = revised(raw, None, gone, adds, f"=_{edit.context.services.number(128):032x}")
    found = extract(raw, event.modified).email.attachments
    if len(raw) > 2 * edit.context.services.limits.attachment_bytes_max or len(found) > ATTACHMENTS_MAX:
        raise EasError(CommonStatus.ATTACHMENT_IS_TOO_LARGE, f"{len(found)} files, {len(raw)} bytes")
    stay = [path for path in before if path not in gone]
    new = iter(found[len(stay) :])
    by_path = dict(zip(stay, found, strict=False))
    held = {day: tuple(by_path[path] for path in paths) for day, paths in lists.items()}
    own = {one.original.date() for one in event.exceptions if one.attachments is not None}
    for each in changes:
        files = tuple(islice(new, len(each.adds)))
        inheriting = [day for day in held if day not in own] if each.day is None else [each.day]
        held |= {day: held[day] + files for day in inheriting}
    return holding(event, held), raw


def _lists(
    edit: Edit, event: Event, item: StoredItem | None, changes: Iterable[FileChange]
) -> dict[date | None, list[str]]:
    """The paths of the files that the series and its occurrences keep, each by its day. EasError 6, 7."""
    lists: dict[date | None, Sequence[Attachment]] = {None: event.attachments}
    for one in event.exceptions:
        if one.attachments is not None:
            lists[one.original.date()] = one.attachments
    for change in changes:
        there = lists.get(change.day, event.attachments)
        gone = {path_of(edit, item, delete, there) for delete in change.deletes}
        lists[change.day] = [each for each in there if each.part not in gone]
    return {day: [each.part for each in there] for day, there in lists.items()}


def _new(edit: Edit, add: AttachmentAdd) -> NewAttachment:
    """Malformed for a message, which only drafts have attached (MS-ASAIRS R1395)."""
    if add.method is AttachmentMethod.EMBEDDED_MESSAGE:
        raise Malformed("Add: an event has no messages attached")
    return new_attachment(edit, add)
