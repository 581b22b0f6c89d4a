"""Which class serves the items of which folders."""

from collections.abc import Mapping
from datetime import datetime

from easd.eas.items import contacts, notes
from easd.model.contact import Contact
from easd.model.folder import Folder, ItemClass
from easd.model.note import Note
from easd.service.classes.content_class import ContentClass
from easd.service.classes.mail import MailClass
from easd.service.classes.typed import TypedClass
from easd.service.classes.unserved import UnservedClass


def _named_contact(contact: Contact, modified: datetime) -> Contact:
    name = contact.file_as or contact.last_name or contact.first_name or contact.company_name
    return Contact(modified, file_as=str(name or "?"))


def _named_note(note: Note, modified: datetime) -> Note:
    return Note(modified, subject=str(note.subject or "?"))


CLASSES: Mapping[ItemClass, ContentClass] = {
    ItemClass.EMAIL: MailClass(),
    ItemClass.CONTACTS: TypedClass(
        ItemClass.CONTACTS,
        Contact,
        contacts.encode_contact,
        contacts.load_contact,
        contacts.managed,
        _named_contact,
    ),
    ItemClass.CALENDAR: UnservedClass(),
    ItemClass.TASKS: UnservedClass(),
    ItemClass.NOTES: TypedClass(ItemClass.NOTES, Note, notes.encode_note, notes.load_note, notes.managed, _named_note),
}


def class_of(folder: Folder) -> ContentClass:
    """The class of a folder's items."""
    return CLASSES[folder.item_class]
