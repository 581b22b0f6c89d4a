"""Searches that find the newest first: the terms there are, on SQLite; a mailbox's items by time, on PostgreSQL."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SQLITE = ("CREATE VIRTUAL TABLE search_words_vocabulary USING fts5vocab(search_words, instance)",)
_POSTGRESQL = (
    "ALTER TABLE search_words ADD COLUMN mailbox_id BIGINT",
    (
        "UPDATE search_words SET mailbox_id = items.mailbox_id FROM search_docs"
        " JOIN items ON items.folder_id = search_docs.folder_id AND items.uid = search_docs.uid"
        " WHERE search_docs.position = search_words.position"
    ),
    "ALTER TABLE search_words ALTER COLUMN mailbox_id SET NOT NULL",
    "CREATE INDEX ix_search_words_mailbox_id_position ON search_words (mailbox_id, position)",
)


def upgrade() -> None:
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
