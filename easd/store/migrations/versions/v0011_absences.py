"""When owners of mailboxes are away, and who was told so."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("mailbox_id", INT64, autoincrement=False, nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=op.f("fk_absences_mailbox_id_mailboxes")),
        sa.PrimaryKeyConstraint("mailbox_id", name=op.f("pk_absences")),
    )
    op.create_table(
        "absence_answers",
        sa.Column("mailbox_id", INT64, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", INT64, nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=op.f("fk_absence_answers_mailbox_id_mailboxes")),
        sa.PrimaryKeyConstraint("mailbox_id", "address", name=op.f("pk_absence_answers")),
        sqlite_with_rowid=False,
    )
