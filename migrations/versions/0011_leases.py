"""Leases of background reads: of many processes one asks the provider."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ACCOUNT = [
    sa.Column("optouts_reader", sa.String(16)),
    sa.Column("optouts_leased_until", sa.DateTime(timezone=True)),
]


def upgrade() -> None:
    for column in ACCOUNT:
        op.add_column("account", column)


def downgrade() -> None:
    for column in reversed(ACCOUNT):
        op.drop_column("account", column.name)
