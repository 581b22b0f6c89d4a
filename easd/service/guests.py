"""Folders of somebody else's mailbox on the user's device: where they are, and what may be done there.

All that is done in such a folder is done in its owner's mailbox, in one transaction with what is kept of the device and
the folder, and as if the owner did it. Whether the device may be there is asked in that transaction.
"""

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
    except KeyError:
        return None  # the owner goes at this very moment


def admitted(context: Context, box: Reading, folder_id: int) -> bool:
    """Whether the device may (still) be in a folder of the mailbox that is open."""
    return context.guest is None or box.access(context.device, folder_id) is not None
