"""The tables of folders that others' devices are told of."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text

from easd.store.tables import Int64, metadata


def _int(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, Int64, nullable=optional)


shares = Table(  # what was chosen: folders of an owner for a reader's devices
    "shares",
    metadata,
    Column("id", Int64, primary_key=True, autoincrement=True),
    Column("reader_id", Int64, ForeignKey("users.id"), nullable=False),
    Column("device_id", Int64, ForeignKey("devices.id", ondelete="CASCADE"), nullable=True),  # NULL: all
    Column("owner_id", Int64, ForeignKey("users.id"), nullable=False),
    Column("chosen", Text, nullable=False),
    _int("folder_id", optional=True),
    _int("writable"),
    _int("private"),  # whether the reader sees what the owner calls private
    Index(None, "reader_id"),
    Index(None, "owner_id"),
    Index(None, "device_id"),
    sqlite_autoincrement=True,
)

mounts = Table(  # what each device is told of; the mod_seq is of the reader's mailbox
    "mounts",
    metadata,
    Column("device_id", Int64, ForeignKey("devices.id", ondelete="CASCADE"), autoincrement=False, nullable=False),
    _int("folder_id"),
    _int("owner_id"),  # who may be gone by now
    _int("mailbox_id"),  # the owner's
    _int("mod_seq"),
    _int("parent_id"),
    Column("name", Text, nullable=False),
    _int("type"),
    _int("writable"),
    _int("private"),
    _int("deleted", optional=True),  # when; the row is then the folder's tombstone for this device
    PrimaryKeyConstraint("device_id", "folder_id"),
    sqlite_with_rowid=False,
)
