"""Rows of an import, of its parts, and of the pieces of its file and its problems."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Account
from app.database.session import Model, UtcTime, new_id
from app.messages import imports as said


class ImportState(StrEnum):
    """States of an import. From `SENDING` on something may be at the provider."""

    RECEIVING = "receiving"  # its file is being written down
    READING = "reading"  # a worker looks at it
    UNREADABLE = "unreadable"  # what it is was told, and its file is deleted
    UPLOADED = "uploaded"  # somebody has to say what its columns are
    CHECKING = "checking"
    CHECKED = "checked"  # somebody has to say that it shall be sent
    SENDING = "sending"
    FOLLOWING = "following"  # all that will be sent has been accepted
    DONE = "done"
    FAILED = "failed"  # a part did not come through
    CANCELLED = "cancelled"


class PartState(StrEnum):
    """States of a part."""

    PLANNED = "planned"
    SENDING = "sending"  # begun: until its end is known it may be at the provider
    ACCEPTED = "accepted"  # there is an activity
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"  # cancelled before it was sent


AT_REST = (
    ImportState.UNREADABLE,
    ImportState.UPLOADED,
    ImportState.CHECKED,
    ImportState.DONE,
    ImportState.FAILED,
    ImportState.CANCELLED,
)
AT_WORK = (
    ImportState.READING,
    ImportState.CHECKING,
    ImportState.SENDING,
    ImportState.FOLLOWING,
)
# Somebody may choose what its columns become, or how its file is read.
TO_BE_MAPPED = (ImportState.UPLOADED, ImportState.CHECKED)


class ContactImport(Model):
    """A file of contacts on its way to one account.

    `due_at` is the lease. `claim` is the fence: a worker writes only while it has the
    number that the worker read.
    """

    __tablename__ = "contact_import"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    file_name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(default=0)  # bytes
    made_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    # when a person last changed it, or when it ended
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
    begun_by: Mapped[str] = mapped_column(String(254), default="", server_default="")
    begun_at: Mapped[datetime | None] = mapped_column(UtcTime)
    cancelled_by: Mapped[str] = mapped_column(
        String(254), default="", server_default=""
    )
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)

    state: Mapped[str] = mapped_column(String(12))
    # None while there is nothing for a worker to do
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    claim: Mapped[int] = mapped_column(default=0, server_default="0")
    failures: Mapped[int] = mapped_column(default=0, server_default="0")  # in a row
    reason: Mapped[str] = mapped_column(String(40), default="", server_default="")
    # what its sentence names
    details: Mapped[Any] = mapped_column(JSON, default=dict, server_default="{}")

    # {"kind": "csv" | "xlsx", "encoding", "delimiter", "sheet", "sheets": [name],
    # "columns": [heading], "sample": [[line, cell, …]]}, and "wanted" while somebody
    # wants it read otherwise; {} until it was read
    facts: Mapped[Any] = mapped_column(JSON, default=dict, server_default="{}")
    # a target for each, "" for none
    columns: Mapped[Any] = mapped_column(JSON, default=list, server_default="[]")
    lists: Mapped[Any] = mapped_column(JSON, default=list, server_default="[]")  # ids
    dates: Mapped[str] = mapped_column(String(3), default="mdy", server_default="mdy")
    door: Mapped[str] = mapped_column(String(4), default="json", server_default="json")

    rows: Mapped[int] = mapped_column(default=0, server_default="0")
    good: Mapped[int] = mapped_column(default=0, server_default="0")
    bad: Mapped[int] = mapped_column(default=0, server_default="0")
    duplicates: Mapped[int] = mapped_column(default=0, server_default="0")

    account: Mapped[Account] = relationship()

    __table_args__ = (Index("ix_contact_import_due_at", "due_at"),)

    @property
    def sentence(self) -> str:
        """What went wrong or what it waits for; "" when there is nothing to say."""
        return said.sentence(self.reason, self.details or {})


class ImportPiece(Model):
    """A compressed piece of the uploaded file, or of the list of what is wrong in it.

    `kind` is "file" or "problems".
    """

    __tablename__ = "import_piece"

    import_id: Mapped[str] = mapped_column(
        ForeignKey("contact_import.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class ImportPart(Model):
    """What one bulk activity of the provider carries.

    Its rows are kept here, compressed, until the activity has ended well. While the
    part is `sending`, `before` holds the ids of the account's activities from before it
    was sent, and until `doubt_until` an activity that was begun for it may still
    appear.
    """

    __tablename__ = "import_part"

    import_id: Mapped[str] = mapped_column(
        ForeignKey("contact_import.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE")
    )
    state: Mapped[str] = mapped_column(String(12))
    rows: Mapped[int]
    payload: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    # the import's, when this part was last sent
    claim: Mapped[int] = mapped_column(default=0, server_default="0")
    before: Mapped[Any] = mapped_column(
        JSON, default=list, server_default="[]", deferred=True
    )
    doubt_until: Mapped[datetime | None] = mapped_column(UtcTime)
    # how many workers died while they sent it
    deaths: Mapped[int] = mapped_column(default=0, server_default="0")

    activity_id: Mapped[str] = mapped_column(String(36), default="", server_default="")
    accepted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    look_at: Mapped[datetime | None] = mapped_column(UtcTime)
    provider_state: Mapped[str] = mapped_column(
        String(20), default="", server_default=""
    )
    percent: Mapped[int] = mapped_column(default=0, server_default="0")
    counters: Mapped[Any] = mapped_column(JSON, default=dict, server_default="{}")
    # in the provider's words, at most 100
    errors: Mapped[Any] = mapped_column(JSON, default=list, server_default="[]")
    reason: Mapped[str] = mapped_column(String(40), default="", server_default="")
    details: Mapped[Any] = mapped_column(JSON, default=dict, server_default="{}")

    __table_args__ = (Index("ix_import_part_account_id_state", "account_id", "state"),)

    @property
    def sentence(self) -> str:
        return said.sentence(self.reason, self.details or {})


class ImportedAs(Model):
    """An activity that was begun for an import.

    All of them are kept, so that none is taken for another part's.
    """

    __tablename__ = "import_activity"

    activity_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE")
    )
    begun_at: Mapped[datetime] = mapped_column(UtcTime)
