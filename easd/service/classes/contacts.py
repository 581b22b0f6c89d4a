"""Contacts: what the table says, and notes."""

from collections.abc import Sequence
from dataclasses import replace

from easd.eas.commands.sync import ClientAdd, ClientChange, ClientDelete
from easd.eas.items.contacts import ContactChange, encode_contact, load_contact
from easd.eas.status import EasError, SyncStatus
from easd.mime.note_body import is_echo, select_notes
from easd.model.body import BodyWishes
from easd.model.contact import Contact
from easd.model.email import EmailTexts
from easd.model.folder import ItemClass
from easd.model.item import StoredItem
from easd.model.moments import moment
from easd.service.classes.content_class import Edit, Form, Look, elements


class ContactsClass:
    """The class Contacts (MS-ASCNTC)."""

    def whole(self, look: Look, item: StoredItem, texts: EmailTexts | None) -> Sequence[Form]:
        """In full; without its notes and picture; by its name alone."""
        contact = _contact(item)

        def full() -> bytes:
            return encode_contact(contact, select_notes(look.wishes, contact.body), look.version)

        def without_notes() -> bytes:
            return _plainly(replace(contact, picture=None), look)

        def name_alone() -> bytes:
            name = contact.file_as or contact.last_name or contact.first_name or contact.company_name
            return _plainly(Contact(moment(item.sort_time), file_as=str(name or "?")), look)

        return full, without_notes, name_alone

    def changed(self, look: Look, item: StoredItem) -> Sequence[Form]:
        """All of it: what a Change leaves out is gone for the device."""
        return self.whole(look, item, None)

    def add(self, edit: Edit, command: ClientAdd, made: StoredItem | None) -> StoredItem:
        change = load_contact(elements(command.data), edit.context.version)
        contact = change.applied(Contact(edit.context.services.clock()), ())
        if made is None:
            return edit.box.add_item(edit.folder.id, ItemClass.CONTACTS, contact)
        return edit.box.update_item(made.folder_id, made.uid, contact)

    def change(self, edit: Edit, command: ClientChange, item: StoredItem) -> StoredItem:
        if command.instance_id is not None:
            raise EasError(SyncStatus.PROTOCOL_ERROR, "contacts have no occurrences")  # MS-ASCMD R4431
        contact, change = _contact(item), load_contact(elements(command.data), edit.context.version)
        change = _without_echo(change, contact, edit.wishes)
        changed = change.applied(contact, edit.supported)
        return edit.box.update_item(item.folder_id, item.uid, replace(changed, modified=edit.context.services.clock()))

    def remove_occurrence(self, edit: Edit, command: ClientDelete, item: StoredItem) -> StoredItem:
        raise EasError(SyncStatus.PROTOCOL_ERROR, "contacts have no occurrences")  # MS-ASCMD R4431

    def written(self, edit: Edit, command: ClientAdd | ClientChange, item: StoredItem) -> bytes | None:
        return None


def _contact(item: StoredItem) -> Contact:
    if isinstance(item.content, Contact):
        return item.content
    raise TypeError(f"item {item.folder_id}:{item.uid} is a {type(item.content).__name__}, no contact")


def _plainly(contact: Contact, look: Look) -> bytes:
    """Without notes."""
    return encode_contact(contact, select_notes(BodyWishes(), Contact(contact.modified).body), look.version)


def _without_echo(change: ContactChange, contact: Contact, wishes: BodyWishes) -> ContactChange:
    """The change without notes that are only the beginning of the notes, as the device was sent it."""
    if change.notes is not None and is_echo(change.notes, contact.body, wishes):
        return replace(change, notes=None)
    return change
