"""Whether an organisation forbids to wipe whole devices."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("organizations", sa.Column("full_wipe_forbidden", INT64, nullable=True))
