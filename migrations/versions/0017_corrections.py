"""What admins corrected in a sign-up: what was typed stays beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "signup_correction",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("signup_id", sa.String(36), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", sa.String(254), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signup_id"],
            ["signup.id"],
            name="fk_signup_correction_signup_id_signup",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_signup_correction"),
    )
    op.create_index(
        "ix_signup_correction_signup_id", "signup_correction", ["signup_id", "at"]
    )


def downgrade() -> None:
    op.drop_table("signup_correction")
