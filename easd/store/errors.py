"""What can go wrong with a store."""

from easd.service.ports import Unavailable
from easd.service.ports.administration import InUse, TooMany


class StoreError(Exception):
    """Any fault of the store."""


class StoreUnavailable(StoreError, Unavailable):
    """The database cannot be reached, is locked for too long, or is full. Nothing was changed; try later (HTTP 503)."""


class StoreMisused(StoreError):
    """A URL that names no usable database, or a schema that is not this program's. The text says what to do."""


class NoMasterKey(StoreMisused, ValueError):
    """What needs a master key, or encryption that is on, was asked of a store without."""


class NoSuchMailbox(StoreError, LookupError):
    """There is no mailbox of that number (any more)."""

    def __init__(self, mailbox_id: int) -> None:
        super().__init__(f"there is no mailbox {mailbox_id}")
        self.mailbox_id = mailbox_id


class Taken(StoreError, InUse, ValueError):
    """A name or address that somebody else has."""


class Full(StoreError, TooMany, ValueError):
    """There are as many as there may be."""
