"""Which devices may come in: rules of organisations, and overrides for single devices.

Every organisation begins with one rule that allows all, so that nobody is locked out by an upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "access_settings",
        sa.Column("organization_id", INT64, nullable=False, autoincrement=False),
        sa.Column("version", INT64, nullable=False),
        sa.Column("undecided", sa.Text(), nullable=False),
        _belongs("access_settings", "organization_id", "organizations"),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_access_settings")),
    )
    op.create_table(
        "access_rules",
        sa.Column("id", INT64, nullable=False, autoincrement=True),
        sa.Column("organization_id", INT64, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "effect", "description")),
        sa.Column("conditions", sa.LargeBinary(), nullable=False),
        sa.Column("created", INT64, nullable=False),
        sa.Column("modified", INT64, nullable=False),
        _belongs("access_rules", "organization_id", "organizations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_rules")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_access_rules_organization_id"), "access_rules", ["organization_id"])
    op.create_table(
        "access_overrides",
        sa.Column("user_id", INT64, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("device_id", "effect", "description")),
        sa.Column("created", INT64, nullable=False),
        sa.Column("modified", INT64, nullable=False),
        _belongs("access_overrides", "user_id", "users"),
        sa.PrimaryKeyConstraint("user_id", "device_id", name=op.f("pk_access_overrides")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO access_settings (organization_id, version, undecided) SELECT id, 1, 'BLOCK' FROM organizations"
    )
    rules = sa.table(
        "access_rules",
        *(sa.column(name) for name in ("organization_id", "name", "effect", "description", "created", "modified")),
        sa.column("conditions", sa.LargeBinary()),
    )
    for number, created in op.get_bind().execute(sa.text("SELECT id, created FROM organizations")).all():
        op.execute(
            rules.insert().values(
                organization_id=number,
                name="Default",
                effect="ALLOW",
                description="Allows every device",
                conditions=b"{}",
                created=created,
                modified=created,
            )
        )


def _belongs(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=op.f(f"fk_{table}_{column}_{owner}"))
