"""Contacts from files into a mailbox, and out of it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from easd.admin.office import Office, refusing
from easd.admin.refused import Refused
from easd.mime.vcard import contacts_from, vcard
from easd.model.account import User
from easd.model.contact import Contact
from easd.model.folder import Folder, FolderType, ItemClass

_BATCH = 200

Progress = Callable[[int], None]
"""Hears how many contacts are done."""


def contact_folder(office: Office, user: User, name: str | None) -> Folder:
    """The user's folder of contacts of that name, letter case aside; without a name the default one. Refused if there
    is none.
    """
    with office.store.reading(user.mailbox_id) as box:
        folders = [folder for folder in box.folders() if folder.item_class is ItemClass.CONTACTS]
    for folder in folders:
        if folder.type is FolderType.CONTACTS if name is None else folder.name.casefold() == name.casefold():
            return folder
    raise Refused(f"{user.address} has no folder of contacts {name}, but {', '.join(one.name for one in folders)}")


def import_contacts(office: Office, user: User, folder: Folder, data: bytes, now: datetime, progress: Progress) -> int:
    """All contacts of a file of vCards into the folder, in batches; how many there were. Refused for a file without."""
    found, done = contacts_from(data, now), 0
    while batch := list(islice(found, _BATCH)):
        with refusing(), office.store.writing(user.mailbox_id) as box:
            for contact in batch:
                box.add_item(folder.id, ItemClass.CONTACTS, contact)
        done += len(batch)
        progress(done)
    if not done:
        raise Refused("there is no vCard in the file")
    return done


def export_contacts(office: Office, user: User, folder: Folder) -> Iterator[bytes]:
    """A vCard 4.0 for each contact of the folder, oldest first."""
    after = 0
    while True:
        with office.store.reading(user.mailbox_id) as box:
            rows = box.collection(folder.id).changes(after, _BATCH)
            items = box.items(folder.id, [row.uid for row in rows if row.sort_time is not None])
        if not rows:
            return
        after = rows[-1].mod_seq
        for uid in sorted(items):
            content = items[uid].content
            if isinstance(content, Contact):
                yield vcard(content)
