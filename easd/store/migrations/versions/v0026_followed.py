"""Accounts that follow an entry of a directory elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "followed",
        sa.Column("user_id", INT64, autoincrement=False, nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("dn", sa.Text(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("gone", INT64, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_followed_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_followed")),
        sa.UniqueConstraint("entry", name=op.f("uq_followed_entry")),
    )
