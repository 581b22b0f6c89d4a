"""The SQL store: mailboxes, devices, blobs and the submission queue, on SQLite or PostgreSQL.

`open_store(url, notify)` gives a `SqlStore`, which implements `easd.service.ports.Store`. `migrate(url)` comes
first: it brings the schema up to date.
"""

from easd.store.errors import NoSuchMailbox, StoreError, StoreMisused, StoreUnavailable, Taken
from easd.store.migrate import migrate, schema_is_current
from easd.store.opening import open_database, open_store
from easd.store.store import SqlStore

__all__ = [
    "NoSuchMailbox",
    "SqlStore",
    "StoreError",
    "StoreMisused",
    "StoreUnavailable",
    "Taken",
    "migrate",
    "open_database",
    "open_store",
    "schema_is_current",
]
