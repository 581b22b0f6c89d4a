"""Groups, resources, and permissions on what belongs to others."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("users", sa.Column("kind", sa.Text(), nullable=True))
    _pairs("members", "group_id", "member_id")
    op.create_index(op.f("ix_members_member_id"), "members", ["member_id"])
    _pairs("outside_members", "group_id", text="address")
    op.create_table(
        "resources",
        sa.Column("user_id", INT64, autoincrement=False, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("auto_accept", INT64, nullable=False),
        sa.Column("auto_decline_recurring", INT64, nullable=False),
        sa.Column("auto_decline_conflicts", INT64, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_resources_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_resources")),
    )
    _pairs("delegates", "resource_id", "delegate_id")
    op.create_index(op.f("ix_delegates_delegate_id"), "delegates", ["delegate_id"])
    _pairs("grants", "owner_id", "grantee_id", text="permission")
    op.create_index(op.f("ix_grants_grantee_id"), "grants", ["grantee_id"])


def _pairs(name: str, *users: str, text: str = "") -> None:
    """A table of nothing but its key: users, and perhaps a text."""
    texts = [text] if text else []
    op.create_table(
        name,
        *(sa.Column(user, INT64, nullable=False) for user in users),
        *(sa.Column(column, sa.Text(), nullable=False) for column in texts),
        *(sa.ForeignKeyConstraint([user], ["users.id"], name=op.f(f"fk_{name}_{user}_users")) for user in users),
        sa.PrimaryKeyConstraint(*users, *texts, name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )
