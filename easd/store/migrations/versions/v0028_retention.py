"""How long mail is kept, and since when an item is in its folder as it is."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("items", sa.Column("stirred", INT64, nullable=True))
    op.create_table(
        "retention_policies",
        sa.Column("organization_id", INT64, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("public_id", "name", "description")),
        sa.Column("folders", sa.LargeBinary(), nullable=False),
        sa.Column("modified", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_retention_policies_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_retention_policies")),
    )
