"""Events (MS-ASCAL): an item is an event or a whole series with its exceptions, known by its UID."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Final

from easd.eas.commands.sync import ClientAdd, ClientChange, ClientDelete
from easd.eas.items.attachments import AttachmentAdd
from easd.eas.items.event_change import (
    EventChange,
    added,
    changed,
    changed_occurrence,
    emptied,
    existing,
    load_event,
    load_occurrence,
    without_occurrence,
)
from easd.eas.items.events import References, encode_event, encode_event_answer
from easd.eas.schema import Malformed, parse_date
from easd.eas.status import EasError, SyncStatus
from easd.eas.versions import DIALECTS, Version
from easd.mime.note_body import is_echo, select_notes
from easd.model.body import Body, BodyWishes
from easd.model.discretion import discreet
from easd.model.email import BodyType, EmailTexts
from easd.model.event import Event
from easd.model.folder import ItemClass
from easd.model.item import StoredItem
from easd.model.note_body import NO_NOTES
from easd.service import ids
from easd.service.classes.content_class import Edit, Form, Look, elements
from easd.service.classes.event_files import FileChange, file_changes, with_files
from easd.service.classes.files import may_be_others, named
from easd.service.meetings.organizing import removed, settled

_UID_HEAD: Final = "040000008200E00074C5B7101A82E008"
"""How all UIDs begin that Exchange and Outlook make; theirs are 112 hexadecimal digits."""


class CalendarClass:
    """The class Calendar."""

    def whole(self, look: Look, item: StoredItem, texts: EmailTexts | None) -> Sequence[Form]:
        """In full; without notes; by its name and its times alone."""
        event = discreet(_event(item)) if look.discreet else _event(item)
        bare = tuple(replace(exception, body=None) for exception in event.exceptions)
        return (
            partial(_shown, event, look, item),
            partial(_shown, replace(event, body=NO_NOTES, exceptions=bare), look, item),
            partial(_shown, _bare(event), look, item),
        )

    def body(self, look: Look, item: StoredItem) -> Body | None:
        event = discreet(_event(item)) if look.discreet else _event(item)
        return select_notes(_wishes(look.wishes, look.version), event.body)

    def changed(self, look: Look, item: StoredItem) -> Sequence[Form]:
        """All of it: what a Change leaves out is gone for the device."""
        return self.whole(look, item, None)

    def add(self, edit: Edit, command: ClientAdd, made: StoredItem | None) -> StoredItem:
        """A new event. One whose UID or ClientUid is known is that event (MS-ASCAL R2062): it is changed, and the
        device is told the outcome.
        """
        change = load_event(elements(command.data), edit.context.version)
        new = added(change, edit.context.dialect, edit.context.services.clock())
        if made is not None:
            new = _own(edit, replace(new, uid=new.uid or _event(made).uid))
            return _kept(edit, replace(made, blob_id=None), new, change)
        new = _own(edit, new)
        known = edit.box.event(edit.folder.id, new.uid)
        if known is None:
            files = with_files(edit, None, new, file_changes(new, change))
            event, _ = settled(edit, None, new) if files is None else settled(edit, None, files[0], lambda: files[1])
            item = edit.box.add_item(edit.folder.id, ItemClass.CALENDAR, event)
            return item if files is None else edit.box.replace_item(item.folder_id, item.uid, event, files[1])
        edit.effects.again.add(known.uid)
        return _update(edit, known, change, ())

    def change(self, edit: Edit, command: ClientChange, item: StoredItem) -> StoredItem:
        if command.instance_id is not None:
            return self._change_occurrence(edit, command, command.instance_id, item)
        change = load_event(elements(command.data), edit.context.version)
        return _update(edit, item, change, emptied(edit.supported, edit.context.dialect))

    def _change_occurrence(self, edit: Edit, command: ClientChange, instance_id: str, item: StoredItem) -> StoredItem:
        moment, now = _instance(instance_id), edit.context.services.clock()
        one = load_occurrence(elements(command.data), edit.context.version)
        [one] = _without_echoes(edit, EventChange({}, None, (one,)), _event(item)).exceptions
        one = replace(one, stated={"stamp": now, **one.stated})
        after = changed_occurrence(_event(item), moment, one, edit.context.dialect)
        files = FileChange(existing(_event(item), moment).date(), one.adds, one.deletes)
        return _filed(edit, item, replace(after, modified=now), [files])

    def remove_occurrence(self, edit: Edit, command: ClientDelete, item: StoredItem) -> StoredItem:
        return _put(edit, item, without_occurrence(_event(item), _instance(command.instance_id or "")))

    def removing(self, edit: Edit, uid: int) -> None:
        """Those who were invited hear of it (from 16.0 on, by the server)."""
        item = edit.box.items(edit.folder.id, [uid]).get(uid)
        if item is not None:
            removed(edit, _event(item))

    def written(self, edit: Edit, command: ClientAdd | ClientChange, item: StoredItem) -> bytes | None:
        """The UID of a new event (MS-ASCAL R2223), and the references of the attachments that were added (MS-ASAIRS
        R1368).
        """
        new = isinstance(command, ClientAdd)
        adds = _added_files(edit, command)
        if not (new or adds):
            return None
        by_path = named(_event(item).files, adds)
        return encode_event_answer(_event(item), _references(item), by_path, edit.context.version, new=new)


def _added_files(edit: Edit, command: ClientAdd | ClientChange) -> Sequence[AttachmentAdd]:
    """The attachments that a command adds, those of the series first, as they come to lie in the item."""
    if command.data is None:
        return ()
    if isinstance(command, ClientChange) and command.instance_id is not None:
        return load_occurrence(elements(command.data), edit.context.version).adds
    change = load_event(elements(command.data), edit.context.version)
    return [*change.adds, *(add for each in change.exceptions for add in each.adds)]


def _event(item: StoredItem) -> Event:
    if isinstance(item.content, Event):
        return item.content
    raise TypeError(f"item {item.folder_id}:{item.uid} is a {type(item.content).__name__}, no event")


def _shown(event: Event, look: Look, item: StoredItem) -> bytes:
    chosen = partial(select_notes, _wishes(look.wishes, look.version))
    return encode_event(event, chosen, look.version, look.part, _references(item))


def _wishes(wishes: BodyWishes, version: Version) -> BodyWishes:
    """Without RTF where no event has it (MS-ASAIRS R1400, R1401)."""
    if DIALECTS[version].rtf_in_events or all(each.type is not BodyType.RTF for each in wishes.preferences):
        return wishes
    return replace(wishes, preferences=tuple(each for each in wishes.preferences if each.type is not BodyType.RTF))


def _references(item: StoredItem) -> References:
    return partial(ids.file_reference, item.folder_id, item.uid)


def _bare(event: Event) -> Event:
    return Event(event.start, event.end, event.modified, subject=str(event.subject or "?"), uid=str(event.uid))


def _instance(text: str) -> datetime:
    """EasError 6 for an InstanceId that is no time (MS-ASAIRS R1180)."""
    try:
        return parse_date(text)
    except Malformed as fault:
        raise EasError(SyncStatus.CONVERSION_ERROR, f"InstanceId: {fault.reason}") from None


def _update(edit: Edit, item: StoredItem, change: EventChange, left_out: Sequence[str]) -> StoredItem:
    event, dialect = _event(item), edit.context.dialect
    change = _without_echoes(edit, change, event)
    after = changed(event, change, dialect, left_out, edit.context.services.clock())
    return _kept(edit, item, after, change)


def _put(edit: Edit, item: StoredItem, after: Event) -> StoredItem:
    """The series after the change of one occurrence, in the place of the item."""
    event = _settled(edit, item, _event(item), after)
    return edit.box.update_item(item.folder_id, item.uid, replace(event, modified=edit.context.services.clock()))


def _kept(edit: Edit, item: StoredItem, event: Event, change: EventChange) -> StoredItem:
    """The event in the place of the item, with the files that the change adds, without those that it takes out."""
    return _filed(edit, item, event, file_changes(event, change))


def _filed(edit: Edit, item: StoredItem, event: Event, changes: Sequence[FileChange]) -> StoredItem:
    before = _event(item)
    files = None if before.is_received else with_files(edit, item, event, changes)
    if files is None:
        return edit.box.update_item(item.folder_id, item.uid, _settled(edit, item, before, event))
    event, raw = files
    if any(each.deletes for each in changes) and may_be_others(event.files):
        edit.effects.again.add(item.uid)  # other attachments may have other FileReferences now
    return edit.box.replace_item(item.folder_id, item.uid, _settled(edit, item, before, event, lambda: raw), raw)


def _settled(
    edit: Edit, item: StoredItem, before: Event, after: Event, files: Callable[[], bytes] | None = None
) -> Event:
    """The event as it is to be kept; a device that has written otherwise is told. `files` reads the bytes that hold its
    attachments, if they are others than the item has.
    """
    held = item.blob_id
    event, other = settled(edit, before, after, files or (None if held is None else partial(edit.box.blob, held)))
    if other:
        edit.effects.again.add(item.uid)
    return event


def _without_echoes(edit: Edit, change: EventChange, event: Event) -> EventChange:
    wishes = _wishes(edit.wishes, edit.context.version)
    return change.without_notes(lambda written, kept: is_echo(written, kept, wishes), event)


def _own(edit: Edit, event: Event) -> Event:
    """A new event with what the device has not said: whose it is, and a UID. Whoever makes it is its organizer
    (MS-ASCAL R2169, R2175), unless it came from somebody else.
    """
    user = edit.context.principal.user
    if not event.organizer_email and not event.is_received:
        event = replace(event, organizer_email=user.address, organizer_name=event.organizer_name or user.display_name)
    if event.meeting_status is None and event.attendees:
        event = replace(event, meeting_status=1)
    return event if event.uid else replace(event, uid=_new_uid(edit, event))


def _new_uid(edit: Edit, event: Event) -> str:
    """A UID in the form of Exchange's. That of an event with a ClientUid follows from it, so that the same event always
    gets the same (MS-ASCAL R2061, R2062).
    """
    if event.client_uid:
        said = f"{edit.context.principal.user.address}\0{event.client_uid}"
        number = sha256(said.encode()).digest()[:16].hex()
    else:
        number = f"{edit.context.services.number(128):032x}"
    return f"{_UID_HEAD}{'0' * 40}10000000{number}".upper()
