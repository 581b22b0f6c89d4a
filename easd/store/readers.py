"""Those whose devices show folders of others: they look again whenever it may have been forbidden, or allowed."""

from collections.abc import Iterable

from easd.store import mounting
from easd.store.errors import NoSuchMailbox
from easd.store.store import SqlStore


def wake(store: SqlStore, mailboxes: Iterable[int]) -> None:
    """Let held requests of these mailboxes look again at what they may see: one transaction each, unless the caller's
    is one `together`: else one that locks several mailboxes could wait for another that does.
    """
    for mailbox in mailboxes:
        try:
            with store.writing(mailbox) as box:
                box.touch()
        except NoSuchMailbox:
            continue  # gone meanwhile, with all its devices


def of_owner(store: SqlStore, owner_id: int) -> list[int]:
    """The mailboxes of those to whom something of the owner is shared."""
    return [mailbox for (mailbox,) in store.database.once(mounting.READERS_OF, owner=owner_id)]


def around(store: SqlStore, entity_id: int) -> list[int]:
    """The mailboxes to which anything is shared in the organisation of a user, resource or group."""
    return [mailbox for (mailbox,) in store.database.once(mounting.READERS_IN, entity=entity_id)]
