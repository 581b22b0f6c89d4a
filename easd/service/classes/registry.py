"""Which class serves the items of which folders."""

from collections.abc import Mapping

from easd.model.folder import Folder, ItemClass
from easd.service.classes.contacts import ContactsClass
from easd.service.classes.content_class import ContentClass
from easd.service.classes.mail import MailClass
from easd.service.classes.unserved import UnservedClass

CLASSES: Mapping[ItemClass, ContentClass] = {
    ItemClass.EMAIL: MailClass(),
    ItemClass.CONTACTS: ContactsClass(),
    ItemClass.CALENDAR: UnservedClass(),
    ItemClass.TASKS: UnservedClass(),
    ItemClass.NOTES: UnservedClass(),
}


def class_of(folder: Folder) -> ContentClass:
    """The class of a folder's items."""
    return CLASSES[folder.item_class]
