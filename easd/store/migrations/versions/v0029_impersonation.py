"""Roles by which programs act in the place of people, and the tokens of those that do."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "impersonation_roles",
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("organization_id", INT64, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "type", "description")),
        sa.Column("rules", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, INT64, nullable=False) for name in ("created", "modified")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_impersonation_roles_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_impersonation_roles")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_impersonation_roles_organization_id"), "impersonation_roles", ["organization_id"])
    op.create_table(
        "impersonation_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("ends", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"],
            ["impersonation_roles.public_id"],
            name=op.f("fk_impersonation_tokens_role_id_impersonation_roles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_impersonation_tokens")),
        sqlite_with_rowid=False,
    )
    for column in ("role_id", "ends"):
        op.create_index(op.f(f"ix_impersonation_tokens_{column}"), "impersonation_tokens", [column])
