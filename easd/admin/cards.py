"""Contacts from files into a mailbox, and out of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from easd.admin.items import items_in, key_of_card, known_items, own_uid
from easd.admin.office import Office, refusing
from easd.admin.refused import Refused
from easd.mime.vcard import contacts_from, vcard
from easd.model.account import User
from easd.model.contact import Contact
from easd.model.folder import Folder, ItemClass
from easd.service.mailbox_contents import BATCH

Progress = Callable[[int], None]
"""Hears how many contacts are done."""


@dataclass(slots=True)
class CardTally:
    """What became of the cards of a file. `present` ones were there already and stay as they are; `replaced` ones are
    now as in the file.
    """

    imported: int = 0
    present: int = 0
    replaced: int = 0

    @property
    def done(self) -> int:
        return self.imported + self.present + self.replaced


def import_contacts(
    office: Office, user: User, folder: Folder, data: bytes, now: datetime, progress: Progress, *, replacing: bool
) -> CardTally:
    """All contacts of a file of vCards into the folder, in batches. A card that is there already, by its UID or word by
    word, is left as it is, or replaced if that is asked for. Refused for a file without.
    """
    found, tally = contacts_from(data, now), CardTally()
    known = known_items(office, user, folder)
    while batch := list(islice(found, BATCH)):
        with refusing(), office.store.writing(user.mailbox_id) as box:
            for contact in batch:
                key = key_of_card(contact.card)
                if key not in known:
                    known[key] = box.add_item(folder.id, ItemClass.CONTACTS, contact).uid
                    tally.imported += 1
                elif replacing:
                    box.update_item(folder.id, known[key], contact)
                    tally.replaced += 1
                else:
                    tally.present += 1
        progress(tally.done)
    if not tally.done:
        raise Refused("there is no vCard in the file")
    return tally


def export_contacts(office: Office, user: User, folder: Folder) -> Iterator[bytes]:
    """A vCard 4.0 for each contact of the folder, oldest first."""
    for item in items_in(office, user, folder):
        if isinstance(item.content, Contact):
            yield vcard(item.content, own_uid(user, item))
