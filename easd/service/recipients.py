"""Whom the user writes to, as the recipient information cache shows it to devices (MS-ASCMD CollectionId R2037).

The cache is a folder of contacts (type 19) that the server keeps: an entry for each correspondent, ranked by how often
and how lately the user wrote there.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from easd.model.contact import Contact
from easd.model.correspondent import Correspondent
from easd.model.email import Address
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.item import StoredItem
from easd.service.ports import MailboxFull, Writing
from easd.sync.ports import CollectionView, Position

_NAME = "RecipientInfo"
_TOP = Position(2**63 - 1, 2**63 - 1)
_ALL = 2**31


def note_recipients(box: Writing, people: Iterable[Address], at: datetime) -> None:
    """Remember that a message was sent to these people, in the transaction that sends it."""
    people = tuple(people)
    if not people:
        return
    box.note_recipients(people, at)
    _refresh(box, {person.address.lower() for person in people})


def _refresh(box: Writing, written: set[str]) -> None:
    """Bring the entries of these addresses up to date; those of people who are remembered no longer go."""
    folder = _folder(box)
    known = {one.address: one for one in box.recipients()}
    held = {item.content.email1_address: item for item in _entries(box, folder) if isinstance(item.content, Contact)}
    for address in written & known.keys():
        entry, item = _entry(known[address]), held.get(address)
        if item is None:
            with suppress(MailboxFull):  # a message can be sent all the same
                box.add_item(folder.id, ItemClass.CONTACTS, entry)
        else:
            box.update_item(folder.id, item.uid, entry)
    for item in [item for address, item in held.items() if address not in known]:
        box.remove(folder.id, item.uid)


def _folder(box: Writing) -> Folder:
    """The folder of the cache, made where a mailbox is older than it."""
    found = [folder for folder in box.folders() if folder.type is FolderType.RECIPIENT_INFORMATION]
    return found[0] if found else box.add_folder(0, _NAME, FolderType.RECIPIENT_INFORMATION)


def _entries(box: Writing, folder: Folder) -> Iterable[StoredItem]:
    uids = [entry.uid for entry in box.collection(folder.id).before(_TOP, 0, _ALL)]
    return box.items(folder.id, uids).values()


def _entry(person: Correspondent) -> Contact:
    return Contact(
        person.last,
        email1_address=person.address,
        file_as=person.name or person.address,
        weighted_rank=min(person.count, 2**31 - 1),
    )


def rank_of(view: CollectionView, most: int) -> int:
    """The sort_time from which on there are at most `most` entries: those that are ranked highest."""
    best = view.before(_TOP, 0, most + 1)
    return 0 if len(best) <= most else best[-1].sort_time + 1
