"""The full-text index; what is there already is indexed later, by a running server."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_SQLITE = (
    "CREATE VIRTUAL TABLE search_words USING fts5(words, detail='none', columnsize=0, tokenize='ascii')",
    (
        "CREATE TRIGGER search_docs_gone AFTER DELETE ON search_docs"
        " BEGIN DELETE FROM search_words WHERE rowid = old.position; END"
    ),
)
_POSTGRESQL = (
    (
        "CREATE TABLE search_words ("
        "position BIGINT CONSTRAINT pk_search_words PRIMARY KEY"
        " CONSTRAINT fk_search_words_position_search_docs REFERENCES search_docs (position) ON DELETE CASCADE,"
        " words TSVECTOR NOT NULL) WITH (toast_tuple_target = 128)"
    ),
    "ALTER TABLE search_words ALTER COLUMN words SET STORAGE EXTERNAL",
    "CREATE INDEX ix_search_words_words ON search_words USING gin (words) WITH (gin_pending_list_limit = 1024)",
)


def upgrade() -> None:
    op.create_table(
        "search_docs",
        sa.Column("position", INT64, autoincrement=False, nullable=False),
        sa.Column("folder_id", INT64, nullable=False),
        sa.Column("uid", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["folder_id", "uid"],
            ["items.folder_id", "items.uid"],
            name=op.f("fk_search_docs_folder_id_items"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_search_docs")),
        sa.UniqueConstraint("folder_id", "uid", name=op.f("uq_search_docs_folder_id_uid")),
    )
    op.create_table(
        "search_pending",
        sa.Column("folder_id", INT64, nullable=False),
        sa.Column("uid", INT64, nullable=False),
        sa.PrimaryKeyConstraint("folder_id", "uid", name=op.f("pk_search_pending")),
        sqlite_with_rowid=False,
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
    op.execute("INSERT INTO search_pending (folder_id, uid) SELECT folder_id, uid FROM items")
