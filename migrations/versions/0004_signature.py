"""What the last look at a token found: its signature, and its scopes as the provider
tells them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("token_set") as batch:
        batch.add_column(sa.Column("signature", sa.String(length=20), nullable=True))
        batch.add_column(
            sa.Column("signature_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch.add_column(sa.Column("token_info", sa.String(length=255), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("token_set") as batch:
        batch.drop_column("token_info")
        batch.drop_column("signature_at")
        batch.drop_column("signature")
