"""Folders of somebody else's mailbox on the user's device: where they are, and what may be done there.

All that is done in such a folder is done in its owner's mailbox, in one transaction with what is kept of the device and
the folder, and as if the owner did it. Whether the device may be there is asked in that transaction.
"""

from easd.model.discretion import is_private
from easd.model.item import StoredItem
from easd.service.context import Context
from easd.service.ports import Reading


def place(context: Context, box: Reading, folder_id: int) -> tuple[Context, Reading] | None:
    """The context and mailbox of a folder of others that the device was told of, None where it may not look into it.
    `box` is the reader's mailbox, and gives the other at the same moment.
    """
    if not box.shares:
        return None
    access = box.access(context.device, folder_id)
    if access is None:
        return None
    try:
        return context.inside(access), box.beside(access.owner.mailbox_id)
    except LookupError:
        return None  # the owner goes at this very moment


def where(context: Context, box: Reading, folder_id: int | None) -> tuple[Context, Reading]:
    """The context and mailbox of a folder, be it the user's own or one of others; of an unknown one, the user's."""
    if folder_id is None or not box.shares or box.folder(folder_id) is not None:
        return context, box
    return place(context, box, folder_id) or (context, box)


def home_of(context: Context, folder_id: int | None) -> Context:
    """The same for who is going to write there."""
    if folder_id is None:
        return context
    with context.services.store.reading(context.mailbox_id) as box:
        return where(context, box, folder_id)[0]


def admitted(context: Context, box: Reading, folder_id: int) -> bool:
    """Whether the device may (still) be in a folder of the mailbox that is open."""
    return context.guest is None or box.access(context.device, folder_id) is not None


def may_write(context: Context, box: Reading, folder_id: int) -> bool:
    """Whether the device may (still) write to a folder of the mailbox that is open."""
    if context.guest is None:
        return True
    access = box.access(context.device, folder_id)
    return access is not None and access.rights.writable


def hides(context: Context, item: StoredItem) -> bool:
    """Whether an item, or some of it, is not for the user."""
    return context.discreet and is_private(item.content)
