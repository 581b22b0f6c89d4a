"""Which class serves the items of which folders."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from easd.eas.items import contacts, notes, tasks
from easd.model.contact import Contact
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.note import Note
from easd.model.task import Task
from easd.service.classes.calendar import CalendarClass
from easd.service.classes.content_class import ContentClass
from easd.service.classes.mail import MailClass
from easd.service.classes.recipient_cache import RecipientCacheClass
from easd.service.classes.typed import TypedClass

C = TypeVar("C")


def _named_contact(contact: Contact, modified: datetime) -> Contact:
    name = contact.file_as or contact.last_name or contact.first_name or contact.company_name
    return Contact(modified, file_as=str(name or "?"))


def _named_note(note: Note, modified: datetime) -> Note:
    return Note(modified, subject=str(note.subject or "?"))


def _named_task(task: Task, modified: datetime) -> Task:
    return Task(modified, subject=str(task.subject or "?"), complete=bool(task.complete))


def _as_it_is(content: C, _changed: datetime) -> C:
    return content


CLASSES: Mapping[ItemClass, ContentClass] = {
    ItemClass.EMAIL: MailClass(),
    ItemClass.CONTACTS: TypedClass(
        ItemClass.CONTACTS,
        Contact,
        contacts.encode_contact,
        contacts.load_contact,
        contacts.managed,
        _named_contact,
        _as_it_is,
    ),
    ItemClass.CALENDAR: CalendarClass(),
    ItemClass.TASKS: TypedClass(
        ItemClass.TASKS, Task, tasks.encode_task, tasks.load_task, tasks.managed, _named_task, tasks.settled
    ),
    ItemClass.NOTES: TypedClass(
        ItemClass.NOTES, Note, notes.encode_note, notes.load_note, notes.managed, _named_note, _as_it_is
    ),
}


_RECIPIENT_CACHE: ContentClass = RecipientCacheClass()


def class_of(folder: Folder) -> ContentClass:
    """The class of a folder's items."""
    if folder.type is FolderType.RECIPIENT_INFORMATION:
        return _RECIPIENT_CACHE
    return CLASSES[folder.item_class]
