"""A token set that has just come back is kept with its trip until it is known whose it is."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLE = "authorization_transaction"
COLUMNS = {
    "granted": sa.Text(),
    "granted_at": sa.DateTime(timezone=True),
    "leased_until": sa.DateTime(timezone=True),
    "finisher": sa.String(16),
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column(TABLE, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column(TABLE, name)
