"""The tables of administration itself: what was changed, and the keys of those who change it."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from easd.store.tables import Int64, metadata

audit_log = Table(  # it outlives what it is about: no foreign keys
    "audit_log",
    metadata,
    Column("id", Int64, primary_key=True, autoincrement=True),
    Column("at", Int64, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("organization_id", Int64, nullable=True),
    Column("operation", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("target_key", Text, nullable=False),  # in lower case
    Column("parameters", LargeBinary, nullable=False),  # JSON
    Column("outcome", Text, nullable=False),
    Index(None, "at"),
    Index(None, "target_key", "id"),
    sqlite_autoincrement=True,
)

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Text, nullable=False),
    Column("sealed", Text, nullable=False),  # the secret, encrypted with the server's key
    Column("role", Text, nullable=False),
    Column("organization_id", Int64, ForeignKey("organizations.id"), nullable=True),  # NULL: all
    Column("description", Text, nullable=False),
    Column("enabled", Int64, nullable=False),
    Column("created", Int64, nullable=False),
    Column("last_used", Int64, nullable=True),
    PrimaryKeyConstraint("id"),
    sqlite_with_rowid=False,
)
