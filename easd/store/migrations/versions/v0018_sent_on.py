"""How many recipients elsewhere each mailbox has written to, by day."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sent_on",
        sa.Column("mailbox_id", INT64, nullable=False),
        sa.Column("day", INT64, nullable=False),
        sa.Column("recipients", INT64, nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=op.f("fk_sent_on_mailbox_id_mailboxes")),
        sa.PrimaryKeyConstraint("mailbox_id", "day", name=op.f("pk_sent_on")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sent_on_day"), "sent_on", ["day"])
