"""Folders of other people's mailboxes on somebody's devices."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _int(name: str, *, optional: bool = False) -> "sa.Column[int]":
    return sa.Column(name, INT64, nullable=optional)


def upgrade() -> None:
    op.add_column("mailboxes", _int("shares", optional=True))
    _make_shares()
    _make_mounts()


def _make_shares() -> None:
    op.create_table(
        "shares",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        _int("reader_id"),
        _int("device_id", optional=True),
        _int("owner_id"),
        sa.Column("chosen", sa.Text(), nullable=False),
        _int("folder_id", optional=True),
        _int("writable"),
        _int("private"),
        sa.ForeignKeyConstraint(["reader_id"], ["users.id"], name=op.f("fk_shares_reader_id_users")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_shares_device_id_devices"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_shares_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
        sqlite_autoincrement=True,
    )
    for column in ("reader_id", "owner_id", "device_id"):
        op.create_index(op.f(f"ix_shares_{column}"), "shares", [column])


def _make_mounts() -> None:
    op.create_table(
        "mounts",
        sa.Column("device_id", INT64, autoincrement=False, nullable=False),
        _int("folder_id"),
        _int("owner_id"),
        _int("mailbox_id"),
        _int("mod_seq"),
        _int("parent_id"),
        sa.Column("name", sa.Text(), nullable=False),
        _int("type"),
        _int("writable"),
        _int("private"),
        _int("deleted", optional=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_mounts_device_id_devices"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_id", "folder_id", name=op.f("pk_mounts")),
        sqlite_with_rowid=False,
    )
