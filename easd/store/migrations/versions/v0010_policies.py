"""Policies, to whom they are assigned, and a number that moves with both."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "policies",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("organization_id", INT64, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("changed", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_policies_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        sa.UniqueConstraint("organization_id", "key", name=op.f("uq_policies_organization_id_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "policy_assignments",
        sa.Column("kind", INT64, nullable=False),
        sa.Column("target_id", INT64, nullable=False),
        sa.Column("policy_id", INT64, nullable=False),
        sa.Column("rank", INT64, nullable=False),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name=op.f("fk_policy_assignments_policy_id_policies")),
        sa.PrimaryKeyConstraint("kind", "target_id", name=op.f("pk_policy_assignments")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_policy_assignments_policy_id"), "policy_assignments", ["policy_id"])
    op.create_table(
        "policy_revision",
        sa.Column("id", INT64, nullable=False),
        sa.Column("revision", INT64, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_revision")),
        sqlite_with_rowid=False,
    )
