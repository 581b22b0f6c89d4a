"""Conversations: which one an item belongs to, and those whose mail always goes to one folder."""

import json
from base64 import b64decode

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BATCH = 1000


def upgrade() -> None:
    for table in ("items", "tombstones"):
        op.add_column(table, sa.Column("conversation", sa.LargeBinary(), nullable=True))
    op.create_table(
        "conversation_rules",
        sa.Column("mailbox_id", INT64, nullable=False),
        sa.Column("conversation", sa.LargeBinary(), nullable=False),
        sa.Column("folder_id", INT64, nullable=False),
        sa.Column("at", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailboxes.id"], name=op.f("fk_conversation_rules_mailbox_id_mailboxes")
        ),
        sa.PrimaryKeyConstraint("mailbox_id", "conversation", name=op.f("pk_conversation_rules")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_conversation_rules_mailbox_id_at"), "conversation_rules", ["mailbox_id", "at"])
    _fill()
    op.create_index(
        op.f("ix_items_folder_id_conversation_sort_time_uid"),
        "items",
        ["folder_id", "conversation", "sort_time", "uid"],
    )


def _fill() -> None:
    """Every message is told which conversation it is of, as its content says."""
    connection, place = op.get_bind(), (0, 0)
    page = sa.text(
        "SELECT folder_id, uid, content FROM items"
        " WHERE class = 'Email' AND (folder_id, uid) > (:folder, :uid) ORDER BY folder_id, uid LIMIT :limit"
    )
    write = sa.text("UPDATE items SET conversation = :conversation WHERE folder_id = :folder AND uid = :uid")
    while rows := connection.execute(page, {"folder": place[0], "uid": place[1], "limit": _BATCH}).all():
        place = rows[-1][0], rows[-1][1]
        connection.execute(
            write, [{"folder": row[0], "uid": row[1], "conversation": _conversation(row[2])} for row in rows]
        )


def _conversation(content: bytes) -> bytes | None:
    """None where the content is damaged: such a message stands alone."""
    try:
        return b64decode(json.loads(bytes(content))["conversation_id"], validate=True) or None
    except (ValueError, KeyError, TypeError):
        return None
