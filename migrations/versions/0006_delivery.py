"""Fair turns between accounts, the breaker and the strain of the API key, who opted
out, and who arrived.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WAITING, DELIVERED = sa.text("state = 'waiting'"), sa.text("state = 'delivered'")
ACCOUNT = [
    sa.Column("turn_at", sa.DateTime(timezone=True)),
    sa.Column("optouts_read_at", sa.DateTime(timezone=True)),
    sa.Column("optouts_upto", sa.DateTime(timezone=True)),
    sa.Column("optouts_key", sa.String(16)),
]
GOVERNOR = [
    sa.Column("strain", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("strained_until", sa.DateTime(timezone=True)),
    sa.Column("down_since", sa.DateTime(timezone=True)),
    sa.Column("down_count", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("probe_at", sa.DateTime(timezone=True)),
]


def upgrade() -> None:
    for column in ACCOUNT:
        op.add_column("account", column)
    for column in GOVERNOR:
        op.add_column("governor", column)
    op.create_index(
        "ix_signup_turn",
        "signup",
        ["account_id", "due_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_signup_person_delivered",
        "signup",
        ["account_id", "person", "settled_at"],
        sqlite_where=DELIVERED,
        postgresql_where=DELIVERED,
    )
    op.create_table(
        "opt_out",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_opt_out_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "person", name=op.f("pk_opt_out")),
    )
    op.create_table(
        "arrival",
        sa.Column("signup_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["signup_id"],
            ["signup.id"],
            name=op.f("fk_arrival_signup_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_arrival_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("signup_id", name=op.f("pk_arrival")),
    )
    op.create_index("ix_arrival_checked_at", "arrival", ["checked_at"])


def downgrade() -> None:
    op.drop_table("arrival")
    op.drop_table("opt_out")
    op.drop_index("ix_signup_person_delivered", table_name="signup")
    op.drop_index("ix_signup_turn", table_name="signup")
    for table, columns in (("governor", GOVERNOR), ("account", ACCOUNT)):
        for column in reversed(columns):
            op.drop_column(table, column.name)
