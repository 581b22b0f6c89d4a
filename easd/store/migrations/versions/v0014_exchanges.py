"""The last exchanges of devices, and which devices are recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("device_id", INT64, nullable=False, autoincrement=False),
        sa.Column("until", INT64, nullable=False),
        _goes_with_device("recordings"),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_recordings")),
    )
    op.create_table(
        "exchanges",
        sa.Column("id", INT64, nullable=False, autoincrement=True),
        sa.Column("device_id", INT64, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        _goes_with_device("exchanges"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_exchanges_device_id_id"), "exchanges", ["device_id", "id"])


def _goes_with_device(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_device_id_devices")
    return sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=name, ondelete="CASCADE")
