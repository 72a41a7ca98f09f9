"""Leases of background reads: of many processes one asks the provider."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COLUMNS = [
    ("account", "facts_reader", sa.String(16)),
    ("account", "facts_leased_until", sa.DateTime(timezone=True)),
    ("account", "optouts_reader", sa.String(16)),
    ("account", "optouts_leased_until", sa.DateTime(timezone=True)),
    ("arrival", "reader", sa.String(16)),
    ("arrival", "leased_until", sa.DateTime(timezone=True)),
]


def upgrade() -> None:
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind))


def downgrade() -> None:
    for table, name, _kind in reversed(COLUMNS):
        op.drop_column(table, name)
