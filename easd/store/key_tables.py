"""The tables of keys under which content is encrypted, each sealed by another one."""

from sqlalchemy import Column, ForeignKey, LargeBinary, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from easd.store.tables import Int64, metadata

root_keys = Table(  # the newest seals the keys of organisations; none: nothing new is encrypted
    "root_keys",
    metadata,
    Column("id", Int64, primary_key=True, autoincrement=True),
    Column("master", Text, nullable=False),  # the name of the master key that seals it
    Column("wrapped", LargeBinary, nullable=False),
    Column("created", Int64, nullable=False),
    sqlite_autoincrement=True,
)

content_keys = Table(  # each seals the keys of blobs; an organisation's own, or with the number 0 the server's
    "content_keys",
    metadata,
    Column("id", Int64, primary_key=True, autoincrement=True),
    Column("organization_id", Int64, nullable=False),
    Column("generation", Int64, nullable=False),
    Column("root_id", Int64, ForeignKey("root_keys.id"), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),  # empty: destroyed
    Column("created", Int64, nullable=False),
    Column("retired", Int64, nullable=True),  # since when a later one is used for what is new
    UniqueConstraint("organization_id", "generation"),
    sqlite_autoincrement=True,
)

sealing_pass = Table(  # one row once encryption is on: how far the way through blobs that are still plain has come
    "sealing_pass",
    metadata,
    Column("id", Int64, autoincrement=False, nullable=False),
    Column("position", Int64, nullable=False),  # the last blob that was looked at
    Column("since", Int64, nullable=False),  # when encryption was turned on
    Column("began", Int64, nullable=False),
    Column("finished", Int64, nullable=True),
    Column("passed_by", Int64, nullable=False),  # blobs that somebody had locked
    PrimaryKeyConstraint("id"),
)

item_pass = Table(  # the same for what is kept of items, which lie by their places
    "item_pass",
    metadata,
    Column("id", Int64, autoincrement=False, nullable=False),
    Column("folder_id", Int64, nullable=False),
    Column("uid", Int64, nullable=False),
    Column("began", Int64, nullable=False),
    Column("finished", Int64, nullable=True),
    PrimaryKeyConstraint("id"),
)

_key = content_keys.c
KEY_COLUMNS = (_key.id, _key.organization_id, _key.generation, _key.root_id, _key.wrapped)
"""What `easd.store.sealing.keys` needs to open a key."""
