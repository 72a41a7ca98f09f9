"""Owners' status pages, reconnecting one certain account, and mails to people."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account") as batch:
        batch.add_column(
            sa.Column(
                "notify_email", sa.String(length=254), nullable=False, server_default=""
            )
        )
        batch.add_column(
            sa.Column(
                "privileges_missing",
                sa.String(length=255),
                nullable=False,
                server_default="",
            )
        )
    op.execute(
        "UPDATE account SET notify_email = login WHERE login LIKE '%_@_%.__%' AND"
        " length(login) <= 254"
    )
    op.create_table(
        "owner_page",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_owner_page_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_page")),
        sa.UniqueConstraint("digest", name=op.f("uq_owner_page_digest")),
    )
    op.create_index(
        op.f("ix_owner_page_account_id"), "owner_page", ["account_id"], unique=False
    )
    with op.batch_alter_table("authorization_transaction") as batch:
        batch.add_column(
            sa.Column("owner_page_id", sa.String(length=36), nullable=True)
        )
        batch.add_column(
            sa.Column("for_account_id", sa.String(length=36), nullable=True)
        )
        batch.create_foreign_key(
            op.f("fk_authorization_transaction_owner_page_id"),
            "owner_page",
            ["owner_page_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch.create_foreign_key(
            op.f("fk_authorization_transaction_for_account_id"),
            "account",
            ["for_account_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_due_at"), "notice", ["due_at"], unique=False)
    op.create_index(
        "ix_notice_about_recipient",
        "notice",
        ["about", "recipient", "created_at"],
        unique=False,
    )
    op.create_table(
        "told",
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_told")),
    )


def downgrade() -> None:
    op.drop_table("told")
    op.drop_table("notice")
    with op.batch_alter_table("authorization_transaction") as batch:
        batch.drop_constraint(
            op.f("fk_authorization_transaction_for_account_id"), type_="foreignkey"
        )
        batch.drop_constraint(
            op.f("fk_authorization_transaction_owner_page_id"), type_="foreignkey"
        )
        batch.drop_column("for_account_id")
        batch.drop_column("owner_page_id")
    op.drop_table("owner_page")
    # in place: as a batch the whole table would go and come again
    op.drop_column("account", "privileges_missing")
    op.drop_column("account", "notify_email")
