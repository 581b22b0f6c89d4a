"""Folders of a mailbox (MS-ASCMD Type (FolderSync))."""

from enum import IntEnum, StrEnum

from easd.model.frozen import dataclass


class FolderType(IntEnum):
    """MS-ASCMD Type (FolderSync): what a folder is for."""

    USER_GENERIC = 1
    INBOX = 2
    DRAFTS = 3
    DELETED_ITEMS = 4
    SENT_ITEMS = 5
    OUTBOX = 6
    TASKS = 7
    CALENDAR = 8
    CONTACTS = 9
    NOTES = 10
    JOURNAL = 11
    USER_MAIL = 12
    USER_CALENDAR = 13
    USER_CONTACTS = 14
    USER_TASKS = 15
    USER_JOURNAL = 16
    USER_NOTES = 17
    UNKNOWN = 18
    RECIPIENT_INFORMATION = 19


USER_TYPES = frozenset({FolderType.USER_GENERIC, *range(FolderType.USER_MAIL, FolderType.USER_NOTES + 1)})
"""The types of folders that people make, and may change and delete (MS-ASCMD Type (FolderCreate) R4654)."""


class ItemClass(StrEnum):
    """MS-ASCMD Class: what the items of a folder are."""

    EMAIL = "Email"
    CONTACTS = "Contacts"
    CALENDAR = "Calendar"
    TASKS = "Tasks"
    NOTES = "Notes"


CLASS_OF_FOLDER = {
    FolderType.TASKS: ItemClass.TASKS,
    FolderType.USER_TASKS: ItemClass.TASKS,
    FolderType.CALENDAR: ItemClass.CALENDAR,
    FolderType.USER_CALENDAR: ItemClass.CALENDAR,
    FolderType.CONTACTS: ItemClass.CONTACTS,
    FolderType.USER_CONTACTS: ItemClass.CONTACTS,
    FolderType.RECIPIENT_INFORMATION: ItemClass.CONTACTS,
    FolderType.NOTES: ItemClass.NOTES,
    FolderType.USER_NOTES: ItemClass.NOTES,
}
"""Folder types that hold something else than mail."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder. `id` is never reused; its decimal form is the ServerId and CollectionId on the wire. `parent_id` 0 is
    the root.
    """

    id: int
    parent_id: int
    name: str
    type: FolderType

    @property
    def item_class(self) -> ItemClass:
        """The class of the folder's items."""
        return CLASS_OF_FOLDER.get(self.type, ItemClass.EMAIL)


JUNK = "Junk Email"
"""The name of the folder for junk, for which the protocol has no type of its own."""


def is_junk(folder: Folder) -> bool:
    """Whether the folder is the one that junk goes to."""
    return folder.type is FolderType.USER_MAIL and folder.parent_id == 0 and folder.name == JUNK


DEFAULT_FOLDERS: tuple[tuple[str, FolderType], ...] = (
    ("Inbox", FolderType.INBOX),
    ("Drafts", FolderType.DRAFTS),
    ("Sent Items", FolderType.SENT_ITEMS),
    ("Deleted Items", FolderType.DELETED_ITEMS),
    ("Outbox", FolderType.OUTBOX),
    (JUNK, FolderType.USER_MAIL),
    ("Archive", FolderType.USER_MAIL),
    ("Calendar", FolderType.CALENDAR),
    ("Contacts", FolderType.CONTACTS),
    ("Tasks", FolderType.TASKS),
    ("Notes", FolderType.NOTES),
    ("RecipientInfo", FolderType.RECIPIENT_INFORMATION),
)
"""What a new mailbox holds."""
