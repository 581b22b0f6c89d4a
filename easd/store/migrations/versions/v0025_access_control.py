"""Access control rules. Every organisation gets the one that lets everybody in, as a new one does."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "access_control_rules",
        sa.Column("organization_id", INT64, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "effect", "description")),
        sa.Column("conditions", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, INT64, nullable=False) for name in ("created", "modified")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_access_control_rules_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "name", name=op.f("pk_access_control_rules")),
        sqlite_with_rowid=False,
    )
    op.get_bind().execute(
        sa.text(
            "INSERT INTO access_control_rules"
            " (organization_id, name, effect, description, conditions, created, modified)"
            " SELECT id, 'Default', 'ALLOW', 'Lets everybody in', :nothing, created, created FROM organizations"
        ),
        {"nothing": b"{}"},
    )
