"""How often a renewal whose answer was lost has been asked for again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("token_set") as batch:
        batch.add_column(
            sa.Column("replays", sa.Integer(), nullable=False, server_default="0")
        )


def downgrade() -> None:
    with op.batch_alter_table("token_set") as batch:
        batch.drop_column("replays")
