"""What is kept of organisations, domains and people beside what every request needs."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from easd.store.tables import Int64, metadata

organization_details = Table(
    "organization_details",
    metadata,
    Column("organization_id", Int64, ForeignKey("organizations.id"), autoincrement=False, nullable=False),
    Column("public_id", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("default_domain", Text, nullable=False),  # empty: none
    Column("test_domain", Text, nullable=False),  # likewise
    PrimaryKeyConstraint("organization_id"),
    UniqueConstraint("public_id"),
    UniqueConstraint("alias"),
)

organization_tags = Table(
    "organization_tags",
    metadata,
    Column("organization_id", Int64, ForeignKey("organizations.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("organization_id", "key"),
    sqlite_with_rowid=False,
)

domain_details = Table(
    "domain_details",
    metadata,
    Column("name", Text, ForeignKey("domains.name"), nullable=False),
    Column("state", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("checked", Int64, nullable=True),
    Column("dkim", Text, nullable=True),  # NULL: nobody has asked yet
    PrimaryKeyConstraint("name"),
)

entity_details = Table(
    "entity_details",
    metadata,
    Column("user_id", Int64, ForeignKey("users.id"), autoincrement=False, nullable=False),
    Column("public_id", Text, nullable=False),
    Column("role", Text, nullable=True),  # NULL: as the kind says
    Column("enabled_at", Int64, nullable=True),
    Column("disabled_at", Int64, nullable=True),
    Column("purged_at", Int64, nullable=True),  # when the mailbox was emptied after a time of being disabled
    Column("distribution", Int64, nullable=True),  # of a group: 0 where it receives no mail
    Column("security", Int64, nullable=True),  # of a group: 0 where it can be given no permissions
    PrimaryKeyConstraint("user_id"),
    UniqueConstraint("public_id"),
    Index(None, "disabled_at"),
)

departed = Table(  # who had an address here: the identifier still says who it was
    "departed",
    metadata,
    Column("public_id", Text, nullable=False),
    Column("organization_id", Int64, ForeignKey("organizations.id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Int64, nullable=False),
    Column("mailbox_id", Int64, nullable=True),  # what the mailbox was, as long as it is kept
    PrimaryKeyConstraint("public_id"),
    Index(None, "organization_id"),
    Index(None, "at"),
    sqlite_with_rowid=False,
)
