"""How far the encryption of items has come."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "item_pass",
        sa.Column("id", INT64, autoincrement=False, nullable=False),
        sa.Column("folder_id", INT64, nullable=False),
        sa.Column("uid", INT64, nullable=False),
        sa.Column("began", INT64, nullable=False),
        sa.Column("finished", INT64, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_pass")),
    )
