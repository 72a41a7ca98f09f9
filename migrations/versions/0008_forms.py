"""Forms: every field type, themes, sites, drafts and closing dates, undo of a deletion;
views counted by day and page.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = {"nullable": False, "server_default": ""}
    for column in (
        sa.Column("draft", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("theme", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("sites", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("privacy_url", sa.String(length=500), **empty),
        sa.Column("redirect_url", sa.String(length=500), **empty),
        sa.Column("closed_words", sa.Text(), **empty),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("form", column)
    op.add_column(
        "account_field",
        sa.Column("details", sa.JSON(), nullable=False, server_default="{}"),
    )
    op.create_table(
        "form_view",
        sa.Column("form_id", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("host_page", sa.String(length=200), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("signups", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.ForeignKeyConstraint(
            ["form_id"],
            ["form.id"],
            name=op.f("fk_form_view_form_id_form"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "form_id", "day", "host_page", name=op.f("pk_form_view")
        ),
    )


def downgrade() -> None:
    op.drop_table("form_view")
    op.drop_column("account_field", "details")
    for name in (
        "deleted_at",
        "closes_at",
        "closed_words",
        "redirect_url",
        "privacy_url",
        "sites",
        "theme",
        "draft",
    ):
        op.drop_column("form", name)
