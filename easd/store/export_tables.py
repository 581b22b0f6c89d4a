"""The table of mailboxes on their way into a bucket."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from easd.store.tables import Int64, metadata

export_jobs = Table(
    "export_jobs",
    metadata,
    Column("id", Text, nullable=False),
    Column("organization_id", Int64, ForeignKey("organizations.id"), nullable=False),
    Column("token", Text, nullable=False),  # of whoever started it: the same one again means the same job
    Column("mailbox_id", Int64, nullable=False),  # it may be gone while the job is still told of
    Column("entity", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("state", Int64, nullable=False),  # easd.model.export_job.ExportState, in its order
    Column("progress", Int64, nullable=False),
    Column("error", Text, nullable=False),
    Column("started", Int64, nullable=False),
    Column("ended", Int64, nullable=True),
    Column("worker", Int64, nullable=True),  # who works on it, as long as `due` has not come
    Column("due", Int64, nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("organization_id", "token"),
    Index("ix_export_jobs_state_due", "state", "due"),
    sqlite_with_rowid=False,
)
