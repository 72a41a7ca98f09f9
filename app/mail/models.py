"""Rows of mails to be sent, and of what people were told and is not over yet."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.session import Model, UtcTime, new_id


class MessageState(StrEnum):
    """States of a mail."""

    WAITING = "waiting"  # due at `due_at`, or leased until then
    SENT = "sent"  # the mail server took it
    GIVEN_UP = "given_up"  # it refused this mail for good, or for days


class Notice(Model):
    """One mail to one person: the queue and the history of mails are this one row."""

    __tablename__ = "notice"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    # an account's id, or "installation"
    about: Mapped[str] = mapped_column(String(80))
    # needs_owner, mended, disconnected, …
    what: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(Text)
    # whose mail it is, in From; "" for our own to owners and admins
    sender_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    # sealed, because there may be a link in it; "" once settled
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    state: Mapped[str] = mapped_column(String(12), default=MessageState.WAITING)
    # also the fence: who settles must name the attempt
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reason: Mapped[str | None] = mapped_column(String(40))
    # the mail server's own words, for the operator
    detail: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_notice_about_recipient", "about", "recipient", "created_at"),
        Index("ix_notice_settled_at", "settled_at"),
    )


class DailyAlert(Model):
    """When admins were last sent an email of one cause: at most one a day.

    Whoever moves `looked_at` on puts the mails, in that transaction (worker/daily_alerts).
    """

    __tablename__ = "daily_alert"

    cause: Mapped[str] = mapped_column(String(20), primary_key=True)
    looked_at: Mapped[datetime] = mapped_column(UtcTime)  # also the fence
    # what happened up to then was told, or needed no telling
    seen_until: Mapped[datetime] = mapped_column(UtcTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Told(Model):
    """Trouble that people were told of and that has not ended yet.

    Whoever inserts the row writes the mails, and whoever deletes it writes those that
    say that it is over; so each is told once, however many workers there are.
    """

    __tablename__ = "told"

    about: Mapped[str] = mapped_column(String(80), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    told_at: Mapped[datetime] = mapped_column(UtcTime)
    # the link in those mails, which is closed when the trouble is over
    link_id: Mapped[str | None] = mapped_column(String(36))
