"""The schema, as SQLAlchemy Core tables. Alembic's migrations build it; a test compares the two.

Only three column types: 64-bit integers (also for booleans, 0 and 1, and for times, milliseconds since 1970 UTC), text
and bytes. They need no conversion in either driver, which lets statements run on the raw cursor. No column has a
default: every insert says everything.
"""

from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite's own row number must be declared INTEGER; it has 64 bits all the same.
Int64 = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Column[int]:
    """A number that is never given twice, not even after the row is gone (needs `sqlite_autoincrement`)."""
    return Column("id", Int64, primary_key=True, autoincrement=True)


def _int(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, Int64, nullable=optional)


def _text(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


def _bytes(name: str, *, optional: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=optional)


def _of(name: str, table: str, **options: Any) -> Column[int]:
    return Column(name, Int64, ForeignKey(f"{table}.id"), nullable=False, **options)


organizations = Table(
    "organizations",
    metadata,
    _id(),
    _text("name"),
    _text("key"),  # the name in lower case
    _int("created"),
    _int("full_wipe_forbidden", optional=True),  # since when nobody may order to wipe a whole device
    UniqueConstraint("key"),
    sqlite_autoincrement=True,
)

domains = Table(
    "domains",
    metadata,
    Column("name", Text, nullable=False),  # lower case
    _of("organization_id", "organizations"),
    PrimaryKeyConstraint("name"),
    Index(None, "organization_id"),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    _id(),
    _int("modseq"),
    _int("pruned"),  # of the hierarchy: the highest mod_seq of a deleted folder that was forgotten
    _int("created"),
    _int("used", optional=True),  # the bytes of all items
    _int("quota", optional=True),  # how many they may be; NULL: as many as everybody's
    _int("shares", optional=True),  # 1: folders of others are, or were, on devices of its user
    sqlite_autoincrement=True,
)

users = Table(  # whoever has an address: people, and rooms, equipment and groups; the mailbox of a group stays empty
    "users",
    metadata,
    _id(),
    _of("organization_id", "organizations"),
    _of("mailbox_id", "mailboxes"),
    _text("address"),  # the primary one, lower case
    _text("display_name"),
    _text("password_hash"),  # empty: nobody can log in
    _int("credential_version"),
    _int("enabled"),
    _int("created"),
    _text("kind", optional=True),  # NULL: a person
    UniqueConstraint("mailbox_id"),
    UniqueConstraint("address"),
    Index(None, "organization_id"),
    sqlite_autoincrement=True,
)

addresses = Table(  # all addresses of all users, primary ones and aliases: no address can belong to two
    "addresses",
    metadata,
    Column("address", Text, nullable=False),  # lower case
    _text("local_part"),
    _text("domain"),
    _of("user_id", "users"),
    PrimaryKeyConstraint("address"),
    Index(None, "local_part"),
    Index(None, "user_id"),
    Index(None, "domain"),
)

profiles = Table(  # of users of whom more is known than their name; the others have no row
    "profiles",
    metadata,
    _of("user_id", "users", autoincrement=False),
    _bytes("details"),  # JSON
    _bytes("picture", optional=True),
    _int("hidden"),  # from the Global Address List
    PrimaryKeyConstraint("user_id"),
)

app_passwords = Table(
    "app_passwords",
    metadata,
    _id(),
    _of("user_id", "users"),
    _text("name"),
    _bytes("digest"),  # of the secret, which is random
    _int("created"),
    _text("device_id"),  # of the device that used it first, lower case; empty: none has
    _int("last_used", optional=True),
    UniqueConstraint("user_id", "digest"),
    sqlite_autoincrement=True,
)

listed_words = Table(  # of users who are not hidden; compared byte by byte, for beginnings of words are looked for
    "listed_words",
    metadata,
    _of("organization_id", "organizations"),
    Column("word", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    _of("user_id", "users"),
    PrimaryKeyConstraint("organization_id", "word", "user_id"),
    Index(None, "user_id"),
    sqlite_with_rowid=False,
)

members = Table(  # of groups: people, resources, other groups
    "members",
    metadata,
    _of("group_id", "users"),
    _of("member_id", "users"),
    PrimaryKeyConstraint("group_id", "member_id"),
    Index(None, "member_id"),
    sqlite_with_rowid=False,
)

outside_members = Table(  # of groups: addresses that nobody here had when they came
    "outside_members",
    metadata,
    _of("group_id", "users"),
    _text("address"),  # lower case
    PrimaryKeyConstraint("group_id", "address"),
    sqlite_with_rowid=False,
)

resources = Table(  # what is known of rooms and equipment
    "resources",
    metadata,
    _of("user_id", "users", autoincrement=False),
    _text("description"),
    _int("auto_accept"),
    _int("auto_decline_recurring"),
    _int("auto_decline_conflicts"),
    PrimaryKeyConstraint("user_id"),
)

delegates = Table(  # who decides of requests for a resource, or hears of those for a person: people and groups
    "delegates",
    metadata,
    _of("resource_id", "users"),
    _of("delegate_id", "users"),
    _int("decides", optional=True),  # of a person's delegate: whether the answers are left to them
    PrimaryKeyConstraint("resource_id", "delegate_id"),
    Index(None, "delegate_id"),
    sqlite_with_rowid=False,
)

grants = Table(  # what people and groups may do with what belongs to others
    "grants",
    metadata,
    _of("owner_id", "users"),
    _of("grantee_id", "users"),
    _text("permission"),
    PrimaryKeyConstraint("owner_id", "grantee_id", "permission"),
    Index(None, "grantee_id"),
    sqlite_with_rowid=False,
)

folders = Table(
    "folders",
    metadata,
    _id(),
    _of("mailbox_id", "mailboxes"),
    _int("parent_id"),  # 0: the root
    _text("name"),
    _int("type"),
    _int("mod_seq"),
    _int("uid_next"),
    _int("pruned"),  # the highest mod_seq of a tombstone of its items that was forgotten
    _int("created"),
    _int("deleted", optional=True),  # when; the row is then the folder's tombstone
    Index(None, "mailbox_id", "mod_seq"),
    Index(None, "mailbox_id", "id"),
    sqlite_autoincrement=True,
)

blobs = Table(
    "blobs",
    metadata,
    _id(),
    _bytes("digest"),  # SHA-256 of the whole; HMAC with a key of the organisation where it is encrypted
    _int("size"),
    _int("used"),  # when it was last put: collection leaves fresh ones alone
    _int("key_id", optional=True),  # in `content_keys`, what `wrapped` is sealed with; NULL: not encrypted
    _bytes("wrapped", optional=True),  # the blob's own key
    UniqueConstraint("digest"),
    Index(None, "key_id", "id", sqlite_where=text("key_id IS NOT NULL"), postgresql_where=text("key_id IS NOT NULL")),
    sqlite_autoincrement=True,
)

chunks = Table(
    "chunks",
    metadata,
    _of("blob_id", "blobs"),
    _int("number"),
    _bytes("data"),
    PrimaryKeyConstraint("blob_id", "number"),
)

texts = Table(
    "texts",
    metadata,
    _of("blob_id", "blobs", autoincrement=False),
    _bytes("plain"),
    _bytes("html", optional=True),
    _int("extract_version"),
    _int("sealed", optional=True),  # 1: with the blob's own key
    PrimaryKeyConstraint("blob_id"),
    Index(None, "extract_version", "blob_id"),
)

loose_blobs = Table(  # blobs that lost a user and may have none left; a row each time, so that writers never wait here
    "loose_blobs",
    metadata,
    _id(),
    _int("blob_id"),
    sqlite_autoincrement=True,
)

items = Table(  # rows of 1-2 KiB: an ordinary table, with indexes that answer the engine's questions alone
    "items",
    metadata,
    _of("folder_id", "folders"),
    _int("uid"),
    _int("mailbox_id"),  # the folder's; no index, for none may tempt a planner away from the folder's own
    _int("mod_seq"),
    _int("sort_time"),
    _text("class"),
    _bytes("content"),
    Column("blob_id", Int64, ForeignKey("blobs.id"), nullable=True),
    _int("size"),
    _bytes("conversation", optional=True),  # its ConversationId; of an event, the digest of its UID; else NULL
    _int("stirred", optional=True),  # when it came here or was changed last; NULL: before that was noted
    PrimaryKeyConstraint("folder_id", "uid"),
    Index(None, "folder_id", "mod_seq", "uid", "sort_time"),
    Index(None, "folder_id", "sort_time", "uid", "mod_seq"),
    Index(None, "blob_id", "mailbox_id"),
    Index(None, "folder_id", "conversation", "sort_time", "uid"),
)

search_docs = Table(  # the items that a search finds, newest last
    "search_docs",
    metadata,
    Column("position", Int64, autoincrement=False, nullable=False),
    _int("folder_id"),
    _int("uid"),
    PrimaryKeyConstraint("position"),
    UniqueConstraint("folder_id", "uid"),
    ForeignKeyConstraint(["folder_id", "uid"], ["items.folder_id", "items.uid"], ondelete="CASCADE"),
)

search_pending = Table(  # items that are to be indexed; they may be gone by now
    "search_pending",
    metadata,
    _int("folder_id"),
    _int("uid"),
    PrimaryKeyConstraint("folder_id", "uid"),
    sqlite_with_rowid=False,
)

SEARCH_WORDS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_words USING fts5(words, detail='none', columnsize=0, tokenize='ascii')",
        (
            "CREATE TRIGGER search_docs_gone AFTER DELETE ON search_docs"
            " BEGIN DELETE FROM search_words WHERE rowid = old.position; END"
        ),
        "CREATE VIRTUAL TABLE search_words_vocabulary USING fts5vocab(search_words, instance)",
    ),
    "postgresql": (
        (
            "CREATE TABLE search_words ("
            "position BIGINT CONSTRAINT pk_search_words PRIMARY KEY"
            " CONSTRAINT fk_search_words_position_search_docs REFERENCES search_docs (position) ON DELETE CASCADE,"
            " words TSVECTOR NOT NULL, mailbox_id BIGINT NOT NULL) WITH (toast_tuple_target = 128)"
        ),
        "ALTER TABLE search_words ALTER COLUMN words SET STORAGE EXTERNAL",  # what is not asked for stays elsewhere
        "CREATE INDEX ix_search_words_words ON search_words USING gin (words) WITH (gin_pending_list_limit = 1024)",
        "CREATE INDEX ix_search_words_mailbox_id_position ON search_words (mailbox_id, position)",
    ),
}
"""The words of `search_docs` under the same position: SQL has no common form for them."""
for _dialect, _statements in SEARCH_WORDS.items():
    for _statement in _statements:
        event.listen(search_docs, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]

tombstones = Table(
    "tombstones",
    metadata,
    _of("folder_id", "folders"),
    _int("uid"),
    _int("mod_seq"),
    _int("at"),
    _int("moved_folder", optional=True),
    _int("moved_uid", optional=True),
    _bytes("conversation", optional=True),  # that of the item; of a short message, a mark
    PrimaryKeyConstraint("folder_id", "uid"),
    Index(None, "folder_id", "mod_seq", "uid"),
    Index(None, "at"),
    sqlite_with_rowid=False,
)

devices = Table(
    "devices",
    metadata,
    _id(),
    _of("user_id", "users"),
    _text("device_id"),
    _text("device_type"),
    _bytes("details"),  # JSON: everything else that is known of it
    UniqueConstraint("user_id", "device_id", "device_type"),
    sqlite_autoincrement=True,
)

access_settings = Table(  # one row an organisation
    "access_settings",
    metadata,
    _of("organization_id", "organizations", autoincrement=False),
    _int("version"),  # moves with every change of the rules
    _text("undecided"),
    PrimaryKeyConstraint("organization_id"),
)

access_rules = Table(
    "access_rules",
    metadata,
    _id(),
    _of("organization_id", "organizations"),
    _text("name"),
    _text("effect"),
    _text("description"),
    _bytes("conditions"),  # JSON
    _int("created"),
    _int("modified"),
    Index(None, "organization_id"),
    sqlite_autoincrement=True,
)

access_overrides = Table(  # what is said of one device of one user; the device may still be to come
    "access_overrides",
    metadata,
    _of("user_id", "users"),
    _text("device_id"),  # lower case
    _text("effect"),
    _text("description"),
    _int("created"),
    _int("modified"),
    PrimaryKeyConstraint("user_id", "device_id"),
    sqlite_with_rowid=False,
)

past_wipes = Table(  # orders to wipe devices whose partnership is gone; they outlive the user
    "past_wipes",
    metadata,
    _id(),
    _text("address"),
    _text("device_id"),
    _text("device_type"),
    _bytes("details"),  # JSON
    sqlite_autoincrement=True,
)

policies = Table(  # what an organisation demands of devices, by name
    "policies",
    metadata,
    _id(),
    _of("organization_id", "organizations"),
    _text("name"),
    _text("key"),  # the name in lower case
    _bytes("details"),  # JSON
    _int("changed"),
    UniqueConstraint("organization_id", "key"),
    sqlite_autoincrement=True,
)

policy_assignments = Table(  # of users, groups and organisations; those without a row have none of their own
    "policy_assignments",
    metadata,
    _int("kind"),
    _int("target_id"),
    _of("policy_id", "policies"),
    _int("rank"),  # among several groups of a user the lowest counts
    PrimaryKeyConstraint("kind", "target_id"),
    Index(None, "policy_id"),
    sqlite_with_rowid=False,
)

policy_revision = Table(  # one row, and none before the first policy: it moves with whatever changes who has which
    "policy_revision",
    metadata,
    _int("id"),
    _int("revision"),
    PrimaryKeyConstraint("id"),
    sqlite_with_rowid=False,
)

sync_state = Table(
    "sync_state",
    metadata,
    _of("device_id", "devices"),
    _int("collection_id"),  # 0: the hierarchy
    _bytes("state"),
    _bytes("options"),
    PrimaryKeyConstraint("device_id", "collection_id"),
    sqlite_with_rowid=False,
)

recordings = Table(  # devices all of whose exchanges are kept for a while; a row goes with its device
    "recordings",
    metadata,
    Column("device_id", Int64, ForeignKey("devices.id", ondelete="CASCADE"), autoincrement=False, nullable=False),
    _int("until"),
    PrimaryKeyConstraint("device_id"),
)

exchanges = Table(  # the last exchanges of devices; they go with their device
    "exchanges",
    metadata,
    _id(),
    Column("device_id", Int64, ForeignKey("devices.id", ondelete="CASCADE"), nullable=False),
    _bytes("entry"),
    Index(None, "device_id", "id"),
    sqlite_autoincrement=True,
)

reduced_items = Table(  # items that a device was shown in a reduced form; a row goes with its item and with its device
    "reduced_items",
    metadata,
    _int("folder_id"),
    _int("uid"),
    Column("device_id", Int64, ForeignKey("devices.id", ondelete="CASCADE"), nullable=False),
    _text("reason"),
    _int("since"),
    _int("shown_by"),  # the number of what has shown it
    PrimaryKeyConstraint("folder_id", "uid", "device_id"),
    ForeignKeyConstraint(["folder_id", "uid"], ["items.folder_id", "items.uid"], ondelete="CASCADE"),
    Index(None, "device_id"),
    Index(None, "shown_by"),
    sqlite_with_rowid=False,
)

conversation_rules = Table(  # conversations whose mail always goes to a folder
    "conversation_rules",
    metadata,
    _of("mailbox_id", "mailboxes"),
    _bytes("conversation"),
    _int("folder_id"),
    _int("at"),
    PrimaryKeyConstraint("mailbox_id", "conversation"),
    Index(None, "mailbox_id", "at"),
    sqlite_with_rowid=False,
)

correspondents = Table(  # whom a mailbox has written to
    "correspondents",
    metadata,
    _of("mailbox_id", "mailboxes"),
    _text("address"),  # lower case
    _text("name"),
    _int("count"),
    _int("last"),
    PrimaryKeyConstraint("mailbox_id", "address"),
    Index(None, "mailbox_id", "last"),
    sqlite_with_rowid=False,
)

absences = Table(  # when the owner of a mailbox is away; those who never said have no row
    "absences",
    metadata,
    _of("mailbox_id", "mailboxes", autoincrement=False),
    _bytes("details"),  # JSON
    PrimaryKeyConstraint("mailbox_id"),
)

absence_answers = Table(  # who was told of the owner's present absence
    "absence_answers",
    metadata,
    _of("mailbox_id", "mailboxes"),
    _text("address"),  # lower case
    _int("at"),
    PrimaryKeyConstraint("mailbox_id", "address"),
    sqlite_with_rowid=False,
)

meeting_ledger = Table(  # the latest message about a meeting, or one occurrence, to each person
    "meeting_ledger",
    metadata,
    _of("mailbox_id", "mailboxes"),
    _bytes("meeting"),
    _text("person"),  # the address, lower case; empty: a revision of a meeting that the calendar has not
    _text("method"),
    _int("sequence"),
    _int("stamp"),
    _bytes("said"),  # a digest
    _int("at"),
    PrimaryKeyConstraint("mailbox_id", "meeting", "person"),
    Index(None, "at"),
    sqlite_with_rowid=False,
)

imported = Table(  # what has come from elsewhere, and is not to come again; the item may have moved on or be gone
    "imported",
    metadata,
    _of("mailbox_id", "mailboxes"),
    _text("account"),  # where from: `imap://login@host:port`
    _text("place"),  # the folder there
    _text("mark"),  # what the message is called in that folder
    _bytes("identity"),  # a digest by which it is known again under another mark
    _text("state"),  # its flags there, when they were last looked at
    _int("folder_id"),
    _int("uid"),
    PrimaryKeyConstraint("mailbox_id", "account", "place", "mark"),
    sqlite_with_rowid=False,
)

sent_mail = Table(
    "sent_mail",
    metadata,
    _of("mailbox_id", "mailboxes"),
    _text("client_id"),
    _int("at"),
    PrimaryKeyConstraint("mailbox_id", "client_id"),
    Index(None, "at"),
    sqlite_with_rowid=False,
)

sent_on = Table(  # how many recipients elsewhere a mailbox has written to
    "sent_on",
    metadata,
    _of("mailbox_id", "mailboxes"),
    _int("day"),  # its ordinal
    _int("recipients"),
    PrimaryKeyConstraint("mailbox_id", "day"),
    Index(None, "day"),
    sqlite_with_rowid=False,
)
