"""The tables of mail on its way."""

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text

from easd.store.tables import _bytes, _id, _int, _of, _text, metadata

queue = Table(  # mail on its way, an entry a recipient
    "queue",
    metadata,
    _id(),
    _int("sender_mailbox", optional=True),  # NULL: from outside, or a report
    _text("sender"),
    _text("recipient"),
    _of("blob_id", "blobs"),
    _int("queued"),
    _int("due"),  # not before; while a worker has the entry, until when
    _int("ours"),
    _int("elsewhere"),
    _int("attempts"),
    _text("worker", optional=True),
    _bytes("asked", optional=True),  # JSON; NULL: nothing
    _int("warned"),
    _text("error", optional=True),
    Index(None, "elsewhere", "due", "id"),
    Index(None, "blob_id"),
    sqlite_autoincrement=True,
)

organization_sent_on = Table(  # the same of whole organisations
    "organization_sent_on",
    metadata,
    _of("organization_id", "organizations"),
    _int("day"),
    _int("kind"),  # 0: recipients elsewhere; 1: any, of mail from a test domain
    _int("recipients"),
    PrimaryKeyConstraint("organization_id", "day", "kind"),
    sqlite_with_rowid=False,
)

dkim_keys = Table(  # with which mail is signed
    "dkim_keys",
    metadata,
    Column("domain", Text, ForeignKey("domains.name", ondelete="CASCADE"), nullable=False),
    _text("selector"),
    _text("algorithm"),
    _text("public"),
    _text("sealed"),  # the private key, encrypted
    _int("created"),
    PrimaryKeyConstraint("domain", "selector"),
    sqlite_with_rowid=False,
)
