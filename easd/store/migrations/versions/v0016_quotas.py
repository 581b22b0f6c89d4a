"""How much each mailbox holds, and how much it may hold."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("mailboxes", sa.Column("used", INT64, nullable=True))
    op.add_column("mailboxes", sa.Column("quota", INT64, nullable=True))
    op.execute(
        "UPDATE mailboxes SET used = (SELECT COALESCE(SUM(items.size), 0) FROM folders"
        " JOIN items ON items.folder_id = folders.id WHERE folders.mailbox_id = mailboxes.id)"
    )
