"""What stood in a column beside other things gets one of its own: whose calls a row of
the governor counts, and why a trip to the provider failed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MARK = " tokens"  # stood behind the API key in the row of the token endpoint
LONGEST_KEY = 70  # characters that were kept before it
GOVERNOR = sa.table(
    "governor", sa.column("api_key", sa.String), sa.column("bucket", sa.String)
)
TRIP = sa.table(
    "authorization_transaction",
    sa.column("id", sa.String),
    sa.column("outcome", sa.String),
    sa.column("checklist", sa.JSON),
    sa.column("details", sa.JSON),
)
FAILED = TRIP.c.outcome.is_not(None) & (TRIP.c.outcome != "connected")


def upgrade() -> None:
    with op.batch_alter_table("governor") as governor:
        governor.add_column(
            sa.Column("bucket", sa.String(20), nullable=False, server_default="api")
        )
    _change_primary_key(["api_key", "bucket"])
    key = GOVERNOR.c.api_key
    op.execute(
        GOVERNOR.update()
        .where(key.endswith(MARK))
        .values(
            bucket="tokens",
            api_key=sa.func.substr(key, 1, sa.func.length(key) - len(MARK)),
        )
    )

    op.add_column(
        "authorization_transaction",
        sa.Column("details", sa.JSON(), nullable=False, server_default="{}"),
    )
    for id, checklist in _failed_trips(TRIP.c.checklist):
        values = {"checklist": [], "details": checklist[0]}
        op.execute(TRIP.update().where(TRIP.c.id == id).values(values))


def downgrade() -> None:
    for id, details in _failed_trips(TRIP.c.details):
        values = {"checklist": [details]}
        op.execute(TRIP.update().where(TRIP.c.id == id).values(values))
    op.drop_column("authorization_transaction", "details")

    key = GOVERNOR.c.api_key
    op.execute(
        GOVERNOR.update()
        .where(GOVERNOR.c.bucket == "tokens")
        .values(api_key=sa.func.substr(key, 1, LONGEST_KEY) + MARK)
    )
    _change_primary_key(["api_key"])
    with op.batch_alter_table("governor") as governor:
        governor.drop_column("bucket")


def _change_primary_key(columns: list[str]) -> None:
    with op.batch_alter_table("governor") as governor:
        governor.drop_constraint("pk_governor", type_="primary")
        governor.create_primary_key("pk_governor", columns)


def _failed_trips(column: sa.Column) -> list[tuple]:
    query = sa.select(TRIP.c.id, column).where(FAILED)
    return [row for row in op.get_bind().execute(query) if row[1]]
