"""Keys with which mail is signed, and how much organisations send in a day."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dkim_keys",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("selector", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["domain"], ["domains.name"], name=op.f("fk_dkim_keys_domain_domains"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain", "selector", name=op.f("pk_dkim_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "organization_sent_on",
        sa.Column("organization_id", INT64, nullable=False),
        sa.Column("day", INT64, nullable=False),
        sa.Column("kind", INT64, nullable=False),
        sa.Column("recipients", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_sent_on_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "day", "kind", name=op.f("pk_organization_sent_on")),
        sqlite_with_rowid=False,
    )
