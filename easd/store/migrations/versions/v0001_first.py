"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _directory()
    _users()
    _blobs()
    _folders()
    _items()
    _devices()
    _sending()


def _directory() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created", INT64, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("key", name=op.f("uq_organizations_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "domains",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organization_id", INT64, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_domains_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_domains")),
    )
    op.create_index(op.f("ix_domains_organization_id"), "domains", ["organization_id"], unique=False)
    op.create_table(
        "mailboxes",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("modseq", INT64, nullable=False),
        sa.Column("pruned", INT64, nullable=False),
        sa.Column("created", INT64, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailboxes")),
        sqlite_autoincrement=True,
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("organization_id", INT64, nullable=False),
        sa.Column("mailbox_id", INT64, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("credential_version", INT64, nullable=False),
        sa.Column("enabled", INT64, nullable=False),
        sa.Column("created", INT64, nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=op.f("fk_users_mailbox_id_mailboxes")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_users_organization_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("address", name=op.f("uq_users_address")),
        sa.UniqueConstraint("mailbox_id", name=op.f("uq_users_mailbox_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_users_organization_id"), "users", ["organization_id"], unique=False)
    op.create_table(
        "addresses",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("local_part", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("user_id", INT64, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_addresses_user_id_users")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_addresses")),
    )
    op.create_index(op.f("ix_addresses_domain"), "addresses", ["domain"], unique=False)
    op.create_index(op.f("ix_addresses_local_part"), "addresses", ["local_part"], unique=False)
    op.create_index(op.f("ix_addresses_user_id"), "addresses", ["user_id"], unique=False)


def _blobs() -> None:
    op.create_table(
        "blobs",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", INT64, nullable=False),
        sa.Column("used", INT64, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blobs")),
        sa.UniqueConstraint("digest", name=op.f("uq_blobs_digest")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "chunks",
        sa.Column("blob_id", INT64, nullable=False),
        sa.Column("number", INT64, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_chunks_blob_id_blobs")),
        sa.PrimaryKeyConstraint("blob_id", "number", name=op.f("pk_chunks")),
    )
    op.create_table(
        "texts",
        sa.Column("blob_id", INT64, autoincrement=False, nullable=False),
        sa.Column("plain", sa.LargeBinary(), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=True),
        sa.Column("extract_version", INT64, nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_texts_blob_id_blobs")),
        sa.PrimaryKeyConstraint("blob_id", name=op.f("pk_texts")),
    )
    op.create_table(
        "loose_blobs",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("blob_id", INT64, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loose_blobs")),
        sqlite_autoincrement=True,
    )


def _folders() -> None:
    op.create_table(
        "folders",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("mailbox_id", INT64, nullable=False),
        sa.Column("parent_id", INT64, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", INT64, nullable=False),
        sa.Column("mod_seq", INT64, nullable=False),
        sa.Column("uid_next", INT64, nullable=False),
        sa.Column("pruned", INT64, nullable=False),
        sa.Column("created", INT64, nullable=False),
        sa.Column("deleted", INT64, nullable=True),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=op.f("fk_folders_mailbox_id_mailboxes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folders")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_folders_mailbox_id_id"), "folders", ["mailbox_id", "id"], unique=False)
    op.create_index(op.f("ix_folders_mailbox_id_mod_seq"), "folders", ["mailbox_id", "mod_seq"], unique=False)


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("folder_id", INT64, nullable=False),
        sa.Column("uid", INT64, nullable=False),
        sa.Column("mailbox_id", INT64, nullable=False),
        sa.Column("mod_seq", INT64, nullable=False),
        sa.Column("sort_time", INT64, nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("blob_id", INT64, nullable=True),
        sa.Column("size", INT64, nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_items_blob_id_blobs")),
        sa.ForeignKeyConstraint(["folder_id"], ["folders.id"], name=op.f("fk_items_folder_id_folders")),
        sa.PrimaryKeyConstraint("folder_id", "uid", name=op.f("pk_items")),
    )
    op.create_index(op.f("ix_items_blob_id_mailbox_id"), "items", ["blob_id", "mailbox_id"], unique=False)
    op.create_index(
        op.f("ix_items_folder_id_mod_seq_uid_sort_time"),
        "items",
        ["folder_id", "mod_seq", "uid", "sort_time"],
        unique=False,
    )
    op.create_index(
        op.f("ix_items_folder_id_sort_time_uid_mod_seq"),
        "items",
        ["folder_id", "sort_time", "uid", "mod_seq"],
        unique=False,
    )
    op.create_table(
        "tombstones",
        sa.Column("folder_id", INT64, nullable=False),
        sa.Column("uid", INT64, nullable=False),
        sa.Column("mod_seq", INT64, nullable=False),
        sa.Column("at", INT64, nullable=False),
        sa.Column("moved_folder", INT64, nullable=True),
        sa.Column("moved_uid", INT64, nullable=True),
        sa.ForeignKeyConstraint(["folder_id"], ["folders.id"], name=op.f("fk_tombstones_folder_id_folders")),
        sa.PrimaryKeyConstraint("folder_id", "uid", name=op.f("pk_tombstones")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tombstones_at"), "tombstones", ["at"], unique=False)
    op.create_index(
        op.f("ix_tombstones_folder_id_mod_seq_uid"), "tombstones", ["folder_id", "mod_seq", "uid"], unique=False
    )


def _devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("user_id", INT64, nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("device_type", sa.Text(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_devices_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint(
            "user_id", "device_id", "device_type", name=op.f("uq_devices_user_id_device_id_device_type")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sync_state",
        sa.Column("device_id", INT64, nullable=False),
        sa.Column("collection_id", INT64, nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("options", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_sync_state_device_id_devices")),
        sa.PrimaryKeyConstraint("device_id", "collection_id", name=op.f("pk_sync_state")),
        sqlite_with_rowid=False,
    )


def _sending() -> None:
    op.create_table(
        "sent_mail",
        sa.Column("mailbox_id", INT64, nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("at", INT64, nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=op.f("fk_sent_mail_mailbox_id_mailboxes")),
        sa.PrimaryKeyConstraint("mailbox_id", "client_id", name=op.f("pk_sent_mail")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sent_mail_at"), "sent_mail", ["at"], unique=False)
    op.create_table(
        "queue",
        sa.Column("id", INT64, autoincrement=True, nullable=False),
        sa.Column("sender_mailbox", INT64, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("blob_id", INT64, nullable=False),
        sa.Column("queued", INT64, nullable=False),
        sa.Column("due", INT64, nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_queue_blob_id_blobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_queue_blob_id"), "queue", ["blob_id"], unique=False)
    op.create_index(op.f("ix_queue_due_id"), "queue", ["due", "id"], unique=False)
