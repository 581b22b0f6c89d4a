"""The tables of roles by which programs act in the place of people."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from easd.store.tables import Int64, metadata

impersonation_roles = Table(
    "impersonation_roles",
    metadata,
    Column("public_id", Text, nullable=False),
    Column("organization_id", Int64, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("rules", LargeBinary, nullable=False),  # JSON
    Column("created", Int64, nullable=False),
    Column("modified", Int64, nullable=False),
    PrimaryKeyConstraint("public_id"),
    Index(None, "organization_id"),
    sqlite_with_rowid=False,
)

impersonation_tokens = Table(
    "impersonation_tokens",
    metadata,
    Column("digest", LargeBinary, nullable=False),  # of the secret, which is random
    Column("role_id", Text, ForeignKey("impersonation_roles.public_id", ondelete="CASCADE"), nullable=False),
    Column("ends", Int64, nullable=False),
    PrimaryKeyConstraint("digest"),
    Index(None, "role_id"),
    Index(None, "ends"),
    sqlite_with_rowid=False,
)
