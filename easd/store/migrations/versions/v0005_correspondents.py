"""Whom each mailbox has written to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "correspondents",
        sa.Column("mailbox_id", INT64, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("count", INT64, nullable=False),
        sa.Column("last", INT64, nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=op.f("fk_correspondents_mailbox_id_mailboxes")),
        sa.PrimaryKeyConstraint("mailbox_id", "address", name=op.f("pk_correspondents")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_correspondents_mailbox_id_last"), "correspondents", ["mailbox_id", "last"])
