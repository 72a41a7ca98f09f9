"""Rows of the links by which people confirm their sign-ups."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database.session import Model, UtcTime
from app.signups.models import Signup


class ConfirmationLink(Model):
    """The link in one mail that asks somebody to confirm.

    Each mail has its own; all of a sign-up do the same until it is over. Mails to a
    person and of a form are counted by these rows.
    """

    __tablename__ = "confirmation_link"

    # `core.crypto.digest` of the token in the address
    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    signup_id: Mapped[str] = mapped_column(ForeignKey("signup.id", ondelete="CASCADE"))
    form_id: Mapped[str] = mapped_column(String(16))
    person: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    # asked, reminded or resent
    what: Mapped[str] = mapped_column(String(20))
    # as the mail says
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    notice_id: Mapped[str] = mapped_column(String(36))  # the mail in the outbox
    # opened for the first time, by whomever: scanners open links too
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime)

    signup: Mapped[Signup] = relationship()

    __table_args__ = (
        Index("ix_confirmation_link_signup_id", "signup_id"),
        Index("ix_confirmation_link_notice_id", "notice_id"),
        Index("ix_confirmation_link_person", "person", "created_at"),
        Index("ix_confirmation_link_form_id", "form_id", "created_at"),
    )
