"""Email alerts that each admin chooses, one a day for each cause; when links were opened."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
COLUMNS = {
    "user_account": [
        sa.Column("alerts_off", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("summary", sa.String(8), nullable=False, server_default="off"),
        sa.Column("summary_due_at", TIME, nullable=True),
    ],
    "connect_link": [
        sa.Column("opened_at", TIME, nullable=True),
        sa.Column("last_opened_at", TIME, nullable=True),
        sa.Column("notice_id", sa.String(36), nullable=True),
    ],
}
WITH_FACTS = ("account_list", "account_field")


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column._copy())
    # whoever left for the provider by a link had opened it
    op.execute(
        "UPDATE connect_link SET opened_at = (SELECT MIN(created_at) FROM"
        " authorization_transaction WHERE link_id = connect_link.id)"
    )
    op.execute("UPDATE connect_link SET last_opened_at = opened_at")
    op.create_table(
        "daily_alert",
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("looked_at", TIME, nullable=False),
        sa.Column("seen_until", TIME, nullable=False),
        sa.Column("told_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("cause", name="pk_daily_alert"),
    )
    is_gone = sa.text("gone_at IS NOT NULL")
    for table in WITH_FACTS:
        op.create_index(
            f"ix_{table}_gone_at",
            table,
            ["gone_at"],
            sqlite_where=is_gone,
            postgresql_where=is_gone,
        )


def downgrade() -> None:
    for table in WITH_FACTS:
        op.drop_index(f"ix_{table}_gone_at", table)
    op.drop_table("daily_alert")
    for table, columns in COLUMNS.items():
        for column in reversed(columns):
            op.drop_column(table, column.name)
