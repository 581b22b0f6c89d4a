"""Profiles of users, and the words by which the Global Address List finds them."""

import sqlalchemy as sa
from alembic import op

from easd.search.words import whole_address, words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "profiles",
        sa.Column("user_id", INT64, autoincrement=False, nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("hidden", INT64, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_profiles_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_profiles")),
    )
    made = op.create_table(
        "listed_words",
        sa.Column("organization_id", INT64, nullable=False),
        sa.Column("word", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("user_id", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_listed_words_organization_id_organizations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_listed_words_user_id_users")),
        sa.PrimaryKeyConstraint("organization_id", "word", "user_id", name=op.f("pk_listed_words")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_listed_words_user_id"), "listed_words", ["user_id"], unique=False)
    connection = op.get_bind()
    users = connection.execute(sa.text("SELECT organization_id, id, display_name FROM users")).all()
    addresses = connection.execute(sa.text("SELECT user_id, address FROM addresses")).all()
    rows = {
        (organization, word, user)
        for organization, user, name in users
        for text in (name, *(address for owner, address in addresses if owner == user))
        for word in (*words(text), whole_address(text))
        if word
    }
    if rows:
        names = ("organization_id", "word", "user_id")
        op.bulk_insert(made, [dict(zip(names, row, strict=True)) for row in sorted(rows)])
