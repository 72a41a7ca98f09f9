"""Search: names and addresses of sign-ups in a table of their own, which the worker
fills; here it only learns that there is something to fill.

The index over parts of words is made by the worker too (`stats/search_index`), since
not every library or server has one.
"""

from contextlib import suppress

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "signup_search",
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("signup_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signup_id"],
            ["signup.id"],
            name="fk_signup_search_signup_id_signup",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_signup_search"),
        sa.UniqueConstraint("signup_id", name="uq_signup_search_signup_id"),
    )
    op.create_index(
        "ix_signup_search_account_id_number", "signup_search", ["account_id", "number"]
    )
    op.create_table(
        "search_filling",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("before", TIME, nullable=False),
        sa.Column("signup_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_filling"),
    )
    newest = (
        "SELECT 1, created_at, '~' FROM signup WHERE created_at = (SELECT"
        " max(created_at) FROM signup) LIMIT 1"
    )
    op.execute(f"INSERT INTO search_filling (id, before, signup_id) {newest}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # a library without FTS5 cannot drop it, and nothing reads it any more
        with suppress(sa.exc.OperationalError):
            op.execute("DROP TABLE IF EXISTS signup_search_trigrams")
    op.drop_table("search_filling")
    op.drop_table("signup_search")
