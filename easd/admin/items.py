"""Items of a mailbox as files know them: folders by name, and by what an item is known again."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from easd.admin.office import Office
from easd.admin.refused import Refused
from easd.mime.content_lines import line_of
from easd.mime.icalendar.tasks import kept_uid
from easd.model.account import User
from easd.model.contact import Contact
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.item import StoredItem
from easd.model.note import Note
from easd.model.task import Task
from easd.service import mailbox_contents as contents

_DEFAULTS = {FolderType.CALENDAR, FolderType.CONTACTS, FolderType.TASKS, FolderType.NOTES}


def folder_of(office: Office, user: User, classes: Sequence[ItemClass], name: str | None) -> Folder:
    """The user's folder of that name for items of one of these classes, letter case aside; without a name the default
    one of the first class. Refused if there is none.
    """
    with office.store.reading(user.mailbox_id) as box:
        folders = [folder for folder in box.folders() if folder.item_class in classes]
    for folder in folders:
        if name is not None and folder.name.casefold() == name.casefold():
            return folder
        if name is None and folder.item_class is classes[0] and folder.type in _DEFAULTS:
            return folder
    kinds = " or ".join(each.lower() for each in classes)
    raise Refused(f"{user.address} has no folder of {kinds} {name}, but {', '.join(one.name for one in folders)}")


def items_in(office: Office, user: User, folder: Folder) -> Iterator[StoredItem]:
    """The items of a folder, the last changed last. Between batches others may write."""
    return contents.items_in(office.store, user.mailbox_id, folder.id)


def known_items(office: Office, user: User, folder: Folder) -> dict[str, int]:
    """What the items of a folder are known again by (`key_of`), and their uids."""
    return {key_of(user, item): item.uid for item in items_in(office, user, folder)}


def key_of(user: User, item: StoredItem) -> str:
    """The UID that an item came with or goes out with; of a contact whose card has none, what its card says."""
    content = item.content
    if isinstance(content, Contact):
        return key_of_card(content.card) or own_uid(user, item)
    if isinstance(content, Task | Note):
        return kept_uid(content.calendar) or own_uid(user, item)
    raise TypeError(f"{type(content).__name__} has a UID of its own")


def key_of_card(card: Sequence[str]) -> str:
    """The UID of a card, else what stands for all of it; "" for no card."""
    for text in card:
        if text[:3].upper() == "UID" and (line := line_of(text.encode())) is not None and line.name == "UID":
            return line.plain.strip()
    return sha256("\n".join(card).encode()).hexdigest() if card else ""


def own_uid(user: User, item: StoredItem) -> str:
    """The UID of an item that has none: always the same."""
    return f"{sha256(f'{user.address}/{item.folder_id}/{item.uid}'.encode()).hexdigest()[:32]}@easd"
