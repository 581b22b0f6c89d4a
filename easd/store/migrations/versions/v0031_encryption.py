"""Keys under which content is encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "root_keys",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("master", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created", INT64, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_root_keys")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "content_keys",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("organization_id", INT64, nullable=False),
        sa.Column("generation", INT64, nullable=False),
        sa.Column("root_id", INT64, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created", INT64, nullable=False),
        sa.Column("retired", INT64, nullable=True),
        sa.ForeignKeyConstraint(["root_id"], ["root_keys.id"], name=op.f("fk_content_keys_root_id_root_keys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_keys")),
        sa.UniqueConstraint("organization_id", "generation", name=op.f("uq_content_keys_organization_id_generation")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sealing_pass",
        sa.Column("id", INT64, autoincrement=False, nullable=False),
        sa.Column("position", INT64, nullable=False),
        sa.Column("since", INT64, nullable=False),
        sa.Column("began", INT64, nullable=False),
        sa.Column("finished", INT64, nullable=True),
        sa.Column("passed_by", INT64, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_pass")),
    )
    op.add_column("blobs", sa.Column("key_id", INT64, nullable=True))
    op.add_column("blobs", sa.Column("wrapped", sa.LargeBinary(), nullable=True))
    op.add_column("texts", sa.Column("sealed", INT64, nullable=True))
    only = sa.text("key_id IS NOT NULL")
    op.create_index(op.f("ix_blobs_key_id_id"), "blobs", ["key_id", "id"], sqlite_where=only, postgresql_where=only)
