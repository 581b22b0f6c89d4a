"""The tables of who reaches mailboxes from where, and in whose place."""

from sqlalchemy import Column, ForeignKey, LargeBinary, PrimaryKeyConstraint, Table, Text

from easd.store.tables import Int64, metadata

access_control_rules = Table(  # `access_settings.version` moves with them
    "access_control_rules",
    metadata,
    Column("organization_id", Int64, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("conditions", LargeBinary, nullable=False),  # JSON
    Column("created", Int64, nullable=False),
    Column("modified", Int64, nullable=False),
    PrimaryKeyConstraint("organization_id", "name"),
    sqlite_with_rowid=False,
)
