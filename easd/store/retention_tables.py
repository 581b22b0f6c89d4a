"""The table of how long mail is kept."""

from sqlalchemy import Column, ForeignKey, LargeBinary, PrimaryKeyConstraint, Table, Text

from easd.store.tables import Int64, metadata

retention_policies = Table(  # one an organisation; those without a row keep everything
    "retention_policies",
    metadata,
    Column("organization_id", Int64, ForeignKey("organizations.id"), autoincrement=False, nullable=False),
    Column("public_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("folders", LargeBinary, nullable=False),  # JSON
    Column("modified", Int64, nullable=False),
    PrimaryKeyConstraint("organization_id"),
)
