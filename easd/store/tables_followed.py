"""The table of accounts that follow a directory elsewhere, beside those of `easd.store.tables`."""

from sqlalchemy import Column, ForeignKey, LargeBinary, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from easd.store.tables import Int64, metadata

followed = Table(
    "followed",
    metadata,
    Column("user_id", Int64, ForeignKey("users.id"), nullable=False, autoincrement=False),
    Column("entry", Text, nullable=False),  # the id that never changes there
    Column("dn", Text, nullable=False),
    Column("changed", Text, nullable=False),  # what the entry said of its last change when it was taken over
    Column("digest", LargeBinary, nullable=False),  # of what was taken over
    Column("gone", Int64, nullable=True),  # since when there is none there, or a disabled one
    PrimaryKeyConstraint("user_id"),
    UniqueConstraint("entry"),
)
