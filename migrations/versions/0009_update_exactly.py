"""Forms whose sign-ups update a contact exactly instead of going through the sign-up
endpoint.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "form",
        sa.Column("exactly", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("form", "exactly")
