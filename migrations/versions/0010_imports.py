"""Imports: files of existing contacts, their parts, and the provider's activities that
carry them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    none = sa.text("0")
    op.create_table(
        "contact_import",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(length=254), nullable=False, server_default=""),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "cancelled_by", sa.String(length=254), nullable=False, server_default=""
        ),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim", sa.Integer(), nullable=False, server_default=none),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=none),
        sa.Column("reason", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("details", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("facts", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("columns", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("lists", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("dates", sa.String(length=3), nullable=False, server_default="mdy"),
        sa.Column("door", sa.String(length=4), nullable=False, server_default="json"),
        sa.Column("rows", sa.Integer(), nullable=False, server_default=none),
        sa.Column("good", sa.Integer(), nullable=False, server_default=none),
        sa.Column("bad", sa.Integer(), nullable=False, server_default=none),
        sa.Column("duplicates", sa.Integer(), nullable=False, server_default=none),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_contact_import_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_import")),
    )
    op.create_index("ix_contact_import_account_id", "contact_import", ["account_id"])
    op.create_index("ix_contact_import_due_at", "contact_import", ["due_at"])
    op.create_table(
        "import_piece",
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["contact_import.id"],
            name=op.f("fk_import_piece_import_id_contact_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "import_id", "kind", "number", name=op.f("pk_import_piece")
        ),
    )
    op.create_table(
        "import_part",
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("claim", sa.Integer(), nullable=False, server_default=none),
        sa.Column("before", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("doubt_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deaths", sa.Integer(), nullable=False, server_default=none),
        sa.Column(
            "activity_id", sa.String(length=36), nullable=False, server_default=""
        ),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "provider_state", sa.String(length=20), nullable=False, server_default=""
        ),
        sa.Column("percent", sa.Integer(), nullable=False, server_default=none),
        sa.Column("counters", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("errors", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("reason", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("details", sa.JSON(), nullable=False, server_default="{}"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_import_part_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["contact_import.id"],
            name=op.f("fk_import_part_import_id_contact_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_part")),
    )
    op.create_index(
        "ix_import_part_account_id_state", "import_part", ["account_id", "state"]
    )
    op.create_table(
        "import_activity",
        sa.Column("activity_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_import_activity_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_import_activity")),
    )

    # read afresh: an import needs the names of custom fields
    op.execute("UPDATE account SET facts_read_at = NULL")


def downgrade() -> None:
    for table in ("import_activity", "import_part", "import_piece", "contact_import"):
        op.drop_table(table)
