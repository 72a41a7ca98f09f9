"""Screening and confirmation: how a sign-up came, what spoke against it, who confirmed,
evidence, and numbers of each form and day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
EMPTY = {"nullable": False, "server_default": ""}
NO = {"nullable": False, "server_default": sa.false()}
NONE = {"nullable": False, "server_default": sa.text("0")}
FORM_COUNTS = ("begun", "turned_away", "held", "asked", "confirmed", "delivered")


def _columns() -> dict[str, list[sa.Column]]:
    return {
        "form": [
            sa.Column(
                "confirmation", sa.String(12), nullable=False, server_default="off"
            ),
            sa.Column(
                "known_contacts", sa.String(12), nullable=False, server_default="update"
            ),
            sa.Column("confirm_subject", sa.String(200), **EMPTY),
            sa.Column("confirm_text", sa.Text(), **EMPTY),
            sa.Column("confirm_url", sa.String(500), **EMPTY),
            sa.Column(
                "reminds", sa.Boolean(), nullable=False, server_default=sa.true()
            ),
            sa.Column("shows_sender", sa.Boolean(), **NO),
            sa.Column(
                "offers_protection",
                sa.Boolean(),
                nullable=False,
                server_default=sa.true(),
            ),
            sa.Column("event_until", TIME, nullable=True),
            sa.Column("attack_since", TIME, nullable=True),
            sa.Column("attack_until", TIME, nullable=True),
        ],
        "account": [
            sa.Column("postal_address", sa.Text(), **EMPTY),
            sa.Column("sender_name", sa.String(255), **EMPTY),
            sa.Column("sender_address", sa.Text(), **EMPTY),
        ],
        "signup": [
            sa.Column("door", sa.String(8), **EMPTY),
            sa.Column("network_hash", sa.String(32), **EMPTY),
            sa.Column("network", sa.String(45), **EMPTY),
            sa.Column("proven", sa.Boolean(), **NO),
            sa.Column("signals", sa.String(250), **EMPTY),
            sa.Column("form_version", TIME, nullable=True),
            sa.Column("language", sa.String(10), **EMPTY),
            sa.Column("lists_only", sa.Boolean(), **NO),
            sa.Column("confirmed_at", TIME, nullable=True),
            sa.Column("vouched", sa.Boolean(), **NO),
        ],
        "notice": [sa.Column("sender_name", sa.String(255), **EMPTY)],
    }


def upgrade() -> None:
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "uq_signup_form_id_press_id_person",
        "signup",
        ["form_id", "press_id", "person"],
        unique=True,
        postgresql_ops={"press_id": "text_pattern_ops"},
    )
    op.drop_index("uq_signup_form_id_person_press_id", "signup")
    op.create_index(
        "ix_signup_network_hash", "signup", ["network_hash", "created_at", "person"]
    )
    confirming = sa.text("state = 'confirming'")
    op.create_index(
        "ix_signup_confirming",
        "signup",
        ["due_at"],
        sqlite_where=confirming,
        postgresql_where=confirming,
    )
    op.create_index("ix_notice_settled_at", "notice", ["settled_at"])
    _create_tables_of_signups()
    _create_tables_of_forms()


def _create_tables_of_signups() -> None:
    op.create_table(
        "signup_event",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("signup_id", sa.String(36), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("who", sa.String(254), **EMPTY),
        sa.Column("detail", sa.JSON(), nullable=False, server_default="{}"),
        _belongs_to("signup_event", "signup"),
        sa.PrimaryKeyConstraint("id", name="pk_signup_event"),
    )
    op.create_index("ix_signup_event_signup_id", "signup_event", ["signup_id", "at"])
    op.create_table(
        "confirmation_link",
        sa.Column("token_digest", sa.String(64), nullable=False),
        sa.Column("signup_id", sa.String(36), nullable=False),
        sa.Column("form_id", sa.String(16), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("notice_id", sa.String(36), nullable=False),
        sa.Column("opened_at", TIME, nullable=True),
        _belongs_to("confirmation_link", "signup"),
        sa.PrimaryKeyConstraint("token_digest", name="pk_confirmation_link"),
    )
    op.create_index(
        "ix_confirmation_link_signup_id", "confirmation_link", ["signup_id"]
    )
    op.create_index(
        "ix_confirmation_link_notice_id", "confirmation_link", ["notice_id"]
    )
    for column in ("person", "form_id"):
        op.create_index(
            f"ix_confirmation_link_{column}",
            "confirmation_link",
            [column, "created_at"],
        )
    op.create_table(
        "evidence",
        sa.Column("signup_id", sa.String(36), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("signup_id", name="pk_evidence"),
    )
    op.create_index("ix_evidence_person", "evidence", ["person", "at"])
    op.create_table(
        "blocked_address",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("form_id", sa.String(16), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("who", sa.String(254), **EMPTY),
        sa.PrimaryKeyConstraint("person", "form_id", name="pk_blocked_address"),
    )
    op.create_table(
        "mail_domain",
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("receives", sa.Boolean(), nullable=True),
        sa.Column("checked_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("domain", name="pk_mail_domain"),
    )


def _create_tables_of_forms() -> None:
    op.create_table(
        "form_version",
        sa.Column("form_id", sa.String(16), nullable=False),
        sa.Column("version", TIME, nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        _belongs_to("form_version", "form"),
        sa.PrimaryKeyConstraint("form_id", "version", name="pk_form_version"),
    )
    op.create_table(
        "form_day",
        sa.Column("form_id", sa.String(16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), **NONE) for name in FORM_COUNTS),
        _belongs_to("form_day", "form"),
        sa.PrimaryKeyConstraint("form_id", "day", name="pk_form_day"),
    )


def _belongs_to(table: str, parent: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [f"{parent}_id"],
        [f"{parent}.id"],
        name=f"fk_{table}_{parent}_id_{parent}",
        ondelete="CASCADE",
    )


def downgrade() -> None:
    for table in (
        "form_day",
        "form_version",
        "mail_domain",
        "blocked_address",
        "evidence",
        "confirmation_link",
        "signup_event",
    ):
        op.drop_table(table)
    op.drop_index("ix_notice_settled_at", "notice")
    op.drop_index("ix_signup_confirming", "signup")
    op.drop_index("ix_signup_network_hash", "signup")
    op.create_index(
        "uq_signup_form_id_person_press_id",
        "signup",
        ["form_id", "person", "press_id"],
        unique=True,
    )
    op.drop_index("uq_signup_form_id_press_id_person", "signup")
    for table, columns in reversed(_columns().items()):
        for column in reversed(columns):
            op.drop_column(table, column.name)
