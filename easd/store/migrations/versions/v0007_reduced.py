"""Items that devices were shown in a reduced form, and a way to the texts of an older extraction."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reduced_items",
        sa.Column("folder_id", INT64, nullable=False),
        sa.Column("uid", INT64, nullable=False),
        sa.Column("device_id", INT64, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", INT64, nullable=False),
        sa.Column("shown_by", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_reduced_items_device_id_devices"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["folder_id", "uid"],
            ["items.folder_id", "items.uid"],
            name=op.f("fk_reduced_items_folder_id_items"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("folder_id", "uid", "device_id", name=op.f("pk_reduced_items")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reduced_items_device_id"), "reduced_items", ["device_id"])
    op.create_index(op.f("ix_reduced_items_shown_by"), "reduced_items", ["shown_by"])
    op.create_index(op.f("ix_texts_extract_version_blob_id"), "texts", ["extract_version", "blob_id"])
