"""Rows of delivery: signs of life, opt-outs, and whether sign-ups arrived."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database.session import Model, UtcTime


class Heartbeat(Model):
    """A sign of life from each worker process."""

    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)


class OptOut(Model):
    """Somebody who unsubscribed from an account, as a keyed hash of the address.

    It names nobody by itself.
    """

    __tablename__ = "opt_out"

    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    person: Mapped[str] = mapped_column(String(64), primary_key=True)


class Arrival(Model):
    """What the provider held of a delivered sign-up when it was read back, as a sample."""

    __tablename__ = "arrival"

    signup_id: Mapped[str] = mapped_column(
        ForeignKey("signup.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE")
    )
    checked_at: Mapped[datetime] = mapped_column(UtcTime)
    found: Mapped[str] = mapped_column(String(20))
    reader: Mapped[str | None] = mapped_column(String(16))
    # by a reader, or for nobody after a read that failed
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (Index("ix_arrival_checked_at", "checked_at"),)
