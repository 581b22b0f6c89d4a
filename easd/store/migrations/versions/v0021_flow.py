"""Rules about mail on its way, and what has come in of late."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_rules()
    op.create_table(
        "mail_settings",
        sa.Column("organization_id", INT64, autoincrement=False, nullable=False),
        sa.Column("dmarc_enforced", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_mail_settings_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_mail_settings")),
    )
    op.create_table(
        "received",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("at", INT64, nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_received")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_received_at"), "received", ["at"])


def _make_rules() -> None:
    op.create_table(
        "flow_rules",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("organization_id", INT64, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("patterns", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_flow_rules_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_rules")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_flow_rules_organization_id"), "flow_rules", ["organization_id"])
