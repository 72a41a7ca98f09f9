"""A row for each session of somebody who signed in, and who began a trip to the
provider.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "user_session",
        sa.Column("id_digest", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("network", sa.String(45), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name="fk_user_session_user_id_user_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id_digest", name="pk_user_session"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])
    with op.batch_alter_table("authorization_transaction") as trip:
        trip.add_column(sa.Column("user_id", sa.String(36)))
        trip.create_foreign_key(
            "fk_authorization_transaction_user_id_user_account",
            "user_account",
            ["user_id"],
            ["id"],
            ondelete="CASCADE",
        )


def downgrade() -> None:
    with op.batch_alter_table("authorization_transaction") as trip:
        trip.drop_constraint(
            "fk_authorization_transaction_user_id_user_account", type_="foreignkey"
        )
        trip.drop_column("user_id")
    op.drop_table("user_session")
