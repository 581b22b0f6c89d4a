"""The queue holds mail from outside and mail for other servers, which workers take with a lease and try again."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_index(op.f("ix_queue_due_id"), "queue")
    with op.batch_alter_table("queue", table_kwargs={"sqlite_autoincrement": True}) as queue:
        queue.alter_column("sender_mailbox", existing_type=INT64, nullable=True)
        queue.add_column(sa.Column("ours", INT64, nullable=False, server_default="1"))
        queue.add_column(sa.Column("elsewhere", INT64, nullable=False, server_default="0"))
        queue.add_column(sa.Column("attempts", INT64, nullable=False, server_default="0"))
        queue.add_column(sa.Column("worker", sa.Text(), nullable=True))
        queue.add_column(sa.Column("asked", sa.LargeBinary(), nullable=True))
        queue.add_column(sa.Column("warned", INT64, nullable=False, server_default="0"))
        queue.add_column(sa.Column("error", sa.Text(), nullable=True))
    with op.batch_alter_table("queue", table_kwargs={"sqlite_autoincrement": True}) as queue:
        for name in ("ours", "elsewhere", "attempts", "warned"):
            queue.alter_column(name, existing_type=INT64, server_default=None)
    op.create_index(op.f("ix_queue_elsewhere_due_id"), "queue", ["elsewhere", "due", "id"])
