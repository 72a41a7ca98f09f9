"""Counts of what changes no more, so that pages cost the same beside a million
sign-ups; indexes for what they read.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

GAINED = sa.text("CASE WHEN accepted = folded THEN 0 ELSE 1 END = 1")
COUNT = (
    (
        "INSERT INTO counted (form_id, account_id, state, number) SELECT form_id,"
        " account_id, state, count(*) FROM signup WHERE state IN ('delivered',"
        " 'closed') GROUP BY form_id, account_id, state"
    ),
    (
        "INSERT INTO counted (form_id, account_id, state, number) SELECT form_id,"
        " account_id, 'accepted', sum(tally.accepted) FROM tally JOIN form ON form.id ="
        " form_id GROUP BY form_id, account_id"
    ),
    (
        "INSERT INTO counted (form_id, account_id, state, number) SELECT '',"
        " account_id, state, sum(number) FROM counted GROUP BY account_id, state"
    ),
    (
        "INSERT INTO counted (form_id, account_id, state, number) SELECT '', '', state,"
        " sum(number) FROM counted WHERE form_id = '' GROUP BY state"
    ),
    (
        "INSERT INTO counted_day (account_id, day, accepted) SELECT account_id, day,"
        " sum(accepted) FROM tally JOIN form ON form.id = form_id GROUP BY"
        " account_id, day"
    ),
    (
        "INSERT INTO counted_day (account_id, day, accepted) SELECT '', day,"
        " sum(accepted) FROM counted_day GROUP BY day"
    ),
)


def upgrade() -> None:
    op.add_column(
        "signup",
        sa.Column("counted", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "tally",
        sa.Column("folded", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.create_table(
        "counted",
        sa.Column("form_id", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "form_id", "account_id", "state", name=op.f("pk_counted")
        ),
    )
    op.create_table(
        "counted_day",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_counted_day")),
    )
    _count_what_is_there()
    op.create_index(
        "ix_signup_uncounted",
        "signup",
        ["state", "created_at", "account_id", "form_id"],
        sqlite_where=sa.text("counted = 0"),
        postgresql_where=sa.text("NOT counted"),
    )
    op.create_index("ix_signup_form_id_created_at", "signup", ["form_id", "created_at"])
    op.create_index("ix_attempt_started_at", "attempt", ["started_at", "outcome"])
    op.create_index(
        "ix_tally_gained",
        "tally",
        ["form_id"],
        sqlite_where=GAINED,
        postgresql_where=GAINED,
    )
    op.create_index("ix_form_account_id_name", "form", ["account_id", "name"])
    op.create_index("ix_form_name", "form", ["name", "id"])
    op.create_index(
        "ix_token_set_health",
        "token_set",
        ["account_id", "refused_at", "failures", "failure", "refresh_due_at"],
    )


def _count_what_is_there() -> None:
    """All at once while nobody is served; what comes later is counted bit by bit."""
    op.execute(
        "UPDATE signup SET counted = true WHERE state IN ('delivered', 'closed')"
    )
    op.execute("UPDATE tally SET folded = accepted")
    for statement in COUNT:
        op.execute(statement)


def downgrade() -> None:
    for name, table in (
        ("ix_token_set_health", "token_set"),
        ("ix_form_name", "form"),
        ("ix_form_account_id_name", "form"),
        ("ix_tally_gained", "tally"),
        ("ix_attempt_started_at", "attempt"),
        ("ix_signup_form_id_created_at", "signup"),
        ("ix_signup_uncounted", "signup"),
    ):
        op.drop_index(name, table_name=table)
    op.drop_table("counted_day")
    op.drop_table("counted")
    op.drop_column("tally", "folded")
    op.drop_column("signup", "counted")
