"""What was told to whom of meetings."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "meeting_ledger",
        sa.Column("mailbox_id", INT64, nullable=False),
        sa.Column("meeting", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("sequence", INT64, nullable=False),
        sa.Column("stamp", INT64, nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("at", INT64, nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=op.f("fk_meeting_ledger_mailbox_id_mailboxes")),
        sa.PrimaryKeyConstraint("mailbox_id", "meeting", "person", name=op.f("pk_meeting_ledger")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_meeting_ledger_at"), "meeting_ledger", ["at"])
