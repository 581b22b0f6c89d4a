"""The tables of mail that comes in: what organisations say about it, and what has come of late."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from easd.store.tables import Int64, metadata

flow_rules = Table(
    "flow_rules",
    metadata,
    Column("id", Int64, primary_key=True, autoincrement=True),
    Column("organization_id", Int64, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("patterns", LargeBinary, nullable=False),  # JSON: senders and recipients
    Index(None, "organization_id"),
    sqlite_autoincrement=True,
)

mail_settings = Table(  # of organisations that have changed them
    "mail_settings",
    metadata,
    Column("organization_id", Int64, ForeignKey("organizations.id"), autoincrement=False, nullable=False),
    Column("dmarc_enforced", Int64, nullable=False),
    PrimaryKeyConstraint("organization_id"),
)

received = Table(  # messages of the last days, one row a recipient: who sends one again is not served twice
    "received",
    metadata,
    Column("mark", LargeBinary, nullable=False),
    Column("at", Int64, nullable=False),
    PrimaryKeyConstraint("mark"),
    Index(None, "at"),
    sqlite_with_rowid=False,
)
