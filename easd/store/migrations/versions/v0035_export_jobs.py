"""Mailboxes on their way into a bucket."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "export_jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", INT64, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("mailbox_id", INT64, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", INT64, nullable=False),
        sa.Column("progress", INT64, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("started", INT64, nullable=False),
        sa.Column("ended", INT64, nullable=True),
        sa.Column("worker", INT64, nullable=True),
        sa.Column("due", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_export_jobs_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_jobs")),
        sa.UniqueConstraint("organization_id", "token", name=op.f("uq_export_jobs_organization_id_token")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_export_jobs_state_due", "export_jobs", ["state", "due"])
