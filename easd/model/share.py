"""Folders of other people's mailboxes on somebody's devices: what was chosen, and how a device is told of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from easd.model.account import User
from easd.model.folder import Folder, FolderType, ItemClass

MOUNTS_MAX = 500
"""Folders of others that one device is told of at most."""

SHARED_AS: Mapping[FolderType, FolderType] = {
    FolderType.INBOX: FolderType.USER_MAIL,
    FolderType.DELETED_ITEMS: FolderType.USER_MAIL,
    FolderType.SENT_ITEMS: FolderType.USER_MAIL,
    FolderType.USER_MAIL: FolderType.USER_MAIL,
    FolderType.CALENDAR: FolderType.USER_CALENDAR,
    FolderType.USER_CALENDAR: FolderType.USER_CALENDAR,
    FolderType.CONTACTS: FolderType.USER_CONTACTS,
    FolderType.USER_CONTACTS: FolderType.USER_CONTACTS,
    FolderType.TASKS: FolderType.USER_TASKS,
    FolderType.USER_TASKS: FolderType.USER_TASKS,
    FolderType.NOTES: FolderType.USER_NOTES,
    FolderType.USER_NOTES: FolderType.USER_NOTES,
}
"""As which type a reader's device is told of a folder: a second folder of a default type would take the place of the
reader's own one (MS-ASCMD Type (FolderSync)). What is not here is never shared: what a device sends lies in its user's
own Drafts and Outbox.
"""


class Chosen(StrEnum):
    """Which folders of the owner a share is about."""

    ALL = "all"
    INBOX = "inbox"
    CALENDAR = "calendar"
    CONTACTS = "contacts"
    TASKS = "tasks"
    NOTES = "notes"
    FOLDER = "folder"


_DEFAULT = {
    Chosen.INBOX: FolderType.INBOX,
    Chosen.CALENDAR: FolderType.CALENDAR,
    Chosen.CONTACTS: FolderType.CONTACTS,
    Chosen.TASKS: FolderType.TASKS,
    Chosen.NOTES: FolderType.NOTES,
}


@dataclass(frozen=True, slots=True)
class Rights:
    """What a reader may do in a shared folder: write to it, and see what the owner calls private."""

    writable: bool
    private: bool

    def __or__(self, other: "Rights") -> "Rights":
        return Rights(self.writable or other.writable, self.private or other.private)


@dataclass(frozen=True, slots=True)
class Share:
    """Folders of `owner` on devices of `reader`: on all of them, or on the one of that number. `folder_id` goes with
    Chosen.FOLDER.
    """

    id: int
    owner: User
    device: int | None
    chosen: Chosen
    folder_id: int | None
    rights: Rights

    def covers(self, folder: Folder) -> bool:
        """Whether a folder of the owner is among the chosen ones."""
        if folder.type not in SHARED_AS:
            return False
        if self.chosen is Chosen.FOLDER:
            return folder.id == self.folder_id
        return self.chosen is Chosen.ALL or folder.type == _DEFAULT[self.chosen]


@dataclass(frozen=True, slots=True)
class Mount:
    """A shared folder as a device is told of it."""

    folder: Folder
    owner_id: int
    mailbox_id: int
    rights: Rights


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody's device may do now in a folder of `owner`."""

    owner: User
    rights: Rights


def mounts(shares: Iterable[Share], folders: Mapping[int, Sequence[Folder]]) -> list[Mount]:
    """The folders that these shares put on one device. `folders`: all those of each owner, by the owner's number.

    Mail lies below the owner's Inbox, which has the owner's name. All else lies at the root, for phones show calendars
    and address books as flat lists, and is named after owner and folder.
    """
    by_owner: dict[int, list[Share]] = {}
    for share in shares:
        by_owner.setdefault(share.owner.id, []).append(share)
    labels = _labels([of[0].owner for of in by_owner.values()])
    found = [m for number, of in by_owner.items() for m in _of_owner(of, folders.get(number, ()), labels[number])]
    return found[:MOUNTS_MAX]


def _labels(owners: Sequence[User]) -> dict[int, str]:
    """How each owner is called; with the address where two have one name."""
    names = [owner.display_name.casefold() for owner in owners]
    return {
        owner.id: owner.display_name
        if owner.display_name.strip() and names.count(owner.display_name.casefold()) == 1
        else f"{owner.display_name} ({owner.address})".strip()
        for owner in owners
    }


def _of_owner(shares: Sequence[Share], folders: Sequence[Folder], label: str) -> Iterator[Mount]:
    owner, chosen = shares[0].owner, dict[int, Rights]()
    for share in shares:
        for folder in folders:
            if share.covers(folder):
                chosen[folder.id] = chosen.get(folder.id, share.rights) | share.rights
    known = {folder.id: folder for folder in folders}
    for number, rights in chosen.items():
        told = _told(known[number], known, chosen, label)
        yield Mount(told, owner.id, owner.mailbox_id, rights)


def _told(folder: Folder, known: Mapping[int, Folder], chosen: Mapping[int, Rights], label: str) -> Folder:
    type_ = SHARED_AS[folder.type]
    if folder.type is FolderType.INBOX:
        return Folder(folder.id, 0, label, type_)
    parent = _parent(folder, known, chosen) if folder.item_class is ItemClass.EMAIL else 0
    return Folder(folder.id, parent, folder.name if parent else f"{label} - {folder.name}", type_)


def _parent(folder: Folder, known: Mapping[int, Folder], chosen: Mapping[int, Rights]) -> int:
    """The nearest folder of mail above that is shared, too; else the owner's Inbox, where it is."""
    above, steps = known.get(folder.parent_id), 0
    while above is not None and steps < len(known):
        if above.id in chosen and above.item_class is ItemClass.EMAIL:
            return above.id
        above, steps = known.get(above.parent_id), steps + 1
    return next((number for number in chosen if known[number].type is FolderType.INBOX), 0)
