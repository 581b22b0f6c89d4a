"""What has been imported into mailboxes, so that an import goes on where it was cut off."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "imported",
        sa.Column("mailbox_id", INT64, nullable=False),
        _text("account"),
        _text("place"),
        _text("mark"),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        _text("state"),
        sa.Column("folder_id", INT64, nullable=False),
        sa.Column("uid", INT64, nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=op.f("fk_imported_mailbox_id_mailboxes")),
        sa.PrimaryKeyConstraint("mailbox_id", "account", "place", "mark", name=op.f("pk_imported")),
        sqlite_with_rowid=False,
    )
