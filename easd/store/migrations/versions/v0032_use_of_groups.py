"""Whether the DNS has the keys of a domain; what groups are for; the mailboxes of people who were removed lately."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("domain_details", sa.Column("dkim", sa.Text(), nullable=True))
    op.add_column("entity_details", sa.Column("distribution", INT64, nullable=True))
    op.add_column("entity_details", sa.Column("security", INT64, nullable=True))
    op.add_column("departed", sa.Column("mailbox_id", INT64, nullable=True))


def downgrade() -> None:
    op.drop_column("departed", "mailbox_id")
    op.drop_column("entity_details", "security")
    op.drop_column("entity_details", "distribution")
    op.drop_column("domain_details", "dkim")
