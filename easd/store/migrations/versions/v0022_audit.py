"""The audit log: what administrators have changed."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("at", INT64, nullable=False),
        _text("actor_kind"),
        _text("actor"),
        sa.Column("organization_id", INT64, nullable=True),
        _text("operation"),
        _text("target"),
        _text("target_key"),
        sa.Column("parameters", sa.LargeBinary(), nullable=False),
        _text("outcome"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_log_at"), "audit_log", ["at"])
    op.create_index(op.f("ix_audit_log_target_key_id"), "audit_log", ["target_key", "id"])
